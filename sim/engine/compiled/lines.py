"""Trunk lines: a customer holds one of those of their step, and no others; as `reference/lines.py`."""

from __future__ import annotations

from sim.engine.compiled.memory.records import Customer
from sim.engine.compiled.memory.world import World, i4_at
from sim.jit.kernels import inner

__all__ = ["is_free", "take_line"]


@inner
def is_free(world: World, line: int) -> bool:
    """Return whether a line is free."""
    return i4_at(world.lines)[line] > 0


@inner
def take_line(world: World, customer: Customer, line: int) -> bool:
    """Let a customer hold the lines of their step and no others; return whether one was free."""
    free = i4_at(world.lines)
    if customer.line >= 0:
        free[customer.line] += 1
        customer.line = -1
    if line < 0:
        return True
    if not free[line]:
        return False
    free[line] -= 1
    customer.line = line
    return True
