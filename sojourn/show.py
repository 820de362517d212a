"""Show results to programs."""

from __future__ import annotations

import json
from typing import Any

import typer

__all__ = ["show_json"]


def show_json(value: Any) -> None:
    """Print a value as JSON.

    Parameters
    ----------
    value
        JSON-able, without NaN.
    """
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))
