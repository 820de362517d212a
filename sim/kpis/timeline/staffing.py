"""Staffing: agents on duty as scheduled and as they came, and overtime."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.attendance import COMES, draw_attendance
from sim.engine.plan import Plan
from sim.kpis.intervals import ReportingIntervals
from sim.numerics.intervals import Changes, excess, seconds_within
from sim.population.customers import Population

__all__ = ["Staffing", "actual_staffing", "after_closing", "find_overtime", "has_duty", "scheduled_staffing"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


class Staffing(NamedTuple):
    """Headcounts, one row per span in which a group's does not change, in order of group and time."""

    group: I8
    begin: F8
    end: F8
    agents: F8


@lru_cache(maxsize=16)  # each replication of a plan asks again
def scheduled_staffing(plan: Plan) -> Staffing:
    """Return the headcounts as scheduled."""
    group = np.repeat(np.arange(len(plan.groups)), np.diff(plan.staff_ptr))
    return _headcounts(group, plan.staff_time, plan.staff_count.astype(np.float64))


def actual_staffing(plan: Plan, population: Population) -> Staffing:
    """Return the headcounts as agents came: of those on shifts some are absent, and some come late."""
    planned = scheduled_staffing(plan)
    on_shifts = set(plan.shifts.group.tolist())
    changing = [g for g in on_shifts if plan.shifts.absence[g] or plan.shifts.late[g] >= 0]
    if not changing:
        return planned
    kept = ~np.isin(planned.group, changing)
    attendance = draw_attendance(plan, population.seed, population.replication)
    changes = [change for change in attendance if change[1] in changing]
    group = np.array([group for _, group, _, _ in changes], dtype=np.int64)
    order = np.argsort(group, kind="stable")
    time = np.array([time for time, *_ in changes], dtype=np.float64)[order]
    step = np.array([1.0 if action == COMES else -1.0 for *_, action in changes], dtype=np.float64)[order]
    # Every group begins and ends with nobody, so a running total over all groups is the headcount of each.
    drawn = _headcounts(group[order], time, np.cumsum(step))
    columns = [np.concatenate([old[kept], new]) for old, new in zip(planned, drawn, strict=True)]
    sorted_ = np.lexsort((columns[1], columns[0]))
    return Staffing(*(column[sorted_] for column in columns))


@lru_cache(maxsize=16)
def has_duty(plan: Plan) -> NDArray[np.bool_]:
    """Return in which intervals agents of each group are scheduled, [groups, intervals]."""
    group, begin, end, agents = scheduled_staffing(plan)
    edges = ReportingIntervals(plan).edges
    return np.asarray(seconds_within(edges, group, begin, end, agents, len(plan.groups)) > 0)


def after_closing(plan: Plan, staffing: Staffing) -> tuple[F8, F8]:
    """Return the time after the last interval in which a group's overtime is that of the last day.

    It begins when nobody of the group is on duty, on the last day still, and ends with the group's next duty. It is
    empty where duty goes on.

    Parameters
    ----------
    plan
        Has the intervals.
    staffing
        Of all groups.

    Returns
    -------
    tuple of ndarray
        Begin and end, each [groups].
    """
    return _scheduled_after_closing(plan) if staffing is scheduled_staffing(plan) else _after_closing(plan, staffing)


@lru_cache(maxsize=16)
def _scheduled_after_closing(plan: Plan) -> tuple[F8, F8]:
    return _after_closing(plan, scheduled_staffing(plan))


def _after_closing(plan: Plan, staffing: Staffing) -> tuple[F8, F8]:
    last, midnight = ReportingIntervals(plan).edges[-1], plan.day_begins[-1]
    begin, end = np.full((2, len(plan.groups)), plan.end)
    first_duty = np.full(len(plan.groups), np.inf)
    np.minimum.at(first_duty, staffing.group, staffing.begin)
    off_duty = (staffing.agents == 0.0) & (first_duty[staffing.group] <= last)
    lasting = (staffing.end > np.maximum(staffing.begin, last)) & (staffing.begin <= midnight)
    rows = np.flatnonzero(off_duty & lasting)
    group, first = np.unique(staffing.group[rows], return_index=True)
    begin[group] = np.maximum(staffing.begin[rows[first]], last)
    end[group] = np.minimum(staffing.end[rows[first]], plan.end)
    return begin, end


def find_overtime(staffing: Staffing, group: I8, begin: F8, end: F8, size: int) -> tuple[I8, F8, F8, F8]:
    """Return when more agents of a group are there than are on duty, and how many more.

    Parameters
    ----------
    staffing
        Of all groups.
    group, begin, end
        Spans in which an agent of a group is there; those of one agent do not overlap.
    size
        Number of groups.

    Returns
    -------
    tuple of ndarray
        Group, begin, end, number.
    """
    begins, ends, changes = np.argsort(begin, kind="stable"), np.argsort(end), np.argsort(staffing.begin, kind="stable")
    code, since, until, number = excess(
        Changes(group[begins], begin[begins]),
        Changes(group[ends], end[ends]),
        Changes(staffing.group[changes], staffing.begin[changes]),
        staffing.agents[changes],
        size,
    )
    return code, since, until, number


def _headcounts(group: I8, time: F8, count: F8) -> Staffing:
    end = np.full(len(group), np.inf)
    goes_on = group[1:] == group[:-1]
    end[:-1][goes_on] = time[1:][goes_on]
    return Staffing(group, time, end, count)
