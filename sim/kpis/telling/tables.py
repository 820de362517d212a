"""Where the kernel adds up: tables of cells, and values of which order statistics are wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.kpis.telling.kernel import tell_slots
from sim.kpis.telling.layout import CELLS, KEPT

__all__ = ["Kept", "Table"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

LEAST = 1 << 11  # rows that there is room for at first; a power of 2, as slots are found by the last bits of a hash


class Table:
    """Cells so far: their marks and codes, how many records each has, and the sums of their quantities.

    Parameters
    ----------
    width
        Number of quantities.
    """

    def __init__(self, width: int) -> None:
        self.record = np.zeros(1, CELLS)
        self.record["width"] = width
        self._columns: dict[str, NDArray[Any]] = {
            "marks": np.zeros(0, np.int64),
            "codes": np.zeros(0, np.int64),
            "number": np.zeros(0),
            "sums": np.zeros((0, width)),
        }

    def make_room(self, more: int) -> None:
        """Make room for further cells.

        Parameters
        ----------
        more
            So many.
        """
        size, room = int(self.record["size"][0]), int(self.record["room"][0])
        if room - size >= more:
            return
        while room - size < more:
            room = max(2 * room, LEAST)
        for name, column in self._columns.items():
            grown = np.zeros((room, *column.shape[1:]), column.dtype)
            grown[:size] = column[:size]
            self._columns[name] = grown
        self._slots = np.full(4 * room, -1, np.int32)
        tell_slots(self._slots, self._columns["marks"], self._columns["codes"], size)
        self.record["room"] = room
        for name, column in (*self._columns.items(), ("slots", self._slots)):
            self.record[name] = column.ctypes.data

    @property
    def number(self) -> F8:
        """How many records each cell has, shape (cells,)."""
        return self._so_far("number")

    @property
    def codes(self) -> I8:
        """The codes of each cell as one number, shape (cells,)."""
        return self._so_far("codes")

    def columns(self, sums: tuple[str, ...], marks: tuple[str, ...]) -> dict[str, Any]:
        """Return the sum of each quantity by cell, and whether the cells have each mark.

        Parameters
        ----------
        sums
            Names of the quantities, in order.
        marks
            Names of the marks, the lowest bit first.
        """
        bits = np.arange(len(marks))[:, None]
        values = np.ascontiguousarray(self._so_far("sums").T), (self._so_far("marks") >> bits & 1) == 1
        return dict(zip((*sums, *marks), (row for table in values for row in table), strict=True))

    def _so_far(self, name: str) -> NDArray[Any]:
        return self._columns[name][: int(self.record["size"][0])]


class Kept:
    """Positive values, each with its cell: 12 bytes for each."""

    def __init__(self) -> None:
        self.record = np.zeros(1, KEPT)
        self._full: list[tuple[F8, I4]] = []
        self._values, self._cell = np.zeros(0), np.zeros(0, np.int32)

    def make_room(self, more: int) -> None:
        """Make room for further values.

        Parameters
        ----------
        more
            So many.
        """
        size, room = int(self.record["size"][0]), len(self._values)
        if room - size >= more:
            return
        if size:
            self._full.append((self._values[:size], self._cell[:size]))
        room = max(more, min(2 * room, 1 << 20), LEAST)
        self._values, self._cell = np.empty(room), np.empty(room, np.int32)
        for name, value in (("size", 0), ("room", room)):
            self.record[name] = value
        self.record["values"], self.record["cell"] = self._values.ctypes.data, self._cell.ctypes.data

    def parts(self) -> list[tuple[F8, I4]]:
        """Return the values, and the cell of each, part by part."""
        size = int(self.record["size"][0])
        return [*self._full, (self._values[:size], self._cell[:size])]
