"""Adding up, counting and ranking many values by a code, in one go through them.

Sums add one by one in the order of the values, as ``np.bincount`` does: the same on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.compiling import compiled

__all__ = ["at_ranks", "counts", "groups_of", "order_by_code", "sums"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

_GOLDEN = np.int64(-7046029254386353131)  # 2^64 over the golden ratio: neighbours fall far apart


@compiled("f8[::1](i8[:], f8[:], i8)")
def sums(code: I8, weights: F8, size: int) -> F8:
    """Return the sum of the weights of each code.

    Parameters
    ----------
    code
        0 to ``size - 1``, shape (n,).
    weights
        Shape (n,).
    size
        Number of codes.

    Returns
    -------
    ndarray
        Shape (size,).
    """
    out = np.zeros(size)
    for i in range(len(code)):
        out[code[i]] += weights[i]
    return out


@compiled("f8[::1](i8[:], b1[:], i8)")
def counts(code: I8, which: B1, size: int) -> F8:
    """Return how many of each code are marked.

    Parameters
    ----------
    code
        0 to ``size - 1``, shape (n,).
    which
        The marks, shape (n,).
    size
        Number of codes.

    Returns
    -------
    ndarray
        Shape (size,).
    """
    number = np.zeros(size, np.int64)
    for i in range(len(code)):
        number[code[i]] += np.int64(which[i])
    return number.astype(np.float64)


@compiled("f8[:, ::1](i8[:], f8[:], i8[:, ::1])")
def at_ranks(code: I8, ascending: F8, ranks: I8) -> F8:
    """Return order statistics of each code.

    Parameters
    ----------
    code
        Shape (n,); what is negative counts nowhere.
    ascending
        The values, in order, shape (n,).
    ranks
        Which value is wanted: 1 = the smallest, ascending down each column; 0 = none, shape (wanted, codes).

    Returns
    -------
    ndarray
        Shape of the ranks, 0 where none is wanted.
    """
    out = np.zeros(ranks.shape)
    so_far = np.zeros(ranks.shape[1], np.int64)
    following = np.zeros(ranks.shape[1], np.int64)
    for i in range(len(code)):
        mine = code[i]
        if mine < 0:
            continue
        so_far[mine] += 1
        while following[mine] < len(ranks) and ranks[following[mine], mine] <= so_far[mine]:
            if ranks[following[mine], mine] == so_far[mine]:
                out[following[mine], mine] = ascending[i]
            following[mine] += 1
    return out


@compiled("i8(i8[::1], i8[::1], i8)")
def _slot(table: I8, found: I8, code: int) -> int:
    """Return the slot of a code in a hash table of 2^k places among those found, or the one that it would take."""
    mask = len(table) - 1
    at = int(code * _GOLDEN >> 20) & mask
    while table[at] >= 0 and found[table[at]] != code:
        at = (at + 1) & mask
    return at


@compiled("i8[::1](i8[::1], i8)")
def _hashed(found: I8, number: int) -> I8:
    """Return a hash table of the first of some codes, four times as large as there is room for codes."""
    table = np.empty(4 * len(found), np.int64)
    for slot in range(len(table)):
        table[slot] = -1
    for place in range(number):
        table[_slot(table, found, found[place])] = place
    return table


@compiled("i8[::1](i8[::1])")
def _twice(found: I8) -> I8:
    grown = np.empty(2 * len(found), np.int64)
    for place in range(len(found)):
        grown[place] = found[place]
    return grown


def groups_of(code: I8) -> tuple[I8, I8]:
    """Return ``np.unique(code, return_inverse=True)``, without sorting more than the codes that there are.

    Parameters
    ----------
    code
        Shape (n,), none of them negative.

    Returns
    -------
    tuple of ndarray
        The codes that there are, ascending, and the place of each code among them, shape (n,).
    """
    found, cell = _as_they_come(code)
    order = np.argsort(found)
    place = np.empty(len(found), np.int64)
    place[order] = np.arange(len(found))
    return found[order], place[cell]


@compiled("Tuple((i8[::1], i8[::1]))(i8[::1])")
def _as_they_come(code: I8) -> tuple[I8, I8]:
    """Return the codes that there are in the order in which they come, and the place of each code among them."""
    found, number = np.empty(512, np.int64), 0
    table = _hashed(found, 0)
    cell = np.empty(len(code), np.int64)
    for i in range(len(code)):
        slot = _slot(table, found, code[i])
        if table[slot] < 0:
            if number == len(found):
                found = _twice(found)
                table = _hashed(found, number)
                slot = _slot(table, found, code[i])
            table[slot] = number
            found[number] = code[i]
            number += 1
        cell[i] = table[slot]
    return found[:number], cell


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
