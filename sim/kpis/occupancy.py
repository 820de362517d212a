"""Who is on duty, and how busy they are, by the time of day at which they are (not by arrival)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.kpis.busy import work_of
from sim.kpis.cuts import BY_AGENT, Cut
from sim.kpis.model import Kpi, Part

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.kpis.window import Window

__all__ = ["KPIS", "watch"]

F8 = NDArray[np.float64]

HOURS = Kpi(
    "staffed_hours",
    "Staffed hours",
    "h",
    None,
    "Agent-hours on duty within the reporting intervals, as scheduled.",
    BY_AGENT,
)
STAFF = Kpi("staff", "Agents on duty", "agents", None, "Mean number of agents on duty, as they came.", BY_AGENT)
ATTENDANCE = Kpi(
    "attendance",
    "Attendance",
    "share",
    "higher",
    "Time on duty as agents came / as scheduled: less than 1 where those on shifts are absent or late.",
    BY_AGENT,
)
BUSY = Kpi(
    "occupancy",
    "Occupancy",
    "share",
    None,
    "Time in which an agent holds at least one contact, from the choice of the agent (it rings) to the end of the"
    " after-call work / time in which agents are present: on duty, or busy if those are more, as when contacts are"
    " finished after the shift. Undefined while nobody is present.",
    BY_AGENT,
)
SLOTS = Kpi(
    "slot_occupancy",
    "Slot occupancy",
    "share",
    None,
    "Time of all contacts held, times the places that each takes / (time present x places that an agent has); work that"
    " was interrupted counts throughout, so it may pass 1.",
    BY_AGENT,
)
OVERTIME = Kpi(
    "overtime_hours",
    "Finished after the shift",
    "h",
    "lower",
    "Agent-hours in which more agents were busy than were on duty.",
    BY_AGENT,
)

KPIS = (HOURS, STAFF, ATTENDANCE, BUSY, SLOTS, OVERTIME)


def watch(window: Window) -> Iterator[Part]:
    """Compare the time that agents are busy with the time that they are there."""
    plan, staffed, scheduled, work = window.plan, window.staffed, window.scheduled, work_of(window)
    there = work.present * plan.group_concurrency[:, None]
    yield from _by_agent({HOURS: scheduled / 3600.0, OVERTIME: (work.present - staffed) / 3600.0}, None)
    yield from _by_agent({STAFF: staffed}, window.lasted[None, None])
    of_agents = np.stack([scheduled, work.present, there])
    yield from _by_agent({ATTENDANCE: staffed, BUSY: work.busy, SLOTS: work.slots}, of_agents)


def _by_agent(kpis: Mapping[Kpi, F8], den: F8 | None) -> Iterator[Part]:
    """Yield KPIs by group and interval, and added up over either and both.

    A denominator of one row is shared by the groups: the same time passes for all of them.
    """
    num = np.stack(list(kpis.values()))
    axes: dict[Cut, tuple[int, ...]] = {"all": (1, 2), "interval": (1,), "group": (2,), "group_interval": ()}
    for by in BY_AGENT:
        above = num.sum(axis=axes[by], keepdims=True)
        below = None if den is None else np.broadcast_to(den.sum(axis=axes[by], keepdims=True), above.shape)
        for one, kpi in enumerate(kpis):
            yield Part(kpi.name, by, above[one].reshape(-1), None if below is None else below[one].reshape(-1))
