"""What the agents cost, paid for the time on duty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.plan import Outcome
from sim.kpis.model import Kpi, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.view import View

__all__ = ["KPIS", "measure"]

COST = Kpi(
    "cost",
    "Cost",
    "money",
    "lower",
    "Staffed hours x the group's cost per hour, whether those on shifts came or not.",
    ("all", "interval", "group"),
)
PER_CONTACT = Kpi(
    "cost_per_contact",
    "Cost per handled contact",
    "money",
    "lower",
    "Cost / handled contacts, of the group or in all.",
    ("all", "group"),
)
PER_JOURNEY = Kpi("cost_per_journey", "Cost per journey", "money", "lower", "Cost / journeys.", ("all",))
PER_RESOLVED = Kpi(
    "cost_per_resolved", "Cost per resolved journey", "money", "lower", "Cost / journeys that ended resolved.", ("all",)
)

KPIS = (COST, PER_CONTACT, PER_JOURNEY, PER_RESOLVED)


def measure(view: View) -> Iterator[Part]:
    """Price the time on duty."""
    plan, contacts, journeys = view.plan, view.contacts, view.journeys
    cost = view.scheduled / 3600.0 * plan.group_cost[:, None]
    per_group, per_interval, total = cost.sum(axis=1), cost.sum(axis=0), cost.sum().reshape(1)
    yield Part(COST.name, "all", total, np.ones(1))
    yield Part(COST.name, "interval", per_interval, np.ones(len(per_interval)))
    yield Part(COST.name, "group", per_group, np.ones(len(per_group)))

    served = np.bincount(contacts.group[contacts.handled], minlength=len(plan.groups)).astype(np.float64)
    yield Part(PER_CONTACT.name, "all", total, served.sum().reshape(1))
    yield Part(PER_CONTACT.name, "group", per_group, served)

    resolved = np.count_nonzero(journeys.outcome == Outcome.RESOLVED)
    yield Part(PER_JOURNEY.name, "all", total, np.array([float(len(journeys.arrival))]))
    yield Part(PER_RESOLVED.name, "all", total, np.array([float(resolved)]))
