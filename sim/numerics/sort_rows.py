"""Sort many rows by an instant, quickly where the instants are spread over their range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit.functions import compiled

__all__ = ["order_of"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U8 = NDArray[np.uint64]

_CROWD = 64  # rows of one bucket that are still sorted by insertion


def order_of(instant: F8, second: I4, third: U8) -> I8:
    """Return the order of rows by instant, then by the second, then by the third column, as ``np.lexsort`` does.

    Parameters
    ----------
    instant, second, third
        Finite, shape (n,); a column each, C-contiguous.

    Returns
    -------
    ndarray
        Shape (n,).

    Notes
    -----
    A bucket sort: as many buckets as rows over the range of the instants, each sorted by insertion. Where rows crowd,
    e.g. because all come at one instant, ``np.lexsort`` sorts them.
    """
    if len(instant) > 1:
        low, high = float(instant.min()), float(instant.max())
        if low < high:
            order, crowded = _bucket_sort(instant, second, third, low, len(instant) / (high - low))
            if not crowded:
                return np.asarray(order)
    return np.lexsort((third, second, instant))


@compiled("b1(f8[::1], i4[::1], u8[::1], i8, i8)")
def _before(instant: F8, second: I4, third: U8, row: int, other: int) -> bool:
    if instant[row] != instant[other]:
        return instant[row] < instant[other]  # type: ignore[no-any-return]
    if second[row] != second[other]:
        return second[row] < second[other]  # type: ignore[no-any-return]
    return third[row] < third[other]  # type: ignore[no-any-return]


@compiled("Tuple((i8[::1], b1))(f8[::1], i4[::1], u8[::1], f8, f8)")
def _bucket_sort(instant: F8, second: I4, third: U8, low: float, scale: float) -> tuple[I8, bool]:
    rows = len(instant)
    order = np.empty(rows, np.int64)
    starts = np.zeros(rows + 1, np.int32)
    for i in range(rows):
        starts[min(int((instant[i] - low) * scale), rows - 1)] += 1
    total = 0
    for bucket in range(rows + 1):
        count = starts[bucket]
        if count > _CROWD:
            return order, True
        starts[bucket] = total
        total += count
    for i in range(rows):
        bucket = min(int((instant[i] - low) * scale), rows - 1)
        order[starts[bucket]] = i
        starts[bucket] += 1
    # Rows are nearly in order now: only those of a bucket may have to change places.
    for at in range(1, rows):
        row, to = order[at], at
        while to > 0 and _before(instant, second, third, row, order[to - 1]):
            order[to] = order[to - 1]
            to -= 1
        order[to] = row
    return order, False
