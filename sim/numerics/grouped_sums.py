"""Sums and orders of many values by a code, in one pass.

Values are added one by one, in their order, as ``np.bincount`` does: sums are the same on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit.functions import compiled

__all__ = ["add_to", "folded", "order_by_code"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]


@compiled("f8[:, ::1](f8[:, ::1], i8[:, ::1], i8)")
def folded(values: F8, keys: I8, size: int) -> F8:
    """Return the sums of several quantities under each of their keys.

    Parameters
    ----------
    values
        Shape (quantities, n).
    keys
        Keys that each of the n counts under, in any number of ways: below ``size``, negative = none; shape (ways, n).
    size
        Number of keys.

    Returns
    -------
    ndarray
        Shape (size, quantities).
    """
    columns = len(values)
    out, row = np.zeros((size, columns)), np.empty(columns)
    for i in range(values.shape[1]):
        for column in range(columns):
            row[column] = values[column, i]
        for way in range(len(keys)):
            key = keys[way, i]
            if key >= 0:
                for column in range(columns):
                    out[key, column] += row[column]
    return out


@compiled("void(f8[:, :], i8[::1], i8[:, ::1], f8[::1])")
def add_to(values: F8, column: I8, wiring: I8, out: F8) -> None:
    """Add values to sums, as a table of additions says.

    Parameters
    ----------
    values
        Shape (keys, columns).
    column
        Column that each quantity takes its values from; negative = its sum is always 1.
    wiring
        For each addition: the key, the quantity, and the index of the sum in ``out``, shape (n, 3).
    out
        Sums.
    """
    for i in range(len(wiring)):
        source, target = column[wiring[i, 1]], wiring[i, 2]
        out[target] = out[target] + values[wiring[i, 0], source] if source >= 0 else 1.0


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
    following = np.zeros(size + 1, np.int64)  # where the next value of each code goes
    for i in range(len(code)):
        following[code[i] + 1] += 1
    for key in range(size):
        following[key + 1] += following[key]
    order = np.empty(len(code), np.int64)
    for i in range(len(code)):
        order[following[code[i]]] = i
        following[code[i]] += 1
    return order
