"""The columns of a log as memory that costs nothing but what is written there, however often a process runs."""

from __future__ import annotations

import mmap
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.compiled.records import LOG, SPARSE

__all__ = ["Columns", "grown", "new_columns"]

Columns = dict[str, NDArray[Any]]


def new_columns(room: int) -> Columns:
    """Return columns for so many rows: those that are mostly zero as zeros, the others as they come.

    Parameters
    ----------
    room
        Rows.
    """
    columns: Columns = {name: np.empty(room, kind) for name, kind in LOG.items() if name not in SPARSE}
    memory, begin = _zeros(room * sum(np.dtype(LOG[name]).itemsize for name in SPARSE)), 0
    for name in SPARSE:
        columns[name] = np.frombuffer(memory, LOG[name], room, begin)
        begin += columns[name].nbytes
    return columns


def grown(columns: Columns, rows: int) -> Columns:
    """Return columns with twice the room.

    Parameters
    ----------
    columns
        Those that are full.
    rows
        How many hold something.
    """
    larger = new_columns(2 * len(columns["customer"]))
    for name, column in columns.items():
        larger[name][:rows] = column[:rows]
    return larger


def _zeros(size: int) -> mmap.mmap:
    """Return fresh pages; `numpy.zeros` takes used ones where it can, and clears all of them."""
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # so a forked process has its own
