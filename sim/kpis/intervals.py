"""Reporting intervals, the days that they belong to, and the first one after the warm-up."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan
from sim.population.demand import day_of

__all__ = [
    "ReportingIntervals", "counted_instants", "counted_intervals", "day_of_intervals", "day_of_work", "days_of",
    "first_interval", "is_closed", "last_intervals", "open_intervals", "reporting_time",
]  # fmt: skip

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


def first_interval(plan: Plan) -> int:
    """Return the first interval that counts: not within the warm-up, which begins at the first opening."""
    warm_up = plan.first_opening - plan.origin + plan.warm_up if plan.warm_up else 0.0
    return min(ceil(warm_up / plan.interval - 1e-9), plan.intervals)


@lru_cache(maxsize=16)  # each replication of a plan asks again
def day_of_intervals(plan: Plan) -> I8:
    """Return the day on which each reporting interval begins, the first day = 0, shape (intervals,)."""
    return day_of(plan.day_begins, ReportingIntervals(plan).edges[:-1])


def last_intervals(plan: Plan) -> I8:
    """Return the last reporting interval of each day's hours, shape (days,); of a closed day, the first of the day."""
    opens, closes = np.rint((plan.day_hours.T - plan.origin) / plan.interval).astype(np.int64)
    return np.asarray(np.where(opens < closes, closes - 1, np.minimum(opens, plan.intervals - 1)))


@lru_cache(maxsize=16)
def open_intervals(plan: Plan) -> NDArray[np.bool_]:
    """Return which intervals lie within the run's hours of their day, not in the night between two days."""
    begins, (opens, closes) = ReportingIntervals(plan).edges[:-1], plan.day_hours[day_of_intervals(plan)].T
    return np.asarray((opens <= begins) & (begins < closes))


@lru_cache(maxsize=16)
def day_of_work(plan: Plan) -> I8:
    """Return the day to which agents' work in each reporting interval belongs, the first day = 0, shape (intervals,).

    Between the hours of two days, it is the day of the hours or of the shift that began last: what agents finish after
    a night is of that night.
    """
    opens, closes = plan.day_hours.T
    is_open = opens < closes
    begins = np.concatenate([opens[is_open], plan.shifts.begin])
    days = np.concatenate([np.flatnonzero(is_open), plan.shifts.day.astype(np.int64) - 1])
    order = np.argsort(begins, kind="stable")
    latest = np.maximum.accumulate(days[order])
    row = np.searchsorted(begins[order], ReportingIntervals(plan).edges[1:], side="left") - 1
    of_calendar = day_of_intervals(plan)
    began = np.where(row >= 0, latest[np.maximum(row, 0)], of_calendar)
    between = np.where((row >= 0) & (began >= 0), began, of_calendar)
    return np.where(open_intervals(plan), of_calendar, np.minimum(between, days_of(plan) - 1))


def is_closed(plan: Plan, day: int) -> bool:
    """Return whether the run has no hours on a day, which counts from 1."""
    opens, closes = plan.day_hours[day - 1]
    return bool(opens == closes)


def days_of(plan: Plan) -> int:
    """Return the number of days."""
    return len(plan.day_hours)


@lru_cache(maxsize=16)
def reporting_time(plan: Plan) -> tuple[float, float]:
    """Return when what counts begins, and the end that it is before: the intervals after the warm-up."""
    intervals = ReportingIntervals(plan)
    return float(intervals.edges[intervals.first]), float(intervals.edges[-1])


def counted_instants(plan: Plan, began: F8, started: F8) -> F8:
    """Return the instants by which touchpoints count, for intervals and for the reporting time.

    That is their beginning. Who waited when the run began counts as if they had come then; whom an agent had then was
    answered before the run, and does not count.

    Parameters
    ----------
    plan
        Says when the run begins.
    began, started
        Of touchpoints, as in the log.
    """
    opening = plan.first_opening
    if not len(began) or began.min() >= opening:
        return began
    return np.where((began < opening) & ~(started < opening), opening, began)


def counted_intervals(plan: Plan, began: F8, started: F8) -> I8:
    """Return the reporting interval in which each touchpoint counts: of `counted_instants`, -1 = none, or the warm-up.

    Parameters
    ----------
    plan, began, started
        As for `counted_instants`.
    """
    intervals = ReportingIntervals(plan)
    number = np.searchsorted(intervals.edges, counted_instants(plan, began, started), side="right") - 1
    return np.where((number >= intervals.first) & (number < plan.intervals), number, -1)


@dataclass(frozen=True, eq=False)
class ReportingIntervals:
    """The reporting intervals of a plan."""

    plan: Plan

    @cached_property
    def edges(self) -> F8:
        """Starts of the reporting intervals, and the end of the last."""
        return self.plan.origin + self.plan.interval * np.arange(self.plan.intervals + 1, dtype=np.float64)

    @cached_property
    def first(self) -> int:
        """The first interval after the warm-up."""
        return first_interval(self.plan)
