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


@compiled("i8(i8[::1], i8)")
def _slot(table: I8, code: int) -> int:
    """Return the slot that a code has in a hash table of 2^k slots, or would take."""
    mask = len(table) - 1
    at = int(code * _GOLDEN >> 20) & mask
    while table[at] >= 0 and table[at] != code:
        at = (at + 1) & mask
    return at


@compiled("i8[::1](i8[::1], i8)")
def _spread(table: I8, slots: int) -> I8:
    """Put the codes of a hash table into a larger one."""
    grown = np.full(slots, -1, np.int64)
    for code in table:
        if code >= 0:
            grown[_slot(grown, code)] = code
    return grown


@compiled("Tuple((i8[::1], i8[::1]))(i8[::1], i8)")
def _groups_of_small(code: I8, largest: int) -> tuple[I8, I8]:
    """Return the groups of codes that are so small that each has its own place in a table."""
    place = np.full(largest + 1, -1, np.int64)
    for one in code:
        place[one] = 0
    found = np.flatnonzero(place == 0)
    for i in range(len(found)):
        place[found[i]] = i
    return found, place[code]


@compiled("Tuple((i8[::1], i8[::1]))(i8[::1])")
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
    largest = 0
    for one in code:
        largest = max(largest, one)
    if largest <= 2 * len(code):
        return _groups_of_small(code, largest)
    table, number = np.full(1024, -1, np.int64), 0
    for one in code:
        at = _slot(table, one)
        if table[at] < 0:
            table[at] = one
            number += 1
            if 2 * number > len(table):
                table = _spread(table, 4 * len(table))
    found = np.sort(table[table >= 0])
    place = np.empty(len(table), np.int64)
    for i in range(number):
        place[_slot(table, found[i])] = i
    inverse = np.empty(len(code), np.int64)
    for i in range(len(code)):
        inverse[i] = place[_slot(table, code[i])]
    return found, inverse


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
