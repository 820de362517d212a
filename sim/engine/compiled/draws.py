"""Random draws of a visit, as `reference/draws.py`; those of a customer's first visit are made ahead."""

from __future__ import annotations

import math

import numpy as np

from sim.core.draws import Purpose, uniform, uniform_pair
from sim.distributions.draw import LAW_ROW, draw_value
from sim.engine.compiled.clock import time_of_day
from sim.engine.compiled.memory.records import Draw, Visit
from sim.engine.compiled.memory.world import (
    AHEAD,
    OF_DAY,
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

__all__ = ["break_time", "callback_time", "chance", "draw", "draw_ahead", "patience", "time", "value"]

_TIME, _PATIENCE, _BREAK, _REST = numbers(Purpose.TIME, Purpose.PATIENCE, Purpose.BREAK, Purpose.REST)
_law_at = record_at(LAW_ROW)


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
        step = int(entries[i])
        of_day = draw_at(world, step * PURPOSES + _TIME).law == OF_DAY  # not known ahead
        times[i] = math.nan if of_day else _value(world, step, _TIME, times[i])
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
def _now(world: World, row: Draw) -> Draw:
    """Return a draw, or the one that holds at the time of day."""
    if row.law != OF_DAY:
        return row
    change, now = row.day_last - 1, time_of_day(world, world.now)
    while f8_at(world.day_begin)[change] > now:
        change -= 1
    return day_draw_at(world, change)


@inner
def _value(world: World, step: int, purpose: int, u: float) -> float:
    row = _now(world, draw_at(world, step * PURPOSES + purpose))
    return row.constant if row.law < 0 else draw_value(_law_at(world.laws, row.law), u)


@inner
def value(world: World, visit: Visit, purpose: int) -> float:
    """Return a time of a visit for one purpose."""
    row = _now(world, draw_at(world, visit.step * PURPOSES + purpose))
    return row.constant if row.law < 0 else draw_value(_law_at(world.laws, row.law), chance(world, visit, purpose))


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
    if not math.isnan(visit.patience_u):
        return _value(world, visit.step, _PATIENCE, visit.patience_u)
    if step_at(world, visit.step).patience_kept:
        return _value(world, visit.step, _PATIENCE, draw(world, visit, 0, _PATIENCE))
    return value(world, visit, _PATIENCE)


@inner
def break_time(world: World, visit: Visit) -> float:
    """Return the break that an agent takes after a contact, 0 for none."""
    share = group_at(world, visit.group).break_share
    if share == 0.0 or chance(world, visit, _BREAK) >= share:
        return 0.0
    row = break_at(world, visit.group)
    return row.constant if row.law < 0 else draw_value(_law_at(world.laws, row.law), chance(world, visit, _REST))
