"""Changes that are known beforehand: agents come and leave, queues close, dialers begin; in the order of ADR 2."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.engine.attendance import draw_attendance
from sim.engine.compiled.memory.records import Change
from sim.engine.order import EventOrder
from sim.engine.plan import Plan
from sim.jit.kernels import numbers

__all__ = ["ACTION_BITS", "CLOSE", "DIAL", "STAFF", "changes_of"]

# a new headcount; an agent on shifts comes or leaves; a queue turns away; a dialer's hours begin
STAFF, ATTEND, CLOSE, DIAL = numbers(*range(4))
(ACTION_BITS,) = numbers(2)  # of the value of ATTEND


def changes_of(plan: Plan, seed: int, replication: int) -> NDArray[np.void]:
    """Return every change of a replication, in the order in which they happen."""
    drawn = _attendance(plan, seed, replication)
    return _in_order(plan, [*_scheduled_rows(plan), *drawn]) if drawn else _scheduled(plan)


@lru_cache(maxsize=16)  # replications of a plan differ in who comes late, and in nothing else
def _scheduled(plan: Plan) -> NDArray[np.void]:
    return _in_order(plan, _scheduled_rows(plan))


def _scheduled_rows(plan: Plan) -> list[_Row]:
    return [*_staffing(plan), *_closing(plan), *_dialing(plan)]


def _in_order(plan: Plan, rows: list[_Row]) -> NDArray[np.void]:
    changes = np.array([row for row in rows if row[0] < plan.end], dtype=Change.dtype)
    return changes[np.lexsort((np.arange(len(changes)), changes["order"], changes["time"]))]


_Row = tuple[float, int, int, int, int]


def _staffing(plan: Plan) -> list[_Row]:
    on_shifts = set(plan.shifts.group.tolist())
    rows = []
    for group in range(len(plan.groups)):
        if group not in on_shifts:
            row = slice(plan.staff_ptr[group], plan.staff_ptr[group + 1])
            for time, count in zip(plan.staff_time[row].tolist(), plan.staff_count[row].tolist(), strict=True):
                rows.append((time, EventOrder.STAFF + group, STAFF, group, count))
    return rows


def _attendance(plan: Plan, seed: int, replication: int) -> list[_Row]:
    return [
        (time, EventOrder.STAFF + group, ATTEND, group, agent << ACTION_BITS | action)
        for time, group, agent, action in draw_attendance(plan, seed, replication)
    ]


def _closing(plan: Plan) -> list[_Row]:
    return [
        (closes, EventOrder.CLOSED + queue, CLOSE, queue, 0)
        for queue in plan.queueing.clears.nonzero()[0].tolist()
        for closes in plan.open_until[plan.open_ptr[queue] : plan.open_ptr[queue + 1]].tolist()
    ]


def _dialing(plan: Plan) -> list[_Row]:
    dialers = plan.dialers
    return [
        (begins, EventOrder.DIALS + number, DIAL, number, 0)
        for number, row in enumerate(dialers.in_order().tolist())
        for begins in dialers.open_from[dialers.open_ptr[row] : dialers.open_ptr[row + 1]].tolist()
    ]
