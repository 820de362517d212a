"""Durations, shares and times of day: read them as people write them, and write them for people.

In the program, a duration is seconds, a share is 0 to 1, and a time of day is seconds after midnight.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

__all__ = [
    "DAY",
    "HOUR",
    "MINUTE",
    "WEEKDAYS",
    "Duration",
    "Hours",
    "Share",
    "TimeOfDay",
    "clock",
    "counted",
    "number_of",
    "parse_duration",
    "parse_hours",
    "parse_number",
    "parse_percentage",
    "parse_share",
    "parse_time_of_day",
    "spell",
    "spell_hours",
]

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_UNITS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "sec": Decimal(1),
    "second": Decimal(1),
    "min": Decimal(60),
    "minute": Decimal(60),
    "h": Decimal(3600),
    "hour": Decimal(3600),
    "d": Decimal(86400),
    "day": Decimal(86400),
    "week": Decimal(7 * 86400),
}
_PART = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::([0-5][0-9]))?")


def parse_duration(value: object) -> float:
    """Read a duration.

    Parameters
    ----------
    value
        ``"4 min"``, ``"1 h 30 min"``, ``"2 days"``, or a number of seconds.

    Returns
    -------
    float
        Seconds, finite and not negative.

    Raises
    ------
    ValueError
        A sentence with the value found and what would be right.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f'{value!r} is not a duration; give one such as "4 min"')
    if isinstance(value, str):
        return _parse_duration_text(value)
    if value < 0:
        raise ValueError(f'{value} is negative; give a duration such as "4 min", or a number of seconds')
    return _finite(_float(value), value)


def _parse_duration_text(text: str) -> float:
    written = text.strip()
    if written.startswith("-"):
        raise ValueError(f'{text} is negative; give a duration such as "4 min"')
    at, seconds = 0, Decimal(0)
    while part := _PART.match(written, at):
        unit = part[2] if part[2] in _UNITS else part[2].removesuffix("s")
        if unit not in _UNITS:
            raise ValueError(f'"{text}": the unit "{part[2]}" is not known; use ms, s, min, h, days or weeks')
        seconds += Decimal(part[1]) * _UNITS[unit]
        at = part.end()
    if at == 0 or written[at:].strip():
        hint = f'; did you mean "{written} s"?' if re.fullmatch(r"[0-9.]+", written) else _meaning_of(written)
        raise ValueError(f'"{text}" is not a duration; give a number and a unit, such as "4 min"{hint}')
    return _finite(_float(seconds), text)


def _meaning_of(text: str) -> str:
    """Return what a time written with colons may mean, as a hint; empty if it is none."""
    if not (match := _CLOCK.fullmatch(text)):
        return ""
    first, second, third = match.groups()
    if third:
        return f'; did you mean "{int(first)} h {int(second)} min {int(third)} s"?'
    return f'; did you mean "{int(first)} min {int(second)} s", or "{int(first)} h {int(second)} min"?'


def _finite(seconds: float, value: object) -> float:
    if not math.isfinite(seconds):
        raise ValueError(f'{_short(value)} is not finite; give a duration such as "4 min"')
    return seconds


