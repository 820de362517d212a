"""Who is on duty, and how busy they are, by the time of day at which they are (not by arrival)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.kpis.cuts import BY_AGENT, Cut
from sim.kpis.model import Kpi, Part
from sim.kpis.spans import merge, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.kpis.view import View

__all__ = ["KPIS", "measure"]

F8 = NDArray[np.float64]

HOURS = Kpi(
    "staffed_hours", "Staffed hours", "h", None, "Agent-hours on duty within the reporting intervals.", BY_AGENT
)
STAFF = Kpi("staff", "Agents on duty", "agents", None, "Mean number of agents on duty.", BY_AGENT)
BUSY = Kpi(
    "occupancy",
    "Occupancy",
    "share",
    None,
    "Time in which an agent holds at least one contact or does after-call work / time on duty;"
    " above 1 where contacts are finished after the shift.",
    BY_AGENT,
)
SLOTS = Kpi(
    "slot_occupancy",
    "Slot occupancy",
    "share",
    None,
    "Time of all contacts held / (time on duty x contacts that an agent may hold at once).",
    BY_AGENT,
)

KPIS = (HOURS, STAFF, BUSY, SLOTS)


def measure(view: View) -> Iterator[Part]:
    """Compare the time that agents are busy with the time that they are on duty."""
    plan, staffed = view.plan, view.staffed
    slots, busy = _held(view)
    time = np.full((1, plan.intervals), plan.interval)
    hours = np.full((1, plan.intervals), 3600.0)
    yield from _by_agent(HOURS, staffed / hours, None)
    for kpi, num, den in (
        (STAFF, staffed, time),
        (BUSY, busy, staffed),
        (SLOTS, slots, staffed * plan.group_concurrency[:, None]),
    ):
        yield from _by_agent(kpi, num, den)


def _held(view: View) -> tuple[F8, F8]:
    """Return the seconds of contacts held, and those in which agents hold any, each [groups, intervals]."""
    plan, them = view.plan, view.contacts
    rows = np.flatnonzero(them.answered)
    group, agent, begin, end = them.group[rows], them.agent[rows], them.started[rows], them.freed[rows]
    size = len(plan.groups)
    slots = spread(group, begin, end, size, view.edges)
    # Who holds one contact at a time is busy exactly while they hold it: only the others' spans can overlap.
    many = plan.group_concurrency[group] > 1
    if not many.any():
        return slots, slots
    agents = int(agent.max()) + 1
    code, first, last = merge(group[many] * agents + agent[many], begin[many], end[many])
    busy = spread(group[~many], begin[~many], end[~many], size, view.edges)
    return slots, busy + spread(code // agents, first, last, size, view.edges)


def _by_agent(kpi: Kpi, num: F8, den: F8 | None) -> Iterator[Part]:
    """Yield a KPI by group and interval, and added up over either and both.

    A denominator of one row is shared by the groups: the same time passes for all of them.
    """
    axes: dict[Cut, tuple[int, ...]] = {"all": (0, 1), "interval": (0,), "group": (1,), "group_interval": ()}
    for by in kpi.cuts:
        above = num.sum(axis=axes[by], keepdims=True)
        below = np.ones(1) if den is None else den.sum(axis=axes[by], keepdims=True)
        yield Part(kpi.name, by, above.reshape(-1), np.broadcast_to(below, above.shape).reshape(-1))
