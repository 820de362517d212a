"""The event loop: the next event happens, then the visits go on whose turn it brings about, until the end."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sim.engine.compiled import carried_over, clock, contact, crew, dialer, floor, handover, journey
from sim.engine.compiled.memory import phases
from sim.engine.compiled.memory.changes import ACTION_BITS, CLOSE, DIAL, STAFF
from sim.engine.compiled.memory.heap import DEADLINES, SERVICES, fill_root, remove_first
from sim.engine.compiled.memory.records import Change, Heap
from sim.engine.compiled.memory.room import NEXT_PART, OVER, PAUSED
from sim.engine.compiled.memory.world import (
    World,
    change_at,
    customer_at,
    event_at,
    f8_at,
    group_at,
    heap_at,
    i4_at,
    visit_at,
)
from sim.engine.compiled.visit import new_customer
from sim.engine.order import KIND_BITS
from sim.engine.plan import Result
from sim.jit.kernels import inner, kernel, numbers, part
from sim.numerics.time_grid import HALF_MICROSECOND

__all__ = ["advance"]

_ABANDONED, _TIMED_OUT, _KIND_BITS = numbers(Result.ABANDONED, Result.TIMED_OUT, KIND_BITS)
_NONE, _SERVICE, _ARRIVAL, _CHANGE, _DEADLINE = numbers(*range(5))


@kernel
def advance(worlds: Sequence[World], events: int) -> int:
    """Let a run go on for so many events and turns; return why it stops, of `memory.room`."""
    world = worlds[0]
    if _is_next_part_due(world):
        return NEXT_PART
    world.stop = 0
    for _ in range(events):
        if world.pending_first >= 0:
            _go_on_at_turn(world, clock.take_turn(world))
        elif not _step(world):
            return OVER
        if world.stop:
            return world.stop
    return PAUSED


@inner
def _is_next_part_due(world: World) -> bool:
    return world.arrived == world.part_end and world.more_parts


@inner
def _step(world: World) -> bool:
    """Let the next event happen; return whether there was one before the end."""
    source = _go_to_next_event(world)
    if source == _NONE:
        return False
    if source == _SERVICE:
        _happen(world, heap_at(world, SERVICES))
    elif source == _ARRIVAL:
        _arrive(world)
    elif source == _DEADLINE:
        _end_wait(world, heap_at(world, DEADLINES))
    else:
        world.changed += 1
        _change(world, change_at(world, world.changed - 1))
    return True


@part
def _go_to_next_event(world: World) -> int:
    """Go to the instant of the next event before the end; return its source."""
    source, time, order = _NONE, world.end, -1  # nothing happens at the end any more
    instant, number = _find_first(world, SERVICES)
    if _is_before(instant, number, time, order):
        source, time, order = _SERVICE, instant, number
    if world.arrived < world.part_end:
        instant, number = f8_at(world.arrival)[world.arrived - world.part_begin], clock.ARRIVED + world.arrived
        if _is_before(instant, number, time, order):
            source, time, order = _ARRIVAL, instant, number
    if world.changed < world.change_count:
        change = change_at(world, world.changed)
        if _is_before(change.time, change.order, time, order):
            source, time, order = _CHANGE, change.time, change.order
    instant, number = _find_first(world, DEADLINES)
    if _is_before(instant + HALF_MICROSECOND, number, time, order):
        source, time = _DEADLINE, max(instant, world.now)
    if source != _NONE:
        world.now = time
    return source


@inner
def _find_first(world: World, number: int) -> tuple[float, int]:
    """Fill the root of a heap, and return the instant and the order of its first event."""
    heap = heap_at(world, number)
    if heap.free_root:
        fill_root(heap)
    if not heap.size:
        return math.inf, 0
    first = event_at(heap.events, 0)
    return first.time, first.order


@inner
def _is_before(time: float, order: int, other_time: float, other_order: int) -> bool:
    return time < other_time or (time == other_time and order < other_order)


@part
def _arrive(world: World) -> None:
    number = world.arrived
    world.arrived += 1
    entry = int(i4_at(world.entry)[number - world.part_begin])
    if number < world.carried_count:
        carried_over.go_on(world, new_customer(world, number), entry)
    else:
        journey.journey(world, new_customer(world, number), entry)
    if _is_next_part_due(world) and not world.stop:
        world.stop = NEXT_PART


@inner
def _change(world: World, change: Change) -> None:
    if change.action == STAFF:
        floor.staff(world, change.number, change.value)
    elif change.action == CLOSE:
        floor.clear(world, change.number)
    elif change.action == DIAL:
        dialer.dial(world, change.number, dialer.ANEW)
    else:
        action = change.value & ((1 << ACTION_BITS) - 1)
        floor.attend(world, change.number, change.value >> ACTION_BITS, action)


@part
def _end_wait(world: World, heap: Heap) -> None:
    """Let a contact turn to further agents, be sent away by its queue, or give up."""
    first = event_at(heap.events, 0)
    index, ticket, event_kind = first.visit, first.ticket, first.order & _KIND_BITS
    remove_first(heap)
    if event_kind == clock.OVERFLOWED:
        floor.turn_to(world, index)
        return
    visit = visit_at(world, index)
    if visit.give_up_ticket != ticket:
        return
    if visit.phase == phases.HANGS_UP:
        journey.go_on(world, index, contact.hang_up(world, index))
    else:
        floor.give_up(world, index, _TIMED_OUT if event_kind == clock.TIMED_OUT else _ABANDONED)


@part
def _happen(world: World, heap: Heap) -> None:
    """Let the first event of the services happen."""
    first = event_at(heap.events, 0)
    index, ticket, event_kind = first.visit, first.ticket, first.order & _KIND_BITS
    remove_first(heap)
    if visit_at(world, index).ticket != ticket:
        return
    if event_kind == clock.LEFT:
        _go_on_at_instant(world, index)
    else:
        handover.free_agent(world, index)


@part
def _go_on_at_instant(world: World, index: int) -> None:
    """Let a visit go on at the instant for which it has waited, by its phase."""
    visit = visit_at(world, index)
    if visit.phase == phases.IN_SERVICE:
        if group_at(world, visit.group).end_known:
            journey.go_on(world, index, contact.result_of(visit))
        elif crew.complete(world, index):
            visit.phase = phases.DONE
            clock.succeed(world, index)
    elif visit.phase == phases.IN_SELF_SERVICE:
        journey.end_self_service(world, index)
    elif visit.phase in (phases.IN_PAUSE, phases.NOTIFIED_LATER):
        journey.end_pause(world, index)
    elif visit.phase == phases.RINGING:
        journey.end_dialed(world, index)
    else:  # UNREACHED
        journey.go_on(world, index, contact.end_callback(world, index))


@part
def _go_on_at_turn(world: World, index: int) -> None:
    """Let a visit go on whose turn has come, by its phase."""
    visit = visit_at(world, index)
    if visit.phase == phases.WAITING and visit.agent >= 0:
        contact.begin_service(world, index, customer_at(world, visit.customer))
    elif visit.phase == phases.WAITING:
        journey.go_on(world, index, contact.leave_queue(world, index))
    elif visit.phase == phases.DONE:
        journey.go_on(world, index, contact.result_of(visit))
    else:  # LISTED
        journey.ring(world, index)
