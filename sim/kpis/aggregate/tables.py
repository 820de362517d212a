"""Memory that the compiled pass fills: tables of cells, and stores of values for order statistics."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from sim.kpis.aggregate.cells import fill_slots
from sim.kpis.aggregate.declaration import flags_of, sums_of
from sim.kpis.aggregate.scan import CODES, FLAGS, NUMBER, SUMS, Store, Table

__all__ = ["CellTable", "ValueStore"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

LEAST = 1 << 10  # rows that there is room for at first; a power of 2, as slots are found by the last bits of a hash
PART = 1 << 16  # values
IN_MEMORY = 1 << 18  # values: 3 MB


class CellTable:
    """Cells: records that agree in all flags and codes, with their number and the sums of their quantities."""

    def __init__(self, declaration: Any) -> None:
        self._flags, self._sums = tuple(flags_of(declaration)), tuple(sums_of(declaration))
        self.record = np.zeros(1, Table.dtype)
        self.record["width"] = SUMS + len(self._sums)
        self._rows = np.zeros((0, SUMS + len(self._sums)))

    def make_room(self, more: int) -> None:
        """Make room for further cells."""
        size, room = int(self.record["size"][0]), len(self._rows)
        if room - size >= more:
            return
        while room - size < more:
            room = max(2 * room, LEAST)
        grown = np.zeros((room, self._rows.shape[1]))
        grown[:size] = self._rows[:size]
        self._rows, self._slots = grown, np.full(4 * room, -1, np.int32)
        fill_slots(self._slots, grown.view(np.int64), size)
        self.record["room"], self.record["rows"] = room, grown.ctypes.data
        self.record["slots"] = self._slots.ctypes.data

    @property
    def number(self) -> F8:
        """Number of records of each cell, shape (cells,)."""
        return np.ascontiguousarray(self._filled()[:, NUMBER])

    @property
    def codes(self) -> I8:
        """Codes of each cell as one number, shape (cells,)."""
        return self._filled().view(np.int64)[:, CODES]

    def columns(self) -> dict[str, Any]:
        """Return each sum, and whether the cells have each flag, by name."""
        rows, bits = self._filled(), np.int32(1) << np.arange(len(self._flags), dtype=np.int32)[:, None]
        sums = np.ascontiguousarray(rows[:, SUMS:].T)
        flags = (rows.view(np.int64)[:, FLAGS].astype(np.int32) & bits) != 0
        return dict(zip((*self._sums, *self._flags), (*sums, *flags), strict=True))

    def _filled(self) -> F8:
        return self._rows[: int(self.record["size"][0])]


class ValueStore:
    """Positive values, each with its cell: 12 bytes for each, in memory up to a point, and beyond it in a file."""

    def __init__(self) -> None:
        self.record = np.zeros(1, Store.dtype)
        self._full: list[tuple[F8, I4]] = []
        self._values, self._cell = np.zeros(0), np.zeros(0, np.int32)
        self._file: IO[bytes] | None = None
        self._in_file: list[int] = []  # how many values each part in it has
        self._is_full = False  # no file can be written, or it can grow no further

    def make_room(self, more: int) -> None:
        """Make room for further values."""
        size, room = int(self.record["size"][0]), len(self._values)
        if room - size >= more:
            return
        if size:
            self._full.append((self._values[:size], self._cell[:size]))
        if sum(len(values) for values, _ in self._full) >= IN_MEMORY and not self._is_full:
            self._put_into_file()
        room = max(more, min(2 * room, PART), LEAST)
        self._values, self._cell = np.empty(room), np.empty(room, np.int32)
        self.record["size"], self.record["room"] = 0, room
        self.record["values"], self.record["cell"] = self._values.ctypes.data, self._cell.ctypes.data

    def __iter__(self) -> Iterator[tuple[F8, I4]]:
        """Go over the values, and the cell of each, part by part."""
        if self._file is not None:
            self._file.seek(0)
            for size in self._in_file:
                values, cell = np.empty(size), np.empty(size, np.int32)
                self._file.readinto(values.data.cast("B"))  # type: ignore[attr-defined]
                self._file.readinto(cell.data.cast("B"))  # type: ignore[attr-defined]
                yield values, cell
        yield from self._full
        size = int(self.record["size"][0])
        yield self._values[:size], self._cell[:size]

    def _put_into_file(self) -> None:
        """Move the values from memory to a temporary file that ends with the process, if there is room."""
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - needed for as long as these values are
                weakref.finalize(self, self._file.close)
            while self._full and not self._is_full:
                self._is_full = any(self._file.write(column.data) < column.nbytes for column in self._full[0])
                if not self._is_full:
                    self._in_file.append(len(self._full.pop(0)[0]))
        except OSError:
            self._is_full = True
