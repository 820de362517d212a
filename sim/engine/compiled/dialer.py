"""Lists of customers who are called when agents are idle and a line is free; as `reference/dialer.py`."""

from __future__ import annotations

import math

from sim.engine.compiled import agents, lines
from sim.engine.compiled.clock import on_day, succeed, time_of_day
from sim.engine.compiled.memory.records import Dialer
from sim.engine.compiled.memory.world import World, customer_at, dialer_at, f8_at, group_at, i4_at, visit_at
from sim.jit.kernels import inner, numbers

__all__ = ["ANEW", "NOT_ANEW", "dial", "end_call", "put", "reach"]

NOT_ANEW, ANEW = numbers(0, 1)


@inner
def put(world: World, row: int, index: int) -> None:
    """Put a customer on the list."""
    dialer = dialer_at(world, row)
    anew = ANEW if dialer.first < 0 else NOT_ANEW
    visit_at(world, index).next = -1
    if dialer.first >= 0:
        visit_at(world, dialer.last).next = index
    else:
        dialer.first = index
    dialer.last = index
    dial(world, row, anew)


@inner
def reach(world: World, row: int, called: float) -> float:
    """Return the probability that a customer answers who is called at an instant."""
    dialer = dialer_at(world, row)
    first, change = dialer.reach_first, dialer.reach_last - 1
    if dialer.reach_days >= 0:
        rows = on_day(world, dialer.reach_days, called)
        first, change = int(i4_at(world.reach_ptr)[rows]), int(i4_at(world.reach_ptr)[rows + 1]) - 1
    if change > first:
        time = time_of_day(world, called)
        while f8_at(world.reach_begin)[change] > time:
            change -= 1
    return f8_at(world.reach)[change]


@inner
def dial(world: World, row: int, anew: int) -> None:
    """Dial as many as the idle agents are worth, and as there are lines for; anew as in `reference/dialer.py`."""
    dialer = dialer_at(world, row)
    if dialer.first < 0 or (dialer.when_freed and anew == NOT_ANEW) or not _is_open(world, dialer):
        return
    idle = 0
    for position in range(dialer.idle_first, dialer.idle_last):
        idle += agents.idle(world, group_at(world, int(i4_at(world.idle_groups)[position])))
    further = min(idle - dialer.keep, agents.idle(world, group_at(world, dialer.group)))
    if further <= 0 or idle < dialer.least:
        return
    most = math.floor(dialer.per_idle * further) + dialer.extra
    while dialer.first >= 0 and dialer.under_way < most and lines.is_free(world, dialer.line):
        dialer.under_way += 1
        index = dialer.first
        dialer.first = visit_at(world, index).next
        lines.take_line(world, customer_at(world, visit_at(world, index).customer), dialer.line)
        succeed(world, index)


@inner
def end_call(world: World, row: int, answered: bool) -> None:
    """End a call; whoever answered takes one of the idle agents next, otherwise the next customer is dialed."""
    dialer_at(world, row).under_way -= 1
    if not answered:
        dial(world, row, NOT_ANEW)


@inner
def _is_open(world: World, dialer: Dialer) -> bool:
    """Return whether it dials at this time."""
    while world.now >= dialer.closes:
        dialer.open_first += 1
        goes_on = dialer.open_first < dialer.open_last
        dialer.opens = f8_at(world.dials_from)[dialer.open_first] if goes_on else math.inf
        dialer.closes = f8_at(world.dials_until)[dialer.open_first] if goes_on else math.inf
    return dialer.opens <= world.now
