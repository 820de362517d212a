"""The clock: events at an instant, and visits that go on at once; as `reference/clock.py`.

What goes on at once (`succeed` of a SimPy event) is a queue of visits that is emptied before the next event: the order
of turns at one instant shows in the log.
"""

from __future__ import annotations

from sim.core.time_of_day import wall_time
from sim.core.units import DAY
from sim.engine.compiled.memory.heap import DEADLINES, SERVICES, schedule
from sim.engine.compiled.memory.world import World, f8_at, i4_at, visit_at
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
    "on_day",
    "succeed",
    "take_turn",
    "time_of_day",
]

_wall_time = inner(wall_time)
FREED, LEFT, ARRIVED = numbers(EventOrder.FREED, EventOrder.LEFT, EventOrder.ARRIVED)
OVERFLOWED, TIMED_OUT, GAVE_UP = numbers(EventOrder.OVERFLOWED, EventOrder.TIMED_OUT, EventOrder.GAVE_UP)


@inner
def time_of_day(world: World, instant: float) -> float:
    """Return the seconds after midnight that the wall clock shows at an instant."""
    return _wall(world, instant) % DAY


@inner
def on_day(world: World, row: int, instant: float) -> int:
    """Return what a row of `Plan.day_values` holds on the day of an instant."""
    day = min(int(_wall(world, instant) // DAY), world.days - 1)
    return int(i4_at(world.day_values)[row * world.days + day])


@inner
def _wall(world: World, instant: float) -> float:
    return _wall_time(instant, f8_at(world.clock_since), f8_at(world.clock_ahead), world.clock_changes)


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
