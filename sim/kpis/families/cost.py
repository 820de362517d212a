"""Paid hours of the agents, full-time equivalents, and cost.

Shrinkage is time for which agents are paid and not available to customers, so it is paid unless the scenario says
otherwise (`paid`). A full-time equivalent (FTE) is the `full_time_hours` of a day or a week. Without overtime, paid
hours >= scheduled hours >= staffed hours, unless absence is not paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.core.units import WEEKDAYS
from sim.engine.plan import Outcome, Plan
from sim.kpis.aggregate.cube import Ratio, agent_cells, agent_cube
from sim.kpis.dimensions import BY_AGENT, Dimension
from sim.kpis.families.journeys import JOURNEYS, OUTCOMES
from sim.kpis.families.occupancy import HOURS, OVERTIME
from sim.kpis.families.volumes import HANDLED
from sim.kpis.intervals import day_of_intervals, days_of, first_interval
from sim.kpis.model import Kpi, KpiTable, KpiValues
from sim.kpis.timeline.late_work import find_late_work
from sim.kpis.timeline.paid_time import find_paid_time, find_regular_time
from sim.kpis.timeline.time_slice import TimeSlice, outside_run

__all__ = ["KPIS", "derive", "watch"]

F8 = NDArray[np.float64]

PAID = Kpi(
    "paid_hours",
    "Paid hours",
    "h",
    None,
    "Agent-hours that are paid: scheduled hours, paid time away from the queue (shrinkage, breaks, meetings, training),"
    " and overtime; less unpaid absence and lateness. Overtime within an agent's own paid break is paid once.",
    BY_AGENT,
    of_duty=True,
)
LATE = Kpi(
    "work_after_reporting",
    "Work after the reporting time",
    "h",
    "lower",
    "Agent-hours in which agents are busy after the last interval with contacts that came before it, overtime of the"
    " last day aside: the backlog that days after the run work off. It is in no paid hour and no cost, as those days"
    " pay for it. With more days (`run.days`) it is a smaller part.",
    ("all", "group"),
    of_duty=True,
)
NET = Kpi(
    "fte_net",
    "FTE net",
    "FTE",
    None,
    "Staffed hours / full-time hours of the days: agents who serve customers all day.",
    ("all", "group"),
    of_duty=True,
)
GROSS = Kpi(
    "fte_gross",
    "FTE gross",
    "FTE",
    None,
    "Paid hours / full-time hours of the days: agents on the payroll.",
    ("all", "group"),
    of_duty=True,
)
COST = Kpi(
    "cost",
    "Cost",
    "money",
    "lower",
    "Paid hours x the group's cost per hour; overtime times its `overtime_factor`. What is worked off after the"
    " reporting time is not in it (`work_after_reporting`).",
    ("all", "interval", "group"),
    of_duty=True,
)
PER_CONTACT = Kpi(
    "cost_per_contact",
    "Cost per handled contact",
    "money",
    "lower",
    "Cost / handled contacts.",
    ("all", "group"),
    of_duty=True,
)
PER_JOURNEY = Kpi(
    "cost_per_journey",
    "Cost per journey",
    "money",
    "lower",
    "Cost / journeys.",
    ("all",),
    of_duty=True,
)
PER_RESOLVED = Kpi(
    "cost_per_resolved",
    "Cost per resolved journey",
    "money",
    "lower",
    "Cost / journeys that ended resolved.",
    ("all",),
    of_duty=True,
)

KPIS = (PAID, LATE, NET, GROSS, COST, PER_CONTACT, PER_JOURNEY, PER_RESOLVED)
DERIVED = (PAID, NET, GROSS, COST, PER_CONTACT, PER_JOURNEY, PER_RESOLVED)
READS = tuple(kpi.name for kpi in (PAID, COST, OVERTIME, HOURS, HANDLED, JOURNEYS, OUTCOMES[Outcome.RESOLVED]))


def watch(time_slice: TimeSlice) -> Iterator[Ratio]:
    """Price what is paid without overtime; what overtime pays twice is taken off, as `derive` adds all overtime."""
    plan, pay, time = time_slice.plan, time_slice.plan.pay, find_paid_time(time_slice)
    hours = (time.regular - time.doubled * (pay.overtime > 0)[:, None]) / 3600.0
    priced = (time.regular - time.doubled * pay.overtime[:, None]) / 3600.0 * plan.group_cost[:, None]
    outside = [None if span is None else find_regular_time(span)[0][:, 0] / 3600.0 for span in outside_run(time_slice)]
    priced_outside = [None if paid is None else paid * plan.group_cost for paid in outside]
    yield agent_cube(plan).ratio(PAID, agent_cells(plan, hours, outside))
    yield agent_cube(plan).ratio(COST, agent_cells(plan, priced, priced_outside))
    late = np.zeros((len(plan.groups), plan.intervals + 1))
    late[:, -1] = find_late_work(time_slice) / 3600.0
    yield agent_cube(plan).ratio(LATE, agent_cells(plan, late))


def derive(plan: Plan, measured: KpiTable) -> Iterator[KpiValues]:
    """Add overtime, and relate hours to full time, and cost to what was done for it."""
    is_paid, price = (plan.pay.overtime > 0).astype(np.float64), plan.pay.overtime * plan.group_cost
    paid: dict[Dimension, F8] = {}
    cost: dict[Dimension, F8] = {}
    for kpi, total, factor in ((PAID, paid, is_paid), (COST, cost, price)):
        for overtime in _overtime(plan, measured, kpi, factor):
            total[overtime.by] = measured[kpi.name, overtime.by].num + overtime.num
            yield overtime
    for by, hours in _full_time(plan).items():
        staffed = measured[HOURS.name, by].num
        yield KpiValues(NET.name, by, staffed, np.resize(hours, len(staffed)))
        yield KpiValues(GROSS.name, by, paid[by], np.resize(hours, len(staffed)))
    per = {PER_CONTACT: HANDLED, PER_JOURNEY: JOURNEYS, PER_RESOLVED: OUTCOMES[Outcome.RESOLVED]}
    for kpi, done in per.items():
        for by in _measured_dimensions(plan, kpi):
            yield KpiValues(kpi.name, by, cost[by], measured[done.name, by].num)


def _overtime(plan: Plan, measured: KpiTable, kpi: Kpi, factor: F8) -> Iterator[KpiValues]:
    """Yield overtime times a factor for each group, by the dimensions of a KPI."""
    for by in _measured_dimensions(plan, kpi):
        of_groups = _BY_GROUP.get(by, by)
        columns = {"group": 1, "group_interval": plan.intervals}.get(of_groups, days_of(plan))
        hours = measured[OVERTIME.name, of_groups].num.reshape(len(plan.groups), columns) * factor[:, None]
        yield KpiValues(kpi.name, by, hours.reshape(-1) if by == of_groups else hours.sum(axis=0))


_BY_GROUP: dict[Dimension, Dimension] = {"all": "group", "interval": "group_interval", "day": "group_day"}


@lru_cache(maxsize=64)  # each replication of a plan asks again
def _measured_dimensions(plan: Plan, kpi: Kpi) -> list[Dimension]:
    """Return the dimensions that families measure: there are days where there are several, and weekdays add them up."""
    ends = ("weekday",) if days_of(plan) > 1 else ("weekday", "day")
    return [by for by in kpi.dimensions if not by.endswith(ends)]


@lru_cache(maxsize=16)
def _full_time(plan: Plan) -> dict[Dimension, F8]:
    """Return the full-time hours of the days that count, and of each day; a rest of a week is at most a week."""
    day, week = plan.pay.full_time
    counted = day_of_intervals(plan)[first_interval(plan) :]
    weeks, rest = divmod(int(counted[-1] - counted[0]) + 1, len(WEEKDAYS)) if len(counted) else (0, 0)
    total = np.array([weeks * week + min(rest * day, week)])
    each = np.full(days_of(plan), day)
    return {by: each if by.endswith("day") else total for by in _measured_dimensions(plan, NET)}
