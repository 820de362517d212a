"""What goes on at once, before the next event: visits whose turn has come, first come, first served."""

from __future__ import annotations

from typing import Any

from sim.engine.compiled.memory.records import visit_at
from sim.jit.kernels import inner

__all__ = ["get", "put"]


@inner
def put(world: Any, index: int) -> None:
    """Let a visit go on after what happens now."""
    visit_at(world, index).next = -1
    if world.pending_first < 0:
        world.pending_first = index
    else:
        visit_at(world, world.pending_last).next = index
    world.pending_last = index


@inner
def get(world: Any) -> int:
    """Return the visit that goes on next."""
    index = world.pending_first
    world.pending_first = visit_at(world, index).next
    return index
