"""Binary heaps of events in order of (time, order, ticket)."""

from __future__ import annotations

from sim.engine.compiled.memory.records import Event, Heap
from sim.engine.compiled.memory.room import MARGIN, request_room
from sim.engine.compiled.memory.world import World, event_at, heap_at
from sim.jit.kernels import inner, numbers

__all__ = ["DEADLINES", "SERVICES", "fill_root", "remove_first", "schedule"]

SERVICES, DEADLINES = numbers(0, 1)  # two heaps: deadlines of waits let others go first, and most never happen


@inner
def _comes_before(time: float, order: int, ticket: int, other: Event) -> bool:
    if time != other.time:
        return time < other.time
    if order != other.order:
        return order < other.order
    return ticket < other.ticket


@inner
def _comes_after(event: Event, other: Event) -> int:
    """Return 1 if an event comes after another; times hardly ever tie, and comparing them alone needs no branch."""
    if event.time == other.time:
        return int(_comes_before(other.time, other.order, other.ticket, event))
    return int(other.time < event.time)


@inner
def _set(event: Event, time: float, order: int, ticket: int, visit: int) -> None:
    event.time = time
    event.order = order
    event.ticket = ticket
    event.visit = visit


@inner
def _sink(heap: Heap, time: float, order: int, ticket: int, visit: int) -> None:
    """Put an event at the root, and let it sink to where it belongs."""
    size, free = heap.size, 0
    while True:
        child = 2 * free + 1
        if child >= size:
            break
        if child + 1 < size:
            child += _comes_after(event_at(heap.events, child), event_at(heap.events, child + 1))
        least = event_at(heap.events, child)
        if _comes_before(time, order, ticket, least):
            break
        _set(event_at(heap.events, free), least.time, least.order, least.ticket, least.visit)
        free = child
    _set(event_at(heap.events, free), time, order, ticket, visit)


@inner
def _rise(heap: Heap, time: float, order: int, ticket: int, visit: int) -> None:
    """Put an event at the end, and let it rise to where it belongs."""
    free = heap.size
    heap.size = free + 1
    while free:
        above = event_at(heap.events, (free - 1) >> 1)
        if not _comes_before(time, order, ticket, above):
            break
        _set(event_at(heap.events, free), above.time, above.order, above.ticket, above.visit)
        free = (free - 1) >> 1
    _set(event_at(heap.events, free), time, order, ticket, visit)


@inner
def schedule(world: World, number: int, time: float, order: int, visit: int) -> int:
    """Schedule an event in one of the heaps; return its ticket, which no other event has."""
    heap = heap_at(world, number)
    ticket = world.ticket
    world.ticket = ticket + 1
    if heap.free_root:
        heap.free_root = False
        _sink(heap, time, order, ticket, visit)
    elif heap.size < heap.room - MARGIN or request_room(world, heap.size, heap.room):
        _rise(heap, time, order, ticket, visit)
    return ticket


@inner
def remove_first(heap: Heap) -> None:
    """Remove the first event; its place is kept for what the event brings about, which is often one event."""
    heap.free_root = True


@inner
def fill_root(heap: Heap) -> None:
    """Fill the place of a first event that no other event took."""
    heap.free_root = False
    heap.size -= 1
    size = heap.size
    if size:
        last = event_at(heap.events, size)
        _sink(heap, last.time, last.order, last.ticket, last.visit)
