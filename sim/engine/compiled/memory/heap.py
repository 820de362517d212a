"""Events in order of (time, kind and who, ticket): the SimPy engine's clock (ADR 2) as binary heaps."""

from __future__ import annotations

from typing import Any

from sim.engine.compiled.memory.records import event_at, heap_at
from sim.engine.compiled.phases import GROW, MARGIN, OVERFULL
from sim.jit.kernels import inner, numbers

__all__ = [
    "ARRIVED",
    "CLOSED",
    "FREED",
    "GAVE_UP",
    "IMPATIENCE",
    "LEFT",
    "OVERFLOWED",
    "SERVICES",
    "STAFF",
    "before",
    "is_room",
    "order_of",
    "remove_first",
    "schedule",
    "settle",
]

# What happens first at one instant (ADR 2).
STAFF, FREED, LEFT, CLOSED, ARRIVED, OVERFLOWED, GAVE_UP = numbers(*range(1, 8))
SERVICES, IMPATIENCE = numbers(0, 1)  # two heaps: most give-ups never happen, and would deepen the other one


@inner
def order_of(kind: int, who: int) -> int:
    """Return the place of an event among those of its instant."""
    return kind << 32 | who


@inner
def before(time: float, order: int, ticket: int, other: Any) -> bool:
    """Tell whether an event comes before another."""
    if time != other.time:
        return time < other.time
    if order != other.order:
        return order < other.order
    return ticket < other.ticket


@inner
def _is_later(event: Any, other: Any) -> int:
    """Return 1 if an event comes after another; times hardly ever tie, and comparing them alone needs no branch."""
    if event.time == other.time:
        return int(before(other.time, other.order, other.ticket, event))
    return int(other.time < event.time)


@inner
def _place(event: Any, time: float, order: int, ticket: int, visit: int) -> None:
    event.time = time
    event.order = order
    event.ticket = ticket
    event.visit = visit


@inner
def _sink(heap: Any, time: float, order: int, ticket: int, visit: int) -> None:
    """Put an event in place of the first, and let it sink to where it belongs."""
    size, hole = heap.size, 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        if child + 1 < size:
            child += _is_later(event_at(heap.events, child), event_at(heap.events, child + 1))
        least = event_at(heap.events, child)
        if before(time, order, ticket, least):
            break
        _place(event_at(heap.events, hole), least.time, least.order, least.ticket, least.visit)
        hole = child
    _place(event_at(heap.events, hole), time, order, ticket, visit)


@inner
def _rise(heap: Any, time: float, order: int, ticket: int, visit: int) -> None:
    """Put an event at the end, and let it rise to where it belongs."""
    hole = heap.size
    heap.size = hole + 1
    while hole:
        above = event_at(heap.events, (hole - 1) >> 1)
        if not before(time, order, ticket, above):
            break
        _place(event_at(heap.events, hole), above.time, above.order, above.ticket, above.visit)
        hole = (hole - 1) >> 1
    _place(event_at(heap.events, hole), time, order, ticket, visit)


@inner
def schedule(world: Any, which: int, time: float, order: int, visit: int) -> int:
    """Schedule an event in one of the heaps; return its ticket, which no other event has."""
    heap = heap_at(world, which)
    ticket = world.ticket
    world.ticket = ticket + 1
    if heap.hole:
        heap.hole = 0
        _sink(heap, time, order, ticket, visit)
    elif heap.size < heap.room - MARGIN or is_room(world, heap.size, heap.room):
        _rise(heap, time, order, ticket, visit)
    return ticket


@inner
def is_room(world: Any, taken: int, room: int) -> bool:
    """Ask for more room before the next event; tell whether there is some until then."""
    if taken >= room:
        world.stop = OVERFULL
    elif not world.stop:
        world.stop = GROW
    return taken < room


@inner
def remove_first(heap: Any) -> None:
    """Remove the first event; its place is kept for what the event brings about, which is often one event."""
    heap.hole = 1


@inner
def settle(heap: Any) -> None:
    """Fill the place of a first event that nothing took."""
    heap.hole = 0
    heap.size -= 1
    size = heap.size
    if size:
        last = event_at(heap.events, size)
        _sink(heap, last.time, last.order, last.ticket, last.visit)
