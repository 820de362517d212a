"""Overrides by path: ``agents.cards.staff=+4``, ``demand.volume=*1.1``, ``intents.*.steps.*.talk=+20 s``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from sim.core.errors import InvalidInput, Problem
from sim.core.headcounts import rounded
from sim.core.units import number_of, parse_duration, parse_number, parse_percentage
from sim.scenario.document import UNREADABLE, first_line, read_value
from sim.scenario.override_days import is_by_day
from sim.scenario.override_paths import Address, addresses_of, is_staff, missing, on_shifts
from sim.scenario.override_shares import Whole, adapt, is_route, whole_of
from sim.scenario.times_of_day import is_by_time, is_rate
from sim.scenario.values_by_day import differs

__all__ = ["apply_overrides"]

MAX_OVERRIDES = 10_000
"""They take some 4 s."""
_AMOUNTS = {("agents", "staff"), ("intents", "demand"), ("intents", "rate")}
"""Of these a percentage is one of what is there, not an amount."""
_TIMES = frozenset(
    {"mean", "sd", "value", "low", "mode", "high", "median", "scale", "shift", "at_least", "at_most", "beyond"}
)
_OF_A_HOLIDAY = 2  # names in its path
_RELATIVE = re.compile(r"\s*([+*]|-(?=\s*[0-9.])|/(?=\s*[0-9.][^/]*$))\s*(.+?)\s*")  # "/tmp/staff.csv" is a file


def apply_overrides(data: dict[str, Any], overrides: tuple[str, ...]) -> dict[str, Any]:
    """Change values of a scenario by their paths.

    Parameters
    ----------
    data
        A scenario as plain data, with its defaults filled in.
    overrides
        ``path=value`` sets, or adds a group, queue, step or route; ``path=+4``, ``path=-10 s``, ``path=*1.1`` and
        ``path=/2`` change what is there. A path may have numbers of list items, and ``*`` for all names or items. A
        list of numbers changes in each interval that is not 0; ``*`` and ``/`` multiply all times of a law, and ``+``
        and ``-`` shift it; ``+10 %`` adds a tenth of staff and demand. Headcounts are rounded half up after all
        overrides, unless their group keeps fractions (`rounding: spread`). Where one share of routes or segments is
        set, the others are scaled.

    Returns
    -------
    dict
        A changed copy.

    Raises
    ------
    InvalidInput
        Every override that cannot be applied, at once.
    """
    _refuse_many(overrides)
    changed, problems = deepcopy(data), []
    resized: set[str] = set()  # groups of agents
    wholes: dict[int, tuple[Whole, set[str]]] = {}
    for override in overrides:
        path, equals, text = override.partition("=")
        try:
            if not equals or not path.strip() or not text.strip():
                raise ValueError('write it as path=value, such as "demand.volume=*1.1"')  # noqa: TRY301
            for address in addresses_of(changed, path.strip()):
                _set(address, text)
                if address.path[0] == "agents" and _RELATIVE.fullmatch(text):
                    resized.add(address.path[1])
                if share := whole_of(changed, address):
                    wholes.setdefault(id(share[0]), (share[0], set()))[1].add(share[1])
        except ValueError as error:
            problems.append(Problem(f"--set {override}", "", str(error)))
    if problems:
        raise InvalidInput(problems)
    for whole, fixed in wholes.values():
        adapt(whole, fixed)
    for name in resized:
        _round_headcounts(changed["agents"][name])
    return changed


def _refuse_many(overrides: tuple[str, ...]) -> None:
    """Refuse more overrides than can be applied in some seconds."""
    if len(overrides) > MAX_OVERRIDES:
        message = (
            f"{len(overrides):,} changes are too many, and the limit is {MAX_OVERRIDES:,}; write a scenario of its own"
        )
        raise InvalidInput([Problem("--set", "", message)])


def _set(address: Address, text: str) -> None:
    """Set or change one value."""
    relative = _RELATIVE.fullmatch(text)
    if relative is None:
        value = _value(text)
        if address.path[0] == "holidays" and len(address.path) == _OF_A_HOLIDAY:
            _set_holiday(address, value)
            return
        if address.is_new and not isinstance(value, dict) and not is_route(address):
            raise ValueError(missing(address))
        address.holder[address.key] = value
        return
    if address.is_new:
        raise ValueError(missing(address))
    if address.value is None and is_staff(address.path) and address.holder.get("shifts"):
        raise ValueError(on_shifts(address.path[1]))
    sign, operand = relative.groups()
    if _is_amount(address.path) and sign in "+-" and operand.endswith("%"):
        sign, operand = "*", f"{1 + _number(f'{sign}{operand}'):.12g}"
    address.holder[address.key] = _changed(address.value, sign, operand)


def _set_holiday(address: Address, name: Any) -> None:
    """Add, rename or, without a name, remove a holiday."""
    if name is not None:
        address.holder[address.key] = name
    elif address.is_new:
        raise ValueError(missing(address))
    else:
        del address.holder[address.key]


def _is_amount(path: tuple[str, ...]) -> bool:
    """Tell whether a path is that of the staff of a group, the demand or rate of an intent, or of a part of these."""
    return len(path) in {3, 4, 5} and (path[0], path[2]) in _AMOUNTS


def _round_headcounts(group: Any) -> None:
    """Round the headcounts of a group, unless it keeps fractions, and of its shifts."""
    if not isinstance(group, dict):
        return
    if group.get("rounding") != "spread" and "staff" in group:
        group["staff"] = _whole(group["staff"])
    for shift in group.get("shifts") or ():
        if isinstance(shift, dict) and "agents" in shift:
            shift["agents"] = _whole(shift["agents"])


def _whole(staff: Any) -> Any:
    """Round a headcount, or each of a list or by day; another override may have put the name of a file there."""
    if is_by_day(staff):
        return {day: _whole(count) for day, count in staff.items()}
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
    if is_by_day(old) or is_rate(old):
        return {key: _changed(value, sign, operand) if value else value for key, value in old.items()}
    if is_by_time(old):
        return {hours: _changed(value, sign, operand) for hours, value in old.items()}
    old, amount = _read_earlier(old), _number(operand)
    if sign in "+-" and operand.endswith("%") and not _is_share(old):
        factor = f"{1 + (amount if sign == '+' else -amount):.12g}"
        raise ValueError(f'"{sign}{operand}" changes shares, staff and demand only; write "*{factor}" here')
    if sign == "/" and amount == 0:
        raise ValueError("cannot divide by 0")
    if isinstance(old, dict) and "law" in old and sign in "*/" and amount > 0:
        return _stretched(old, amount if sign == "*" else 1 / amount)
    if isinstance(old, dict) and "law" in old and sign in "+-":
        return _shifted(old, amount if sign == "+" else -amount)
    if isinstance(old, dict):
        hint = f"its parts are {', '.join(map(str, old))}; name one of them" if old else "it is empty"
        raise ValueError(f'holds no number that "{sign}{operand}" could change: {hint}')
    if isinstance(old, bool) or not isinstance(old, int | float):
        raise ValueError(f'{old!r} is not a number, so it cannot be changed by "{sign}{operand}"; give the whole value')
    result = {"+": old + amount, "-": old - amount, "*": old * amount, "/": old / amount if amount else 0.0}[sign]
    return round(result, 12)


def _read_earlier(value: Any) -> Any:
    """Return the number of a percentage or a duration that an earlier override wrote; anything else as it is."""
    return value if (number := number_of(value)) is None else number


def _is_share(value: Any) -> bool:
    """Tell whether a value may be a share, to which a percentage adds points."""
    return isinstance(value, int | float) and abs(value) <= 1


def _stretched(law: Any, factor: float) -> Any:
    """Multiply every time in a law."""
    if isinstance(law, list):
        return [_stretched(part, factor) for part in law]
    if not isinstance(law, dict):
        return law
    changed = {name: _stretched(part, factor) for name, part in law.items()}
    for name in _TIMES & law.keys():
        if law[name] is not None:
            changed[name] = _each(law[name], lambda time: round(time * factor, 12))
    if law.get("mu") is not None:
        changed["mu"] = _each(law["mu"], lambda mu: mu + math.log(factor))
    if law.get("survival") is not None:
        changed["survival"] = {
            round(parse_duration(time) * factor, 12): share for time, share in law["survival"].items()
        }
    return changed


def _shifted(law: dict[str, Any], amount: float) -> dict[str, Any]:
    """Make every time of a law longer by an amount."""
    field = "value" if law["law"] == "fixed" else "shift"

    def longer(time: float) -> float:
        if time + amount < 0:
            less = "it is shorter" if field == "value" else "its shortest times are shorter"
            raise ValueError(f'cannot take {-amount:g} s off: {less}; write a factor, such as "*0.9"')
        return round(time + amount, 12)

    return law | {field: _each(law.get(field, 0.0), longer)}


def _each(value: Any, change: Callable[[float], float]) -> Any:
    """Change a number of a law, or each by time of day; an earlier override may have written it as a text."""
    if differs(value):
        return {hours: _each(part, change) for hours, part in value.items()}
    number = number_of(value)
    return value if number is None else change(number)


def _number(text: str) -> float:
    for parse in (parse_number, parse_percentage, parse_duration):
        try:
            return float(parse(text))
        except ValueError:
            continue
    raise ValueError(f'"{text}" is not a number, a percentage or a duration')
