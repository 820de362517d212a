"""Lifetimes: the chain of journeys of one customer, stage by stage.

A customer who goes on to a step of another intent begins the next journey there. The journey before has no outcome of
its own; its last touchpoint decides: passed, handled or notified = resolved; abandoned or balked = given up; otherwise
unresolved. Each intent is a stage, so every KPI of journeys by `intent` is one of a stage. A customer churns by
beginning an intent whose name contains the word churn, cancel or cancellation.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Outcome, Plan
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.dimensions import BY_CUSTOMER, BY_STAGE
from sim.kpis.model import Kpi

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


def measure(completed: CompletedCustomers) -> Iterator[Ratio]:
    """Count what journeys lead to, and average the lifetimes of customers."""
    journeys = completed.journeys
    yield journeys.cube.ratio(ONWARD, journeys.leads_to >= 0, journeys.over)
    leaving = _churns(completed.plan)
    staying = journeys.over & ~leaving[journeys.intent]
    left = staying & (journeys.leads_to >= 0) & leaving[journeys.leads_to]
    yield journeys.cube.ratio(CHURN, left, staying)
    for outcome, kpi in AFTER.items():
        ended_so = staying & (journeys.outcome == outcome)
        yield journeys.cube.ratio(kpi, left & ended_so, ended_so)
    customers = completed.customers
    yield customers.cube.ratio(CUSTOMERS, customers.cube.every)
    yield customers.cube.ratio(PER_CUSTOMER, customers.journeys, customers.cube.every)
    yield customers.cube.ratio(TIME, customers.lasted, customers.over)


def _churns(plan: Plan) -> NDArray[np.bool_]:
    """Return which intents are churn."""
    return np.array([not WORDS.isdisjoint(intent.split("_")) for intent in plan.intents], dtype=np.bool_)
