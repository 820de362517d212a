"""Journeys, and the customers whose they are, as the KPI families see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Kind, Outcome
from sim.kpis.aggregate.cube import Cells, Coded, cuts_of, taken_apart
from sim.kpis.aggregate.layout import CUSTOMER_MARKS, CUSTOMER_SUMS, JOURNEY_MARKS, JOURNEY_SUMS

if TYPE_CHECKING:
    from sim.engine.plan import Plan
    from sim.kpis.aggregate.aggregation import Telling
    from sim.kpis.aggregate.tables import Kept
    from sim.kpis.dimensions import Cut

__all__ = ["Customers", "Journeys", "customers_of", "journeys_of"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Journeys:
    """Journeys that began within the intervals that count.

    A row is a cell: journeys that agree in all codes and marks. Quantities are the sum of theirs. The cut by channel
    goes by the channel that a journey began on.
    """

    cells: Cells
    durations: Kept  # seconds that each took that was resolved, where not 0
    intent: I8
    outcome: I8  # plan.Outcome
    leads_to: I8  # intent of the customer's next journey, where this one leads straight on to it; else -1
    over: B1
    self_service: B1  # began in self-service
    alone: B1  # without a contact
    took: F8  # seconds until it was resolved; 0 where it was not
    contacts: F8
    abandoned: F8  # contacts that were abandoned
    switches: F8  # times that the channel changed from one touchpoint to the next, pauses left out
    waited: F8  # seconds waited in person: neither for deferred work nor in virtual hold
    repeats: F8  # contacts in which the customer repeated themself
    notified: F8  # pauses that a notification ended
    pauses: F8  # that are over, and that a notification could have ended
    mood: F8  # in which it is remembered; these four are 0 unless it is over
    mood_end: F8
    mood_peak: F8  # furthest from neutral
    unhappy: F8  # remembered in a mood below 0


def journeys_of(plan: Plan, told: Telling) -> Journeys:
    """Return the journeys.

    Parameters
    ----------
    plan, told
        What was planned, and what was told.
    """
    table = told.journeys
    sizes = len(plan.steps), len(plan.segments), plan.intervals, len(Outcome), len(plan.intents) + 1
    step, segment, interval, outcome, leads_to = taken_apart(table.codes, sizes)
    cuts = {**cuts_of(plan, step, segment), "interval": (Coded(interval, plan.intervals),)}
    return Journeys(
        cells=Cells.of(table.number, cuts),
        durations=told.durations,
        intent=plan.step_intent[step].astype(np.int64),
        outcome=outcome,
        leads_to=leads_to - 1,
        over=outcome != Outcome.INSIDE,
        self_service=plan.step_kind[step] == Kind.SELF_SERVICE,
        **table.columns(JOURNEY_SUMS, JOURNEY_MARKS),
    )


@dataclass(frozen=True, eq=False)
class Customers:
    """Customers whose first journey counts, cell by cell."""

    cells: Cells  # their intent is that of the first journey
    over: B1  # no journey of theirs goes on
    journeys: F8  # up to the run's end
    lasted: F8  # seconds from the beginning of the first journey to the end of the last; 0 unless it is over


def customers_of(plan: Plan, told: Telling) -> Customers:
    """Return the customers.

    Parameters
    ----------
    plan, told
        What was planned, and what was told.
    """
    table = told.customers
    intent, segment = taken_apart(table.codes, (len(plan.intents), len(plan.segments)))
    cuts: dict[Cut, tuple[Coded, ...]] = {
        "all": (),
        "intent": (Coded(intent, len(plan.intents)),),
        "segment": (Coded(segment, len(plan.segments)),),
    }
    return Customers(Cells.of(table.number, cuts), **table.columns(CUSTOMER_SUMS, CUSTOMER_MARKS))
