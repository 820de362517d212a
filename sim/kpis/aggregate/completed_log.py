"""Touchpoints of completed customers, customer by customer, for KPI families that look at each of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import Log
from sim.engine.plan import Kind, Outcome, Plan, Result
from sim.kpis.aggregate.cube import NONE, CodeColumn, Cube, dimensions_by_day, shared_dimensions
from sim.kpis.dimensions import Dimension
from sim.kpis.intervals import counted_intervals
from sim.numerics.grouped_sums import order_by_code
from sim.population.customers import Population

__all__ = ["CompletedLog", "ContactRows", "JourneyRows"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ContactRows:
    """Contacts of the journeys of a log, customer by customer; those that begin within the reporting time count.

    Parameters
    ----------
    row
        Of the log.
    journey
        Number of the contact's journey; ascending.
    interval
        In which it began, -1 = outside the reporting time.
    waited
        Seconds in the queue, up to the run's end for those who wait still.
    answered, entered
        Whether an agent answered it; and whether it came to the queue: not closed, blocked or balked.
    """

    row: I8
    journey: I8
    interval: I8
    queue: I8
    group: I8
    result: I8
    waited: F8
    answered: B1
    entered: B1

    @property
    def counts(self) -> B1:
        """Whether they began within the reporting time."""
        return self.interval >= 0


@dataclass(frozen=True, eq=False)
class JourneyRows:
    """Journeys that began within the reporting time, and are over."""

    seconds: F8  # from the arrival to the end
    touchpoints: F8  # visits to steps other than pauses
    cube: Cube  # a cell for each


@dataclass(frozen=True, eq=False)
class CompletedLog:
    """All touchpoints of the customers of a run, or of a stretch of it, who have left for good."""

    plan: Plan
    population: Population
    log: Log

    @cached_property
    def _order(self) -> I8:
        """Rows of the log, customer by customer."""
        return order_by_code(self.log.customer, int(self.log.customer.max(initial=-1)) + 1)

    @cached_property
    def _journey(self) -> I8:
        """Number of the journey of each row, in the order of `_order`."""
        customer, journey = self.log.customer[self._order], self.log.journey[self._order]
        begins = np.ones(len(customer), np.int64)
        begins[1:] = (customer[1:] != customer[:-1]) | (journey[1:] != journey[:-1])
        return np.cumsum(begins) - 1

    @cached_property
    def _interval(self) -> I8:
        """Reporting interval in which each row of the log began, -1 = none that counts."""
        return counted_intervals(self.plan, self.log.began, self.log.started)

    @cached_property
    def contacts(self) -> ContactRows:
        """Contacts, whether they count or not: whether one is a redial depends on those before it."""
        plan, log = self.plan, self.log
        kept = plan.step_queue[log.step[self._order]] >= 0
        row, journey = self._order[kept], self._journey[kept]
        result, answered = log.result[row], ~np.isnan(log.started[row])
        ended = np.where(np.isnan(log.ended[row]), plan.end, log.ended[row])
        at_once = (result == Result.CLOSED) & (log.ended[row] == log.began[row])
        return ContactRows(
            row=row,
            journey=journey,
            interval=self._interval[row],
            queue=plan.step_queue[log.step[row]].astype(np.int64),
            group=log.group[row].astype(np.int64),
            result=result.astype(np.int64),
            waited=np.where(answered, log.started[row], ended) - log.began[row],
            answered=answered,
            entered=~(at_once | np.isin(result, (Result.BLOCKED, Result.BALKED))),
        )

    def cube_of_contacts(self, contacts: B1) -> Cube:
        """Return a cell for each of some contacts, with the dimensions of contacts."""
        plan, log, row = self.plan, self.log, self.contacts.row[contacts]
        interval, queue = self.contacts.interval[contacts], self.contacts.queue[contacts]
        step, segment = log.step[row].astype(np.int64), self.population.segment[log.customer[row]].astype(np.int64)
        group = np.where(self.contacts.group[contacts] < 0, NONE, self.contacts.group[contacts])
        when, of_queue = CodeColumn(interval, plan.intervals), CodeColumn(queue, len(plan.queues))
        dimensions: dict[Dimension, tuple[CodeColumn, ...]] = {
            **shared_dimensions(plan, step, segment),
            "interval": (when,),
            "queue": (of_queue,),
            "queue_interval": (of_queue, when),
            "group": (CodeColumn(group, len(plan.groups)),),
            "group_interval": (CodeColumn(group, len(plan.groups)), when),
        }
        dimensions |= dimensions_by_day(plan, dimensions, interval)
        return Cube.build(np.ones(len(row)), dimensions)

    @cached_property
    def journeys(self) -> JourneyRows:
        """Journeys that are over."""
        plan, log, order = self.plan, self.log, self._order
        not_paused = plan.step_kind[log.step[order]] != Kind.PAUSE
        visits = np.bincount(self._journey, not_paused, minlength=1)
        first = np.flatnonzero(np.diff(self._journey, prepend=-1))
        last = np.append(first[1:], len(order))[: len(first)] - 1
        begins, ends = order[first], order[last]
        over = (log.next[ends] != -1 - Outcome.INSIDE) & ~np.isnan(log.ended[ends]) & (self._interval[begins] >= 0)
        begins, ends, visits = begins[over], ends[over], visits[: len(first)][over]
        interval = self._interval[begins]
        step, segment = log.step[begins].astype(np.int64), self.population.segment[log.customer[begins]]
        dimensions = shared_dimensions(plan, step, segment.astype(np.int64))
        dimensions["interval"] = (CodeColumn(interval, plan.intervals),)
        dimensions |= dimensions_by_day(plan, dimensions, interval)
        return JourneyRows(
            seconds=log.ended[ends] - log.began[begins],
            touchpoints=visits,
            cube=Cube.build(np.ones(len(begins)), dimensions),
        )
