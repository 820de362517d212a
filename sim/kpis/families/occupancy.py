"""Who is on duty, and how busy they are, by the time of day at which they are (not by arrival)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.kpis.aggregate.cube import cells_of_agents
from sim.kpis.dimensions import BY_AGENT
from sim.kpis.intervals import first_interval
from sim.kpis.model import Kpi, Part
from sim.kpis.timeline.agent_time import work_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Plan
    from sim.kpis.aggregate.cube import Ratio
    from sim.kpis.model import Parts
    from sim.kpis.timeline.time_slice import Window

__all__ = ["KPIS", "derive", "watch"]

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


def watch(window: Window) -> Iterator[Ratio]:
    """Compare the time that agents are busy with the time that they are there."""
    plan, staffed, scheduled, work = window.plan, window.staffed, window.scheduled, work_of(window)
    present, cells = work.present.reshape(-1), cells_of_agents(window.plan)
    yield cells.ratio(HOURS, scheduled.reshape(-1) / 3600.0)
    yield cells.ratio(OVERTIME, (work.present - staffed).reshape(-1) / 3600.0)
    yield cells.ratio(ATTENDANCE, staffed.reshape(-1), scheduled.reshape(-1))
    yield cells.ratio(BUSY, work.busy.reshape(-1), present)
    yield cells.ratio(SLOTS, work.slots.reshape(-1), (work.present * plan.group_concurrency[:, None]).reshape(-1))


def derive(plan: Plan, parts: Parts) -> Iterator[Part]:
    """Average those on duty over the time that counts, which passes for all groups alike."""
    lasts = np.where(np.arange(plan.intervals) >= first_interval(plan), plan.interval, 0.0)
    for by in BY_AGENT:
        seconds = parts[ATTENDANCE.name, by].num
        yield Part(STAFF.name, by, seconds, np.resize(lasts if "interval" in by else lasts.sum(), len(seconds)))
