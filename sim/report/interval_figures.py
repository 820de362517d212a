"""Figures per interval: demand and staff, service level and waits, occupancy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.plan import Kind
from sim.report.figure import BAD, COLOURS, QUIET, Margins, draw_band, drawing, interval_starts, share_axis, time_axis
from sim.report.number_format import quantity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Estimates

__all__ = ["demand_and_staff", "occupancy", "queue_profile"]

MARGINS = Margins(left=0.68, bottom=0.3)  # six-digit numbers, times of day


def demand_and_staff(plan: Plan, estimates: Estimates) -> str:
    """Draw expected and actual demand, and below it the agents on duty."""
    hours = interval_starts(plan)
    alt = "Expected journeys and offered contacts per interval, above the agents on duty of each group."
    with drawing("demand", alt, 9, 4.6, MARGINS) as chart:
        above, below = chart.figure.subplots(2, 1, sharex=True, gridspec_kw={"hspace": 0.22})
        above.stairs(plan.volume.sum(axis=0), hours, fill=True, color="#DDE3EA", label="expected journeys")
        draw_band(above, plan, _per_interval(estimates, "journeys", "interval", ""), COLOURS[0], "journeys started")
        draw_band(above, plan, _per_interval(estimates, "offered", "interval", ""), COLOURS[1], "contacts offered")
        above.set_ylim(bottom=0)
        above.set_title("Demand per interval")
        above.legend(ncols=3, fontsize=8, loc="upper right")  # where demand is usually low
        for i, group in enumerate(plan.groups):
            staff = _per_interval(estimates, "staff", "group_interval", group)[0]
            below.stairs(staff, hours, baseline=None, color=COLOURS[i % len(COLOURS)], label=group, linewidth=1.8)
        below.set_ylim(bottom=0)
        below.set_title("Agents on duty")
        below.legend(ncols=4, fontsize=8)
        time_axis(below, plan)
    return chart.svg


def queue_profile(plan: Plan, estimates: Estimates, queue: int) -> str:
    """Draw a queue's service level, and beside it its waits, or its backlog where the work is deferred."""
    name = plan.queues[queue]
    deferred = bool(np.any((plan.step_queue == queue) & (plan.step_kind == Kind.DEFERRED)))
    within, target = float(plan.queue_within[queue]), float(plan.queue_target[queue])
    beside = "backlog" if deferred else "waits"
    alt = f"Queue {name}: service level per interval against the target of {target:.0%}, and {beside} per interval."
    with drawing(f"queue-{queue}", alt, 9, 2.7, MARGINS) as chart:
        left, right = chart.figure.subplots(1, 2, gridspec_kw={"wspace": 0.14})
        draw_band(
            left, plan, _per_interval(estimates, "service_level", "queue_interval", name), COLOURS[0], "service level"
        )
        left.axhline(target, color=QUIET, linestyle="--", linewidth=1, label=f"target {target:.0%}")
        left.set_title(f"Service level (within {quantity(within, 's')})")
        left.legend(fontsize=8, loc="lower left")
        share_axis(left)
        if deferred:
            draw_band(right, plan, _per_interval(estimates, "backlog", "queue_interval", name), COLOURS[1], "backlog")
            right.set_title("Backlog at the end of the interval, contacts")
        else:
            draw_band(
                right, plan, _per_interval(estimates, "wait_p90", "queue_interval", name), COLOURS[1], "P90", "--"
            )
            draw_band(right, plan, _per_interval(estimates, "asa", "queue_interval", name), COLOURS[2], "mean (ASA)")
            right.set_title("Wait of answered contacts, seconds")
            right.legend(fontsize=8, loc="upper left")
        right.set_ylim(bottom=0)
        for axes in (left, right):
            time_axis(axes, plan)
            axes.tick_params(axis="x", labelsize=7)
    return chart.svg


def occupancy(plan: Plan, estimates: Estimates) -> str:
    """Draw the occupancy of each group."""
    with drawing("occupancy", "Occupancy of each group of agents per interval.", 9, 2.7, MARGINS) as chart:
        axes = chart.figure.subplots()
        for i, group in enumerate(plan.groups):
            colour = COLOURS[i % len(COLOURS)]
            draw_band(axes, plan, _per_interval(estimates, "occupancy", "group_interval", group), colour, group)
        axes.axhline(1, color=BAD, linewidth=0.8, linestyle=":")
        axes.set_title("Occupancy (busy time / time present)")
        axes.legend(ncols=4, fontsize=8)
        values = [_per_interval(estimates, "occupancy", "group_interval", group)[0] for group in plan.groups]
        share_axis(axes, float(np.nanmax(values, initial=1.0)))
        time_axis(axes, plan)
    return chart.svg


def _per_interval(estimates: Estimates, kpi: str, by: str, key: str) -> tuple[NDArray[np.float64], ...]:
    """Return value, lower and upper limit of each interval."""
    first = estimates.at(kpi, by, key, 0)  # the intervals of a key are adjacent rows
    last = first
    while last < len(estimates.index) and estimates.index[last][:3] == (kpi, by, key):
        last += 1
    return estimates.value[first:last], estimates.low[first:last], estimates.high[first:last]
