"""Lists as links in records: a row of one has a `previous` and a `next`, and leaves in constant time."""

from __future__ import annotations

from collections.abc import Callable

from sim.engine.compiled.memory.records import Agent, Lane, Queue, Visit
from sim.engine.compiled.memory.world import World
from sim.jit.kernels import inner

__all__ = ["linked"]

Link = Callable[[World, Lane | Queue, int], None]


def linked(row_at: Callable[[World, int], Agent | Visit]) -> tuple[Link, Link]:
    """Return the functions that append a row, of which `row_at` gives the record, to a list, and remove it."""

    @inner
    def append(world: World, rows: Lane | Queue, index: int) -> None:
        row = row_at(world, index)
        row.next = -1
        row.previous = rows.last
        if rows.last >= 0:
            row_at(world, rows.last).next = index
        else:
            rows.first = index
        rows.last = index

    @inner
    def remove(world: World, rows: Lane | Queue, index: int) -> None:
        row = row_at(world, index)
        if row.previous >= 0:
            row_at(world, row.previous).next = row.next
        else:
            rows.first = row.next
        if row.next >= 0:
            row_at(world, row.next).previous = row.previous
        else:
            rows.last = row.previous

    return append, remove
