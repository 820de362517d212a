"""Customers who are through, as the families see them: their contacts and journeys, derived once and shared by all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.intervals import places_among
from sim.core.tallies import firsts
from sim.engine.plan import Kind, Outcome, Plan, Result
from sim.kpis.cells import Cells, Coded
from sim.kpis.records import Contacts, Journeys
from sim.kpis.visits import Visits, by_customer, visits_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.engine.log import Log
    from sim.kpis.cuts import Cut
    from sim.population.draw import Population

__all__ = ["View", "edges_of", "first_interval", "views"]

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


def views(plan: Plan, population: Population, log: Log) -> Iterator[View]:
    """Yield the customers of a log, some at a time, at least one view.

    Parameters
    ----------
    plan, population, log
        What was planned, who came, and what happened.
    """
    for part in by_customer(log):
        yield View(plan, population, part)


@dataclass(frozen=True, eq=False)
class View:
    """Some customers with all that happened to them, and what is derived from it.

    Parameters
    ----------
    plan, population
        What was planned, and who came.
    log
        What happened, customer by customer.
    """

    plan: Plan
    population: Population
    log: Log

    @cached_property
    def edges(self) -> F8:
        """Starts of the reporting intervals, and the end of the last."""
        return edges_of(self.plan)

    @cached_property
    def first(self) -> int:
        """The first interval after the warm-up."""
        return first_interval(self.plan)

    @cached_property
    def visits(self) -> Visits:
        """All touchpoints."""
        return visits_of(self.plan, self.log)

    @cached_property
    def counted(self) -> B1:
        """Which of the visits belong to journeys that count."""
        counts = np.zeros(len(self.visits.first), dtype=np.bool_)
        counts[self.journeys.number] = True
        return np.asarray(counts[self.visits.journey])

    @cached_property
    def journeys(self) -> Journeys:
        """Journeys that began within the intervals that count."""
        plan, log, them = self.plan, self.log, self.visits
        interval = self._interval_of(log.began[them.first])
        number = np.flatnonzero(interval >= 0)
        first, last = them.first[number], them.last[number]
        outcome, leads_to = self.outcomes[number], self._endings[1][number]
        over = outcome != Outcome.INSIDE

        def added(which: B1, weights: F8 | None = None) -> F8:
            if not which.any():
                return np.zeros(len(number))
            amount = None if weights is None else weights[which]
            return np.bincount(them.journey[which], amount, len(them.first))[number].astype(np.float64)

        contacts = added(them.contact)
        alone = contacts == 0
        step, segment = self._step(them.step[first]), self._segment(log.customer[first])
        when = Coded(interval[number], plan.intervals)
        columns = step, segment, when, Coded(outcome, len(Outcome)), Coded(leads_to, len(plan.intents))
        return Journeys(
            cells=Cells.find(columns, (alone,), self._cuts(step.codes, segment, when)),
            number=number,
            took=np.where(outcome == Outcome.RESOLVED, log.ended[last] - log.began[first], 0.0),
            outcome=outcome,
            leads_to=leads_to,
            over=over,
            self_service=plan.step_kind[step.codes] == Kind.SELF_SERVICE,
            alone=alone,
            contacts=contacts,
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

    @cached_property
    def contacts(self) -> Contacts:
        """Contacts that began within the intervals that count.

        Those after the last interval meet agents to whom nobody new comes, and would flatter. What a contact is to its
        journey, the first one or one that another follows, is told by all of them, whether they count or not.
        """
        plan, log, them = self.plan, self.log, self.visits
        at = slice(None) if them.contact.all() else np.flatnonzero(them.contact)
        step, result, journey, waited = them.step[at], them.result[at], them.journey[at], them.waited[at]
        began, started, ended, hold = log.began[at], log.started[at], log.ended[at], log.hold[at]
        answered, callback = them.answered[at], log.callback[at] == 1
        queue = plan.step_queue[step].astype(np.int64)
        freed = np.where(np.isnan(log.freed[at]), plan.end, log.freed[at])
        handled, abandoned = result == Result.HANDLED, result == Result.ABANDONED
        blocked, balked = result == Result.BLOCKED, result == Result.BALKED
        closed = (result == Result.CLOSED) & (ended == began)
        entered, short = ~(closed | blocked | balked), abandoned & (waited < plan.short_abandon[queue])
        interval = self._interval_of(began)
        marks = {
            "answered": answered,
            "delayed": entered & ~(answered & (started == began + plan.queueing.ring[queue])),
            "handled": handled,
            "abandoned": abandoned,
            "closed": closed,
            "cleared": (result == Result.CLOSED) & ~closed,
            "blocked": blocked,
            "balked": balked,
            "failed": result == Result.FAILED,
            "inside": result == Result.INSIDE,
            "entered": entered,
            "short": short,
            "soon": waited <= plan.queue_within[queue],
            "offered_callback": entered & (log.announced[at] >= plan.queueing.callback[queue, 0]),
            "callback": callback,
            "transferred": them.transferred[at],
            "repeated": them.repeated[at],
            "followed": _followed(journey, began, ended, plan.repeat_window),
            "first": firsts(journey, queue, queue >= 0, len(plan.queues)),
            "first_offered": firsts(journey, queue, entered & ~short, len(plan.queues)),
            "first_handled": firsts(journey, np.zeros_like(queue), handled, 1),
        }
        seconds = {
            "waited": waited,
            "talk": np.where(handled, ended - started - hold, 0.0),
            "hold": np.where(handled, hold, 0.0),
            "wrap": np.where(handled, freed - ended, 0.0),
            "repeat": np.where(answered, log.repeat[at], 0.0),
        }
        customer, group = log.customer[at], log.group[at]
        counts = interval >= 0
        if not counts.all():
            step, customer, group, interval = step[counts], customer[counts], group[counts], interval[counts]
            marks = {name: mark[counts] for name, mark in marks.items()}
            seconds = {name: column[counts] for name, column in seconds.items()}
        codes = self._step(step), self._segment(customer), Coded(interval, plan.intervals)
        by = Coded(group.astype(np.int64), len(plan.groups))
        return Contacts(Cells.find((*codes, by), marks.values(), self._cuts(step, *codes[1:], by)), **seconds, **marks)

    def _step(self, step: I8) -> Coded:
        return Coded(step, len(self.plan.steps))

    def _segment(self, customer: NDArray[np.int32]) -> Coded:
        return Coded(self.population.segment[customer].astype(np.int64), len(self.plan.segments))

    def _cuts(self, step: I8, segment: Coded, interval: Coded, group: Coded | None = None) -> Mapping[Cut, list[Coded]]:
        """Return what each cut looks at; the queue and the group are the contacts'."""
        plan = self.plan
        intent, channel = plan.step_intent[step], plan.step_channel[step]
        cuts: dict[Cut, list[Coded]] = {
            "all": [],
            "interval": [interval],
            "channel": [Coded(channel, len(plan.channels))],
            "intent": [Coded(intent, len(plan.intents))],
            "segment": [segment],
        }
        if group is not None:
            queue = Coded(plan.step_queue[step], len(plan.queues))
            cuts |= {"queue": [queue], "queue_interval": [queue, interval]}
            cuts |= {"group": [group], "group_interval": [group, interval]}
        return cuts

    def _interval_of(self, instant: F8) -> I8:
        """Return the interval that an instant lies in, -1 = outside of all that count."""
        at = places_among(self.edges, instant, after=True) - 1
        return np.where((at >= self.first) & (at < self.plan.intervals), at, -1)


def edges_of(plan: Plan) -> F8:
    """Return the starts of the reporting intervals, and the end of the last.

    Parameters
    ----------
    plan
        Has them.
    """
    return plan.origin + plan.interval * np.arange(plan.intervals + 1, dtype=np.float64)


def _followed(journey: I8, began: F8, ended: F8, window: float) -> B1:
    """Mark the contacts that a further one of the journey follows soon."""
    followed = np.zeros(len(journey), dtype=np.bool_)
    followed[:-1] = (journey[1:] == journey[:-1]) & (began[1:] - ended[:-1] <= window)
    return followed


def _outcomes(plan: Plan, log: Log, them: Visits) -> tuple[I8, I8]:
    """Return how each journey ended, and the intent to which it led straight on.

    A journey that leads on to another intent has no outcome of its own: its last touchpoint says how it ended.
    """
    following = log.next[them.last]
    follows = np.zeros(len(following), dtype=np.bool_)
    if len(following):
        follows[:-1] = log.customer[them.last[:-1]] == log.customer[them.first[1:]]
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
