"""Cost of the agents, who are paid for their time on duty."""

from __future__ import annotations

from collections.abc import Iterator

from sim.engine.plan import Outcome, Plan
from sim.kpis.families.journeys import JOURNEYS, OUTCOMES
from sim.kpis.families.occupancy import HOURS
from sim.kpis.families.volumes import HANDLED
from sim.kpis.intervals import days_of
from sim.kpis.model import Kpi, KpiTable, KpiValues

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


def derive(plan: Plan, measured: KpiTable) -> Iterator[KpiValues]:
    """Price the time on duty."""
    hours = measured[HOURS.name, "group_interval"].num.reshape(len(plan.groups), plan.intervals)
    cost = hours * plan.group_cost[:, None]
    per_group, per_interval, total = cost.sum(axis=1), cost.sum(axis=0), cost.sum().reshape(1)
    yield KpiValues(COST.name, "all", total)
    yield KpiValues(COST.name, "interval", per_interval)
    yield KpiValues(COST.name, "group", per_group)
    yield from _by_day(plan, measured)
    yield KpiValues(PER_CONTACT.name, "all", total, measured[HANDLED.name, "all"].num)
    yield KpiValues(PER_CONTACT.name, "group", per_group, measured[HANDLED.name, "group"].num)
    yield KpiValues(PER_JOURNEY.name, "all", total, measured[JOURNEYS.name, "all"].num)
    yield KpiValues(PER_RESOLVED.name, "all", total, measured[OUTCOMES[Outcome.RESOLVED].name, "all"].num)


def _by_day(plan: Plan, measured: KpiTable) -> Iterator[KpiValues]:
    """Price the time on duty of each day, where there are several."""
    if days_of(plan) == 1:
        return
    cost = measured[HOURS.name, "group_day"].num.reshape(len(plan.groups), -1) * plan.group_cost[:, None]
    per_day = cost.sum(axis=0)
    yield KpiValues(COST.name, "day", per_day)
    yield KpiValues(COST.name, "group_day", cost.reshape(-1))
    yield KpiValues(PER_CONTACT.name, "day", per_day, measured[HANDLED.name, "day"].num)
    yield KpiValues(PER_CONTACT.name, "group_day", cost.reshape(-1), measured[HANDLED.name, "group_day"].num)
    yield KpiValues(PER_JOURNEY.name, "day", per_day, measured[JOURNEYS.name, "day"].num)
    yield KpiValues(PER_RESOLVED.name, "day", per_day, measured[OUTCOMES[Outcome.RESOLVED].name, "day"].num)
