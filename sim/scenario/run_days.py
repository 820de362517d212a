"""Days of a run: when each opens and closes, and which reporting intervals lie within its hours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.calendar import Calendar
from sim.core.units import DAY
from sim.scenario.by_day import hours_of_day
from sim.scenario.schema import Run, Scenario

__all__ = [
    "RunDay",
    "RunDays",
    "days_until",
    "fitting_interval",
    "hours_by_day",
    "hours_within",
    "overlap",
    "run_day",
    "run_days",
    "spans_of",
]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_ROUNDING = 1e-9  # of an interval


@dataclass(frozen=True, eq=False)
class RunDay:
    """A day of a run; days after the last one have hours, too, in which agents finish what is left."""

    day: int  # from 1
    opens: float  # instant
    closes: float  # instant; opens = closes on a closed day
    clock: tuple[float, float]  # the same by the wall clock, seconds after midnight
    slots: I8  # of each interval in these hours: the number of its time by the wall clock, from the opening time on

    def numbers(self, values: float | list[float]) -> list[float]:
        """Return the number that applies to each interval in these hours.

        Parameters
        ----------
        values
            One number for all; or one for each interval by the clock; or, where the clocks change and there are as
            many, one for each interval that passes.
        """
        if not isinstance(values, list):
            return [float(values)] * len(self.slots)
        if len(values) == len(self.slots):
            return [float(value) for value in values]
        return [float(values[slot]) for slot in self.slots.tolist()]


@dataclass(frozen=True, eq=False)
class RunDays:
    """All days of a run, on one grid of intervals."""

    days: tuple[RunDay, ...]
    begins: F8  # [days + 1] instants with which the days begin, and the last ends; a night belongs to its first day
    origin: float  # when the first interval begins
    interval: float
    day: I8  # [intervals] day of each interval, the first = 0
    slot: I8  # [intervals] as in `RunDay`, -1 = outside the hours

    @property
    def intervals(self) -> int:
        """Number of intervals."""
        return len(self.day)

    @property
    def end(self) -> float:
        """When the last interval ends."""
        return self.origin + self.intervals * self.interval

    def rows(self, day: RunDay) -> slice:
        """Return the intervals of a day's hours."""
        first = max(round((day.opens - self.origin) / self.interval), 0)
        return slice(first, first + len(day.slots))


def run_day(run: Run, calendar: Calendar, day: int, parts: int = 1) -> RunDay:
    """Return a day of a run, which may lie after the last one; intervals may be cut into equal parts."""
    hours, length = hours_of_day(run.hours, day, calendar), run.interval / parts
    if hours is None:
        midnight = calendar.midnight(day)
        return RunDay(day, midnight, midnight, (0.0, 0.0), np.empty(0, dtype=np.int64))
    begin, until = hours
    opens, closes = calendar.instant(day, begin), calendar.instant(day, until)
    numbers = np.arange(round((closes - opens) / length))
    if closes - opens != until - begin:  # the clock changes meanwhile
        shown = [calendar.local(opens + float(number) * length) for number in numbers]
        seconds = np.array([(on - day) * DAY + second - begin for on, second in shown], dtype=np.float64)
        numbers = np.maximum(np.floor(seconds / length + _ROUNDING), 0).astype(np.int64)
    return RunDay(day, opens, closes, hours, numbers)


def run_days(scenario: Scenario, parts: int = 1) -> RunDays:
    """Return the days of a run; intervals may be cut into equal parts."""
    run, calendar = scenario.run, scenario.calendar
    length = run.interval / parts
    days = tuple(run_day(run, calendar, day, parts) for day in range(1, run.days + 1))
    begins = calendar.midnights(run.days)
    begins[1:] = np.maximum(begins[1:], [day.closes for day in days])
    origin, intervals = _grid(run, calendar, days)
    intervals *= parts
    slot = np.full(intervals, -1, dtype=np.int64)
    for day in days:
        first = max(round((day.opens - origin) / length), 0)
        slot[first : first + len(day.slots)] = day.slots[: intervals - first]  # more do not fit, which is refused
    starts = origin + length * np.arange(intervals)
    number = np.clip(np.searchsorted(begins, starts, side="right") - 1, 0, run.days - 1)
    return RunDays(days, begins, origin, length, number, slot)


def _grid(run: Run, calendar: Calendar, days: Sequence[RunDay]) -> tuple[float, int]:
    """Return when the first interval begins, and how many there are; the first or the last days may be closed."""
    is_open = [day for day in days if day.opens < day.closes]
    first, last = is_open[0], is_open[-1]
    origin = first.opens if first.day == 1 else calendar.midnight(1) + first.clock[0] % run.interval
    end = last.closes if last.day == run.days else max(last.closes, calendar.midnight(run.days + 1))
    return origin, math.floor((end - origin) / run.interval + _ROUNDING)


def days_until(run: Run, calendar: Calendar, end: float) -> Iterator[RunDay]:
    """Yield the days that begin before an instant, those after the run's last day included."""
    day = 1
    while calendar.midnight(day) < end:
        yield run_day(run, calendar, day)
        day += 1


def hours_within(hours: tuple[float, float], frame: tuple[float, float]) -> tuple[float, float]:
    """Return hours as those of the day on which others begin: within a night, early hours are of the next date.

    Parameters
    ----------
    hours
        Of an activity within a shift, or of a shift or an event within the run's hours.
    frame
        Hours of the shift or of the run.
    """
    begin, until = hours
    if begin < frame[0] and until <= frame[0] and begin + DAY < frame[1]:
        return begin + DAY, until + DAY
    return hours


def hours_by_day(scenario: Scenario) -> dict[int, tuple[float, float]]:
    """Return the hours by the wall clock of each day of a run that is not closed, and not skipped by the clock."""
    run, calendar = scenario.run, scenario.calendar
    days = ((day, hours_of_day(run.hours, day, calendar)) for day in range(1, run.days + 1))
    return {
        day: hours for day, hours in days if hours and calendar.instant(day, hours[0]) < calendar.instant(day, hours[1])
    }


def fitting_interval(lengths: Iterable[float]) -> float:
    """Return the longest usual interval that divides some lengths, half an hour at most; a second if none does."""
    usual = [minutes * 60.0 for minutes in (30, 15, 10, 5, 1)]
    spans = list(lengths)
    return next((length for length in usual if not any(span % length for span in spans)), 1.0)


def overlap(hours: tuple[float, float], others: tuple[float, float]) -> bool:
    """Tell whether hours of every day overlap others."""
    return any(hours[0] + later < others[1] and hours[1] + later > others[0] for later in (-DAY, 0.0, DAY))


def spans_of(hours: Any, calendar: Calendar, end: float) -> list[tuple[float, float]]:
    """Return when hours of every day, or hours by day, hold, in order; spans that meet are one.

    The night before the first day counts.

    Parameters
    ----------
    hours
        From and until by the wall clock, or these by selectors of days.
    calendar
        Of the run.
    end
        Days that begin after this instant are left out.
    """
    spans: list[tuple[float, float]] = []
    day = 0
    while day < 1 or calendar.midnight(day) < end:
        begin, until = hours_of_day(hours, day, calendar) or (0.0, 0.0)
        opens, closes = max(calendar.instant(day, begin), 0.0), calendar.instant(day, until)
        if opens < closes and spans and spans[-1][1] >= opens:
            opens, closes = spans[-1][0], max(spans[-1][1], closes)
            spans.pop()
        if opens < closes:
            spans.append((opens, closes))
        day += 1
    return spans
