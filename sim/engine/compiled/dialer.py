"""Lists of customers who are called when agents are idle and a line is free; as `reference/dialer.py`."""

from __future__ import annotations

import math

from sim.engine.compiled import agents, lines
from sim.engine.compiled.clock import succeed, time_of_day
from sim.engine.compiled.memory.world import World, customer_at, dialer_at, f8_at, group_at, i4_at, visit_at
from sim.jit.kernels import inner

__all__ = ["dial", "end_call", "put", "reach"]


@inner
def put(world: World, row: int, index: int) -> None:
    """Put a customer on the list."""
    dialer = dialer_at(world, row)
    visit_at(world, index).next = -1
    if dialer.first >= 0:
        visit_at(world, dialer.last).next = index
    else:
        dialer.first = index
    dialer.last = index
    dial(world, row)


@inner
def reach(world: World, row: int, called: float) -> float:
    """Return the probability that a customer answers who is called at an instant."""
    dialer = dialer_at(world, row)
    change = dialer.reach_last - 1
    if change > dialer.reach_first:
        time = time_of_day(world, called)
        while f8_at(world.reach_begin)[change] > time:
            change -= 1
    return f8_at(world.reach)[change]


@inner
def dial(world: World, row: int) -> None:
    """Dial as many as the idle agents are worth, and as there are lines for."""
    dialer = dialer_at(world, row)
    further = -dialer.keep
    for position in range(dialer.idle_first, dialer.idle_last):
        further += agents.idle(world, group_at(world, int(i4_at(world.idle_groups)[position])))
    further = min(further, agents.idle(world, group_at(world, dialer.group)))
    if further <= 0:
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
        dial(world, row)
