"""What is known beforehand: agents come on duty and leave, queues close; in the order of ADR 2."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.units import DAY
from sim.engine.attendance import draw_attendance
from sim.engine.compiled import floor
from sim.engine.compiled.memory.heap import CLOSED, STAFF, order_of
from sim.engine.compiled.memory.records import CHANGE
from sim.engine.plan import Plan
from sim.jit.kernels import inner

__all__ = ["change", "changes_of"]

_STAFF, _ATTEND, _CLOSE = 0, 1, 2


@inner
def change(world: Any, following: Any) -> None:
    """Let a change happen."""
    if following.what == _STAFF:
        floor.set_staff(world, following.who, following.value)
    elif following.what == _CLOSE:
        floor.clear(world, following.who)
    else:
        number = following.value >> 1
        floor.attend(world, following.who, number, following.value & 1 == 1)


def changes_of(plan: Plan, seed: int, replication: int) -> NDArray[np.void]:
    """Return every change of a replication, in the order in which they happen."""
    drawn = _attendance(plan, seed, replication)
    return _in_order(plan, [*_scheduled_rows(plan), *drawn]) if drawn else _scheduled(plan)


@lru_cache(maxsize=16)  # replications of a plan differ in who comes late, and in nothing else
def _scheduled(plan: Plan) -> NDArray[np.void]:
    return _in_order(plan, _scheduled_rows(plan))


def _scheduled_rows(plan: Plan) -> list[_Row]:
    return [*_staffing(plan), *_closing(plan)]


def _in_order(plan: Plan, rows: list[_Row]) -> NDArray[np.void]:
    changes = np.array([row for row in rows if row[0] < plan.end], dtype=CHANGE)
    return changes[np.lexsort((np.arange(len(changes)), changes["order"], changes["time"]))]


_Row = tuple[float, int, int, int, int]


def _staffing(plan: Plan) -> list[_Row]:
    on_shifts = set(plan.shifts.group.tolist())
    rows = []
    for group in range(len(plan.groups)):
        if group not in on_shifts:
            of = slice(plan.staff_ptr[group], plan.staff_ptr[group + 1])
            for time, count in zip(plan.staff_time[of].tolist(), plan.staff_count[of].tolist(), strict=True):
                rows.append((time, _order(STAFF, group), _STAFF, group, count))
    return rows


def _attendance(plan: Plan, seed: int, replication: int) -> list[_Row]:
    return [
        (time, _order(STAFF, group), _ATTEND, group, agent << 1 | comes)
        for time, group, agent, comes in draw_attendance(plan, seed, replication)
    ]


def _closing(plan: Plan) -> list[_Row]:
    return [
        (day * DAY + float(plan.queue_open[queue, 1]), _order(CLOSED, queue), _CLOSE, queue, 0)
        for queue in plan.queueing.clears.nonzero()[0].tolist()
        for day in range(ceil(plan.end / DAY))
    ]


def _order(kind: int, who: int) -> int:
    return int(order_of.py_func(kind, who))  # type: ignore[attr-defined]
