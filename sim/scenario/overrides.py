"""Overrides by path: ``agents.cards.staff=+4``, ``demand.volume=*1.1``, ``queues.cards.hours=08:00-20:00``."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from sim.core.errors import InvalidInput, Problem, near
from sim.core.units import parse_duration
from sim.scenario.document import UNREADABLE, first_line, read_value

__all__ = ["apply_overrides"]

_RELATIVE = re.compile(r"\s*([+*/]|-(?=\s*[0-9.]))\s*(.+?)\s*")


def apply_overrides(data: dict[str, Any], overrides: tuple[str, ...]) -> dict[str, Any]:
    """Change values of a scenario by their paths.

    Parameters
    ----------
    data
        A whole scenario as plain data, its defaults filled in.
    overrides
        ``path=value`` sets; ``path=+4``, ``path=-10 s``, ``path=*1.1`` and ``path=/2`` change what is there. A table
        per interval is changed in each interval that is not 0.

    Returns
    -------
    dict
        A changed copy.

    Raises
    ------
    InvalidInput
        Every override that cannot be applied, at once.
    """
    changed = deepcopy(data)
    problems = []
    for override in overrides:
        path, equals, text = override.partition("=")
        try:
            if not equals or not path.strip() or not text.strip():
                raise ValueError('write it as path=value, such as "demand.volume=*1.1"')  # noqa: TRY301
            _set(changed, path.strip().split("."), text)
        except ValueError as error:
            problems.append(Problem(f"--set {override}", "", str(error)))
    if problems:
        raise InvalidInput(problems)
    return changed


def _set(data: Any, path: list[str], text: str) -> None:
    parent = data
    for depth, name in enumerate(path):
        if not isinstance(parent, dict):
            raise ValueError(f"{'.'.join(path[:depth])} holds {parent!r}, which has no parts")
        if name not in parent:
            where = ".".join(path[:depth]) or "the scenario"
            raise ValueError(f'"{name}" is not in {where}; {near(name, parent)}')
        if depth < len(path) - 1:
            parent = parent[name]
    relative = _RELATIVE.fullmatch(text)
    parent[path[-1]] = _changed(parent[path[-1]], *relative.groups()) if relative else _value(text)


def _value(text: str) -> Any:
    try:
        return read_value(text)
    except UNREADABLE as error:
        shown = text if len(text) <= 60 else f"{text[:57]}..."
        raise ValueError(f'"{shown}" is not a value: {first_line(error)}') from None


def _changed(old: Any, sign: str, operand: str) -> Any:
    if isinstance(old, list):
        return [_changed(value, sign, operand) if value else value for value in old]
    if isinstance(old, bool) or not isinstance(old, int | float):
        raise ValueError(f'{old!r} is not a number, so it cannot be changed by "{sign}{operand}"; give the whole value')
    by = _number(operand)
    if sign == "/" and by == 0:
        raise ValueError("cannot divide by 0")
    result = {"+": old + by, "-": old - by, "*": old * by, "/": old / by if by else 0.0}[sign]
    return round(result, 12)


def _percentage(text: str) -> float:
    """Read a percentage; as a factor it may be above 100 %, which a share may not."""
    if not text.endswith("%"):
        raise ValueError(text)
    return float(text.removesuffix("%")) / 100


def _number(text: str) -> float:
    for parse in (float, _percentage, parse_duration):
        try:
            return float(parse(text))
        except ValueError:
            continue
    raise ValueError(f'"{text}" is not a number, a percentage or a duration')
