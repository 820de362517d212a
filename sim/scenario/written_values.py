"""Values that a file or an override wrote, apart from the defaults that were filled in."""

from __future__ import annotations

from typing import Any

from sim.scenario.override_days import split_path

__all__ = ["as_written"]


def as_written(
    changed: dict[str, Any], before: dict[str, Any], written: dict[str, Any], overrides: tuple[str, ...]
) -> dict[str, Any]:
    """Remove the defaults that neither the file nor an override wrote.

    Parameters
    ----------
    changed
        The scenario with its defaults, after the overrides.
    before
        The same before them.
    written
        The same before them, without the defaults.
    overrides
        As for `apply_overrides`.
    """
    paths = [list(split_path(override.partition("=")[0].strip())) for override in overrides]
    pruned: dict[str, Any] = _pruned(changed, before, written, paths)
    return pruned


def _pruned(changed: Any, before: Any, written: Any, paths: list[list[str]]) -> Any:
    """Return a part of a scenario without its defaults; `paths` are those of the overrides from there on."""
    if [] in paths:
        return changed
    if isinstance(changed, list) and isinstance(before, list) and len(changed) == len(before):
        rows = written if isinstance(written, list) and len(written) == len(before) else before
        return [
            _pruned(item, old, own, _within(paths, str(number)))
            for number, (item, old, own) in enumerate(zip(changed, before, rows, strict=True))
        ]
    if not isinstance(changed, dict) or not isinstance(before, dict):
        return changed
    own_values = written if isinstance(written, dict) else {}
    return {
        name: _pruned(value, before.get(name), own_values.get(name, {}), _within(paths, name))
        for name, value in changed.items()
        if name in own_values or name not in before or value != before[name] or _within(paths, name)
    }


def _within(paths: list[list[str]], name: str) -> list[list[str]]:
    return [path[1:] for path in paths if path[0] in {name, "*"}]
