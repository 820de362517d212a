"""Values that differ by day, and within a day by time: ``{mon: {08:00-10:00: 5 min, else: 4 min}, else: 3 min}``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, TypeVar

from sim.core.units import DAY, parse_hours
from sim.scenario.by_day import WEEKDAY_KEYS, Selector, differs_by_day, selector_of
from sim.scenario.times_of_day import ELSE, by_hours, hours_text, is_by_time, spread

__all__ = ["checked_days", "day_cases", "differs", "spread_out"]

T = TypeVar("T")
_EVERY_WEEKDAY = (1 << len(WEEKDAY_KEYS)) - 1


def differs(value: object) -> bool:
    """Tell whether a value is meant to differ by day or by the time of day."""
    return differs_by_day(value) or is_by_time(value)


def checked_days(values: Mapping[Any, T]) -> dict[str, T]:
    """Return a mapping from selectors of days to values, the most particular first.

    Raises
    ------
    ValueError
        A sentence: a key names no day, some days have no value, or two keys stand for the same day and neither is more
        particular.
    """
    by_key = {str(key).strip(): value for key, value in values.items()}
    selectors = {key: selector_of(key) for key in by_key}
    keys = sorted(by_key, key=lambda key: selectors[key][:3])
    for first, second in pairwise(keys):
        if _are_rivals(selectors[first], selectors[second]):
            message = f'"{first}" and "{second}" stand for the same days, and neither is more particular; '
            raise ValueError(f"{message}let each day have one value")
    if ELSE not in by_key and _weekdays_of(selectors.values()) != _EVERY_WEEKDAY:
        raise ValueError(f'gives no value for days that are not named; add "{ELSE}: ..." for them')
    for key, value in by_key.items():
        _check_midnight(key, value)
    return {key: by_key[key] for key in keys}


def _are_rivals(first: Selector, second: Selector) -> bool:
    """Tell whether two selectors, of which the first begins earlier, are as particular and have days in common."""
    if first[:2] != second[:2] or first.by_date != second.by_date or first.rank not in {1, 4}:
        return False
    return bool(_weekdays_of([first]) & _weekdays_of([second])) if first.rank == 4 else first.last >= second.first


def _weekdays_of(selectors: Any) -> int:
    """Return the weekdays that selectors name, as a bit mask."""
    count = len(WEEKDAY_KEYS)
    spans = ((each.first, (each.last - each.first) % count) for each in selectors if each.rank in {3, 4})
    return sum({1 << (first + more) % count for first, length in spans for more in range(length + 1)})


def _check_midnight(key: str, value: object) -> None:
    """Refuse hours across midnight within a day: they would end on another day."""
    for hours in value if isinstance(value, dict) and is_by_time(value) else ():
        begin, until = (0.0, DAY) if hours == ELSE else parse_hours(hours)
        if until > DAY:
            message = f'"{hours}" of {key} ends on the next day; write {hours_text(begin, DAY)} here, and '
            raise ValueError(f"{message}{hours_text(0.0, until - DAY)} on the day after")


def spread_out(parts: Mapping[str, Any], whole: Callable[[dict[str, Any]], Any]) -> Any:
    """Return a whole value; by day, or by the time of day, if some of its parts are mappings from days or hours.

    Parameters
    ----------
    parts
        Name to value, or to values by day or by time.
    whole
        Makes a whole value of the parts that hold at one time.
    """
    by_day = _by_day(parts)
    if by_day:
        return {key: spread_out(now, whole) for key, now in by_day.items()}
    return by_hours(spread(parts, whole)) if any(map(is_by_time, parts.values())) else whole(dict(parts))


def day_cases(parts: Mapping[str, Any]) -> list[tuple[str | None, dict[str, Any]]]:
    """Return what holds by day, the most particular days first, and last what holds on all other days, None."""
    by_day = _by_day(parts)
    *others, last = by_day.values() if by_day else [dict(parts)]
    return [*zip(by_day, others, strict=False), (None, last)]


def _by_day(parts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the parts that hold by day, the most particular days first; empty if no part differs by day."""
    tables = {name: checked_days(part) for name, part in parts.items() if differs_by_day(part)}
    keys = list(next(iter(tables.values()), ()))
    if odd := next((list(table) for table in tables.values() if list(table) != keys), None):
        message = f"has values by different days, {', '.join(keys)} and {', '.join(odd)}"
        raise ValueError(f"{message}; name the same days in each")
    return {key: {**parts, **{name: table[key] for name, table in tables.items()}} for key in keys}
