"""Columns of CSV tables as numbers for the hours of a run: the same every day, or by day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sim.core.calendar import Calendar
from sim.core.units import DAY, clock, spell
from sim.scenario.by_day import hours_of_day, key_of_day, selector_of
from sim.scenario.interval_tables import Table
from sim.scenario.run_days import fitting_interval, run_day
from sim.scenario.schema import Run

__all__ = ["Frame", "fit_column"]

Hours = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """What the rows of a table have to fit: the hours of a run, and the time that a number is for."""

    run: Run
    calendar: Calendar
    length: float  # seconds
    of_demand: bool
    has_per: bool

    @property
    def days(self) -> range:
        """Days of the run, and those with dates after it, in which agents finish what is left."""
        after = 0 if self.run.start is None else math.ceil(self.run.drain / DAY) + 1
        return range(1, self.run.days + after + 1)


def fit_column(table: Table, name: str, frame: Frame, days: Sequence[int]) -> list[float] | dict[str, Any]:
    """Return the numbers of a column that lie within the hours of some days of a run.

    Parameters
    ----------
    table
        Its rows may be of more days, of more of each day, and longer: then they are read in parts, a headcount as it
        is, and demand in proportion.
    name
        Of the column.
    frame
        What the rows have to fit.
    days
        Days, numbered from 1.

    Returns
    -------
    list or dict
        A list for all these days, or lists by day.

    Raises
    ------
    ValueError
        A sentence about rows that are missing.
    InvalidInput
        The table has no such column.
    """
    column = table.column(name)
    if table.step > frame.length and table.step % frame.length == 0:
        table, column = _in_parts(table, column, frame)
    if table.step not in {0.0, frame.length}:
        raise ValueError(_misfit(table, frame, next((hours for day in days if (hours := _hours(frame, day))), None)))
    if table.days is None:
        return _of_all_days(table, column, frame, days)
    return _of_selectors(table, column, frame) or _of_each_day(table, column, frame, days)


def _in_parts(table: Table, column: list[float], frame: Frame) -> tuple[Table, list[float]]:
    """Return a table with a row for each part of its rows, and a column of it."""
    count = round(table.step / frame.length)
    parts = range(count)
    begins = tuple(begin + part * frame.length for begin in table.begins for part in parts)
    days = None if table.days is None else tuple(day for day in table.days for _ in parts)
    share = count if frame.of_demand else 1
    return Table(table.file, begins, {}, days), [number / share for number in column for _ in parts]


def _hours(frame: Frame, day: int) -> Hours | None:
    return hours_of_day(frame.run.hours, day, frame.calendar)


def _of_all_days(table: Table, column: list[float], frame: Frame, days: Sequence[int]) -> list[float] | dict[str, Any]:
    """Return the numbers of rows that are of no day in particular."""
    by_day: Any = frame.run.hours
    if not isinstance(by_day, Mapping):
        return _slice(table, column, frame, by_day)
    if len(days) == len(frame.days):
        return {key: _slice(table, column, frame, hours) for key, hours in by_day.items() if hours != "closed"}
    hours_of_days = {day: hours for day in days if (hours := _hours(frame, day))}
    if len(set(hours_of_days.values())) == 1:
        return _slice(table, column, frame, next(iter(hours_of_days.values())))
    return {_name(frame, day): _slice(table, column, frame, hours) for day, hours in hours_of_days.items()}


def _slice(table: Table, column: list[float], frame: Frame, hours: Hours) -> list[float]:
    """Return the numbers within hours by the clock, which may go on after midnight."""
    if table.begins[0] == hours[0]:
        return column[: round((hours[1] - hours[0]) / frame.length)]  # the check of lengths finds too few
    rows = {begin % DAY: number for begin, number in zip(table.begins, column, strict=True)}
    count = round((hours[1] - hours[0]) / frame.length)
    times = [(hours[0] + row * frame.length) % DAY for row in range(count)]
    if any(time not in rows for time in times):
        raise ValueError(_misfit(table, frame, hours))
    return [rows[time] for time in times]


def _of_selectors(table: Table, column: list[float], frame: Frame) -> dict[str, list[float]] | None:
    """Return the numbers by the selectors of the table; None if dates or hours after midnight need more care."""
    assert table.days is not None
    hours: Any = frame.run.hours
    if isinstance(hours, Mapping) or hours[1] > DAY or any(_is_single(day) for day in table.days):
        return None
    numbers = {}
    for key in dict.fromkeys(table.days):
        rows = [row for row, day in enumerate(table.days) if day == key]
        part = Table(table.file, tuple(table.begins[row] for row in rows), {})
        numbers[key] = _slice(part, [column[row] for row in rows], frame, hours)
    return numbers


def _is_single(key: str) -> bool:
    """Tell whether a selector is a date, or a day of the run."""
    return key[:1].isdecimal() or key.startswith("day ")


def _of_each_day(table: Table, column: list[float], frame: Frame, days: Sequence[int]) -> dict[str, list[float]]:
    """Return the numbers of each day, interval by interval that passes, by the day and time that the clock shows."""
    assert table.days is not None
    rows: dict[str, dict[float, list[float]]] = {}
    for key, begin, number in zip(table.days, table.begins, column, strict=True):
        rows.setdefault(key, {}).setdefault(begin, []).append(number)
    by_day: dict[str, list[float]] = {}
    missing: list[str] = []
    for day in days:
        begins = list(_begins(frame, day))
        numbers = [each for begin in begins if (each := _row(rows, frame, begin)) is not None]
        if len(numbers) < len(begins) and day <= frame.run.days:
            missing.append(_name(frame, day))
        elif len(numbers) == len(begins) and begins:
            by_day[_name(frame, day)] = numbers
    if missing and frame.run.start is None:
        _check_no_dates(table)
    if missing:
        more = f" and {len(missing) - 1} more days" if len(missing) > 1 else ""
        raise ValueError(f"{table.file} lacks rows for {missing[0]}{more} within the run's hours; add them")
    return by_day


def _check_no_dates(table: Table) -> None:
    """Refuse dates, which the days of a run without a date do not have."""
    selectors = [selector_of(day) for day in table.days or ()]
    if dated := [selector.first for selector in selectors if selector.by_date]:
        first = date.fromordinal(min(dated))
        message = f"{table.file} has dates, from {first} on, and the run has none; write run: {{start: {first}}}, the "
        raise ValueError(f"{message}date of the first day")


def _begins(frame: Frame, day: int) -> Iterator[float]:
    of_day = run_day(frame.run, frame.calendar, day)
    count = round((of_day.closes - of_day.opens) / frame.length)
    yield from (of_day.opens + number * frame.length for number in range(count))


def _row(rows: dict[str, dict[float, list[float]]], frame: Frame, instant: float) -> float | None:
    """Return the number of the interval that begins at an instant; an hour that comes twice may have two rows."""
    day, seconds = frame.calendar.local(instant)
    key = key_of_day(rows, day, frame.calendar)
    numbers = rows[key].get(seconds) if key is not None else None
    return numbers[-1 if frame.calendar.is_second(instant) else 0] if numbers else None


def _name(frame: Frame, day: int) -> str:
    """Return the selector of a single day."""
    return str(frame.calendar.date_of(day) or f"day {day}")


def _misfit(table: Table, frame: Frame, hours: Hours | None) -> str:
    step = table.step or frame.length
    actual = f"rows of {step / 60:g} min from {clock(table.begins[0])} to {clock(table.begins[-1] + step, end=True)}"
    wanted = f"{frame.length / 60:g} min"
    if hours:
        wanted += f" from {clock(hours[0])} to {clock(hours[1], end=True)}"
    message = (
        f"{table.file} has {actual}; the run's hours and {'demand.per' if frame.has_per else 'interval'} want {wanted}"
    )
    spans = [hours[0] - table.begins[0], hours[1] - hours[0]] if hours else []
    if frame.length <= step and any(span % frame.length for span in spans):
        part = fitting_interval([*spans, step])
        name = "demand.per" if frame.has_per else "run.interval"
        return f"{message}; with {name}: {spell(part)}, rows are read in parts"
    if frame.of_demand and step != frame.length:
        message += f", or write demand.per: {spell(step)}"
    return message
