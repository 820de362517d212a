"""The loop: the next event happens, then what it brings about, until the end; as `reference/run.py`."""

from __future__ import annotations

import math
from typing import Any

from sim.engine.compiled import clock as turns
from sim.engine.compiled import contact, crew, floor, handover, journey
from sim.engine.compiled.memory.changes import change
from sim.engine.compiled.memory.heap import (
    ARRIVED,
    FREED,
    IMPATIENCE,
    LEFT,
    SERVICES,
    order_of,
    remove_first,
    settle,
)
from sim.engine.compiled.memory.records import (
    change_at,
    customer_at,
    event_at,
    f8_at,
    group_at,
    heap_at,
    i4_at,
    visit_at,
)
from sim.engine.compiled.phases import (
    DIALED,
    DONE,
    IN_SERVICE,
    NEXT_PART,
    OVER,
    PAUSED,
    UNREACHED,
    WAITING,
)
from sim.engine.compiled.visit import new_customer
from sim.engine.plan import Result
from sim.jit.kernels import inner, kernel, numbers, part

__all__ = ["advance"]

_ABANDONED, _FAILED = numbers(Result.ABANDONED, Result.FAILED)
_NONE, _SERVICE, _ARRIVAL, _CHANGE, _GIVE_UP = numbers(*range(5))


@kernel
def advance(worlds: Any, events: int) -> int:
    """Let a run go on for so many events and turns; return why it stops, of `phases`."""
    world = worlds[0]
    if _is_next_part_due(world):
        return NEXT_PART
    world.stop = 0
    for _ in range(events):
        if world.pending_first >= 0:
            _turn(world, turns.get(world))
        elif not _next(world):
            return OVER
        if world.stop:
            return world.stop
    return PAUSED


@inner
def _is_next_part_due(world: Any) -> bool:
    return world.arrived == world.coming and world.more


@inner
def _next(world: Any) -> bool:
    """Let the next event happen; tell whether there was one before the end."""
    source = _first(world)
    if source == _NONE:
        return False
    if source == _SERVICE:
        _happen(world, heap_at(world, SERVICES))
    elif source == _ARRIVAL:
        number = world.arrived
        world.arrived += 1
        journey.journey(world, new_customer(world, number), int(i4_at(world.entry)[number - world.before]))
        if _is_next_part_due(world) and not world.stop:
            world.stop = NEXT_PART
    elif source == _GIVE_UP:
        _give_up(world, heap_at(world, IMPATIENCE))
    else:
        world.changed += 1
        change(world, change_at(world, world.changed - 1))
    return True


@part
def _first(world: Any) -> int:
    """Find which source has the next event before the end, and go to its instant."""
    source, time, order = _NONE, world.end, -1  # nothing happens at the end any more
    at, place = _head(world, SERVICES)
    if _is_before(at, place, time, order):
        source, time, order = _SERVICE, at, place
    if world.arrived < world.coming:
        at, place = f8_at(world.arrival)[world.arrived - world.before], order_of(ARRIVED, world.arrived)
        if _is_before(at, place, time, order):
            source, time, order = _ARRIVAL, at, place
    if world.changed < world.changing:
        following = change_at(world, world.changed)
        if _is_before(following.time, following.order, time, order):
            source, time, order = _CHANGE, following.time, following.order
    at, place = _head(world, IMPATIENCE)
    if _is_before(at, place, time, order):
        source, time = _GIVE_UP, at
    if source != _NONE:
        world.now = time
    return source


@inner
def _head(world: Any, which: int) -> tuple[float, int]:
    """Return the instant and the order of a heap's first event."""
    heap = heap_at(world, which)
    if heap.hole:
        settle(heap)
    if not heap.size:
        return math.inf, 0
    first = event_at(heap.events, 0)
    return first.time, first.order


@inner
def _is_before(time: float, order: int, other: float, others: int) -> bool:
    return time < other or (time == other and order < others)


@part
def _give_up(world: Any, heap: Any) -> None:
    first = event_at(heap.events, 0)
    index, ticket = first.visit, first.ticket
    remove_first(heap)
    if visit_at(world, index).patience == ticket:
        floor.give_up(world, index, _ABANDONED)


@part
def _happen(world: Any, heap: Any) -> None:
    first = event_at(heap.events, 0)
    index, ticket, kind = first.visit, first.ticket, first.order >> 32
    remove_first(heap)
    if kind == LEFT:
        if visit_at(world, index).ticket == ticket:
            _left(world, index)
    elif kind == FREED:
        handover.freed(world, index)
    else:
        floor.turn_to(world, index)


@part
def _left(world: Any, index: int) -> None:
    visit = visit_at(world, index)
    if visit.phase == IN_SERVICE:
        if group_at(world, visit.group).plain:
            journey.go_on(world, index, contact.result_of(visit))
        elif crew.is_over(world, index):
            visit.phase = DONE
            turns.put(world, index)
    elif visit.phase == DIALED:
        journey.dialed(world, index)
    elif visit.phase == UNREACHED:
        contact.unreached(world, index)
        journey.go_on(world, index, _FAILED)
    else:
        journey.self_service_over(world, index)


@part
def _turn(world: Any, index: int) -> None:
    """Let a visit go on whose turn has come."""
    visit = visit_at(world, index)
    if visit.phase == WAITING and visit.agent >= 0:
        contact.answered(world, index, customer_at(world, visit.customer))
    elif visit.phase == WAITING:
        journey.go_on(world, index, contact.gave_up(world, index))
    elif visit.phase == DONE:
        journey.go_on(world, index, contact.result_of(visit))
    else:
        journey.listed(world, index)
