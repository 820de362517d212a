"""Figures over the day: demand against staff, service level and waits, occupancy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.engine.plan import Kind
from sim.report.figure import BAD, COLOURS, QUIET, Room, band, drawing, per_cent, starts, time_axis
from sim.report.numbers import quantity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Estimates

__all__ = ["demand_and_staff", "occupancy", "queue_profile"]

AROUND = Room(left=0.68, bottom=0.3)  # numbers of six digits, times of day


def demand_and_staff(plan: Plan, estimates: Estimates) -> str:
    """Draw what was expected and came, above who was on duty.

    Parameters
    ----------
    plan, estimates
        Of a run.
    """
    hours = starts(plan)
    alt = "Expected journeys and offered contacts per interval, above the agents on duty of each group."
    with drawing("demand", alt, 9, 4.6, AROUND) as it:
        above, below = it.figure.subplots(2, 1, sharex=True, gridspec_kw={"hspace": 0.22})
        above.stairs(plan.volume.sum(axis=0), hours, fill=True, color="#DDE3EA", label="journeys expected")
        band(above, plan, _over_day(estimates, "journeys", "interval", ""), COLOURS[0], "journeys begun")
        band(above, plan, _over_day(estimates, "offered", "interval", ""), COLOURS[1], "contacts offered")
        above.set_ylim(bottom=0)
        above.set_title("Demand per interval")
        above.legend(ncols=3, fontsize=8, loc="upper right")  # not on the area that it explains
        for i, group in enumerate(plan.groups):
            staff = _over_day(estimates, "staff", "group_interval", group)[0]
            below.stairs(staff, hours, baseline=None, color=COLOURS[i % len(COLOURS)], label=group, linewidth=1.8)
        below.set_ylim(bottom=0)
        below.set_title("Agents on duty")
        below.legend(ncols=4, fontsize=8)
        time_axis(below, plan)
    return it.svg


def queue_profile(plan: Plan, estimates: Estimates, queue: int) -> str:
    """Draw the service level of a queue beside its waits, or its backlog where the work is deferred.

    Parameters
    ----------
    plan, estimates
        Of a run.
    queue
        Its index.
    """
    name = plan.queues[queue]
    deferred = bool(np.any((plan.step_queue == queue) & (plan.step_kind == Kind.DEFERRED)))
    within, target = float(plan.queue_within[queue]), float(plan.queue_target[queue])
    beside = "backlog" if deferred else "waits"
    alt = f"Queue {name}: service level per interval against the target of {target:.0%}, and {beside} per interval."
    with drawing(f"queue-{queue}", alt, 9, 2.7, AROUND) as it:
        left, right = it.figure.subplots(1, 2, gridspec_kw={"wspace": 0.14})
        band(left, plan, _over_day(estimates, "service_level", "queue_interval", name), COLOURS[0], "service level")
        left.axhline(target, color=QUIET, linestyle="--", linewidth=1, label=f"target {target:.0%}")
        left.set_title(f"Service level (within {quantity(within, 's')})")
        left.legend(fontsize=8, loc="lower left")
        per_cent(left)
        if deferred:
            band(right, plan, _over_day(estimates, "backlog", "queue_interval", name), COLOURS[1], "backlog")
            right.set_title("Backlog at the end of the interval, contacts")
        else:
            band(right, plan, _over_day(estimates, "wait_p90", "queue_interval", name), COLOURS[1], "P90", "--")
            band(right, plan, _over_day(estimates, "asa", "queue_interval", name), COLOURS[2], "mean (ASA)")
            right.set_title("Wait of the answered, seconds")
            right.legend(fontsize=8, loc="upper left")
        right.set_ylim(bottom=0)
        for axes in (left, right):
            time_axis(axes, plan)
            axes.tick_params(axis="x", labelsize=7)
    return it.svg


def occupancy(plan: Plan, estimates: Estimates) -> str:
    """Draw how busy each group is.

    Parameters
    ----------
    plan, estimates
        Of a run.
    """
    with drawing("occupancy", "Occupancy of each group of agents per interval.", 9, 2.7, AROUND) as it:
        axes = it.figure.subplots()
        for i, group in enumerate(plan.groups):
            colour = COLOURS[i % len(COLOURS)]
            band(axes, plan, _over_day(estimates, "occupancy", "group_interval", group), colour, group)
        axes.axhline(1, color=BAD, linewidth=0.8, linestyle=":")
        axes.set_title("Occupancy (busy / on duty)")
        axes.legend(ncols=4, fontsize=8)
        values = [_over_day(estimates, "occupancy", "group_interval", group)[0] for group in plan.groups]
        per_cent(axes, float(np.nanmax(values, initial=1.0)))
        time_axis(axes, plan)
    return it.svg


def _over_day(estimates: Estimates, kpi: str, by: str, key: str) -> tuple[NDArray[np.float64], ...]:
    """Return value, low and high of each interval."""
    first = estimates.at(kpi, by, key, 0)  # the intervals of a key stand together
    last = first
    while last < len(estimates.index) and estimates.index[last][:3] == (kpi, by, key):
        last += 1
    return estimates.value[first:last], estimates.low[first:last], estimates.high[first:last]
