"""Points in cells of the time-height plane, from which Poisson arrivals with keyed draws are made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import uniform_pairs
from sim.jit.functions import compiled

__all__ = ["points_below"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U8 = NDArray[np.uint64]


@compiled(
    "Tuple((f8[::1], f8[::1], u8[::1]))(UniTuple(u8, 4), u8[::1], i8[::1], f8[:, ::1], UniTuple(f8, 2))",
    error_model="numpy",
)
def points_below(
    source: tuple[int, int, int, int], cell: U8, count: I8, cells: F8, size: tuple[float, float]
) -> tuple[F8, F8, U8]:
    """Return time, height and key of the points below each cell's height limit.

    Parameters
    ----------
    source
        Seed, replication, stream, and an even purpose: its draw gives the time, that of the next purpose the height.
    cell, count
        Key of each cell, shape (n,), and its number of points; a point's key is the cell's plus its number in it.
    cells
        Of each cell: start time, number of the layer, and height limit, shape (3, n).
    size
        Length and height of a cell.

    Returns
    -------
    tuple
        In order of cell and number.
    """
    total = 0
    for number in count:
        total += number
    keys, point = np.empty(total, np.uint64), 0
    for i in range(len(cell)):
        for number in range(count[i]):
            keys[point] = cell[i] | np.uint64(number)
            point += 1
    times, heights = uniform_pairs(source[0], source[1], source[2], keys, 0, source[3])
    point = points = 0
    for i in range(len(cell)):
        for _ in range(count[i]):
            height = (cells[1, i] + heights[point]) * size[1]
            times[points], heights[points], keys[points] = cells[0, i] + times[point] * size[0], height, keys[point]
            points += height < cells[2, i]
            point += 1
    return times[:points], heights[:points], keys[:points]
