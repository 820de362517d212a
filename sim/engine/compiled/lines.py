"""Trunk lines, which customers hold, and calls to customers wait for; as `reference/lines.py`."""

from __future__ import annotations

from sim.engine.compiled.memory.records import Customer, Visit
from sim.engine.compiled.memory.world import World, customer_at, i4_at, step_at
from sim.jit.kernels import inner, part

__all__ = ["can_be_taken", "is_free", "take_for_call_back", "take_line"]


@inner
def is_free(world: World, line: int) -> bool:
    """Return whether a line is free, or none is needed."""
    return line < 0 or i4_at(world.lines)[line] > 0


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


@part
def take_for_call_back(world: World, visit: Visit) -> None:
    """Let a customer who is called back hold a line of their step, which is free."""
    if visit.callback:
        take_line(world, customer_at(world, visit.customer), step_at(world, visit.step).line)


@inner
def can_be_taken(world: World, visit: Visit) -> bool:
    """Return whether a contact has a line already, needs none, or one is free for the call back."""
    return not visit.callback or is_free(world, step_at(world, visit.step).line)
