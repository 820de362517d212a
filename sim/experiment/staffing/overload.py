"""Intervals in which customers bring more work than there are agents for it, whatever the routing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan
from sim.experiment.staffing.load import Load
from sim.experiment.staffing.start import speeds
from sim.kpis.intervals import ReportingIntervals
from sim.kpis.timeline.staffing import scheduled_staffing
from sim.numerics.intervals import seconds_within

__all__ = ["Overload", "find_overloads"]

F8 = NDArray[np.float64]
_FEW = 10  # queues of which every set is looked at; of more, each alone and all together


@dataclass(frozen=True)
class Overload:
    """Queues that bring more work in an interval than the agents on duty who serve any of them can do.

    Parameters
    ----------
    interval
        Its number.
    queues
        Numbers of the queues.
    load
        Erlangs: mean number of contacts in service if nobody waited.
    agents
        On duty, on average over the interval; chats at once count for the speed that they bring.
    """

    interval: int
    queues: tuple[int, ...]
    load: float
    agents: float


def find_overloads(plan: Plan, load: Load) -> list[Overload]:
    """Return for each interval the set of queues that lacks the most agents, if any lacks some.

    Parameters
    ----------
    plan
        With its staff.
    load
        Of the queues.
    """
    serves = np.zeros((len(plan.groups), len(plan.queues)), dtype=np.bool_)
    serves[np.repeat(np.arange(len(plan.groups)), np.diff(plan.group_queues_ptr)), plan.group_queues] = True
    agents = _on_duty(plan) * speeds(plan, range(len(plan.groups)))[:, None]
    sets = list(_sets_of(np.flatnonzero(load.busy.any(axis=1)).tolist()))
    if not sets:
        return []
    work = np.array([load.busy[list(queues)].sum(axis=0) for queues in sets])
    there = np.array([agents[serves[:, list(queues)].any(axis=1)].sum(axis=0) for queues in sets])
    most = np.argmax(work - there, axis=0)
    return [
        Overload(interval, sets[chosen], float(work[chosen, interval]), float(there[chosen, interval]))
        for interval, chosen in enumerate(most.tolist())
        if work[chosen, interval] > there[chosen, interval]
    ]


def _sets_of(queues: list[int]) -> Iterator[tuple[int, ...]]:
    sizes = range(1, len(queues) + 1) if len(queues) <= _FEW else (1, len(queues))
    return chain.from_iterable(combinations(queues, size) for size in sizes)


def _on_duty(plan: Plan) -> F8:
    group, begin, end, agents = scheduled_staffing(plan)
    edges = ReportingIntervals(plan).edges
    return np.asarray(seconds_within(edges, group, begin, end, agents, len(plan.groups)) / plan.interval)
