"""Journeys as the KPI families see them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from sim.core.tallies import only, sums
from sim.engine.plan import Kind, Outcome, Result
from sim.kpis.cells import Cells, Coded, alike

if TYPE_CHECKING:
    from sim.engine.log import Log
    from sim.engine.plan import Plan
    from sim.kpis.view import View
    from sim.kpis.visits import Visits

__all__ = ["Journeys", "endings_of", "journeys_of"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Journeys:
    """Journeys, one per row, in order of customer. The cut by channel goes by the channel that a journey began on."""

    cells: Cells
    number: I8  # among all journeys of the visits
    took: F8  # seconds until it was resolved; 0 where it was not
    outcome: I8  # plan.Outcome
    leads_to: I8  # intent of the customer's next journey, where this one leads straight on to it; else -1
    over: B1
    self_service: B1  # began in self-service
    alone: B1  # without a contact
    contacts: F8
    abandoned: F8  # contacts that were abandoned
    switches: F8  # times that the channel changed from one touchpoint to the next, pauses left out
    waited: F8  # seconds waited in person
    repeats: F8  # contacts in which the customer repeated themself
    notified: F8  # pauses that a notification ended

    @cached_property
    def alike(self) -> Self:
        """One row per cell: journeys that agree in all codes and marks, their quantities added up; no ``number``."""
        return alike(self)


def journeys_of(view: View) -> Journeys:
    """Return the journeys that began within the intervals that count.

    Parameters
    ----------
    view
        Some customers.
    """
    plan, log, visits = view.plan, view.log, view.visits
    interval = view.interval_of(log.began[visits.first])
    number = np.flatnonzero(interval >= 0)
    first, last = visits.first[number], visits.last[number]
    outcome, leads_to = (column[number] for column in view.endings)

    def added(which: B1, weights: F8 | None = None) -> F8:
        if not which.any():
            return np.zeros(len(number))
        amount = which.astype(np.float64) if weights is None else only(which, weights)
        return np.asarray(sums(visits.journey, amount, len(visits.first))[number])

    contacts = added(visits.contact)
    alone = contacts == 0
    step, when = Coded(visits.step[first], len(plan.steps)), Coded(interval[number], plan.intervals)
    segment = view.segment_of(log.customer[first])
    columns = step, segment, when, Coded(outcome, len(Outcome)), Coded(leads_to, len(plan.intents))
    return Journeys(
        cells=Cells.find(columns, (alone,), view.cuts(step.codes, segment, when)),
        number=number,
        took=only(outcome == Outcome.RESOLVED, log.ended[last] - log.began[first]),
        outcome=outcome,
        leads_to=leads_to,
        over=outcome != Outcome.INSIDE,
        self_service=plan.step_kind[step.codes] == Kind.SELF_SERVICE,
        alone=alone,
        contacts=contacts,
        abandoned=added(visits.contact & (visits.result == Result.ABANDONED)),
        switches=added(visits.switched),
        waited=added(visits.in_person, visits.waited),
        repeats=added(visits.repeated),
        notified=added(visits.result == Result.NOTIFIED),
    )


def endings_of(plan: Plan, log: Log, visits: Visits) -> tuple[I8, I8]:
    """Return how each journey ended, and the intent to which it led straight on.

    A journey that leads on to another intent has no outcome of its own: its last touchpoint says how it ended.
    """
    following = log.next[visits.last]
    follows = np.zeros(len(following), dtype=np.bool_)
    if len(following):
        follows[:-1] = log.customer[visits.last[:-1]] == log.customer[visits.first[1:]]
    leads_on = (following >= 0) & follows
    as_it_ended = np.where(
        following >= 0, np.where(leads_on, _AS_ITS_LAST[visits.result[visits.last]], Outcome.INSIDE), -1 - following
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
