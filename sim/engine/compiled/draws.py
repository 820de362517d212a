"""Everybody's draws, as `reference/draws.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.draws import Purpose, uniform
from sim.core.pointers import record_at
from sim.distributions.draw import LAW_ROW, draw_value
from sim.engine.compiled.compiling import inner, numbers
from sim.engine.compiled.records import draw_at, group_at, step_at

__all__ = ["PURPOSES", "chance", "rest", "value"]

PURPOSES = 32
_BREAK, _REST = numbers(Purpose.BREAK, Purpose.REST)
_law_at = record_at(LAW_ROW)


@inner
def chance(world: Any, stream: Any, key: Any, times: int, purpose: int) -> float:
    """Return a random number for one purpose."""
    return uniform(world.seed, world.replication, stream, key, np.uint64(times), np.uint64(purpose))


@inner
def _draw(world: Any, draw: Any, stream: Any, key: Any, times: int, purpose: int) -> float:
    return draw_value(_law_at(world.laws, draw.law), chance(world, stream, key, times, purpose))


@inner
def value(world: Any, step: int, key: Any, times: int, purpose: int) -> float:
    """Return a time that a customer's visit to a step takes for one purpose."""
    draw = draw_at(world.draws, step * PURPOSES + purpose)
    if draw.law < 0:
        return draw.constant
    return _draw(world, draw, step_at(world.steps, step).stream, key, times, purpose)


@inner
def rest(world: Any, group: int, step: int, key: Any, times: int) -> float:
    """Return the break that an agent takes after a contact, 0 for none."""
    share = group_at(world.groups, group).break_share
    stream = step_at(world.steps, step).stream
    if share == 0.0 or chance(world, stream, key, times, _BREAK) >= share:
        return 0.0
    draw = draw_at(world.rests, group)
    return draw.constant if draw.law < 0 else _draw(world, draw, stream, key, times, _REST)
