"""Demand within an interval: rates that are straight lines between points, and demand that begins or ends within one.

A customer's position in an interval, between 0 and 1, is turned into an instant by inversion of the integrated rate
[1]_, which is exact and has one customer per position, so that nobody else moves when a rate does. Where the rate is a
straight line, its integral is inverted in closed form [2]_.

References
----------
.. [1] E. Cinlar, "Introduction to stochastic processes", Prentice-Hall, 1975, chapter 4, on non-stationary Poisson
   processes.
.. [2] R. W. Klein, S. D. Roberts, "A time-varying Poisson arrival process generator", Simulation 43 (1984) 193-195,
   doi:10.1177/003754978404300406.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.units import DAY
from sim.scenario.by_day import hours_of_day, values_of_day
from sim.scenario.fields import points_of
from sim.scenario.run_days import RunDay, RunDays
from sim.scenario.schema import Intent, Scenario

__all__ = ["Stretch", "Stretches", "day_stretches", "no_stretches", "stretches_of"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
Span = tuple[float, float]


class Stretch(NamedTuple):
    """Stretch of time within a part of an interval in which a rate is a straight line."""

    part: int  # in which it lies
    begin: float  # from the begin of the part on, 1 = the part
    length: float  # 1 = the part
    first: float  # rate at the begin, journeys per part
    last: float  # rate at the end

    @property
    def journeys(self) -> float:
        """Expected journeys."""
        return self.length * (self.first + self.last) / 2.0


class Stretches(NamedTuple):
    """Stretches of all intents, in order; an intent whose journeys are spread evenly over each part has none."""

    ptr: I4  # [I + 1] stretches of each intent
    part: I4
    before: F8  # share of the part's journeys before the stretch
    share: F8  # of the part's journeys
    begin: F8  # as of `Stretch`, and so on
    length: F8
    first: F8
    last: F8

    def are_in(self, intent: int) -> bool:
        """Tell whether an intent has stretches."""
        return len(self.ptr) > 0 and bool(self.ptr[intent] < self.ptr[intent + 1])

    def positions(self, intent: int, part: NDArray[np.int64], u: F8) -> F8:
        """Return the positions of customers within their parts, by inversion of the integrated rate.

        Parameters
        ----------
        intent
            That has stretches.
        part
            Part of an interval of each customer.
        u
            Share of the part's journeys that come before each customer.
        """
        rows = slice(self.ptr[intent], self.ptr[intent + 1])
        before, share, begin, length, first, last = (column[rows] for column in self[2:])
        row = np.searchsorted(self.part[rows] + before, part + u, side="right") - 1
        within = np.clip((u - before[row]) / share[row], 0.0, 1.0)
        a, b = first[row], last[row]
        below = a + np.sqrt(a * a + within * (b * b - a * a))
        inside = np.divide(within * (a + b), below, out=np.zeros_like(u), where=below > 0.0)
        return begin[row] + length[row] * np.minimum(inside, 1.0)


def no_stretches() -> Stretches:
    """Return stretches of intents of which none has any."""
    none = np.empty(0)
    return Stretches(np.empty(0, np.int32), np.empty(0, np.int32), none, none, none, none, none, none)


def stretches_of(rows: Sequence[Sequence[Stretch] | None], parts: int) -> Stretches:
    """Return the stretches of all intents as columns.

    Parameters
    ----------
    rows
        Of each intent, or None if its journeys are spread evenly over each part.
    parts
        Number of parts in the run. One without journeys is even: an event may add some.
    """
    every = [_shares(row, parts) if row is not None else [] for row in rows]
    flat = [stretch for row in every for stretch in row]
    columns = np.array([stretch[1:] for stretch in flat], dtype=np.float64).reshape(-1, 6).T
    ptr = np.cumsum([0, *map(len, every)], dtype=np.int32)
    return Stretches(ptr, np.array([stretch[0] for stretch in flat], dtype=np.int32), *columns)


def _shares(stretches: Sequence[Stretch], parts: int) -> list[tuple[float, ...]]:
    """Return stretches with the share of the part's journeys before them, and their own; parts without are even."""
    by_part: list[list[Stretch]] = [[] for _ in range(parts)]
    for stretch in stretches:
        if stretch.journeys > 0.0:
            by_part[stretch.part].append(stretch)
    rows: list[tuple[float, ...]] = []
    for part, within in enumerate(by_part):
        total, before = sum(stretch.journeys for stretch in within), 0.0
        for stretch in within or [Stretch(part, 0.0, 1.0, 1.0, 1.0)]:
            share = stretch.journeys / total if within else 1.0
            rows.append((part, before, share, *stretch[1:]))
            before += share
    return rows


def day_stretches(
    scenario: Scenario, days: RunDays, day: RunDay, intent: Intent, even: Sequence[float]
) -> list[Stretch]:
    """Return the stretches of an intent on a day, without growth and factors.

    Parameters
    ----------
    scenario
        Has the calendar, and the time that a rate is for.
    days, day
        The run, and the day.
    intent
        Has a rate, or hours.
    even
        Journeys of each part of the day if there is no rate.
    """
    points = _points(scenario, day, intent)
    per = (scenario.demand.per or scenario.run.interval) / days.interval
    hours = list(_hours(scenario, day, intent))
    first, length = days.rows(day).start, days.interval
    stretches = []
    for number, slot in enumerate(day.slots.tolist()):
        begin = day.clock[0] + slot * length
        line = [(begin, even[number]), (begin + length, even[number])] if points is None else points
        for a, b in _spans((begin, begin + length), hours, [time for time, _ in line]):
            if line[0][0] <= a and b <= line[-1][0]:
                times, rates = zip(*line, strict=True)
                ends = np.interp([a, b], times, rates) / (per if points is not None else 1.0)
                stretches.append(Stretch(first + number, (a - begin) / length, (b - a) / length, *ends.tolist()))
    return stretches


def _points(scenario: Scenario, day: RunDay, intent: Intent) -> list[tuple[float, float]] | None:
    """Return the points of the rate on a day in order; early times of a night are of the next date."""
    points = points_of(values_of_day(intent.rate, day.day, scenario.calendar) if intent.rate_differs else intent.rate)
    if points is None:
        return None
    opens, closes = day.clock
    return sorted((time + DAY if time < opens and time + DAY <= closes else time, rate) for time, rate in points)


def _hours(scenario: Scenario, day: RunDay, intent: Intent) -> Iterator[Span]:
    """Yield the hours in which an intent has journeys, by the clock of a day: those that begin around it count, too."""
    if intent.hours is None:
        yield -DAY, 3 * DAY
        return
    for later in (-1, 0, 1):
        hours = hours_of_day(intent.hours, day.day + later, scenario.calendar)
        if hours is not None:
            yield hours[0] + later * DAY, hours[1] + later * DAY


def _spans(part: Span, hours: Sequence[Span], times: Sequence[float]) -> Iterator[Span]:
    """Yield what hours leave of a part, cut at times."""
    inside = {time for span in (*hours, times) for time in span if part[0] < time < part[1]}
    for a, b in pairwise(sorted({*part, *inside})):
        if any(begin <= a and b <= until for begin, until in hours):
            yield a, b
