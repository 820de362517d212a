"""Adding up and putting in order many values by a code, in one go through them.

Sums add one by one in the order of the values, as ``np.bincount`` does: the same on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.compiling import compiled

__all__ = ["folded", "order_by_code"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]


@compiled("f8[:, ::1](f8[:, ::1], i8[:, ::1], i8[::1])")
def folded(values: F8, codes: I8, ends: I8) -> F8:
    """Return the sums of several rows of values under each of several codes.

    Parameters
    ----------
    values
        Shape (rows, n).
    codes
        Each from -1 on, shape (codes, n); -1 counts nowhere.
    ends
        Where the sums of each code begin, and those of the last one end, shape (codes + 1,).

    Returns
    -------
    ndarray
        Shape (ends[-1], rows).
    """
    out = np.zeros((ends[-1], len(values)))
    some = np.empty(len(values), np.int64)
    for i in range(values.shape[1]):
        number = 0
        for row in range(len(values)):
            some[number] = row
            number += values[row, i] != 0.0
        for by in range(len(codes)):
            if codes[by, i] >= 0:
                at = ends[by] + codes[by, i]
                for place in range(number):
                    out[at, some[place]] += values[some[place], i]
    return out


@compiled("i8[::1](i4[:], i8)")
def order_by_code(code: I4, size: int) -> I8:
    """Return ``np.argsort(code, kind="stable")``, by counting.

    Parameters
    ----------
    code
        0 to ``size - 1``, shape (n,).
    size
        Number of codes.

    Returns
    -------
    ndarray
        Shape (n,).
    """
    place = np.zeros(size + 1, np.int64)
    for i in range(len(code)):
        place[code[i] + 1] += 1
    for one in range(size):
        place[one + 1] += place[one]
    order = np.empty(len(code), np.int64)
    for i in range(len(code)):
        order[place[code[i]]] = i
        place[code[i]] += 1
    return order
