"""Paid time of agents: as scheduled, with paid time away from the queue, less unpaid absence and lateness."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.attendance import draw_absences
from sim.engine.log import Presence
from sim.engine.plan import Away
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = ["PaidTime", "find_paid_time"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


class PaidTime(NamedTuple):
    """Seconds, each [groups, intervals]."""

    regular: F8  # paid without overtime
    doubled: F8  # of it, also overtime: contacts that agents finish in their own paid breaks


def find_paid_time(time_slice: TimeSlice) -> PaidTime:
    """Add up the paid time, overtime aside."""
    plan = time_slice.plan
    pay, shifts, size = plan.pay, plan.shifts, len(plan.groups)
    on_shifts = np.isin(np.arange(size), shifts.group)
    absent_unpaid = on_shifts & (shifts.absence > 0) & (pay.absence == 0)
    late_unpaid = on_shifts & (shifts.late >= 0) & (pay.lateness == 0)
    regular, away = time_slice.scheduled, pay.away
    if (absent_unpaid | late_unpaid).any():
        regular, away = _attended(time_slice, absent_unpaid, late_unpaid)
    if not len(away.group):
        return PaidTime(regular, np.zeros(regular.shape))
    group = away.group.astype(np.int64)
    regular = regular + time_slice.spread(group, away.begin, away.until, size, weight=away.agents)
    row, until = _worked_into(away, time_slice.log.presence, plan.end)
    return PaidTime(regular, time_slice.spread(group[row], away.begin[row], until, size))


def _attended(time_slice: TimeSlice, absent_unpaid: B1, late_unpaid: B1) -> tuple[F8, Away]:
    """Return the paid time on the queue, and the paid spans away from it, of groups that are not paid for some."""
    plan, population = time_slice.plan, time_slice.population
    shifts, away, draw = plan.shifts, plan.pay.away, (plan, population.seed, population.replication)
    # Who is not paid when late is paid as they came, and perhaps when absent; others are paid when not absent.
    base = np.where(late_unpaid[:, None], time_slice.staffed, time_slice.scheduled)
    base[absent_unpaid & ~late_unpaid] = 0.0
    absent = draw_absences(*draw, shifts.group, shifts.agent, shifts.day)
    adds = np.where(absent, (late_unpaid & ~absent_unpaid)[shifts.group], (absent_unpaid & ~late_unpaid)[shifts.group])
    part = np.flatnonzero(adds)
    group, begin, until = shifts.group[part].astype(np.int64), shifts.begin[part], shifts.until[part]
    kept = ~absent_unpaid[away.group]
    kept[~kept] = ~draw_absences(*draw, away.group[~kept], away.agent[~kept], away.day[~kept])
    return base + time_slice.spread(group, begin, until, len(plan.groups)), Away._make(column[kept] for column in away)


def _worked_into(away: Away, presence: Presence, end: float) -> tuple[I8, F8]:
    """Return the spans away into which their agents work, and until when.

    On shifts an agent comes at the end of a span away, never within it: whoever works into it was there before.
    """
    spans = np.flatnonzero(away.agent >= 0)
    if not len(spans):
        return spans, np.empty(0)
    agents = int(max(presence.agent.max(initial=0), away.agent.max())) + 1
    there = len(presence.group)
    code = np.concatenate([presence.group, away.group[spans]]).astype(np.int64) * agents
    code += np.concatenate([presence.agent, away.agent[spans]])
    time = np.concatenate([presence.came, away.begin[spans]])
    order = np.lexsort((np.arange(len(code)) >= there, time, code))
    latest = np.maximum.accumulate(np.where(order < there, np.arange(len(order)), 0))  # who came, before each row
    row, came = order[order >= there], order[latest[order >= there]]
    known = (came < there) & (code[came] == code[row])
    span, came = spans[row[known] - there], came[known]
    left = np.where(np.isnan(presence.left[came]), end, presence.left[came])
    works = left > away.begin[span]
    return span[works], np.minimum(left, away.until[span])[works]
