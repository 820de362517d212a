"""Where what is told of is added up: cells, and values that are kept; and the interval that an instant lies in."""

from __future__ import annotations

from typing import Any

from sim.jit.cache import compiled
from sim.jit.kernels import inner, numbers, part
from sim.kpis.aggregate.layout import CODES, MARKS, NUMBER, f8_at, i4_at, i8_at

__all__ = ["cell_of", "interval_of", "keep", "tell_slots"]

(_NOWHERE,) = numbers(-1)
_GOLDEN, _OTHER = numbers(-7046029254386353131, -4417276706812531889)  # odd, far from regular: neighbours fall apart


@compiled("void(i4[::1], i8[:, ::1], i8)")
def tell_slots(slots: Any, rows: Any, size: int) -> None:
    """Put cells that are known into an empty table of slots."""
    for cell in range(size):
        slot = _slot_of(rows[cell, MARKS], rows[cell, CODES], len(slots) - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = cell


@inner
def cell_of(table: Any, marks: int, codes: int) -> int:
    """Return the cell of a record, which is counted in it."""
    slots, rows, last = i4_at(table.slots), i8_at(table.rows), 4 * table.room - 1
    slot = _slot_of(marks, codes, last)
    cell = int(slots[slot])
    while cell >= 0 and (rows[cell * table.width + MARKS] != marks or rows[cell * table.width + CODES] != codes):
        slot = (slot + 1) & last
        cell = int(slots[slot])
    if cell < 0:
        cell = table.size
        table.size += 1
        slots[slot] = cell
        rows[cell * table.width + MARKS] = marks
        rows[cell * table.width + CODES] = codes
    f8_at(table.rows)[cell * table.width + NUMBER] += 1.0
    return cell


@inner
def _slot_of(marks: int, codes: int, last: int) -> int:
    return int(((marks * _OTHER) ^ codes) * _GOLDEN >> 32) & last


@part
def keep(kept: Any, value: float, cell: int) -> None:
    """Keep a value, of which order statistics are wanted."""
    f8_at(kept.values)[kept.size] = value
    i4_at(kept.cell)[kept.size] = cell
    kept.size += 1


@inner
def interval_of(told: Any, instant: float) -> int:
    """Return the interval that an instant lies in, -1 = outside of all that count."""
    edges = f8_at(told.edges)
    guess = (instant - edges[0]) * told.per_second
    at = int(min(max(guess, 0.0), float(told.intervals)))
    while at >= 0 and edges[at] > instant:
        at -= 1
    while 0 <= at < told.intervals and edges[at + 1] <= instant:
        at += 1
    return at if told.first_interval <= at < told.intervals else _NOWHERE
