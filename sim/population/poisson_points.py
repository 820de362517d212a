"""Points in cells of the plane of time and height: what a Poisson process with keyed draws is made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import uniform_pairs
from sim.jit.cache import compiled

__all__ = ["points_below"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
U8 = NDArray[np.uint64]


@compiled(
    "Tuple((f8[::1], f8[::1], u8[::1]))(UniTuple(u8, 4), u8[::1], i8[::1], f8[:, ::1], UniTuple(f8, 2))",
    error_model="numpy",
)
def points_below(
    of: tuple[int, int, int, int], cell: U8, count: I8, cells: F8, size: tuple[float, float]
) -> tuple[F8, F8, U8]:
    """Return time, height and key of the points that are below a height.

    Parameters
    ----------
    of
        Seed, replication, stream, and an even purpose: its draw is for the time, that of the next for the height.
    cell, count
        Key of each cell, shape (n,), and its number of points; a point's key is the cell's plus its place in it.
    cells
        For each cell where its time begins, its number from the ground up, and the height, shape (3, n).
    size
        How long and how high a cell is.

    Returns
    -------
    tuple
        In order of cell and place.
    """
    room = 0
    for number in count:
        room += number
    keys, point = np.empty(room, np.uint64), 0
    for i in range(len(cell)):
        for place in range(count[i]):
            keys[point] = cell[i] | np.uint64(place)
            point += 1
    times, heights = uniform_pairs(of[0], of[1], of[2], keys, 0, of[3])
    point = points = 0
    for i in range(len(cell)):
        for _ in range(count[i]):
            height = (cells[1, i] + heights[point]) * size[1]
            times[points], heights[points], keys[points] = cells[0, i] + times[point] * size[0], height, keys[point]
            points += height < cells[2, i]
            point += 1
    return times[:points], heights[:points], keys[:points]
