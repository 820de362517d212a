"""Where a result comes from, as every page says it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["provenance"]


def provenance(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a reader needs to get the same result again.

    Parameters
    ----------
    manifest
        The result's.
    """
    for name, value in manifest.items():
        if isinstance(value, dict):
            yield name, ", ".join(f"{key} {what}" for key, what in value.items())
        elif isinstance(value, (list, tuple)):
            yield name, shlex.join(map(str, value))
        else:
            yield name, str(value)
