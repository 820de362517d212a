"""Values that differ by day: selectors such as ``mon-fri``, ``holiday`` and ``2025-12-24``, and the value of a day."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from sim.core.calendar import Calendar
from sim.core.errors import near
from sim.core.units import WEEKDAYS, spell_hours

__all__ = [
    "MOST_DAY",
    "ONLY_DAYS",
    "WEEKDAY_KEYS",
    "DayKey",
    "ListedDay",
    "Selector",
    "covers",
    "day_name",
    "differs_by_day",
    "has_list",
    "hours_of_day",
    "is_day_key",
    "is_left_out",
    "is_named",
    "key_of_day",
    "numbers_in",
    "rivals_of_day",
    "selector_of",
    "spelled",
    "value_of_day",
    "values_of_day",
]

WEEKDAY_KEYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(r"day ([1-9][0-9]{0,4})")
MOST_DAY = 99_999
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_FIRST = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_EXAMPLES = 'such as mon, mon-fri, weekend, holiday, 2025-12-24, 2025-12-24..2026-01-01, "day 3" or else'

Value = TypeVar("Value")


class Selector(NamedTuple):
    """The days that a word stands for. The lowest rank wins; within a rank, the selector of fewer days."""

    rank: (
        int  # 0 = a date or day, 1 = a range of dates, 2 = holidays, 3 = a weekday, 4 = a range of these, 5 = the rest
    )
    size: int  # days that it may stand for, of a week or in all
    first: int = 0  # of weekdays (0 = Monday), of days of the run, or of dates as ordinals
    last: int = 0
    by_date: bool = False


def _weekdays(first: int, last: int) -> Selector:
    return Selector(4, (last - first) % 7 + 1, first, last)


_FIXED = {
    **{name: Selector(3, 1, number, number) for number, name in enumerate(WEEKDAY_KEYS)},
    "weekdays": _weekdays(0, 4),
    "weekend": _weekdays(5, 6),
    "holiday": Selector(2, 0),
    "else": Selector(5, 0),
}
_KNOWN = ("mon-fri", *_FIXED)
_DAYS_WRITTEN_OUT = {name.lower(): key for name, key in zip(WEEKDAYS, WEEKDAY_KEYS, strict=True)}


def selector_of(text: str) -> Selector:
    """Read a selector of days.

    Parameters
    ----------
    text
        A weekday (``mon``), a range of them (``mon-fri``, ``weekdays``, ``weekend``), ``holiday``, a date, a range of
        dates, ``day 3`` of the run, or ``else``.

    Returns
    -------
    Selector
        The days that it stands for.

    Raises
    ------
    ValueError
        A sentence with what would be right.
    """
    if selector := _find(text):
        return selector
    written = _DAYS_WRITTEN_OUT.get(text.lower()) or _as_iso(text)
    hint = f"write {written}" if written else f"{near(text, _KNOWN)}; give one {_EXAMPLES}"
    raise ValueError(f'"{text}" names no day; {hint}')


@lru_cache(maxsize=100_000)
def _find(text: str) -> Selector | None:
    """Return the selector that a text writes, if it writes one; `ValueError` if that names no possible date."""
    if text in _FIXED:
        return _FIXED[text]
    if match := _DAY.fullmatch(text):
        return Selector(0, 1, int(match[1]), int(match[1]))
    first, dash, last = text.partition("-")
    if dash and first in WEEKDAY_KEYS and last in WEEKDAY_KEYS:
        return _weekdays(WEEKDAY_KEYS.index(first), WEEKDAY_KEYS.index(last))
    begin, dots, end = text.partition("..")
    if _DATE.fullmatch(begin) and (not dots or _DATE.fullmatch(end)):
        return _dates(text, begin, end or begin)
    return None


def _as_iso(text: str) -> str | None:
    """Return a date with its day first, such as 24.12.2025, as ISO 8601 has it."""
    match = _DAY_FIRST.fullmatch(text)
    return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}" if match else None


def _dates(text: str, begin: str, end: str) -> Selector:
    try:
        first, last = date.fromisoformat(begin).toordinal(), date.fromisoformat(end).toordinal()
    except ValueError:
        raise ValueError(f'"{text}": there is no such date; give one such as 2025-12-24') from None
    if last < first:
        raise ValueError(f'"{text}" ends before it begins; give the earlier date first')
    return Selector(min(last - first, 1), last - first + 1, first, last, by_date=True)


def is_day_key(text: str) -> bool:
    """Tell whether a text is a selector of days."""
    try:
        return _find(text) is not None
    except ValueError:
        return False


def differs_by_day(value: object) -> bool:
    """Tell whether a value is meant to be a mapping from selectors of days to values; `else` alone names no day."""
    return isinstance(value, dict) and any(key != "else" and is_day_key(str(key)) for key in value)


def covers(selector: Selector, day: int, calendar: Calendar) -> bool:
    """Tell whether a selector stands for a day of a run, counted from 1."""
    if selector.by_date:
        at = calendar.date_of(day)
        return at is not None and selector.first <= at.toordinal() <= selector.last
    if selector.rank in {3, 4}:
        weekday = calendar.weekday_of(day)
        return (weekday - selector.first) % 7 <= (selector.last - selector.first) % 7
    if selector.rank == 2:
        return calendar.is_holiday(day)
    return selector.rank == 5 or selector.first == day


@lru_cache(maxsize=1000)
def _wide(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the selectors that are neither a single date nor a day, the most particular first."""
    wide = [key for key in keys if not (_DATE.fullmatch(key) or _DAY.fullmatch(key))]
    return tuple(sorted(wide, key=lambda key: selector_of(key)[:2]))


