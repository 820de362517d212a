"""Grouping and adding up many values by a code, in one go through them.

Sums add one by one in the order of the values, as ``np.bincount`` does: the same on every machine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.compiling import compiled

__all__ = ["extremes", "firsts", "folded", "groups_of", "only", "order_by_code", "packed", "sums"]

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


@compiled("i8[::1](i8[::1], i8)")
def _hashed(found: I8, number: int) -> I8:
    """Return a hash table of the first of some codes, all different, four slots for each that there is room for."""
    table = np.empty(4 * len(found), np.int64)
    for slot in range(len(table)):
        table[slot] = -1
    for place in range(number):
        slot = int(found[place] * _GOLDEN >> 32) & (len(table) - 1)
        while table[slot] >= 0:
            slot = (slot + 1) & (len(table) - 1)
        table[slot] = place
    return table


@compiled("i8[::1](i8[::1])")
def _twice(found: I8) -> I8:
    grown = np.empty(2 * len(found), np.int64)
    for place in range(len(found)):
        grown[place] = found[place]
    return grown


@compiled("UniTuple(i8, 2)(i8[::1], i8[::1], UniTuple(i8[::1], 3), i8, i8)")
def _place_some(code: I8, group: I8, known: tuple[I8, I8, I8], done: int, number: int) -> tuple[int, int]:
    """Group codes until there is no room for another one; return how far it went, and how many groups there are."""
    table, found, first = known
    last = len(table) - 1
    for i in range(done, len(code)):
        slot = int(code[i] * _GOLDEN >> 32) & last
        while table[slot] >= 0 and found[table[slot]] != code[i]:
            slot = (slot + 1) & last
        if table[slot] < 0:
            if number == len(found):
                return i, number
            table[slot] = number
            found[number], first[number] = code[i], i
            number += 1
        group[i] = table[slot]
    return len(code), number


@compiled("Tuple((i8[::1], i8[::1]))(i8[::1])")
def groups_of(code: I8) -> tuple[I8, I8]:
    """Return the groups of equal codes, in the order in which they come.

    Parameters
    ----------
    code
        Shape (n,).

    Returns
    -------
    tuple of ndarray
        Where each group comes first, shape (groups,); and the group of each code, shape (n,).
    """
    found, first = np.empty(512, np.int64), np.empty(512, np.int64)
    group, done, number = np.empty(len(code), np.int64), 0, 0
    while True:
        done, number = _place_some(code, group, (_hashed(found, number), found, first), done, number)
        if done == len(code):
            return first[:number], group
        found, first = _twice(found), _twice(first)


@compiled("i8[::1](b1[:, ::1])")
def packed(marks: B1) -> I8:
    """Return marks as whole numbers, the last one as their lowest bit.

    Parameters
    ----------
    marks
        Shape (less than 64, n).

    Returns
    -------
    ndarray
        Shape (n,).
    """
    out = np.zeros(marks.shape[1], np.int64)
    for mark in range(len(marks)):
        for i in range(len(out)):
            out[i] = 2 * out[i] + np.int64(marks[mark, i])
    return out


@compiled("b1[::1](i8[:], i8[:], b1[:], i8)")
def firsts(group: I8, code: I8, which: B1, size: int) -> B1:
    """Mark the first one of each code in each group, of those that are marked.

    Parameters
    ----------
    group
        Not negative, those of a group together, shape (n,).
    code
        0 to ``size - 1``, shape (n,).
    which
        The marks, shape (n,).
    size
        Number of codes.

    Returns
    -------
    ndarray
        Shape (n,).
    """
    latest = np.empty(size, np.int64)
    for one in range(size):
        latest[one] = -1
    out = np.empty(len(code), np.bool_)
    for i in range(len(code)):
        out[i] = which[i] and latest[code[i]] != group[i]
        if out[i]:
            latest[code[i]] = group[i]
    return out


@compiled("UniTuple(f8[::1], 2)(i8[:], f8[:], i8)")
def extremes(code: I8, values: F8, size: int) -> tuple[F8, F8]:
    """Return the least and the largest value of each code.

    Parameters
    ----------
    code
        0 to ``size - 1``, shape (n,).
    values
        Shape (n,).
    size
        Number of codes.

    Returns
    -------
    tuple of ndarray
        Shape (size,) each; infinite where there are no values.
    """
    least, largest = np.empty(size), np.empty(size)
    for one in range(size):
        least[one], largest[one] = np.inf, -np.inf
    for i in range(len(code)):
        least[code[i]] = min(least[code[i]], values[i])
        largest[code[i]] = max(largest[code[i]], values[i])
    return least, largest


@compiled("f8[::1](b1[:], f8[:])")
def only(which: B1, values: F8) -> F8:
    """Return ``np.where(which, values, 0.0)``, in the same time whatever the marks.

    Parameters
    ----------
    which, values
        Shape (n,).
    """
    out = np.empty(len(values))
    for i in range(len(values)):
        out[i] = values[i] if which[i] else 0.0
    return out


@compiled("f8[:, ::1](f8[:, ::1], i8[:], i8)")
def folded(values: F8, code: I8, size: int) -> F8:
    """Return the sum of each row's values of each code.

    Parameters
    ----------
    values
        Shape (rows, n).
    code
        -1 to ``size - 1``, shape (n,); -1 counts nowhere.
    size
        Number of codes.

    Returns
    -------
    ndarray
        Shape (rows, size).
    """
    out = np.zeros((len(values), size))
    for row in range(len(values)):
        for i in range(len(code)):
            if code[i] >= 0:
                out[row, code[i]] += values[row, i]
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
