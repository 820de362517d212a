"""``sojourn schema``: the JSON Schema of scenarios, for editors."""

from __future__ import annotations

import json

import typer


def schema() -> None:
    """Print the JSON Schema of scenarios, for editors."""
    from sim.scenario import schema as json_schema

    typer.echo(json.dumps(json_schema(), indent=1))
