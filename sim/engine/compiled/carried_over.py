"""Customers who were there before the run began, and agents who were busy; as `reference/carried_over.py`."""

from __future__ import annotations

import math

from sim.core.draws import Purpose
from sim.engine.compiled import contact, floor, handover, journey
from sim.engine.compiled.clock import FREED, call
from sim.engine.compiled.draws import value_beyond
from sim.engine.compiled.memory.phases import RESTS, RETAINED
from sim.engine.compiled.memory.records import Carried, Visit
from sim.engine.compiled.memory.world import World, carried_at, customer_at, f8_at, i4_at, step_at, visit_at
from sim.engine.compiled.visit import free_customer, free_visit, new_visit, start
from sim.engine.plan import Outcome, Result
from sim.jit.kernels import inner, numbers, part
from sim.population import Doing

__all__ = ["go_on"]

_CONTACT, _WRAP_UP, _BREAK = numbers(Doing.CONTACT, Doing.WRAP_UP, Doing.BREAK)
_HANDLED, _BLOCKED, _RESOLVED = numbers(Result.HANDLED, Result.BLOCKED, -1 - Outcome.RESOLVED)
(_WRAP,) = numbers(Purpose.WRAP)


@part
def go_on(world: World, customer_index: int, step: int) -> None:
    """Go on with a step that began before the run, then from step to step."""
    carried = carried_at(world, customer_at(world, customer_index).number)
    if carried.doing in (_WRAP_UP, _BREAK):
        _go_on_after(world, customer_index, step, carried)
        return
    index = _new_visit(world, customer_index, step, carried)
    customer, visit = customer_at(world, customer_index), visit_at(world, index)
    visit.carried_over = True
    journey.enter(world, customer, step)
    if not journey.has_line(world, customer, step_at(world, step)):
        journey.go_on(world, index, _BLOCKED)
        return
    visit.queue = step_at(world, step).queue
    if carried.doing == _CONTACT and floor.assign(world, index, carried.group, whole=False):
        customer.contacts += 1
        start(world, visit, visit.began)
        contact.go_on_with_service(world, index, carried.until)
    else:
        contact.go_on_waiting(world, index, customer)


@inner
def _new_visit(world: World, customer_index: int, step: int, carried: Carried) -> int:
    index = new_visit(world, customer_index, step)
    visit = visit_at(world, index)
    visit.began = carried.began
    f8_at(world.log_began)[visit.row] = carried.began
    return index


@part
def _go_on_after(world: World, customer_index: int, step: int, carried: Carried) -> None:
    """Let an agent go on with after-call work, or a break, whose customer has gone, if one is free."""
    is_break = carried.doing == _BREAK
    row = world.rows
    index = _new_visit(world, customer_index, step, carried)
    visit = visit_at(world, index)
    visit.queue = step_at(world, step).queue
    if not floor.assign(world, index, carried.group, whole=is_break):
        world.rows = row  # nothing happened
        free_visit(world, index)
        free_customer(world, customer_index)
        return
    start(world, visit, visit.began)
    i4_at(world.log_result)[visit.row] = _HANDLED
    f8_at(world.log_ended)[visit.row] = world.now
    i4_at(world.log_next)[visit.row] = _RESOLVED
    visit.factor = floor.factor(world, visit)
    if is_break:
        f8_at(world.log_freed)[visit.row] = world.now
        f8_at(world.log_rested)[visit.row] = carried.until - world.now
        visit.phase = RESTS
        visit.ticket = call(world, carried.until, FREED, visit.customer_number, index)
    else:
        left = carried.until - world.now
        visit.wrap = _wrap_left(world, visit) if math.isnan(left) else left
        handover.release(world, index)
        if visit.phase < RETAINED:
            free_visit(world, index)
    free_customer(world, customer_index)


@inner
def _wrap_left(world: World, visit: Visit) -> float:
    """Return how much after-call work is left, given that it has lasted since the visit began."""
    age = world.now - visit.began
    return max(value_beyond(world, visit, _WRAP, age / visit.factor) * visit.factor - age, 0.0)
