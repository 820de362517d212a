"""Values by the time of day: a mapping from hours to values, with `else` for the rest of the day.

A mapping may stand for a whole value (a law, a share), or for one number within it (the mean of a law, the share of a
route). The latter is spread: it becomes a mapping of whole values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeVar

from sim.core.units import DAY, parse_hours
from sim.scenario.by_day import differs_by_day

__all__ = [
    "ELSE",
    "by_hours",
    "changes_of",
    "checked_hours",
    "hours_text",
    "is_by_time",
    "is_rate",
    "spread",
    "with_times_of_day",
]

T = TypeVar("T")
ELSE = "else"
_MIDNIGHT = 0.0
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?")
_HOURS = re.compile(r"[0-9:. ]+[-–]")  # noqa: RUF001 - as planners type


def hours_text(begin: float, until: float) -> str:
    """Write hours as `parse_hours` reads them."""
    return f"{_clock_text(begin)}-{_clock_text(until if until <= DAY else until - DAY)}"


def _clock_text(time: float) -> str:
    minutes, seconds = divmod(round(time), 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def is_by_time(value: object) -> bool:
    """Tell whether a value is meant to be a mapping from hours to values."""
    return isinstance(value, dict) and any(key == ELSE or _HOURS.match(str(key)) for key in value)


def is_rate(value: object) -> bool:
    """Tell whether a value is a mapping from times of day to numbers."""
    return isinstance(value, dict) and bool(value) and all(_TIME.fullmatch(str(key)) for key in value)


def checked_hours(values: Mapping[Any, T]) -> Mapping[Any, T]:
    """Return a mapping from hours to values whose hours are right; raise a ValueError with a sentence if not."""
    if any(map(differs_by_day, values.values())):
        raise ValueError("has days within hours; write days outside and hours within: {mon: {08:00-10:00: ...}}")
    spans = sorted(_spans(values))
    for (_, until, key), (begin, _, following) in pairwise(spans):
        if begin < until:
            raise ValueError(f'"{key}" and "{following}" overlap; let each time of day have one value')
    gaps = [
        (until, begin)
        for (_, until, _), (begin, _, _) in pairwise([(_MIDNIGHT, _MIDNIGHT, ""), *spans, (DAY, DAY, "")])
        if begin > until
    ]
    if gaps and ELSE not in values:
        raise ValueError(f'gives no value for {hours_text(*gaps[0])}; add "{ELSE}: ..." for the rest of the day')
    if not gaps and ELSE in values:
        raise ValueError(f'"{ELSE}" never applies, because the hours fill the day; remove it')
    return values


def _spans(values: Mapping[Any, Any]) -> Iterator[tuple[float, float, str]]:
    """Yield from, until and key of hours within one day; those across midnight are two."""
    for key in values:
        if key != ELSE:
            begin, until = parse_hours(key)
            yield begin, min(until, DAY), str(key)
            if until > DAY:
                yield _MIDNIGHT, until - DAY, str(key)


def changes_of(values: Mapping[Any, T]) -> list[tuple[float, T]]:
    """Return the instants of the day from which on a value holds, beginning with midnight, and the values."""
    spans = sorted(_spans(values))
    changes: list[tuple[float, T]] = []
    at = _MIDNIGHT
    for begin, until, key in [*spans, (DAY, DAY, ELSE)]:
        if begin > at:
            changes.append((at, values[ELSE]))
        if until > begin:
            changes.append((begin, next(value for known, value in values.items() if str(known) == key)))
        at = until
    return [change for number, change in enumerate(changes) if not number or change[1] != changes[number - 1][1]]


def by_hours(changes: list[tuple[float, T]]) -> dict[str, T]:
    """Return a mapping from hours to values, from the instants at which they change; the first is midnight."""
    ends = [*(begin for begin, _ in changes[1:]), DAY]
    return {hours_text(begin, end): value for (begin, value), end in zip(changes, ends, strict=True)}


def spread(parts: Mapping[str, Any], whole: Callable[[dict[str, Any]], T]) -> list[tuple[float, T]]:
    """Return whole values by the time of day, of which some parts are mappings from hours to values.

    Parameters
    ----------
    parts
        Name to value, or to a mapping from hours to values.
    whole
        Makes a whole value of the parts that hold at one time.

    Returns
    -------
    list
        The instant of the day from which on each value holds, beginning with midnight, and the value.
    """
    tables = {name: changes_of(checked_hours(part)) for name, part in parts.items() if is_by_time(part)}
    instants = sorted({begin for changes in tables.values() for begin, _ in changes})

    def at(instant: float) -> T:
        now = {name: [value for begin, value in changes if begin <= instant][-1] for name, changes in tables.items()}
        return whole({**parts, **now})

    return [(instant, at(instant)) for instant in instants]


def with_times_of_day(schema: dict[str, Any], laws: list[str]) -> dict[str, Any]:
    """Return a JSON Schema in which numbers of laws, and shares of routes, may differ by day or by the time of day.

    Parameters
    ----------
    schema
        Of a scenario; it changes.
    laws
        Definitions of the laws.
    """
    by_time = {"$ref": "#/$defs/ByTime"}

    def widen(properties: dict[str, Any]) -> None:
        for name, each in properties.items():
            if name != "law" and "$ref" not in each:
                properties[name] = {"anyOf": [each, by_time]}

    def walk(part: Any) -> None:
        for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            walk(each)
        # Values by day have no other keys, and are no shares.
        if isinstance(part, dict) and "patternProperties" in part and part.get("additionalProperties") is not False:
            widen(part["patternProperties"])

    walk(schema)
    for law in laws:
        properties = schema["$defs"][law]["properties"]
        if "of" in properties:  # of a minimum, whose laws may differ, too
            properties["of"]["items"] = {"anyOf": [properties["of"]["items"], by_time]}
        widen(properties)
    schema["$defs"]["ByTime"] = {
        "type": "object",
        "description": 'Numbers by the time of day: {"08:00-10:00": ..., "else": ...}, such ones or numbers by day: '
        '{"mon": ..., "else": ...}, or {file: ..., column: ...}',
    }
    return schema
