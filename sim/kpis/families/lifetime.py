"""Lifetimes: the chain of journeys of one customer, stage by stage.

A customer who goes on to a step of another intent begins the next journey there. The journey before has no outcome of
its own; its last touchpoint decides: passed, handled or notified = resolved; abandoned or balked = given up; otherwise
unresolved. Each intent is a stage, so every KPI of journeys by `intent` is one of a stage. A customer churns by
beginning an intent whose name contains the word churn, cancel or cancellation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Outcome
from sim.kpis.dimensions import BY_CUSTOMER, BY_STAGE
from sim.kpis.model import Kpi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Plan
    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio

__all__ = ["KPIS", "measure"]

WORDS = {"churn", "cancel", "cancellation"}

CUSTOMERS = Kpi(
    "customers",
    "Customers",
    "customers",
    None,
    "Customers, counted once, by the intent of their first journey.",
    BY_CUSTOMER,
)
PER_CUSTOMER = Kpi(
    "journeys_per_customer",
    "Journeys per customer",
    "journeys",
    None,
    "Journeys of these customers up to the end of the run / customers.",
    BY_CUSTOMER,
)
TIME = Kpi(
    "lifetime",
    "Time in lifetime",
    "s",
    None,
    "Mean time from the start of the first journey to the end of the last, for customers whose last journey is"
    " finished.",
    BY_CUSTOMER,
)
ONWARD = Kpi(
    "led_on",
    "Led on",
    "share",
    None,
    "Journeys that led directly to a journey of another intent / finished journeys.",
    BY_STAGE,
)
CHURN = Kpi(
    "churn",
    "Churn",
    "share",
    "lower",
    "Journeys that led directly to churn / finished journeys. Churn journeys themselves do not count.",
    BY_STAGE,
)
AFTER = {
    outcome: Kpi(
        f"churn_after_{outcome.name.lower()}",
        f"Churn after {outcome.name.lower().replace('_', ' ')}",
        "share",
        "lower",
        f"Journeys that ended {outcome.name.lower().replace('_', ' ')} and led directly to churn / journeys that"
        " ended so. Churn journeys themselves do not count.",
        BY_STAGE,
    )
    for outcome in (Outcome.RESOLVED, Outcome.UNRESOLVED, Outcome.GAVE_UP)
}

KPIS = (CUSTOMERS, PER_CUSTOMER, TIME, ONWARD, CHURN, *AFTER.values())


def measure(view: View) -> Iterator[Ratio]:
    """Count what journeys lead to, and average the lifetimes of customers."""
    them = view.journeys
    yield them.cells.ratio(ONWARD, them.leads_to >= 0, them.over)
    leaving = _churns(view.plan)
    staying = them.over & ~leaving[them.intent]
    left = staying & (them.leads_to >= 0) & leaving[them.leads_to]
    yield them.cells.ratio(CHURN, left, staying)
    for outcome, kpi in AFTER.items():
        ended_so = staying & (them.outcome == outcome)
        yield them.cells.ratio(kpi, left & ended_so, ended_so)
    of = view.customers
    yield of.cells.ratio(CUSTOMERS, of.cells.every)
    yield of.cells.ratio(PER_CUSTOMER, of.journeys, of.cells.every)
    yield of.cells.ratio(TIME, of.lasted, of.over)


def _churns(plan: Plan) -> NDArray[np.bool_]:
    """Return which intents are churn."""
    return np.array([not WORDS.isdisjoint(intent.split("_")) for intent in plan.intents], dtype=np.bool_)
