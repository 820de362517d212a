"""The clock: events at an instant, and visits that go on at once; as `reference/clock.py`.

What goes on at once (`succeed` of a SimPy event) is a queue of visits that is emptied before the next event: the order
of turns at one instant shows in the log.
"""

from __future__ import annotations

from sim.core.time_of_day import time_of_day as time_of_day_by
from sim.engine.compiled.memory.heap import DEADLINES, SERVICES, schedule
from sim.engine.compiled.memory.world import World, f8_at, visit_at
from sim.engine.order import EventOrder
from sim.jit.kernels import inner, numbers, part

__all__ = [
    "ARRIVED",
    "FREED",
    "GAVE_UP",
    "LEFT",
    "OVERFLOWED",
    "TIMED_OUT",
    "call",
    "succeed",
    "take_turn",
    "time_of_day",
]

_time_of_day = inner(time_of_day_by)
FREED, LEFT, ARRIVED = numbers(EventOrder.FREED, EventOrder.LEFT, EventOrder.ARRIVED)
OVERFLOWED, TIMED_OUT, GAVE_UP = numbers(EventOrder.OVERFLOWED, EventOrder.TIMED_OUT, EventOrder.GAVE_UP)


@inner
def time_of_day(world: World, instant: float) -> float:
    """Return the seconds after midnight that the wall clock shows at an instant."""
    return _time_of_day(instant, f8_at(world.clock_since), f8_at(world.clock_ahead), world.clock_changes)


@part
def call(world: World, instant: float, order: int, number: int, index: int) -> int:
    """Let a visit, or the stage of a queue, go on at an instant; return the event's ticket.

    `order` and `number` place the event among those of the same instant.
    """
    return schedule(world, DEADLINES if order >= OVERFLOWED else SERVICES, instant, order + number, index)


@inner
def succeed(world: World, index: int) -> None:
    """Let a visit go on after what happens now, before the next event."""
    visit_at(world, index).next = -1
    if world.pending_first < 0:
        world.pending_first = index
    else:
        visit_at(world, world.pending_last).next = index
    world.pending_last = index


@inner
def take_turn(world: World) -> int:
    """Remove and return the visit whose turn is next."""
    index = world.pending_first
    world.pending_first = visit_at(world, index).next
    return index
