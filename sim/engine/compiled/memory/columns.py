"""The columns of a log as memory that is recycled, and that costs nothing where nobody writes."""

from __future__ import annotations

import mmap
import sys
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from ctypes import c_char
from functools import cache
from typing import Any
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import COLUMNS

__all__ = ["SPARSE", "Columns", "grown", "keep_memory", "new_columns"]

Columns = dict[str, NDArray[Any]]
SPARSE = (  # written only where they are not zero
    "hold", "repeat", "rang", "interrupted", "stayed", "rested", "visit", "journey", "callback",
)  # fmt: skip
_FULL = tuple(name for name in COLUMNS if name not in SPARSE)
_LARGE = 1 << 25  # bytes: what is smaller comes from the C library, which keeps it too


def new_columns(room: int) -> Columns:
    """Return columns for so many rows: sparse ones as zeros, the others with anything in them."""
    if room * _row_of(_FULL) < _LARGE:
        full: Columns = {name: np.empty(room, COLUMNS[name]) for name in _FULL}
    else:
        full = _columns(_FULL, room, _recycler.take(room * _row_of(_FULL)))
    return full | _columns(SPARSE, room, _zeros(room * _row_of(SPARSE)))


@cache
def keep_memory() -> None:
    """Let the C library keep what a run of a day takes for the next one, and for its KPIs.

    The GNU library keeps pieces up to the size of the largest one that it was given back so far, which was a mapping of
    its own (mallopt(3), M_MMAP_THRESHOLD). So it is given back a large one that nobody has touched.
    """
    np.empty(16 << 20, np.uint8)


def grown(columns: Columns, rows: int) -> Columns:
    """Return columns with twice the room; the rows that are used are copied."""
    larger = new_columns(2 * len(columns["customer"]))
    for name, column in columns.items():
        larger[name][:rows] = column[:rows]
    return larger


def _row_of(names: Iterable[str]) -> int:
    return sum(np.dtype(COLUMNS[name]).itemsize for name in names)


def _columns(names: Iterable[str], room: int, memory: Any) -> Columns:
    """Lay columns out in memory, wide ones first, so that each is aligned."""
    columns: Columns = {}
    begin = 0
    for name in sorted(names, key=lambda name: -np.dtype(COLUMNS[name]).itemsize):
        columns[name] = np.frombuffer(memory, COLUMNS[name], room, begin)
        begin += columns[name].nbytes
    return columns


def _zeros(size: int) -> mmap.mmap:
    """Return fresh pages; `numpy.zeros` takes used ones where it can, and clears all of them."""
    if sys.platform == "win32":
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # so a forked process has its own


def _advise(memory: mmap.mmap, advice: str) -> None:
    if hasattr(mmap, advice):
        memory.madvise(getattr(mmap, advice))


def _fits(memory: mmap.mmap, size: int) -> bool:
    return size <= len(memory) <= 4 * size  # a small log does not need the pages of a large one


class _Recycler:
    """Recycles the memory of large logs that are gone.

    The first touch of a new page is a fault: the operating system clears the page, and on a virtual machine its host
    does too; threads wait for each other meanwhile.
    """

    def __init__(self) -> None:
        self._kept: deque[mmap.mmap] = deque(maxlen=4)  # threads have one each, and earlier logs may still be there
        self._wanted = 0  # bytes, the last time

    def take(self, size: int) -> Any:
        """Return memory with anything in it; it is kept for the next log when its last column is gone."""
        self._wanted, memory = size, None
        with suppress(IndexError):  # a test whether there is one would let another thread take it meanwhile
            memory = self._kept.pop()
        if memory is None or not _fits(memory, size):
            memory = _zeros(size + size // 4)  # the next log may be somewhat longer
            _advise(memory, "MADV_HUGEPAGE")  # faults in fewer, larger pieces
        buffer = (c_char * len(memory)).from_buffer(memory)
        finalize(buffer, self._keep, memory).atexit = False
        return buffer

    def _keep(self, memory: mmap.mmap) -> None:
        if _fits(memory, self._wanted):
            _advise(memory, "MADV_FREE")  # the operating system may have it back when it needs it
            self._kept.append(memory)


_recycler = _Recycler()
