"""Agents on duty and their occupancy, by clock time (not by arrival)."""

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
    "Scheduled agent-hours on duty within the reporting intervals.",
    BY_AGENT,
)
STAFF = Kpi("staff", "Agents on duty", "agents", None, "Mean number of agents actually on duty.", BY_AGENT)
ATTENDANCE = Kpi(
    "attendance",
    "Attendance",
    "share",
    "higher",
    "Actual time on duty / scheduled time on duty: below 1 where agents on shifts are absent or late.",
    BY_AGENT,
)
BUSY = Kpi(
    "occupancy",
    "Occupancy",
    "share",
    None,
    "Busy time / time present. An agent is busy with at least one contact, from ringing to the end of the after-call"
    " work. An agent is present while on duty, and after the shift until the last contact is finished. Undefined while"
    " nobody is present.",
    BY_AGENT,
)
SLOTS = Kpi(
    "slot_occupancy",
    "Slot occupancy",
    "share",
    None,
    "Time of all contacts held x slots that each takes / (time present x slots per agent). Interrupted work counts all"
    " the time, so the value may exceed 1.",
    BY_AGENT,
)
OVERTIME = Kpi(
    "overtime_hours",
    "Finished after the shift",
    "h",
    "lower",
    "Agent-hours worked after the end of the shift, to finish contacts: busy agents beyond those on duty.",
    BY_AGENT,
)

KPIS = (HOURS, STAFF, ATTENDANCE, BUSY, SLOTS, OVERTIME)


def watch(window: Window) -> Iterator[Ratio]:
    """Compare busy time with time present, and time present with the schedule."""
    plan, staffed, scheduled, work = window.plan, window.staffed, window.scheduled, work_of(window)
    present, cells = work.present.reshape(-1), cells_of_agents(window.plan)
    yield cells.ratio(HOURS, scheduled.reshape(-1) / 3600.0)
    yield cells.ratio(OVERTIME, (work.present - staffed).reshape(-1) / 3600.0)
    yield cells.ratio(ATTENDANCE, staffed.reshape(-1), scheduled.reshape(-1))
    yield cells.ratio(BUSY, work.busy.reshape(-1), present)
    yield cells.ratio(SLOTS, work.slots.reshape(-1), (work.present * plan.group_concurrency[:, None]).reshape(-1))


def derive(plan: Plan, parts: Parts) -> Iterator[Part]:
    """Average the agents on duty over the time that counts, which is the same for all groups."""
    lasts = np.where(np.arange(plan.intervals) >= first_interval(plan), plan.interval, 0.0)
    for by in BY_AGENT:
        seconds = parts[ATTENDANCE.name, by].num
        yield Part(STAFF.name, by, seconds, np.resize(lasts if "interval" in by else lasts.sum(), len(seconds)))
