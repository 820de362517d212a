"""One replication as the families see it: contacts, journeys and staff, derived once and shared by all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Kind, Outcome, Plan, Result
from sim.kpis.spans import spread
from sim.kpis.table import Table

if TYPE_CHECKING:
    from sim.engine.log import Log
    from sim.kpis.cuts import Cut
    from sim.population.draw import Population

__all__ = ["Contacts", "Journeys", "View"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Contacts:
    """Visits to steps that have a queue, one per row, each journey's together and in order.

    Those that began within the reporting intervals: later ones meet agents to whom nobody new comes, and would flatter.
    """

    table: Table
    customer: I8
    queue: I8
    group: I8  # -1 = nobody served it
    agent: I8
    began: F8
    waited: F8  # seconds, up to the run's end for those who wait still
    started: F8  # NaN = not answered
    hold: F8
    ended: F8
    freed: F8  # as far as the run went
    assisted: B1  # the customer waits in person; else the work waits
    answered: B1
    handled: B1
    abandoned: B1
    closed: B1
    inside: B1
    short: B1  # abandoned so soon that it counts in no rate
    followed: B1  # by a further contact of the journey within the plan's repeat window


@dataclass(frozen=True, eq=False)
class Journeys:
    """Journeys, one per row, in order of customer. The cut by channel goes by the channel that a journey began on."""

    table: Table
    arrival: F8
    ended: F8  # NaN = not over
    outcome: I8  # plan.Outcome
    over: B1
    self_service: B1  # began in self-service
    contacts: F8
    abandoned: F8  # contacts that were abandoned
    switches: F8  # times that the channel changed from one touchpoint to the next, pauses left out
    waited: F8  # seconds waited in person
    repeats: F8  # contacts in which the customer repeated themself


@dataclass(frozen=True, eq=False)
class View:
    """One replication, and what is derived from it.

    Parameters
    ----------
    plan, population, log
        What was planned, who came, and what happened.
    """

    plan: Plan
    population: Population
    log: Log

    @cached_property
    def edges(self) -> F8:
        """Starts of the reporting intervals, and the end of the last."""
        return self.plan.origin + self.plan.interval * np.arange(self.plan.intervals + 1, dtype=np.float64)

    @cached_property
    def contacts(self) -> Contacts:
        """The contacts."""
        plan, log = self.plan, self.log
        every = self._order[plan.step_queue[log.step[self._order]] >= 0]
        who, gap = log.customer[every], log.began[every][1:] - log.ended[every][:-1]
        followed = np.r_[(who[1:] == who[:-1]) & (gap <= plan.repeat_window), False][: len(every)]
        interval = self._interval_of(log.began[every])
        kept = interval >= 0
        rows, followed, interval = every[kept], followed[kept], interval[kept]
        step = log.step[rows].astype(np.int64)
        queue = plan.step_queue[step].astype(np.int64)
        group = log.group[rows].astype(np.int64)
        customer = log.customer[rows].astype(np.int64)
        result = log.result[rows]
        began, started, ended = log.began[rows], log.started[rows], log.ended[rows]
        abandoned, waited = result == Result.ABANDONED, self._waited(rows)
        freed = log.freed[rows]
        columns = {
            "channel": plan.step_channel[step].astype(np.int64),
            "intent": plan.step_intent[step].astype(np.int64),
            "queue": queue,
            "segment": self.population.segment[customer].astype(np.int64),
            "group": group,
            "interval": interval,
        }
        return Contacts(
            table=Table.build(columns, _CONTACT_CODES, self._sizes),
            customer=customer,
            queue=queue,
            group=group,
            agent=log.agent[rows].astype(np.int64),
            began=began,
            waited=waited,
            started=started,
            hold=log.hold[rows],
            ended=ended,
            freed=np.where(np.isnan(freed), plan.end, freed),
            assisted=plan.step_kind[step] == Kind.ASSISTED,
            answered=~np.isnan(started),
            handled=result == Result.HANDLED,
            abandoned=abandoned,
            closed=result == Result.CLOSED,
            inside=result == Result.INSIDE,
            short=abandoned & (waited < plan.short_abandon[queue]),
            followed=followed,
        )

    @cached_property
    def journeys(self) -> Journeys:
        """The journeys."""
        plan, log, order = self.plan, self.log, self._order
        customer, step = log.customer[order], log.step[order]
        ordinal = log.journey[order]
        opens = np.r_[True, (customer[1:] != customer[:-1]) | (ordinal[1:] != ordinal[:-1])][: len(order)]
        journey = np.cumsum(opens) - 1
        first, last = np.flatnonzero(opens), np.flatnonzero(np.r_[opens[1:], True][: len(order)])
        number = len(first)
        following = log.next[order[last]]
        # A journey whose last touchpoint has a next one led on to the next stage of the customer's lifetime, and so was
        # resolved; or it was cut off by the run's end between the two.
        leads_on = np.r_[customer[1:] == customer[:-1], False][last] if len(order) else np.empty(0, dtype=np.bool_)
        going_on = np.where(leads_on, Outcome.RESOLVED, Outcome.INSIDE)
        outcome = np.where(following < 0, -1 - following, going_on).astype(np.int64)
        over = outcome != Outcome.INSIDE
        who = customer[first]
        contact = plan.step_queue[step] >= 0
        abandoned = contact & (log.result[order] == Result.ABANDONED)
        in_person = contact & (plan.step_kind[step] == Kind.ASSISTED)
        moving = np.flatnonzero(plan.step_kind[step] != Kind.PAUSE)
        channel, trip = plan.step_channel[step[moving]], journey[moving]
        switched = (trip[1:] == trip[:-1]) & (channel[1:] != channel[:-1])
        columns = {
            "channel": plan.step_channel[step[first]].astype(np.int64),
            "intent": plan.step_intent[step[first]].astype(np.int64),
            "segment": self.population.segment[who].astype(np.int64),
            "interval": self._interval_of(log.began[order[first]]),
        }
        return Journeys(
            table=Table.build(columns, _JOURNEY_CODES, self._sizes),
            arrival=log.began[order[first]],
            ended=np.where(over, log.ended[order[last]], np.nan),
            outcome=outcome,
            over=over,
            self_service=plan.step_kind[step[first]] == Kind.SELF_SERVICE,
            contacts=_added(journey[contact], None, number),
            abandoned=_added(journey[abandoned], None, number),
            switches=_added(trip[1:][switched], None, number),
            waited=_added(journey[in_person], self._waited(order[in_person]), number),
            repeats=_added(journey[log.repeat[order] > 0], None, number),
        )

    @cached_property
    def staffed(self) -> F8:
        """Agent-seconds on duty, [groups, intervals]."""
        plan = self.plan
        changes = np.diff(plan.staff_ptr)
        group = np.repeat(np.arange(len(plan.groups)), changes)
        until = np.r_[plan.staff_time[1:], np.inf][: len(group)].astype(np.float64)
        until[plan.staff_ptr[1:][changes > 0] - 1] = np.inf
        count = plan.staff_count.astype(np.float64)
        return spread(group, plan.staff_time, until, len(plan.groups), self.edges, weight=count)

    @cached_property
    def _order(self) -> I8:
        """The log's rows by customer; the log's own order keeps each journey's visits in order."""
        return np.argsort(self.log.customer, kind="stable")

    @cached_property
    def _sizes(self) -> dict[str, int]:
        """How many codes each column has."""
        plan = self.plan
        return {
            "channel": len(plan.channels),
            "intent": len(plan.intents),
            "queue": len(plan.queues),
            "group": len(plan.groups),
            "segment": len(plan.segments),
            "interval": plan.intervals,
        }

    def _waited(self, rows: I8) -> F8:
        """Return how long contacts waited, up to the run's end for those who wait still; 0 where turned away."""
        log = self.log
        began, started, ended = log.began[rows], log.started[rows], log.ended[rows]
        gone = np.where(np.isnan(ended), self.plan.end, ended)
        return np.where(np.isnan(started), gone, started) - began

    def _interval_of(self, instant: F8) -> I8:
        """Return the interval that an instant lies in, -1 = outside of all."""
        at = np.searchsorted(self.edges, instant, side="right") - 1
        return np.where(at < self.plan.intervals, at, -1)


def _added(code: I8, weights: F8 | None, size: int) -> F8:
    """Count the codes, or add up weights per code."""
    return np.bincount(code, weights=weights, minlength=size).astype(np.float64)


_JOURNEY_CODES: dict[Cut, tuple[str, ...]] = {
    "all": (),
    "interval": ("interval",),
    "channel": ("channel",),
    "intent": ("intent",),
    "segment": ("segment",),
}
_CONTACT_CODES: dict[Cut, tuple[str, ...]] = {
    **_JOURNEY_CODES,
    "queue": ("queue",),
    "queue_interval": ("queue", "interval"),
    "group": ("group",),
    "group_interval": ("group", "interval"),
}