def _fitting(keys: Collection[str], day: int, calendar: Calendar) -> Iterator[str]:
    """Yield the selectors that stand for a day, the most particular first; a year of dates is not searched."""
    yield from (exact for exact in (str(calendar.date_of(day)), f"day {day}") if exact in keys)
    yield from (key for key in _wide(tuple(keys)) if covers(selector_of(key), day, calendar))


def key_of_day(keys: Collection[str], day: int, calendar: Calendar) -> str | None:
    """Return the most particular of the selectors that stand for a day; None if none does."""
    return next(_fitting(keys, day, calendar), None)


def rivals_of_day(keys: Collection[str], day: int, calendar: Calendar) -> tuple[str, str] | None:
    """Return the first two selectors that stand for a day if neither is more particular; None if one is."""
    first, second = [*islice(_fitting(keys, day, calendar), 2), "", ""][:2]
    return (first, second) if second and selector_of(first)[:2] == selector_of(second)[:2] else None


def value_of_day(values: Mapping[str, Value], day: int, calendar: Calendar) -> Value | None:
    """Return the value of the most particular selector that stands for a day; None if none does."""
    key = key_of_day(values, day, calendar)
    return None if key is None else values[key]


def values_of_day(values: Any, day: int, calendar: Calendar) -> Any:
    """Return what applies on a day, of values that may differ by day; None if nothing does."""
    return value_of_day(values, day, calendar) if isinstance(values, Mapping) else values


def hours_of_day(hours: Any, day: int, calendar: Calendar) -> tuple[float, float] | None:
    """Return the hours of a day by the clock, of hours that may differ by day; None if it is closed."""
    of_day = values_of_day(hours, day, calendar)
    return None if of_day is None or of_day == "closed" else of_day


def spelled(hours: Any) -> str:
    """Write hours that may differ by day for people, as in a scenario."""
    if not isinstance(hours, Mapping):
        return spell_hours(hours)
    by_day = (f"{key}: {of_day if of_day == 'closed' else spell_hours(of_day)}" for key, of_day in hours.items())
    return f"{{{', '.join(by_day)}}}"


def has_list(values: Any) -> bool:
    """Tell whether values have several numbers for a day, or for some days."""
    return any(isinstance(of_day, list) for of_day in (values.values() if isinstance(values, Mapping) else [values]))


def numbers_in(values: Any) -> Iterator[float]:
    """Yield all numbers of values that may be a number, a list, or these by day; nothing of what is unknown yet."""
    if isinstance(values, Mapping):
        for of_day in values.values():
            yield from numbers_in(of_day)
    elif isinstance(values, list):
        yield from values
    elif isinstance(values, int | float):
        yield values


def is_named(days: Iterable[int | str] | None, day: int, calendar: Calendar) -> bool:
    """Tell whether a list of days, numbers or selectors, has a day; None has all, and so has a list of `not` alone."""
    listed = list(days or ())
    chosen = [named for named in listed if not is_left_out(named)]
    if any(covers(selector_of(str(named)[4:]), day, calendar) for named in listed if is_left_out(named)):
        return False
    return not chosen or any(
        day == named if isinstance(named, int) else covers(selector_of(named), day, calendar) for named in chosen
    )


def is_left_out(named: int | str) -> bool:
    """Tell whether an item of a list of days leaves days out, such as ``"not holiday"``."""
    return isinstance(named, str) and named.startswith("not ")


def day_name(day: int, calendar: Calendar) -> str:
    """Write a day of a run for people, e.g. ``"day 3 (Wednesday)"`` or ``"Wednesday 2025-12-24"``."""
    weekday, at = calendar.weekday_name(day), calendar.date_of(day)
    return f"day {day} ({weekday})" if at is None else f"{weekday} {at}"


def _day_key(value: object) -> str:
    text = str(value).strip()
    selector_of(text)
    return text


DayKey = Annotated[
    str,
    BeforeValidator(_day_key),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$|^(weekdays|weekend|holiday|"
            r"else)$|^day [1-9][0-9]*$|^\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?$",
        }
    ),
]
"""A selector of days, as it is written."""


def _listed_day(value: object) -> str:
    text = " ".join(str(value).split())
    selector_of(text[4:] if is_left_out(text) else text)
    return text


ListedDay = Annotated[
    str,
    BeforeValidator(_listed_day),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^(not )?((mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?|weekdays|weekend|"
            r"holiday|else|day [1-9][0-9]*|\d{4}-\d{2}-\d{2}(\.\.\d{4}-\d{2}-\d{2})?)$",
        }
    ),
]
"""A selector in a list of days, which ``not`` before it takes out of the list."""
ONLY_DAYS = Field(json_schema_extra={"additionalProperties": False})
"""For editors: a mapping has no other keys than selectors of days."""
