"""One replication as the families see it: contacts, journeys and staff, derived once and shared by all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.intervals import places_among
from sim.engine.plan import Kind, Outcome, Plan, Result
from sim.kpis.records import Contacts, Journeys
from sim.kpis.table import Table
from sim.kpis.visits import Visits, visits_of

if TYPE_CHECKING:
    from sim.engine.log import Log
    from sim.kpis.cuts import Cut
    from sim.population.draw import Population

__all__ = ["Contacts", "Journeys", "View", "first_interval"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


def first_interval(plan: Plan) -> int:
    """Return the first interval that counts: it does not begin within the warm-up.

    Parameters
    ----------
    plan
        Has the warm-up; intervals are whole.
    """
    return min(ceil(plan.warm_up / plan.interval - 1e-9), plan.intervals)


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
    def first(self) -> int:
        """The first interval after the warm-up."""
        return first_interval(self.plan)

    @cached_property
    def visits(self) -> Visits:
        """All touchpoints."""
        return visits_of(self.plan, self.log)

    @cached_property
    def contacts(self) -> Contacts:
        """Contacts that began within the intervals that count.

        Those after the last interval meet agents to whom nobody new comes, and would flatter.
        """
        rows = np.flatnonzero(self.visits.contact)
        return self._contacts(rows[self._interval_of(self.log.began[self.visits.row[rows]]) >= 0])

    @cached_property
    def ever(self) -> Contacts:
        """Contacts whenever they began: agents and queues may be full of them when the counting begins."""
        return self._contacts(np.flatnonzero(self.visits.contact)) if self.first else self.contacts

    @cached_property
    def counted(self) -> B1:
        """Which of the contacts that ever began count."""
        return self._interval_of(self.ever.began) >= 0

    @cached_property
    def journeys(self) -> Journeys:
        """Journeys that began within the intervals that count."""
        plan, log, them = self.plan, self.log, self.visits
        interval = self._interval_of(log.began[them.row[them.first]])
        number = np.flatnonzero(interval >= 0)
        first, last = them.first[number], them.last[number]
        begin, end = them.row[first], them.row[last]
        outcome, leads_to = self._endings
        columns = {
            "channel": plan.step_channel[them.step[first]].astype(np.int64),
            "intent": plan.step_intent[them.step[first]].astype(np.int64),
            "segment": self.population.segment[them.customer[first]].astype(np.int64),
            "interval": interval[number],
        }
        over = outcome[number] != Outcome.INSIDE

        def added(which: B1, weights: F8 | None = None) -> F8:
            amount = None if weights is None else weights[which]
            return np.bincount(them.journey[which], amount, len(them.first))[number].astype(np.float64)

        return Journeys(
            table=Table.build(columns, _JOURNEY_CODES, self._sizes),
            customer=them.customer[first],
            number=number,
            arrival=log.began[begin],
            ended=np.where(over, log.ended[end], np.nan),
            outcome=outcome[number],
            leads_to=leads_to[number],
            over=over,
            self_service=plan.step_kind[them.step[first]] == Kind.SELF_SERVICE,
            contacts=added(them.contact),
            abandoned=added(them.contact & (them.result == Result.ABANDONED)),
            switches=added(them.switched),
            waited=added(them.in_person, them.waited),
            repeats=added(them.repeated),
            notified=added(them.result == Result.NOTIFIED),
        )

    @property
    def outcomes(self) -> I8:
        """How each journey of the visits ended, whether it counts or not."""
        return self._endings[0]

    @cached_property
    def _endings(self) -> tuple[I8, I8]:
        return _outcomes(self.plan, self.log, self.visits)

    def _contacts(self, at: I8) -> Contacts:
        """Return the contacts at some rows of the visits."""
        plan, log, them = self.plan, self.log, self.visits
        rows, step, result = them.row[at], them.step[at], them.result[at]
        queue, group = plan.step_queue[step].astype(np.int64), log.group[rows].astype(np.int64)
        customer, journey = them.customer[at], them.journey[at]
        began, started, ended, freed = log.began[rows], log.started[rows], log.ended[rows], log.freed[rows]
        ring, callback = plan.queueing.ring[queue], log.callback[rows] == 1
        answered, abandoned = them.answered[at], result == Result.ABANDONED
        blocked, balked = result == Result.BLOCKED, result == Result.BALKED
        closed = (result == Result.CLOSED) & (ended == began)
        entered = ~(closed | blocked | balked)
        never_reached = (result == Result.FAILED) & ~answered
        columns = {
            "channel": plan.step_channel[step].astype(np.int64),
            "intent": plan.step_intent[step].astype(np.int64),
            "queue": queue,
            "segment": self.population.segment[customer].astype(np.int64),
            "group": group,
            "interval": self._interval_of(began),
        }
        return Contacts(
            table=Table.build(columns, _CONTACT_CODES, self._sizes),
            journey=journey,
            queue=queue,
            group=group,
            agent=log.agent[rows].astype(np.int64),
            began=began,
            waited=them.waited[at],
            started=started,
            hold=log.hold[rows],
            repeat=log.repeat[rows],
            ended=ended,
            freed=np.where(np.isnan(freed), np.where(never_reached, ended, plan.end), freed),
            taken=np.where(answered, started, np.where(never_reached, ended, np.nan)) - ring,
            assisted=plan.step_kind[step] == Kind.ASSISTED,
            answered=answered,
            delayed=entered & ~(answered & (started == began + ring)),
            handled=result == Result.HANDLED,
            abandoned=abandoned,
            closed=closed,
            cleared=(result == Result.CLOSED) & ~closed,
            blocked=blocked,
            balked=balked,
            failed=result == Result.FAILED,
            inside=result == Result.INSIDE,
            entered=entered,
            short=abandoned & (them.waited[at] < plan.short_abandon[queue]),
            offered_callback=entered & (log.announced[rows] >= plan.queueing.callback[queue, 0]),
            callback=callback,
            transferred=them.transferred[at],
            repeated=them.repeated[at],
            followed=self._followed[at],
        )

    @cached_property
    def _followed(self) -> B1:
        """Mark the visits that a further contact of the journey follows within the repeat window."""
        them = self.visits
        rows = np.flatnonzero(them.contact)
        began, ended = self.log.began[them.row[rows]], self.log.ended[them.row[rows]]
        journey = them.journey[rows]
        followed = np.zeros_like(them.contact)
        soon = (journey[1:] == journey[:-1]) & (began[1:] - ended[:-1] <= self.plan.repeat_window)
        followed[rows[:-1][soon]] = True
        return followed

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

    def _interval_of(self, instant: F8) -> I8:
        """Return the interval that an instant lies in, -1 = outside of all that count."""
        at = places_among(self.edges, instant, after=True) - 1
        return np.where((at >= self.first) & (at < self.plan.intervals), at, -1)


def _outcomes(plan: Plan, log: Log, them: Visits) -> tuple[I8, I8]:
    """Return how each journey ended, and the intent to which it led straight on.

    A journey that leads on to another intent has no outcome of its own: its last touchpoint says how it ended.
    """
    end = them.row[them.last]
    following = log.next[end]
    follows = np.zeros(len(end), dtype=np.bool_)
    if len(end):
        follows[:-1] = them.customer[them.last[:-1]] == them.customer[them.first[1:]]
    leads_on = (following >= 0) & follows
    as_it_ended = np.where(
        following >= 0, np.where(leads_on, _AS_ITS_LAST[them.result[them.last]], Outcome.INSIDE), -1 - following
    )
    leads_to = np.where(leads_on, plan.step_intent[np.where(following >= 0, following, 0)], -1)
    return as_it_ended.astype(np.int64), leads_to.astype(np.int64)


_AS_ITS_LAST = np.array(
    [
        {
            Result.PASSED: Outcome.RESOLVED,
            Result.HANDLED: Outcome.RESOLVED,
            Result.NOTIFIED: Outcome.RESOLVED,
            Result.ABANDONED: Outcome.GAVE_UP,
            Result.BALKED: Outcome.GAVE_UP,
            Result.INSIDE: Outcome.INSIDE,
        }.get(result, Outcome.UNRESOLVED)
        for result in Result
    ],
    dtype=np.int64,
)
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