def _float(value: float | Decimal) -> float:
    """Return a number as a float; infinite where it is too large for one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def parse_share(value: object) -> float:
    """Read a share.

    Parameters
    ----------
    value
        ``"35 %"``, or a number from 0 to 1.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    ValueError
        A sentence with the value found and what would be right.
    """
    wrong = f'{value!r} is not a share; give one such as "35 %", or a number from 0 to 1'
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(wrong)
    if isinstance(value, str):
        text = value.strip()
        try:
            share = parse_percentage(text) if text.endswith("%") else parse_number(text)
        except ValueError:
            raise ValueError(wrong) from None
    else:
        share = _float(value)
    if not 0 <= share <= 1:
        hint = f'; did you mean "{value} %"?' if isinstance(value, int | float) and 1 < value <= 100 else ""
        raise ValueError(f"{_short(value)} is not between 0 % and 100 %{hint}")
    return share


def parse_number(text: str) -> float:
    """Read a number as people write it, such as ``12``, ``-1.5`` or ``1e9``.

    Parameters
    ----------
    text
        The text; white space around the number does not count.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ValueError
        The text is no such number; Python takes ``1_0`` for 10, and digits of other scripts.
    """
    if not _NUMBER.fullmatch(text.strip()):
        raise ValueError(f'"{text}" is not a number')
    return float(text)


def parse_percentage(text: str) -> float:
    """Read a percentage by decimal arithmetic: ``"28.95 %"`` is 0.2895, to the last digit.

    Parameters
    ----------
    text
        A number and ``%``; it may be negative, or above 100 %.

    Returns
    -------
    float
        1 for 100 %.

    Raises
    ------
    ValueError
        It is no percentage.
    """
    if not text.endswith("%") or "_" in text or not text.isascii():  # Python takes 0_1 for 1, and other digits
        raise ValueError(text)
    try:
        return float(Decimal(text.removesuffix("%").strip()).scaleb(-2))
    except ArithmeticError:
        raise ValueError(text) from None


def parse_time_of_day(value: object) -> float:
    """Read a time of day.

    Parameters
    ----------
    value
        ``"07:30"``; ``"24:00"`` is the end of the day.

    Returns
    -------
    float
        Seconds after midnight, 0 to 86400.

    Raises
    ------
    ValueError
        A sentence with the value found and what would be right.
    """
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= DAY:
        return float(value)
    if not match or (seconds := int(match[1]) * HOUR + int(match[2]) * MINUTE + int(match[3] or 0)) > DAY:
        raise ValueError(f'{value!r} is not a time of day; give one such as "07:30", up to "24:00"')
    return seconds


def parse_hours(value: object) -> tuple[float, float]:
    """Read opening hours.

    Parameters
    ----------
    value
        ``"07:00-22:00"``; ``"22:00-06:00"``, which ends on the next day; ``"24/7"``; or a pair of times of day.

    Returns
    -------
    tuple of float
        From and until, seconds after midnight, from < until; beyond 86400, until is a time of the next day.

    Raises
    ------
    ValueError
        A sentence with the value found and what would be right.
    """
    if isinstance(value, str) and value.replace(" ", "") == "24/7":
        return 0.0, DAY
    ends = value.replace("–", "-").split("-") if isinstance(value, str) else value  # noqa: RUF001 - as planners type
    if not isinstance(ends, list | tuple) or len(ends) != 2:
        raise ValueError(f'{value!r} are not hours; give them as "07:00-22:00"')
    next_day = isinstance(ends[1], int | float) and DAY < ends[1] < 2 * DAY
    opens, closes = parse_time_of_day(ends[0]), DAY + parse_time_of_day(ends[1] - DAY if next_day else ends[1])
    closes -= 0.0 if next_day or closes - DAY < opens else DAY
    if not 0 < closes - opens <= DAY:
        raise ValueError(f'"{value}" must end after they begin and within 24 hours; write "24/7" if they never end')
    return opens, closes


def clock(seconds: float, *, end: bool = False) -> str:
    """Write seconds after midnight as a time of day, e.g. ``"07:30"``.

    Parameters
    ----------
    seconds
        Not negative; from the second day on, the day is written too, e.g. ``"day 2 07:30"``.
    end
        Whether something ends then: midnight is the ``"24:00"`` of the day before.

    Returns
    -------
    str
        Hours and minutes.
    """
    day, rest = divmod(seconds, DAY)
    if end and day and not rest:
        day, rest = day - 1, DAY
    text = f"{int(rest // HOUR):02d}:{int(rest % HOUR // MINUTE):02d}"
    return f"day {int(day) + 1} {text}" if day else text


def spell_hours(hours: tuple[float, float]) -> str:
    """Write opening hours as `parse_hours` reads them, e.g. ``"22:00-06:00"``."""
    opens, closes = hours
    return f"{clock(opens)}-{clock(closes if closes <= DAY else closes - DAY, end=True)}"


def spell(seconds: float) -> str:
    """Write a duration for people, e.g. ``"4 min 30 s"``.

    Parameters
    ----------
    seconds
        Any number.

    Returns
    -------
    str
        The two largest units.
    """
    if not math.isfinite(seconds):
        return "-"
    if round(abs(seconds), 1) < MINUTE:
        return f"{seconds:.3g} s"
    parts = []
    rest = round(abs(seconds))
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", 1.0)):
        count, rest = divmod(rest, int(size))
        if count:
            parts.append(f"{count} {unit}")
    return ("-" if seconds < 0 else "") + " ".join(parts[:2])


def counted(number: int, noun: str) -> str:
    """Write a number and a noun, e.g. ``"1 step"`` or ``"2,000 steps"``.

    Parameters
    ----------
    number
        Any.
    noun
        In the singular.

    Returns
    -------
    str
        In the plural, unless the number is 1.
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _schema(meaning: str, example: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": ["string", "number"], "description": meaning, "examples": [example]})


Duration = Annotated[float, BeforeValidator(parse_duration), _schema('A duration such as "4 min"', "4 min")]
Share = Annotated[float, BeforeValidator(parse_share), _schema('A share such as "35 %"', "35 %")]
TimeOfDay = Annotated[float, BeforeValidator(parse_time_of_day), _schema('A time of day such as "07:30"', "07:30")]
Hours = Annotated[
    tuple[float, float],
    BeforeValidator(parse_hours),
    WithJsonSchema(
        {
            "type": ["string", "array"],
            "description": "Hours of a day",
            "examples": ["07:00-22:00"],
        }
    ),
]


def number_of(value: object) -> float | None:
    """Return the number that a percentage or a duration stands for, or a number itself; None if it is neither."""
    if not isinstance(value, str):
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    for parse in (parse_percentage, parse_duration):
        try:
            return float(parse(value))
        except ValueError:
            continue
    return None
