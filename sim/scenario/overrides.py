"""Overrides by path: ``agents.cards.staff=+4``, ``demand.volume=*1.1``, ``queues.cards.hours=08:00-20:00``."""

from __future__ import annotations

import math
import re
from copy import deepcopy
from typing import Any

from sim.core.errors import InvalidInput, Problem, near
from sim.core.units import parse_duration
from sim.scenario.document import UNREADABLE, first_line, read_value

__all__ = ["apply_overrides"]

_ROUNDING = 1e-9
_TIMES = frozenset(
    {"mean", "sd", "value", "low", "mode", "high", "median", "scale", "shift", "at_least", "at_most", "beyond"}
)
_RELATIVE = re.compile(r"\s*([+*/]|-(?=\s*[0-9.]))\s*(.+?)\s*")


def apply_overrides(data: dict[str, Any], overrides: tuple[str, ...]) -> dict[str, Any]:
    """Change values of a scenario by their paths.

    Parameters
    ----------
    data
        A scenario as plain data, with its defaults filled in.
    overrides
        ``path=value`` sets; ``path=+4``, ``path=-10 s``, ``path=*1.1`` and ``path=/2`` change what is there. A list
        changes in each interval that is not 0, a headcount is rounded up, and ``*`` and ``/`` multiply all times of a
        law.

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
    last = path[-1]
    parent[last] = _changed(parent[last], *relative.groups()) if relative else _value(text)
    if relative and last == "staff":
        parent[last] = _whole(parent[last])


def _whole(staff: Any) -> Any:
    """Round a headcount up; ignore rounding errors."""
    return [_whole(count) for count in staff] if isinstance(staff, list) else float(math.ceil(staff - _ROUNDING))


def _value(text: str) -> Any:
    try:
        return read_value(text)
    except UNREADABLE as error:
        excerpt = text if len(text) <= 60 else f"{text[:57]}..."
        raise ValueError(f'"{excerpt}" is not a value: {first_line(error)}') from None


def _changed(old: Any, sign: str, operand: str) -> Any:
    if isinstance(old, list):
        return [_changed(value, sign, operand) if value else value for value in old]
    amount = _number(operand)
    if sign == "/" and amount == 0:
        raise ValueError("cannot divide by 0")
    if isinstance(old, dict) and "law" in old and sign in "*/" and amount > 0:
        return _stretched(old, amount if sign == "*" else 1 / amount)
    if isinstance(old, dict):
        hint = f"its parts are {', '.join(map(str, old))}; name one of them" if old else "it is empty"
        raise ValueError(f'holds no number that "{sign}{operand}" could change: {hint}')
    if isinstance(old, bool) or not isinstance(old, int | float):
        raise ValueError(f'{old!r} is not a number, so it cannot be changed by "{sign}{operand}"; give the whole value')
    result = {"+": old + amount, "-": old - amount, "*": old * amount, "/": old / amount if amount else 0.0}[sign]
    return round(result, 12)


def _stretched(law: Any, factor: float) -> Any:
    """Multiply every time in a law."""
    if isinstance(law, list):
        return [_stretched(part, factor) for part in law]
    if not isinstance(law, dict):
        return law
    changed = {name: _stretched(part, factor) for name, part in law.items()}
    for name in _TIMES & law.keys():
        if law[name] is not None:
            changed[name] = round(law[name] * factor, 12)
    if law.get("mu") is not None:
        changed["mu"] = law["mu"] + math.log(factor)
    if law.get("survival") is not None:
        changed["survival"] = {round(float(time) * factor, 12): share for time, share in law["survival"].items()}
    return changed


def _percentage(text: str) -> float:
    """Read a percentage, which may be above 100 %, unlike a share."""
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
