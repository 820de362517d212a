"""Paid time of agents: as scheduled, with paid time away from the queue, less unpaid absence and lateness."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.attendance import COMES, draw_absences, draw_attendance
from sim.engine.log import Presence
from sim.engine.plan_tables import Away
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = ["PaidTime", "find_paid_time", "find_regular_time"]

_OF_A_PART = -2  # in `Away.agent`

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


class PaidTime(NamedTuple):
    """Seconds, each [groups, intervals]."""

    regular: F8  # paid without overtime
    doubled: F8  # of it, also overtime: what agents finish in paid breaks or lateness of their own, or after their part


def find_paid_time(time_slice: TimeSlice) -> PaidTime:
    """Add up the paid time, overtime aside."""
    plan = time_slice.plan
    pay, shifts, size = plan.pay, plan.shifts, len(plan.groups)
    on_shifts = np.isin(np.arange(size), shifts.group)
    regular, away = find_regular_time(time_slice)
    leave = away
    if (late_paid := on_shifts & (shifts.late >= 0) & (pay.lateness == 1)).any():
        late = _paid_lateness(time_slice, late_paid)
        leave = Away._make(np.concatenate([getattr(away, name), getattr(late, name)]) for name in Away._fields)
    if not len(leave.group):
        return PaidTime(regular, np.zeros(regular.shape))
    row, until = _worked_into(leave, time_slice.log.presence, plan.end)
    doubled = time_slice.spread(_groups(leave)[row], leave.begin[row], until, size)
    if (away.agent == _OF_A_PART).any():
        doubled += _worked_after_part(time_slice, away)
    return PaidTime(regular, doubled)


def find_regular_time(time_slice: TimeSlice) -> tuple[F8, Away]:
    """Return the seconds paid without overtime, [groups, intervals], and the paid spans away from the queue."""
    plan = time_slice.plan
    pay, shifts, size = plan.pay, plan.shifts, len(plan.groups)
    on_shifts = np.isin(np.arange(size), shifts.group)
    absent_unpaid = on_shifts & (shifts.absence > 0) & (pay.absence == 0)
    late_unpaid = on_shifts & (shifts.late >= 0) & (pay.lateness == 0)
    regular, away = time_slice.scheduled, pay.away
    if (absent_unpaid | late_unpaid).any():
        regular, away = _attended(time_slice, absent_unpaid, late_unpaid)
    if len(away.group):
        regular = regular + time_slice.spread(_groups(away), away.begin, away.until, size, weight=away.agents)
    return regular, away


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


def _groups(away: Away) -> I8:
    return away.group.astype(np.int64)


def _paid_lateness(time_slice: TimeSlice, paid: B1) -> Away:
    """Return the time by which agents of some groups are late, one row for each part of a shift."""
    plan, population = time_slice.plan, time_slice.population
    came = defaultdict(list)
    for instant, group, agent, action in draw_attendance(plan, population.seed, population.replication):
        if action == COMES:
            came[group, agent].append(instant)
    rows = []
    for group, agent, day, begin, until in zip(*(column.tolist() for column in plan.shifts[:5]), strict=True):
        if paid[group]:
            instant = next((instant for instant in came[group, agent] if instant >= begin), until)
            rows.append((group, agent, day, begin, min(instant, until), 1.0))
    columns = zip(*rows, strict=True) if rows else ((),) * len(Away._fields)
    return Away._make(np.array(column) for column in columns)


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


def _worked_after_part(time_slice: TimeSlice, away: Away) -> F8:
    """Return the overtime of those who were on duty for a part of an interval, and are paid for the rest of it.

    Of several who work on, those whose duty ended first are taken to leave first.
    """
    doubled = np.zeros((len(time_slice.plan.groups), time_slice.plan.intervals))
    over, since, until, _ = time_slice.overtime
    since, until = time_slice.clip(since, until)
    interval = np.searchsorted(time_slice.edges, away.begin, side="right") - 1
    counts = (away.agent == _OF_A_PART) & (time_slice.first <= interval) & (interval < time_slice.plan.intervals)
    for group in np.unique(away.group[counts]):
        rows, mine = np.flatnonzero(counts & (away.group == group)), np.flatnonzero((over == group) & (since < until))
        mine = mine[np.argsort(since[mine])]
        lasted = np.append(0.0, np.cumsum(until[mine] - since[mine]))
        edges = np.append(-np.inf, np.column_stack([since[mine], until[mine]]).reshape(-1))
        so_far = np.append(0.0, np.column_stack([lasted[:-1], lasted[1:]]).reshape(-1))
        worked = np.interp(away.until[rows], edges, so_far) - np.interp(away.begin[rows], edges, so_far)
        np.add.at(doubled, (group, interval[rows]), worked)
    return doubled
