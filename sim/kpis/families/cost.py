"""Cost of the agents, who are paid for their time on duty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.plan import Outcome
from sim.kpis.families.journeys import JOURNEYS, OUTCOMES
from sim.kpis.families.occupancy import HOURS
from sim.kpis.families.volumes import HANDLED
from sim.kpis.model import Kpi, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Plan
    from sim.kpis.model import Parts

__all__ = ["KPIS", "derive"]

COST = Kpi(
    "cost",
    "Cost",
    "money",
    "lower",
    "Staffed hours x the group's cost per hour; absent agents are paid too.",
    ("all", "interval", "group"),
)
PER_CONTACT = Kpi(
    "cost_per_contact",
    "Cost per handled contact",
    "money",
    "lower",
    "Cost / handled contacts.",
    ("all", "group"),
)
PER_JOURNEY = Kpi("cost_per_journey", "Cost per journey", "money", "lower", "Cost / journeys.", ("all",))
PER_RESOLVED = Kpi(
    "cost_per_resolved", "Cost per resolved journey", "money", "lower", "Cost / journeys that ended resolved.", ("all",)
)

KPIS = (COST, PER_CONTACT, PER_JOURNEY, PER_RESOLVED)


def derive(plan: Plan, parts: Parts) -> Iterator[Part]:
    """Price the time on duty."""
    hours = parts[HOURS.name, "group_interval"].num.reshape(len(plan.groups), plan.intervals)
    cost = hours * plan.group_cost[:, None]
    per_group, per_interval, total = cost.sum(axis=1), cost.sum(axis=0), cost.sum().reshape(1)
    yield Part(COST.name, "all", total)
    yield Part(COST.name, "interval", per_interval)
    yield Part(COST.name, "group", per_group)
    yield Part(PER_CONTACT.name, "all", total, parts[HANDLED.name, "all"].num)
    yield Part(PER_CONTACT.name, "group", per_group, parts[HANDLED.name, "group"].num)
    yield Part(PER_JOURNEY.name, "all", total, parts[JOURNEYS.name, "all"].num)
    yield Part(PER_RESOLVED.name, "all", total, parts[OUTCOMES[Outcome.RESOLVED].name, "all"].num)
