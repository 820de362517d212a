"""Everybody's draws, as `reference/draws.py`; what a customer needs first is drawn before they come."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sim.core.draws import Purpose, uniform, uniform_pair
from sim.distributions.draw import LAW_ROW, draw_value
from sim.engine.compiled.memory.records import draw_at, f8_at, group_at, i4_at, rest_at, step_at, u8_at
from sim.jit.kernels import inner, numbers
from sim.jit.pointers import record_at

__all__ = ["AHEAD", "PURPOSES", "chance", "draw", "draw_ahead", "patience", "rest", "time", "value"]

AHEAD = 64  # customers: enough that their draws overlap, few enough to stay in the cache
PURPOSES = 32
_TIME, _PATIENCE, _BREAK, _REST = numbers(Purpose.TIME, Purpose.PATIENCE, Purpose.BREAK, Purpose.REST)
_law_at = record_at(LAW_ROW)


@inner
def draw_ahead(world: Any) -> None:
    """Draw the times that the next customers need first: side by side, for each alone is a chain of operations."""
    begin, end = world.drawn, min(world.drawn + AHEAD, world.coming)
    entry, keys = i4_at(world.entry + 4 * (begin - world.before)), u8_at(world.key + 8 * (begin - world.before))
    streams, times, lucks = u8_at(world.first_stream), f8_at(world.first_time), f8_at(world.first_luck)
    for place in range(end - begin):
        streams[place] = step_at(world, int(entry[place])).stream
    seed, replication, none = world.seed, world.replication, np.uint64(0)
    for place in range(end - begin):
        times[place], lucks[place] = uniform_pair(seed, replication, streams[place], keys[place], none, none)
    for place in range(end - begin):
        times[place] = _value(world, int(entry[place]), _TIME, times[place])
    world.ahead, world.drawn = begin, end


@inner
def draw(world: Any, visit: Any, times: int, purpose: int) -> float:
    """Return a random number for one purpose, the given time that it is needed."""
    return uniform(world.seed, world.replication, visit.stream, visit.key, np.uint64(times), np.uint64(purpose))


@inner
def chance(world: Any, visit: Any, purpose: int) -> float:
    """Return a random number for one purpose."""
    return draw(world, visit, visit.times, purpose)


@inner
def _value(world: Any, step: int, purpose: int, u: float) -> float:
    of = draw_at(world, step * PURPOSES + purpose)
    return of.constant if of.law < 0 else draw_value(_law_at(world.laws, of.law), u)


@inner
def value(world: Any, visit: Any, purpose: int) -> float:
    """Return a time that a customer's visit to a step takes for one purpose."""
    of = draw_at(world, visit.step * PURPOSES + purpose)
    return of.constant if of.law < 0 else draw_value(_law_at(world.laws, of.law), chance(world, visit, purpose))


@inner
def time(world: Any, visit: Any) -> float:
    """Return the time that a visit takes in itself."""
    return value(world, visit, _TIME) if math.isnan(visit.time) else visit.time


@inner
def patience(world: Any, visit: Any) -> float:
    """Return how long a customer waits."""
    if math.isnan(visit.luck):
        return value(world, visit, _PATIENCE)
    return _value(world, visit.step, _PATIENCE, visit.luck)


@inner
def rest(world: Any, visit: Any) -> float:
    """Return the break that an agent takes after a contact, 0 for none."""
    share = group_at(world, visit.group).break_share
    if share == 0.0 or chance(world, visit, _BREAK) >= share:
        return 0.0
    of = rest_at(world, visit.group)
    return of.constant if of.law < 0 else draw_value(_law_at(world.laws, of.law), chance(world, visit, _REST))
