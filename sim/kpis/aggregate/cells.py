"""Cells and values that the compiled pass adds to, and the interval that an instant lies in."""

from __future__ import annotations

from typing import Any

from sim.jit.functions import compiled
from sim.jit.kernels import inner, numbers, part
from sim.jit.records import Column
from sim.kpis.aggregate.scan import CODES, FLAGS, NUMBER, SUMS, Scan, Store, Table, f8_at, i4_at, i8_at

__all__ = ["add_to_cell", "fill_slots", "interval_of", "keep_value"]

(_NO_INTERVAL,) = numbers(-1)
_GOLDEN, _OTHER = numbers(-7046029254386353131, -4417276706812531889)  # odd, far from regular: neighbours fall apart


@inner
def _first_slot(flags: int, codes: int, last: int) -> int:
    return int(((flags * _OTHER) ^ codes) * _GOLDEN >> 32) & last


@compiled("void(i4[::1], i8[:, ::1], i8)")
def fill_slots(slots: Any, rows: Any, size: int) -> None:
    """Enter cells into an empty hash table of slots."""
    for cell in range(size):
        slot = _first_slot(rows[cell, FLAGS], rows[cell, CODES], len(slots) - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = cell


@part
def add_to_cell(table: Table, flags: int, codes: int, sums: Column[float], size: int) -> int:
    """Count a record in the cell of its flags and codes, add its sums there, and return the cell."""
    cell = _cell_of(table, flags, codes)
    rows, begin = f8_at(table.rows), cell * table.width
    rows[begin + NUMBER] += 1.0
    for column in range(size):
        rows[begin + SUMS + column] += sums[column]
    return cell


@inner
def _cell_of(table: Table, flags: int, codes: int) -> int:
    slots, rows, last = i4_at(table.slots), i8_at(table.rows), 4 * table.room - 1
    slot = _first_slot(flags, codes, last)
    cell = int(slots[slot])
    while cell >= 0 and (rows[cell * table.width + FLAGS] != flags or rows[cell * table.width + CODES] != codes):
        slot = (slot + 1) & last
        cell = int(slots[slot])
    if cell < 0:
        cell = table.size
        table.size += 1
        slots[slot] = cell
        rows[cell * table.width + FLAGS] = flags
        rows[cell * table.width + CODES] = codes
    return cell


@part
def keep_value(store: Store, value: float, cell: int) -> None:
    """Keep a value for order statistics."""
    f8_at(store.values)[store.size] = value
    i4_at(store.cell)[store.size] = cell
    store.size += 1


@inner
def interval_of(scan: Scan, instant: float) -> int:
    """Return the reporting interval that an instant lies in, -1 = none that counts."""
    edges = f8_at(scan.edges)
    guess = (instant - edges[0]) * scan.per_second
    interval = int(min(max(guess, 0.0), float(scan.intervals)))
    while interval >= 0 and edges[interval] > instant:
        interval -= 1
    while 0 <= interval < scan.intervals and edges[interval + 1] <= instant:
        interval += 1
    return interval if scan.first_interval <= interval < scan.intervals else _NO_INTERVAL
