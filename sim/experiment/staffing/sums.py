"""Sums behind targets, straight from a log: numerator and denominator of each KPI, interval by interval.

What a search asks a hundred thousand times is computed here; everything else comes from the KPI families, which define
all of it, and with which the tests compare these sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.engine import Log, Plan
from sim.engine.plan import Result
from sim.experiment.staffing.targets import Target
from sim.kpis import measure
from sim.kpis.dimensions import BY_INTERVAL
from sim.kpis.intervals import counted_intervals
from sim.kpis.timeline.agent_time import find_agent_time
from sim.kpis.timeline.staffing import has_duty
from sim.kpis.timeline.time_slice import TimeSlice
from sim.numerics.time_grid import at_least, at_most
from sim.population import Population

__all__ = ["target_sums"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Sums = tuple[F8, F8]


def target_sums(plan: Plan, targets: Sequence[Target], population: Population, log: Log) -> Sums:
    """Return the sums of one replication behind each target.

    Parameters
    ----------
    plan, population, log
        Of the replication.
    targets
        Whose KPIs are wanted.

    Returns
    -------
    tuple of ndarray
        Numerators and denominators, each [targets, intervals + 1]. What agents finish after the last interval is last.
    """
    num, den = np.zeros((2, len(targets), plan.intervals + 1))
    contacts, agents = _Contacts(plan, log), _AgentSums(plan, population, log)
    known: dict[tuple[str, str], Sums] = {}
    for number, target in enumerate(targets):
        name, by, key = target.row[:3]
        if (name, by) not in known:
            if name in _OF_CONTACTS and by in {"all", "queue"}:
                known[name, by] = contacts.sums(name, by)
            elif name == "occupancy":
                known[name, by] = agents.occupancy(by)
            else:
                known[name, by] = _measured(plan, population, log, name, by)
        keys = {"queue": plan.queues, "group": plan.groups}.get(by, ("",))
        for sums, of_targets in zip(known[name, by], (num, den), strict=True):
            of_targets[number, : sums.shape[1]] = sums[keys.index(key)]
    return num, den


@dataclass(frozen=True, eq=False)
class _Contacts:
    """Contacts within the intervals that count, with the flags of `sim.kpis.aggregate.contacts`."""

    plan: Plan
    log: Log

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Their rows of the log."""
        return np.flatnonzero((self._interval >= 0) & (self.plan.step_queue[self.log.step] >= 0))

    @cached_property
    def _interval(self) -> I8:
        return counted_intervals(self.plan, self.log.began, self.log.started)

    @cached_property
    def interval(self) -> I8:
        """Interval in which each counts."""
        return self._interval[self.rows]

    @cached_property
    def queue(self) -> I8:
        """Its queue."""
        return self.plan.step_queue[self.log.step[self.rows]].astype(np.int64)

    @cached_property
    def result(self) -> NDArray[np.int32]:
        """Its result."""
        return self.log.result[self.rows]

    @cached_property
    def answered(self) -> B1:
        """Whether an agent answered it."""
        return ~np.isnan(self.log.started[self.rows])

    @cached_property
    def waited(self) -> F8:
        """Seconds that it waited."""
        log, rows = self.log, self.rows
        ended = log.ended[rows]
        wait_ended = np.where(self.answered, log.started[rows], np.where(np.isnan(ended), self.plan.end, ended))
        called_back = (log.callback[rows] == 1) & (self.answered | (self.result == Result.FAILED))
        if called_back.any():
            wait_ended = wait_ended - np.where(called_back, self.plan.queueing.ring[self.queue], 0.0)
        return np.asarray(wait_ended - log.began[rows])

    @cached_property
    def in_time(self) -> B1:
        """Whether it waited no longer than is acceptable."""
        return self.waited <= at_most(self.plan.queue_within)[self.queue]

    @cached_property
    def closed(self) -> B1:
        """Whether it found the queue closed."""
        at_once = self.log.ended[self.rows] == self.log.began[self.rows]
        return np.asarray((self.result == Result.CLOSED) & at_once)

    @cached_property
    def entered(self) -> B1:
        """Whether it entered the queue."""
        return np.asarray(~(self.closed | np.isin(self.result, (Result.BLOCKED, Result.BALKED))))

    @cached_property
    def abandoned(self) -> B1:
        """Whether its customer gave up."""
        return np.asarray(self.result == Result.ABANDONED)

    @cached_property
    def counted(self) -> B1:
        """Whether rates count it: it entered, and was not abandoned so soon that none does."""
        short = self.abandoned & (self.waited < at_least(self.plan.short_abandon)[self.queue])
        return self.entered & ~short

    @cached_property
    def good(self) -> B1:
        """Whether it was answered in time."""
        return self.answered & self.in_time

    @cached_property
    def gone(self) -> B1:
        """Whether its customer gave up in time."""
        return self.abandoned & self.in_time

    def sums(self, name: str, by: str) -> Sums:
        """Return numerators and denominators of a KPI, each [queues, intervals] or [1, intervals]."""
        queues = len(self.plan.queues) if by == "queue" else 1
        size = queues * self.plan.intervals
        code = self.interval + (self.queue * self.plan.intervals if by == "queue" else 0)
        num, den = _OF_CONTACTS[name](self)
        sums = [
            np.bincount(code[values], minlength=size) if values.dtype == np.bool_ else np.bincount(code, values, size)
            for values in (num, den)
        ]
        return sums[0].reshape(queues, -1).astype(np.float64), sums[1].reshape(queues, -1).astype(np.float64)


_OF_CONTACTS: dict[str, Callable[[_Contacts], tuple[NDArray[np.generic], B1]]] = {
    "service_level": lambda c: (c.counted & c.good, c.counted & ~c.gone),
    "service_level_with_abandoned": lambda c: (c.counted & (c.good | c.gone), c.counted),
    "service_level_of_offered": lambda c: (c.counted & c.good, c.counted),
    "service_level_of_answered": lambda c: (c.counted & c.good, c.counted & c.answered),
    "abandonment": lambda c: (c.counted & c.abandoned, c.counted),
    "asa": lambda c: (np.where(c.answered, c.waited, 0.0), c.answered),
}


@dataclass(frozen=True, eq=False)
class _AgentSums:
    plan: Plan
    population: Population
    log: Log

    def occupancy(self, by: str) -> Sums:
        """Return busy time and time present, each [groups, intervals + 1] or [1, intervals + 1]."""
        time = find_agent_time(TimeSlice(self.plan, self.population, self.log, -np.inf, np.inf))
        sums = []
        for seconds in (time.busy, time.present):
            scheduled = np.where(has_duty(self.plan), seconds[:, :-1], 0.0)
            rest = seconds.sum(axis=1) - scheduled.sum(axis=1)  # of the day, and of no interval
            cells = np.concatenate([scheduled, rest[:, None]], axis=1)
            sums.append(cells if by == "group" else cells.sum(axis=0)[None])
        return sums[0], sums[1]


def _measured(plan: Plan, population: Population, log: Log, name: str, by: str) -> Sums:
    """Return the sums of any other KPI, as its family measures them."""
    measures = measure(plan, population, log)
    rows = measures.index.slices[name, BY_INTERVAL[by]]  # type: ignore[attr-defined,index]
    return measures.num[rows].reshape(-1, plan.intervals), measures.den[rows].reshape(-1, plan.intervals)
