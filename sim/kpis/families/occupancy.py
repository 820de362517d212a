"""Agents on duty and their occupancy, by clock time (not by arrival).

A span of a contact begins as it rings at an agent, and ends after the after-call work; interruptions cut it, and who
goes on has a span of their own. [One agent's day](agent-day.md) shows the spans.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.engine.plan import Plan
from sim.kpis.aggregate.cube import Ratio, agent_cube
from sim.kpis.dimensions import BY_AGENT
from sim.kpis.intervals import first_interval
from sim.kpis.model import Kpi, KpiTable, KpiValues
from sim.kpis.timeline.agent_time import find_agent_time
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = ["HOURS", "KPIS", "OVERTIME", "derive", "watch"]

SCHEDULED = Kpi(
    "scheduled_hours",
    "Scheduled hours",
    "h",
    None,
    "Agent-hours scheduled on the queues: after shrinkage and activities, before absence and lateness.",
    BY_AGENT,
)
HOURS = Kpi(
    "staffed_hours",
    "Staffed hours",
    "h",
    None,
    "Agent-hours on duty: scheduled hours, less absence and lateness; without overtime.",
    BY_AGENT,
)
STAFF = Kpi("staff", "Agents on duty", "agents", None, "Mean number of agents actually on duty.", BY_AGENT)
ATTENDANCE = Kpi(
    "attendance",
    "Attendance",
    "share",
    "higher",
    "Staffed hours / scheduled hours: below 1 where agents on shifts are absent or late.",
    BY_AGENT,
)
BUSY = Kpi(
    "occupancy",
    "Occupancy",
    "share",
    None,
    "Busy time / time present. An agent is busy while holding at least one contact, from ringing to the end of the"
    " after-call work: staying on for a transfer counts, a break does not, nor the time in which interrupted work lies"
    " aside. An agent is present while on duty, and after the shift until the last contact is finished. Undefined while"
    " nobody is present.",
    BY_AGENT,
)
SLOTS = Kpi(
    "slot_occupancy",
    "Slot occupancy",
    "share",
    None,
    "Time of all contacts held x slots that each takes / (time present x slots per agent).",
    BY_AGENT,
)
OVERTIME = Kpi(
    "overtime_hours",
    "Finished after the shift",
    "h",
    "lower",
    "Agent-hours present after the end of the shift, to finish contacts, whether or not colleagues are idle meanwhile.",
    BY_AGENT,
)

KPIS = (SCHEDULED, HOURS, STAFF, ATTENDANCE, BUSY, SLOTS, OVERTIME)


def watch(time_slice: TimeSlice) -> Iterator[Ratio]:
    """Compare busy time with time present, and time present with the schedule."""
    staffed, scheduled, time = time_slice.staffed, time_slice.scheduled, find_agent_time(time_slice)
    present, cube, places = time.present.reshape(-1), agent_cube(time_slice.plan), time_slice.plan.group_concurrency
    hours = scheduled.reshape(-1) / 3600.0
    yield cube.ratio(SCHEDULED, hours)
    yield cube.ratio(HOURS, hours if staffed is scheduled else staffed.reshape(-1) / 3600.0)  # one sum for both
    yield cube.ratio(OVERTIME, (time.present - staffed).reshape(-1) / 3600.0)
    yield cube.ratio(ATTENDANCE, staffed.reshape(-1), scheduled.reshape(-1))
    yield cube.ratio(BUSY, time.busy.reshape(-1), present)
    yield cube.ratio(SLOTS, time.slots.reshape(-1), (time.present * places[:, None]).reshape(-1))


def derive(plan: Plan, measured: KpiTable) -> Iterator[KpiValues]:
    """Average the agents on duty over the time that counts, which is the same for all groups."""
    duration = np.where(np.arange(plan.intervals) >= first_interval(plan), plan.interval, 0.0)
    for by in BY_AGENT:
        seconds = measured[ATTENDANCE.name, by].num
        yield KpiValues(
            STAFF.name, by, seconds, np.resize(duration if "interval" in by else duration.sum(), len(seconds))
        )
