"""Columns of replications: the numerators and denominators of all rows, in memory that does not grow with their number.

Beyond some megabytes they go to a temporary file, from which blocks of rows come back. So estimates stay exact, also
quantiles over the days, which no sum of what has passed could give (ADR 24).
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import CannotWrite
from sim.kpis import Measures, Row

__all__ = ["ArrayColumns", "ColumnSource", "Columns", "blocks_of"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Index = Sequence[Row]

ROOM = 1 << 23  # bytes that are kept in memory
BLOCK = 1 << 18  # values of a block of rows


class ColumnSource(Protocol):
    """Numerators and denominators of replications, row by row."""

    def __len__(self) -> int:
        """Return the number of replications, R."""

    def take(self, rows: slice | I8) -> tuple[F8, F8]:
        """Return numerators and denominators of some rows, [R, rows]."""


@dataclass(frozen=True, eq=False)
class ArrayColumns:
    """Columns that are arrays, [R, rows]."""

    num: F8
    den: F8

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self.num)

    def take(self, rows: slice | I8) -> tuple[F8, F8]:
        """Return numerators and denominators of some rows."""
        return self.num[:, rows], self.den[:, rows]


class _Spill:
    """A temporary file of values, closed with the last columns that use it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        self._lock = Lock()
        weakref.finalize(self, self._file.close)

    def append(self, values: F8) -> int:
        """Write values at the end, and return where they begin."""
        offset, left = self._file.seek(0, 2), values.data.cast("B")
        try:
            while len(left):
                left = left[self._file.write(left) :]
        except OSError as error:
            message = f"{tempfile.gettempdir()}: the values of the replications cannot be kept: {error.strerror}"
            raise CannotWrite(f"{message}; free space, set TMPDIR, or measure fewer --kpis") from error
        return offset

    def read(self, offset: int, into: F8) -> None:
        """Read values."""
        left = into.data.cast("B")
        with self._lock:
            self._file.seek(offset)
            while len(left):
                count = self._file.readinto(left)
                assert count, "the temporary file is shorter than what was written"
                left = left[count:]


@dataclass(eq=False)
class _Chunk:
    """Some replications in a file, row by row: numerators, and then denominators."""

    offset: int
    replications: int


@dataclass(eq=False)
class Columns:
    """Columns that grow by a replication at a time."""

    index: Index = ()
    room: int = ROOM
    _count: int = 0
    _fresh: F8 = field(default_factory=lambda: np.empty((0, 2, 0)))  # those that are not in the file
    _used: int = 0
    _chunks: list[_Chunk] = field(default_factory=list)
    _spill: _Spill | None = None

    def __len__(self) -> int:
        """Return the number of replications."""
        return self._count

    def add(self, measures: Measures) -> None:
        """Add those of the next replication; ValueError if its plan is another."""
        if not self._count:
            self.index = measures.index
            self._fresh = np.empty((max(1, self.room // max(16 * len(self.index), 1)), 2, len(self.index)))
        elif measures.index != self.index:
            raise ValueError("replications of different plans cannot be stacked")
        if self._used == len(self._fresh):
            self._write()
        self._fresh[self._used] = measures.num, measures.den
        self._used += 1
        self._count += 1

    def first(self, replications: int) -> Columns:
        """Return the first replications; they share memory and file, to which nothing may be added then."""
        return Columns(
            self.index, self.room, min(replications, self._count), self._fresh, self._used, self._chunks, self._spill
        )  # fmt: skip

    def take(self, rows: slice | I8) -> tuple[F8, F8]:
        """Return numerators and denominators of some rows, [R, rows]: line by line of a slice, else row by row."""
        if isinstance(rows, slice):
            wanted = np.arange(*rows.indices(len(self.index)))
            both = np.empty((2, self._count, len(wanted)))
        else:
            wanted = np.asarray(rows, dtype=np.int64).reshape(-1)
            both = np.empty((2, len(wanted), self._count)).transpose(0, 2, 1)
        begin = 0
        for chunk in self._chunks:
            end = min(begin + chunk.replications, self._count)
            self._read(chunk, wanted, both[:, begin:end])
            begin = end
        both[:, begin:] = self._fresh[: self._count - begin, :, wanted].transpose(1, 0, 2)
        if isinstance(rows, slice) or rows.ndim == 1:
            return both[0], both[1]
        shape = (self._count, *rows.shape)
        return both[0].reshape(shape), both[1].reshape(shape)

    def replications(self) -> Iterator[tuple[F8, F8]]:
        """Yield the numerators and denominators of each replication."""
        begin = 0
        for chunk in self._chunks:
            end = min(begin + chunk.replications, self._count)
            both = np.empty((2, end - begin, len(self.index)))
            self._read(chunk, np.arange(len(self.index)), both)
            yield from zip(*both, strict=True)
            begin = end
        yield from ((each[0], each[1]) for each in self._fresh[: self._count - begin])

    def _write(self) -> None:
        """Move the replications that are in memory to the file."""
        if self._spill is None:
            self._spill = _Spill()
        values = np.ascontiguousarray(self._fresh[: self._used].transpose(1, 2, 0))
        self._chunks.append(_Chunk(self._spill.append(values), self._used))
        self._used = 0

    def _read(self, chunk: _Chunk, rows: I8, into: F8) -> None:
        """Read rows of the first replications of a chunk."""
        assert self._spill is not None
        length, wanted = 8 * chunk.replications, into.shape[1]
        breaks = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
        for part in (0, 1):
            start = chunk.offset + part * length * len(self.index)
            for low, high in pairwise(breaks):
                if low == high:
                    continue
                values = np.empty((high - low, chunk.replications))
                self._spill.read(start + length * int(rows[low]), values)
                into[part][:, low:high] = values[:, :wanted].T


def blocks_of(values: int, rows: int, *, most: int = BLOCK) -> Iterator[slice]:
    """Yield blocks of rows of some values each, which fit into memory; none has a single row of many.

    Parameters
    ----------
    values, rows
        Number of values of a row, and of rows.
    most
        Rows of a block, roughly.
    """
    size = max(2, min(most, BLOCK // max(values, 1)))
    edges = np.linspace(0, rows, max(1, rows // size) + 1).astype(np.int64).tolist()
    yield from (slice(*edge) for edge in pairwise(edges))
