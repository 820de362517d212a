"""Lists as links in records: whoever is in one has a `previous` and a `next`, and leaves in constant time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sim.engine.compiled.memory.world import World
from sim.jit.kernels import inner

__all__ = ["linked"]


class _List(Protocol):
    first: int
    last: int


class _Row(Protocol):
    previous: int
    next: int


Link = Callable[[World, _List, int], None]


def linked(row_at: Callable[[World, int], _Row]) -> tuple[Link, Link]:
    """Return the functions that append a row to a list, and remove it.

    Parameters
    ----------
    row_at
        Gives a row by its index.
    """

    @inner
    def append(world: World, rows: _List, index: int) -> None:
        row = row_at(world, index)
        row.next = -1
        row.previous = rows.last
        if rows.last >= 0:
            row_at(world, rows.last).next = index
        else:
            rows.first = index
        rows.last = index

    @inner
    def remove(world: World, rows: _List, index: int) -> None:
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
