"""Adding up and putting in order many values by a code, in one go through them.

Sums add one by one in the order of the values, as ``np.bincount`` does: the same on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.compiling import compiled

__all__ = ["folded", "order_by_code", "put"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]


@compiled("f8[:, ::1](f8[:, ::1], i8[:, ::1], i8[::1])")
def folded(values: F8, codes: I8, ends: I8) -> F8:
    """Return the sums of several columns of values under each of several codes.

    Parameters
    ----------
    values
        Shape (n, columns).
    codes
        Each from -1 on, shape (codes, n); -1 counts nowhere.
    ends
        Where the sums of each code begin, and those of the last one end, shape (codes + 1,).

    Returns
    -------
    ndarray
        Shape (ends[-1], columns).
    """
    out = np.zeros((ends[-1], values.shape[1]))
    some = np.empty(values.shape[1], np.int64)
    for i in range(len(values)):
        number = 0
        for column in range(values.shape[1]):
            some[number] = column
            number += values[i, column] != 0.0
        for by in range(len(codes)):
            if codes[by, i] >= 0:
                at = ends[by] + codes[by, i]
                for place in range(number):
                    out[at, some[place]] += values[i, some[place]]
    return out


@compiled("void(f8[:, ::1], i8[::1], i8[:, ::1], f8[::1])")
def put(values: F8, column: I8, wiring: I8, out: F8) -> None:
    """Put values where they belong.

    Parameters
    ----------
    values
        Shape (rows, columns).
    column
        The column that each of some things takes its values from.
    wiring
        For each value that is put: its row, the thing, and the place of it in ``out``, shape (n, 3).
    out
        Where they are put.
    """
    for i in range(len(wiring)):
        out[wiring[i, 2]] = values[wiring[i, 0], column[wiring[i, 1]]]


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
