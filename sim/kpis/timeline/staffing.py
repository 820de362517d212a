"""Agents on duty: as scheduled, as they came, and beyond."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.attendance import draw_attendance
from sim.numerics.intervals import Changes, excess

if TYPE_CHECKING:
    from sim.engine.plan import Plan
    from sim.population.customers import Population

__all__ = ["Duty", "always_there", "on_duty", "overtime", "scheduled"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


class Duty(NamedTuple):
    """Headcounts, one row per stretch of time in which they do not change, in order of group and time."""

    group: I8
    begin: F8
    end: F8
    agents: F8


@lru_cache(maxsize=16)  # each replication of a plan asks again
def scheduled(plan: Plan) -> Duty:
    """Return the headcounts as planned.

    Parameters
    ----------
    plan
        Has them.
    """
    group = np.repeat(np.arange(len(plan.groups)), np.diff(plan.staff_ptr))
    return _stretches(group, plan.staff_time, plan.staff_count.astype(np.float64))


def on_duty(plan: Plan, population: Population) -> Duty:
    """Return the headcounts as they were: of agents on shifts some are absent, and some come late.

    Parameters
    ----------
    plan, population
        Which plan, and which replication of it.
    """
    planned = scheduled(plan)
    changing = [g for g in range(len(plan.groups)) if plan.shifts.absence[g] or plan.shifts.late[g] >= 0]
    if not changing:
        return planned
    kept = ~np.isin(planned.group, changing)
    changes = [it for it in draw_attendance(plan, population.seed, population.replication) if it[1] in changing]
    group = np.array([group for _, group, _, _ in changes], dtype=np.int64)
    order = np.argsort(group, kind="stable")
    time = np.array([time for time, *_ in changes], dtype=np.float64)[order]
    step = np.array([1.0 if comes else -1.0 for *_, comes in changes], dtype=np.float64)[order]
    # Every group begins and ends with nobody, so a running total over all groups is the headcount of each.
    drawn = _stretches(group[order], time, np.cumsum(step))
    columns = [np.concatenate([old[kept], new]) for old, new in zip(planned, drawn, strict=True)]
    sorted_ = np.lexsort((columns[1], columns[0]))
    return Duty(*(column[sorted_] for column in columns))


def overtime(duty: Duty, group: I8, begin: F8, end: F8, size: int) -> tuple[I8, F8, F8, F8]:
    """Return when more agents of a group are busy than are on duty, and how many more.

    Parameters
    ----------
    duty
        Of all groups.
    group, begin, end
        Spans in which an agent of a group is busy; those of one agent do not overlap.
    size
        Number of groups.

    Returns
    -------
    tuple of ndarray
        Group, begin, end, number.
    """
    begins, ends, changes = np.argsort(begin, kind="stable"), np.argsort(end), np.argsort(duty.begin, kind="stable")
    code, since, until, number = excess(
        Changes(group[begins], begin[begins]),
        Changes(group[ends], end[ends]),
        Changes(duty.group[changes], duty.begin[changes]),
        duty.agents[changes],
        size,
    )
    return code, since, until, number


def always_there(duty: Duty, size: int, since: float) -> F8:
    """Return how many agents of each group are on duty at any time from an instant on.

    Parameters
    ----------
    duty
        Of all groups.
    size, since
        Number of groups, and the instant.
    """
    least, first = np.full(size, np.inf), np.full(size, np.inf)
    np.minimum.at(least, duty.group, duty.agents)
    np.minimum.at(first, duty.group, duty.begin)
    return np.where(first <= since, least, 0.0)


def _stretches(group: I8, time: F8, count: F8) -> Duty:
    end = np.full(len(group), np.inf)
    goes_on = group[1:] == group[:-1]
    end[:-1][goes_on] = time[1:][goes_on]
    return Duty(group, time, end, count)
