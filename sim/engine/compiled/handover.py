"""What an agent does after a visit: wraps up, or stays with the customer; as in `reference/journey.py`."""

from __future__ import annotations

import math
from typing import Any

from sim.core.draws import Purpose
from sim.engine.compiled import floor
from sim.engine.compiled.draws import rest, value
from sim.engine.compiled.memory.heap import FREED, SERVICES, order_of, schedule
from sim.engine.compiled.memory.records import f8_at, i4_at, step_at, visit_at
from sim.engine.compiled.phases import RETAINED, STAYS, WRAPS
from sim.engine.compiled.visit import free_visit
from sim.engine.plan import Result
from sim.jit.kernels import inner, numbers, part

__all__ = ["freed", "hand_over", "introduce", "is_introduced"]

WARM, CONFERENCE = numbers(1, 2)  # until the next has answered, until the next has finished
_HANDLED, _WRAP, _HANDOVER = numbers(Result.HANDLED, Purpose.WRAP, Purpose.HANDOVER)


@part
def hand_over(world: Any, index: int, customer: Any, following: int, result: int) -> None:
    """After a visit: let its agent wrap up, or stay with the customer; release whoever stayed until now."""
    visit = visit_at(world, index)
    before = customer.before
    customer.before = -1
    served = not math.isnan(visit.started)
    if before >= 0 and (visit_at(world, before).stays == CONFERENCE or not served):
        _release_for_good(world, before)
    if visit.group < 0 or not served:
        return
    visit.wrap = value(world, visit, _WRAP)
    visit.stays = _stays(world, visit.step, following) if result == _HANDLED else 0
    if visit.stays:
        visit.phase = STAYS
        customer.before = index
    else:
        _release(world, index)


@inner
def is_introduced(world: Any, customer: Any) -> bool:
    """Tell whether an agent hands a customer over in person."""
    before = customer.before
    return before >= 0 and visit_at(world, before).stays == WARM


@inner
def introduce(world: Any, customer: Any, visit: Any) -> float:
    """Let the agent who stayed hand the customer over, and return how long it takes."""
    before = visit_at(world, customer.before)
    time = value(world, before, _HANDOVER)
    schedule(world, SERVICES, visit.started + time, order_of(FREED, visit.who), customer.before)
    return time


@inner
def freed(world: Any, index: int) -> None:
    """End the stay of an agent with a customer, or the after-call work."""
    if visit_at(world, index).phase == STAYS:
        _release_for_good(world, index)
    else:
        floor.finish(world, index)
        free_visit(world, index)


@inner
def _stays(world: Any, step: int, following: int) -> int:
    of, stays = step_at(world, step), 0
    for row in range(of.transfer_first, of.transfer_last):
        if i4_at(world.transfer_step)[row] == following:
            stays = int(i4_at(world.transfer_stays)[row])
    return stays


@inner
def _release_for_good(world: Any, index: int) -> None:
    """Release the agent of a visit that its customer has left."""
    visit = visit_at(world, index)
    visit.phase = 0
    _release(world, index)
    if visit.phase < RETAINED:
        free_visit(world, index)


@inner
def _release(world: Any, index: int) -> None:
    """Let an agent do the after-call work, and perhaps take a break."""
    visit = visit_at(world, index)
    free = world.now + visit.wrap
    f8_at(world.log_freed)[visit.row] = free
    free += rest(world, visit)
    if free > world.now:
        visit.phase = WRAPS
        schedule(world, SERVICES, free, order_of(FREED, visit.who), index)
    else:
        floor.finish(world, index)
