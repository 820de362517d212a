"""Random draws of a visit, as `reference/draws.py`; those of a customer's first visit are made ahead."""

from __future__ import annotations

import math

import numpy as np

from sim.core.draws import Purpose, uniform, uniform_pair
from sim.distributions.conditional import PARTS, number_beyond
from sim.distributions.draw import LAW_ROW, draw_value
from sim.engine.compiled.clock import on_day, time_of_day
from sim.engine.compiled.memory.records import Draw, Visit
from sim.engine.compiled.memory.world import (
    AHEAD,
    PURPOSES,
    World,
    break_at,
    callback_time_at,
    day_draw_at,
    draw_at,
    f8_at,
    group_at,
    i4_at,
    step_at,
    u8_at,
)
from sim.jit.kernels import inner, numbers, part
from sim.jit.pointers import record_at

__all__ = [
    "break_time",
    "callback_time",
    "chance",
    "draw",
    "draw_ahead",
    "has_patience",
    "patience",
    "time",
    "value",
    "value_beyond",
]

_TIME, _PATIENCE, _BREAK, _REST = numbers(Purpose.TIME, Purpose.PATIENCE, Purpose.BREAK, Purpose.REST)
_law_at = record_at(LAW_ROW)
(_PARTS,) = numbers(PARTS)
_number_beyond = inner(number_beyond)


@inner
def draw_ahead(world: World) -> None:
    """Draw what the next customers need first: side by side, since each draw alone is a chain of operations."""
    begin, end = world.drawn_until, min(world.drawn_until + AHEAD, world.part_end)
    first = begin - world.part_begin
    entries, keys = i4_at(world.entry + 4 * first), u8_at(world.key + 8 * first)
    streams, times, patience_us = u8_at(world.first_stream), f8_at(world.first_time), f8_at(world.first_patience_u)
    for i in range(end - begin):
        streams[i] = step_at(world, int(entries[i])).stream
    seed, replication, none = world.seed, world.replication, np.uint64(0)
    for i in range(end - begin):
        times[i], patience_us[i] = uniform_pair(seed, replication, streams[i], keys[i], none, none)
    for i in range(end - begin):
        row = draw_at(world, int(entries[i]) * PURPOSES + _TIME)
        times[i] = row.constant if row.law < 0 else draw_value(_law_at(world.laws, row.law), times[i])
    world.drawn_from, world.drawn_until = begin, end


@inner
def draw(world: World, visit: Visit, number: int, purpose: int) -> float:
    """Return a random number for one purpose and a number of the visit's."""
    return uniform(world.seed, world.replication, visit.stream, visit.key, np.uint64(number), np.uint64(purpose))


@inner
def chance(world: World, visit: Visit, purpose: int) -> float:
    """Return a random number for one purpose."""
    return draw(world, visit, visit.earlier, purpose)


@inner
def _row_of_day(world: World, law: int) -> Draw:
    """Return what is drawn from at this time of day."""
    row = -2 - law
    days = int(i4_at(world.day_law_days)[row])
    if days >= 0:
        row = on_day(world, days, world.now)
    change, now = int(i4_at(world.day_ptr)[row + 1]) - 1, time_of_day(world, world.now)
    while f8_at(world.day_begin)[change] > now:
        change -= 1
    return day_draw_at(world, change)


@part
def _by_time_of_day(world: World, law: int, u: float) -> float:
    """Return a time whose law depends on the time of day."""
    row = _row_of_day(world, law)
    return row.constant if row.law < 0 else draw_value(_law_at(world.laws, row.law), u)


@part
def _value_by_time_of_day(world: World, visit: Visit, purpose: int, law: int) -> float:
    return _by_time_of_day(world, law, chance(world, visit, purpose))


@inner
def value(world: World, visit: Visit, purpose: int) -> float:
    """Return a time of a visit for one purpose."""
    row = draw_at(world, visit.step * PURPOSES + purpose)
    if row.law >= 0:
        return draw_value(_law_at(world.laws, row.law), chance(world, visit, purpose))
    return row.constant if row.law == -1 else _value_by_time_of_day(world, visit, purpose, row.law)


@part
def value_beyond(world: World, visit: Visit, purpose: int, age: float) -> float:
    """Return a time of a visit for one purpose, given that it exceeds an age; as `sim.distributions.conditional`."""
    row = draw_at(world, visit.step * PURPOSES + purpose)
    if row.law < -1:
        row = _row_of_day(world, row.law)
    if row.law < 0:
        return max(row.constant, age)
    law = _law_at(world.laws, row.law)
    low, high = 0, _PARTS
    while low < high:
        middle = (low + high) // 2
        if draw_value(law, (middle + 0.5) / _PARTS) > age:
            high = middle
        else:
            low = middle + 1
    return max(draw_value(law, _number_beyond(low / _PARTS, chance(world, visit, purpose))), age)


@inner
def time(world: World, visit: Visit) -> float:
    """Return the time of self-service or of a pause, or the talk time."""
    return value(world, visit, _TIME) if math.isnan(visit.time) else visit.time


@part
def callback_time(world: World, visit: Visit) -> float:
    """Return the talk time of a callback, in a queue that has one of its own."""
    row = callback_time_at(world, visit.queue)
    return row.constant if row.law < 0 else draw_value(_law_at(world.laws, row.law), chance(world, visit, _TIME))


@inner
def patience(world: World, visit: Visit) -> float:
    """Return how long a customer would wait."""
    row = draw_at(world, visit.step * PURPOSES + _PATIENCE)
    if row.law == -1:
        return row.constant
    u = visit.patience_u
    if math.isnan(u):
        tries = 0 if step_at(world, visit.step).patience_kept else visit.earlier
        u = draw(world, visit, tries, _PATIENCE)
    return draw_value(_law_at(world.laws, row.law), u) if row.law >= 0 else _by_time_of_day(world, row.law, u)


@inner
def has_patience(world: World, visit: Visit) -> bool:
    """Return whether the patience of a step ends at all."""
    row = draw_at(world, visit.step * PURPOSES + _PATIENCE)
    return row.law != -1 or row.constant < math.inf


@inner
def break_time(world: World, visit: Visit) -> float:
    """Return the break that an agent takes after a contact, 0 for none."""
    share = group_at(world, visit.group).break_share
    if share == 0.0 or chance(world, visit, _BREAK) >= share:
        return 0.0
    row = break_at(world, visit.group)
    return row.constant if row.law < 0 else draw_value(_law_at(world.laws, row.law), chance(world, visit, _REST))
