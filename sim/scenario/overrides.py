"""Overrides by path: ``agents.cards.staff=+4``, ``demand.volume=*1.1``, ``queues.cards.hours=08:00-20:00``."""

from __future__ import annotations

import math
import re
from copy import deepcopy
from typing import Any

from sim.core.errors import InvalidInput, Problem, near
from sim.core.headcounts import rounded
from sim.core.units import parse_duration, parse_percentage
from sim.scenario.document import UNREADABLE, first_line, read_value

__all__ = ["apply_overrides"]

_AMOUNTS = {"agents": "staff", "intents": "demand"}  # a percentage is one of what is there, not an amount
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
        changes in each interval that is not 0, and ``*`` and ``/`` multiply all times of a law. ``+10 %`` adds a tenth
        of staff and demand. Headcounts are rounded half up after all overrides, unless their group keeps fractions
        (`rounding: spread`).

    Returns
    -------
    dict
        A changed copy.

    Raises
    ------
    InvalidInput
        Every override that cannot be applied, at once.
    """
    changed, resized, problems = deepcopy(data), [], []
    for override in overrides:
        path, equals, text = override.partition("=")
        try:
            if not equals or not path.strip() or not text.strip():
                raise ValueError('write it as path=value, such as "demand.volume=*1.1"')  # noqa: TRY301
            names = path.strip().split(".")
            _set(changed, names, text)
            if names[-1] == "staff" and _is_amount(names) and _RELATIVE.fullmatch(text):
                resized.append(names[1])
        except ValueError as error:
            problems.append(Problem(f"--set {override}", "", str(error)))
    if problems:
        raise InvalidInput(problems)
    for name in resized:
        group = changed["agents"].get(name)
        if isinstance(group, dict) and group.get("rounding") != "spread":
            group["staff"] = _whole(group["staff"])
    return changed


def _is_amount(path: list[str]) -> bool:
    """Tell whether a path is that of the staff of a group, or of the demand of an intent."""
    return len(path) == 3 and _AMOUNTS.get(path[0]) == path[2]


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
    if relative is None:
        parent[last] = _value(text)
        return
    sign, operand = relative.groups()
    if _is_amount(path) and sign in "+-" and operand.endswith("%"):
        sign, operand = "*", f"{1 + _number(f'{sign}{operand}'):.12g}"
    parent[last] = _changed(parent[last], sign, operand)


def _whole(staff: Any) -> Any:
    """Round a headcount, or each of a list; another override may have put the name of a file there."""
    if isinstance(staff, list):
        return [_whole(count) for count in staff]
    return float(rounded(staff)) if isinstance(staff, float) else staff


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


def _number(text: str) -> float:
    for parse in (float, parse_percentage, parse_duration):
        try:
            return float(parse(text))
        except ValueError:
            continue
    raise ValueError(f'"{text}" is not a number, a percentage or a duration')
