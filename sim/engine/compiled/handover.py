"""The agent after a visit: after-call work, breaks, warm transfers and conferences; as `reference/handover.py`."""

from __future__ import annotations

import math

from sim.core.draws import Purpose
from sim.engine.compiled import crew, floor
from sim.engine.compiled.clock import FREED, call
from sim.engine.compiled.draws import break_time, value
from sim.engine.compiled.memory.phases import RESTS, RETAINED, STAYS, WRAPS
from sim.engine.compiled.memory.records import Customer, Visit
from sim.engine.compiled.memory.world import World, f8_at, i4_at, step_at, visit_at
from sim.engine.compiled.visit import free_visit
from sim.engine.plan import Result, Stay
from sim.jit.kernels import inner, numbers, part

__all__ = ["WARM", "free_agent", "hand_over", "introduce", "let_go", "release"]

WARM, CONFERENCE = numbers(Stay.WARM, Stay.CONFERENCE)
_HANDLED, _WRAP, _HANDOVER = numbers(Result.HANDLED, Purpose.WRAP, Purpose.HANDOVER)


@part
def hand_over(world: World, index: int, customer: Customer, following: int, result: int) -> None:
    """Let the agent of a visit wrap up or stay with the customer; release the agent who stayed until now."""
    visit = visit_at(world, index)
    before = customer.before
    customer.before = -1
    served = not math.isnan(visit.started)
    if before >= 0 and (visit_at(world, before).stays_until == CONFERENCE or not served):
        _release_for_good(world, before)
    if visit.group < 0 or not served:
        return
    visit.wrap = value(world, visit, _WRAP) * visit.factor
    visit.stays_until = _stays_until(world, visit.step, following) if result == _HANDLED else 0
    if visit.stays_until:
        visit.phase = STAYS
        customer.before = index
    else:
        release(world, index)


@part
def let_go(world: World, customer: Customer) -> None:
    """Release the agent who stays with a customer, if one does: the customer hangs up."""
    before = customer.before
    customer.before = -1
    if before >= 0:
        _release_for_good(world, before)


@inner
def introduce(world: World, customer: Customer, visit: Visit) -> float:
    """Let the agent who stayed hand the customer over; return how long it takes."""
    before = visit_at(world, customer.before)
    time = value(world, before, _HANDOVER)
    before.ticket = call(world, visit.started + time, FREED, visit.customer_number, customer.before)
    return time


@inner
def free_agent(world: World, index: int) -> None:
    """End the stay of an agent with a customer, the after-call work, or a break."""
    visit = visit_at(world, index)
    if visit.phase == STAYS:
        _release_for_good(world, index)
        return
    if visit.phase == WRAPS:
        if visit.works and not crew.complete(world, index):
            return
        visit.phase = 0
        _rest(world, index)
    else:
        visit.phase = 0
        floor.finish(world, index)
    if visit.phase < RETAINED:
        free_visit(world, index)


@inner
def _stays_until(world: World, step: int, following: int) -> int:
    transfers, stays_until = step_at(world, step), 0
    for row in range(transfers.transfer_first, transfers.transfer_last):
        if i4_at(world.transfer_step)[row] == following:
            stays_until = int(i4_at(world.transfer_stays)[row])
    return stays_until


@inner
def _release_for_good(world: World, index: int) -> None:
    """Release the agent of a visit that its customer has left."""
    visit = visit_at(world, index)
    visit.phase = 0
    stayed = world.now - f8_at(world.log_ended)[visit.row]
    if stayed != 0.0:
        f8_at(world.log_stayed)[visit.row] = stayed
    release(world, index)
    if visit.phase < RETAINED:
        free_visit(world, index)


@inner
def release(world: World, index: int) -> None:
    """Let an agent do the after-call work."""
    visit = visit_at(world, index)
    freed = world.now + visit.wrap
    f8_at(world.log_freed)[visit.row] = freed
    if freed > world.now:
        visit.phase = WRAPS
        crew.begin(world, index, visit.wrap, world.now)
    else:
        _rest(world, index)


@part
def _rest(world: World, index: int) -> None:
    """Let an agent perhaps take a break, unless they are about to leave, and be free."""
    visit = visit_at(world, index)
    rest = break_time(world, visit)
    if rest != 0.0 and not floor.is_leaving(world, visit):
        f8_at(world.log_rested)[visit.row] = rest
        visit.phase = RESTS
        visit.ticket = call(world, world.now + rest, FREED, visit.customer_number, index)
    else:
        floor.finish(world, index)
