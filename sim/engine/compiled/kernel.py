"""The loop: the next event happens, then what it brings about, until the end; as `reference/run.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from sim.engine.compiled import contact, floor, handover, journey
from sim.engine.compiled import pending as turns
from sim.engine.compiled.changes import change
from sim.engine.compiled.compiling import inner, numbers
from sim.engine.compiled.heap import (
    ARRIVED,
    FREED,
    IMPATIENCE,
    LEFT,
    SERVICES,
    order_of,
    remove_first,
    settle,
)
from sim.engine.compiled.phases import (
    DIALED,
    DONE,
    GROW,
    IN_SERVICE,
    OVER,
    PAUSED,
    UNREACHED,
    WAITING,
)
from sim.engine.compiled.pools import new_customer
from sim.engine.compiled.records import change_at, customer_at, event_at, f8_at, group_at, heap_at, i4_at, visit_at
from sim.engine.plan import Result

__all__ = ["MARGIN", "advance"]

MARGIN = 4096  # rows and events that there must be room for before anything happens
_ABANDONED, _FAILED = numbers(Result.ABANDONED, Result.FAILED)
_NONE, _HEAP, _ARRIVAL, _CHANGE = 0, 1, 2, 3


@njit(cache=True, error_model="numpy", nogil=True)
def advance(worlds: Any, events: int) -> int:
    """Let a run go on for so many events; return why it stops: `OVER`, `GROW`, `PAUSED`, or a fault."""
    world = worlds[0]
    for _ in range(events):
        if world.room - world.rows < MARGIN or _crowded(world, SERVICES) or _crowded(world, IMPATIENCE):
            return GROW
        if not _next(world):
            return OVER
        while world.pending_first >= 0:
            _turn(world, turns.get(world))
        if world.stop:
            return world.stop  # type: ignore[no-any-return]
    return PAUSED


@inner
def _crowded(world: Any, which: int) -> bool:
    heap = heap_at(world.heaps, which)
    return heap.room - heap.size < MARGIN  # type: ignore[no-any-return]


@inner
def _next(world: Any) -> bool:
    """Let the next event happen; tell whether there was one before the end."""
    services, impatience = heap_at(world.heaps, SERVICES), heap_at(world.heaps, IMPATIENCE)
    if services.hole:
        settle(services)
    if impatience.hole:
        settle(impatience)
    source, time, order = _NONE, world.end, -1
    if services.size:
        first = event_at(services.events, 0)
        if first.time < time:
            source, time, order = _HEAP, first.time, first.order
    if world.arrived < world.coming:
        arrival = f8_at(world.arrival)[world.arrived]
        if arrival < time or (arrival == time and order_of(ARRIVED, world.arrived) < order):
            source, time, order = _ARRIVAL, arrival, order_of(ARRIVED, world.arrived)
    if world.changed < world.changing:
        following = change_at(world.changes, world.changed)
        if following.time < time or (following.time == time and following.order < order):
            source, time, order = _CHANGE, following.time, following.order
    if impatience.size:
        first = event_at(impatience.events, 0)
        if first.time < time or (first.time == time and first.order < order):
            world.now = first.time
            _give_up(world, impatience)
            return True
    if source == _NONE:
        return False
    world.now = time
    if source == _HEAP:
        _happen(world, services)
    elif source == _ARRIVAL:
        world.arrived += 1
        number = world.arrived - 1
        journey.journey(world, new_customer(world, number), np.int64(i4_at(world.entry)[number]))
    else:
        world.changed += 1
        change(world, change_at(world.changes, world.changed - 1))
    return True


@inner
def _give_up(world: Any, heap: Any) -> None:
    first = event_at(heap.events, 0)
    index, ticket = first.visit, first.ticket
    remove_first(heap)
    if visit_at(world.visits, index).patience == ticket:
        floor.give_up(world, index, _ABANDONED)


@inner
def _happen(world: Any, heap: Any) -> None:
    first = event_at(heap.events, 0)
    index, ticket, kind = first.visit, first.ticket, first.order >> 32
    remove_first(heap)
    if kind == LEFT:
        if visit_at(world.visits, index).ticket == ticket:
            _left(world, index)
    elif kind == FREED:
        handover.freed(world, index)
    else:
        floor.turn_to(world, index)


@inner
def _left(world: Any, index: int) -> None:
    visit = visit_at(world.visits, index)
    if visit.phase == IN_SERVICE:
        if group_at(world.groups, visit.group).plain:
            journey.go_on(world, index, contact.result_of(visit))
        else:
            visit.works = 0
            visit.phase = DONE
            turns.put(world, index)
    elif visit.phase == DIALED:
        journey.dialed(world, index)
    elif visit.phase == UNREACHED:
        contact.unreached(world, index)
        journey.go_on(world, index, _FAILED)
    else:
        journey.self_service_over(world, index)


@inner
def _turn(world: Any, index: int) -> None:
    """Let a visit go on whose turn has come."""
    visit = visit_at(world.visits, index)
    if visit.phase == WAITING and visit.agent >= 0:
        contact.answered(world, index, customer_at(world.customers, visit.customer))
    elif visit.phase == WAITING:
        journey.go_on(world, index, contact.gave_up(world, index))
    elif visit.phase == DONE:
        journey.go_on(world, index, contact.result_of(visit))
    else:
        journey.listed(world, index)
