"""Trunk lines: a customer holds those of their step, and no others."""

from __future__ import annotations

from typing import Any

from sim.engine.compiled.memory.records import i4_at
from sim.jit.kernels import inner

__all__ = ["take_line"]


@inner
def take_line(world: Any, customer: Any, line: int) -> bool:
    """Let a customer hold the lines of their step and no others; tell whether there was a free one."""
    lines = i4_at(world.lines)
    if customer.line >= 0:
        lines[customer.line] += 1
        customer.line = -1
    if line < 0:
        return True
    if not lines[line]:
        return False
    lines[line] -= 1
    customer.line = line
    return True
