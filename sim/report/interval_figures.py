"""Figures per interval: demand and staff, service level and waits, occupancy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.plan import Kind
from sim.kpis.intervals import days_of
from sim.report.figure import (
    BAD,
    COLOURS,
    QUIET,
    Margins,
    draw_band,
    drawing,
    interval_starts,
    legend_above,
    legend_height,
    share_axis,
    time_axis,
)
from sim.report.number_format import quantity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Estimates

__all__ = ["demand_and_staff", "occupancy", "queue_profile"]

MARGINS = Margins(left=0.68, bottom=0.3)  # six-digit numbers, times of day
DATES = 0.42  # below the charts of several days: weekdays above dates
COLUMNS = 4  # of a legend


def demand_and_staff(plan: Plan, estimates: Estimates) -> str:
    """Draw expected and actual demand, and below it the agents on duty; empty where they were not asked for."""
    if not {("journeys", "interval"), ("offered", "interval"), ("staff", "group_interval")} <= estimates.measured:
        return ""
    hours = interval_starts(plan)
    alt = "Expected journeys and offered contacts per interval, above the agents on duty of each group."
    margins = _margins(plan, entries=1)
    groups = legend_height(len(plan.groups), COLUMNS)
    height, gap = 4.9 + groups, 0.4 + groups
    room = (height - margins.top - margins.bottom - gap) / 2
    with drawing("demand", alt, 9, height, margins) as chart:
        above, below = chart.figure.subplots(2, 1, sharex=True, gridspec_kw={"hspace": gap / room})
        above.stairs(plan.volume.sum(axis=0), hours, fill=True, color="#DDE3EA", label="expected journeys")
        journeys, offered = (_per_interval(estimates, name, "interval", "") for name in ("journeys", "offered"))
        draw_band(chart, above, plan, journeys, COLOURS[0], "journeys started", "journeys")
        draw_band(chart, above, plan, offered, COLOURS[1], "contacts offered", "contacts")
        above.set_ylim(bottom=0)
        above.set_title("Demand per interval")
        legend_above(above, COLUMNS)
        for i, group in enumerate(plan.groups):
            staff = _per_interval(estimates, "staff", "group_interval", group)[0]
            below.stairs(staff, hours, baseline=None, color=COLOURS[i % len(COLOURS)], label=group, linewidth=1.8)
        below.set_ylim(bottom=0)
        below.set_title("Agents on duty")
        legend_above(below, COLUMNS)
        time_axis(below, plan)
    return chart.svg


def queue_profile(plan: Plan, estimates: Estimates, queue: int) -> str:
    """Draw a queue's service level, and beside it its waits, or its backlog where the work is deferred.

    Empty where one of them was not asked for.
    """
    name = plan.queues[queue]
    deferred = bool(np.any((plan.step_queue == queue) & (plan.step_kind == Kind.DEFERRED)))
    drawn = ("service_level", *(("backlog",) if deferred else ("wait_p90", "asa")))
    if not {(kpi, "queue_interval") for kpi in drawn} <= estimates.measured:
        return ""
    within, target = float(plan.queue_within[queue]), float(plan.queue_target[queue])
    beside = "backlog" if deferred else "waits"
    alt = f"Queue {name}: service level per interval against the target of {target:.0%}, and {beside} per interval."
    with drawing(f"queue-{queue}", alt, 9, 2.9, _margins(plan, entries=1)) as chart:
        left, right = chart.figure.subplots(1, 2, gridspec_kw={"wspace": 0.14})
        columns = {kpi: _per_interval(estimates, kpi, "queue_interval", name) for kpi in drawn}
        draw_band(chart, left, plan, columns["service_level"], COLOURS[0], "service level", "share")
        left.axhline(target, color=QUIET, linestyle="--", linewidth=1, label=f"target {target:.0%}")
        left.set_title(f"Service level (within {quantity(within, 's')})")
        legend_above(left, COLUMNS)
        share_axis(left)
        if deferred:
            draw_band(chart, right, plan, columns["backlog"], COLOURS[1], "backlog", "contacts")
            right.set_title("Backlog at the end of the interval, contacts")
        else:
            draw_band(chart, right, plan, columns["wait_p90"], COLOURS[1], "P90", "s", "--")
            draw_band(chart, right, plan, columns["asa"], COLOURS[2], "mean (ASA)", "s")
            right.set_title("Wait of answered contacts, seconds")
            legend_above(right, COLUMNS)
        right.set_ylim(bottom=0)
        for axes in (left, right):
            time_axis(axes, plan)
            axes.tick_params(axis="x", labelsize=7)
    return chart.svg


def occupancy(plan: Plan, estimates: Estimates) -> str:
    """Draw the occupancy of each group; empty where it was not asked for."""
    if ("occupancy", "group_interval") not in estimates.measured:
        return ""
    alt = "Occupancy of each group of agents per interval."
    margins = _margins(plan, len(plan.groups))
    with drawing("occupancy", alt, 9, 2.4 + margins.top, margins) as chart:
        axes = chart.figure.subplots()
        for i, group in enumerate(plan.groups):
            colour = COLOURS[i % len(COLOURS)]
            columns = _per_interval(estimates, "occupancy", "group_interval", group)
            draw_band(chart, axes, plan, columns, colour, group, "share")
        axes.axhline(1, color=BAD, linewidth=0.8, linestyle=":")
        axes.set_title("Occupancy (busy time / time present)")
        legend_above(axes, COLUMNS)
        values = [_per_interval(estimates, "occupancy", "group_interval", group)[0] for group in plan.groups]
        share_axis(axes, float(np.nanmax(values, initial=1.0)))
        time_axis(axes, plan)
    return chart.svg


def _margins(plan: Plan, entries: int) -> Margins:
    """Return the space around a chart: above it for the entries of a legend, below it for times or dates."""
    bottom = DATES if days_of(plan) > 1 else MARGINS.bottom
    return MARGINS._replace(bottom=bottom, top=MARGINS.top + legend_height(entries, COLUMNS))


def _per_interval(estimates: Estimates, kpi: str, by: str, key: str) -> tuple[NDArray[np.float64], ...]:
    """Return value, lower and upper limit of each interval."""
    first = estimates.at(kpi, by, key, 0)  # the intervals of a key are adjacent rows
    last = first
    while last < len(estimates.index) and estimates.index[last][:3] == (kpi, by, key):
        last += 1
    return estimates.value[first:last], estimates.low[first:last], estimates.high[first:last]
