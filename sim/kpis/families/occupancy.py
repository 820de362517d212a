"""Agents on duty and their occupancy, by clock time (not by arrival).

A span of a contact begins as it rings at an agent, and ends after the after-call work; interruptions cut it, and who
goes on has a span of their own. [One agent's day](agent-day.md) shows the spans.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan
from sim.kpis.aggregate.cube import Ratio, agent_cells, agent_cube
from sim.kpis.dimensions import BY_AGENT, BY_INTERVAL
from sim.kpis.intervals import day_of_work, days_of, first_interval
from sim.kpis.model import Kpi, KpiTable, KpiValues
from sim.kpis.timeline.agent_time import find_agent_time
from sim.kpis.timeline.means_over_time import WITHIN_HOURS, means_over_time
from sim.kpis.timeline.staffing import has_duty
from sim.kpis.timeline.time_slice import TimeSlice, outside_run

__all__ = ["HOURS", "KPIS", "OVERTIME", "derive", "watch"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

SCHEDULED = Kpi(
    "scheduled_hours",
    "Scheduled hours",
    "h",
    None,
    "Agent-hours scheduled on the queues: after shrinkage and activities, before absence and lateness. Shifts of the"
    " run's days count as a whole, also where they reach beyond the run's hours.",
    BY_AGENT,
    of_duty=True,
)
HOURS = Kpi(
    "staffed_hours",
    "Staffed hours",
    "h",
    None,
    "Agent-hours on duty: scheduled hours, less absence and lateness; without overtime.",
    BY_AGENT,
    of_duty=True,
)
STAFF = Kpi(
    "staff",
    "Agents on duty",
    "agents",
    None,
    "Mean number of agents actually on duty." + WITHIN_HOURS,
    BY_AGENT,
    of_duty=True,
)
ATTENDANCE = Kpi(
    "attendance",
    "Attendance",
    "share",
    "higher",
    "Staffed hours / scheduled hours: below 1 where agents on shifts are absent or late.",
    BY_AGENT,
    of_duty=True,
)
BUSY = Kpi(
    "occupancy",
    "Occupancy",
    "share",
    None,
    "Busy time / time present. An agent is busy while holding at least one contact, from ringing to the end of the"
    " after-call work: staying on for a transfer counts, a break does not, nor the time in which interrupted work lies"
    " aside. An agent is present while on duty, and after it until the last contact is finished. Undefined in"
    " intervals in which the group is not scheduled: what it finishes then, and after the last interval, counts in"
    " totals.",
    BY_AGENT,
    of_duty=True,
)
SLOTS = Kpi(
    "slot_occupancy",
    "Slot occupancy",
    "share",
    None,
    "Time of all contacts held x slots that each takes / (time present x slots per agent).",
    BY_AGENT,
    of_duty=True,
)
OVERTIME = Kpi(
    "overtime_hours",
    "Finished after the shift",
    "h",
    "lower",
    "Agent-hours present after the end of duty, to finish contacts, or until nobody waits (`stay_until_empty`), whether"
    " or not colleagues are idle meanwhile. What is between the hours of two days is of the"
    " day whose hours or shift began last; what is after the last interval, of the last day and of no interval.",
    BY_AGENT,
    of_duty=True,
)

KPIS = (SCHEDULED, HOURS, STAFF, ATTENDANCE, BUSY, SLOTS, OVERTIME)
DERIVED, READS = (STAFF,), (ATTENDANCE.name,)


def watch(time_slice: TimeSlice) -> Iterator[Ratio]:
    """Compare busy time with time present, and time present with the schedule."""
    plan, time = time_slice.plan, find_agent_time(time_slice)
    busy, slots = (table * (plan.crews.unlimited == 0)[:, None] for table in (time.busy, time.slots))
    cube, places = agent_cube(plan), plan.group_concurrency[:, None]
    outside = outside_run(time_slice)
    scheduled = staffed = agent_cells(
        plan, time_slice.scheduled, [None if span is None else span.scheduled[:, 0] for span in outside]
    )
    hours = staffed_hours = scheduled / 3600.0  # one sum for both, where agents came as scheduled
    if time_slice.staffed is not time_slice.scheduled:
        staffed = agent_cells(
            plan, time_slice.staffed, [None if span is None else span.staffed[:, 0] for span in outside]
        )
        staffed_hours = staffed / 3600.0
    yield cube.ratio(SCHEDULED, hours)
    yield cube.ratio(HOURS, staffed_hours)
    yield cube.ratio(OVERTIME, agent_cells(plan, time.overtime) / 3600.0)
    yield cube.ratio(ATTENDANCE, staffed, scheduled)
    yield cube.ratio(BUSY, _scheduled_cells(plan, busy), _scheduled_cells(plan, time.present))
    yield cube.ratio(SLOTS, _scheduled_cells(plan, slots), _scheduled_cells(plan, time.present * places))


def _scheduled_cells(plan: Plan, seconds: F8) -> F8:
    """Return seconds as the agents' cells; those of intervals in which a group is not scheduled are of the day only."""
    cells, (source, target) = agent_cells(plan, seconds), _unscheduled(plan)
    if len(source):
        moved = np.bincount(target, cells[source], len(cells))
        cells[source] = 0.0
        cells += moved
    return cells


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _unscheduled(plan: Plan) -> tuple[I8, I8]:
    """Return the cells of intervals in which the group is not scheduled, and the cells of their days."""
    group, interval = np.nonzero(~has_duty(plan))
    first = group * (plan.intervals + days_of(plan))
    return first + interval, first + plan.intervals + day_of_work(plan)[interval]


def derive(plan: Plan, measured: KpiTable) -> Iterator[KpiValues]:
    """Average the agents on duty over the time that counts, which is the same for all groups."""
    duration = np.where(np.arange(plan.intervals) >= first_interval(plan), plan.interval, 0.0)
    for by in ("all", "group"):
        seconds = measured[ATTENDANCE.name, BY_INTERVAL[by]].num.reshape(-1, plan.intervals)
        yield from means_over_time(plan, STAFF, by, seconds, np.broadcast_to(duration, seconds.shape))
