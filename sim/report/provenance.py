"""Run details for the pages: scenario, seed, versions, command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["provenance"]

_SHOWN = "steady"  # in sentences of its own


def provenance(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a manifest, which reproduce the result."""
    for name, value in manifest.items():
        if name == _SHOWN:
            continue
        if isinstance(value, dict):
            yield name, ", ".join(f"{key} {entry}" for key, entry in value.items())
        elif isinstance(value, list) and value and all(isinstance(entry, dict) for entry in value):
            yield name, "; ".join(", ".join(f"{key} {part}" for key, part in entry.items()) for entry in value)
        elif isinstance(value, (list, tuple)):
            yield name, shlex.join(map(str, value))
        else:
            yield name, str(value)
