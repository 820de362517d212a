"""Order statistics of many values by code, without sorting or joining them all.

Values are counted in buckets that keep their order. Only buckets in which a wanted value lies are sorted. The result is
exact for any values: where they crowd into few buckets, more is sorted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.jit.functions import compiled

__all__ = ["Values", "order_statistics"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

_FIRST, _BITS = 1013, 7  # from 2^-10 on, each power of two has 2^7 buckets
_BUCKETS = 1 << 12  # up to 2^22: from a millisecond to a month
_EACH = 4  # values that there are at least for a bucket, so that going over the buckets costs little
_FEW = 256  # values are sorted one by one
_BEGIN, _FROM, _COARSER = range(3)  # of each way to count: its first key, that one's first bucket, and their width


Values = Iterable[tuple[F8, I4]]


def order_statistics(
    parts: Values, number: I8, keys: I8, ends: Sequence[int], shares: Sequence[float]
) -> tuple[F8, I8]:
    """Return the smallest value under each key that at least some shares of its values do not exceed.

    Parameters
    ----------
    parts
        Positive values, and the cell of each, part by part; read twice. Values of 0 are only counted in ``number``.
    number
        Number of values of each cell, zeros included, shape (cells,).
    keys
        Keys that the values of each cell count under, in several ways, each with keys of its own; negative = none;
        shape (ways, cells).
    ends
        First key of each way, and the end of the last way's.
    shares
        In (0, 1], ascending.

    Returns
    -------
    tuple of ndarray
        The values, shape (shares, keys), 0 where there are none; and how many values each key has, shape (keys,).
    """
    counted = _counted(number, keys, ends[-1])
    ways, buckets = _ways(counted, np.array(ends))
    slots = np.zeros(buckets, np.int64)
    for part, cell in parts:
        _count(part.view(np.int64), cell, keys, ways, slots)
    at, total = _wanted(slots, counted, ways, np.array(shares))
    values, owner = np.empty((2, total), np.int64)  # and the bucket that each value is of
    for part, cell in parts:
        _gather(part.view(np.int64), cell, keys, ways, slots, values, owner)
    if not _sorted(values, owner):
        values = values[np.lexsort((values, owner))]
    return np.append(values.view(np.float64), 0.0)[at], counted


@compiled("i8[::1](i8[:], i8[:, ::1], i8)")
def _counted(number: I8, keys: I8, size: int) -> I8:
    """Count the values under each key."""
    counted = np.zeros(size, np.int64)
    for cell in range(len(number)):
        for way in range(len(keys)):
            if keys[way, cell] >= 0:
                counted[keys[way, cell]] += number[cell]
    return counted


@compiled("Tuple((i8[:, ::1], i8))(i8[:], i8[:])")
def _ways(counted: I8, ends: I8) -> tuple[I8, int]:
    """Return where the buckets of each way stand, and how coarse they are."""
    ways, buckets = np.zeros((len(ends), 3), np.int64), 0
    for way in range(len(ends)):
        ways[way, _BEGIN], ways[way, _FROM] = ends[way], buckets
        if way == len(ends) - 1:
            break
        size, values, coarser = ends[way + 1] - ends[way], 0, 0
        for key in range(ends[way], ends[way + 1]):
            values += counted[key]
        while _EACH * size * (_BUCKETS >> coarser) > values and _BUCKETS >> coarser > 1:
            coarser += 1
        ways[way, _COARSER] = coarser
        buckets += size * (_BUCKETS >> coarser)
    return ways, buckets


@compiled("i8(i8)")
def _bucket(bits: int) -> int:
    """Return the bucket of a value: its bits ascend as the values do."""
    return min(max((bits >> (52 - _BITS)) - (_FIRST << _BITS), 0), _BUCKETS - 1)


@compiled("i8(i8, i8, i8[:])")
def _slot(bucket: int, key: int, way: I8) -> int:
    """Return the slot of a key's bucket."""
    return way[_FROM] + (key - way[_BEGIN]) * (_BUCKETS >> way[_COARSER]) + (bucket >> way[_COARSER])  # type: ignore[no-any-return]


@compiled("void(i8[::1], i4[::1], i8[:, ::1], i8[:, ::1], i8[::1])")
def _count(bits: I8, cell: I4, keys: I8, ways: I8, slots: I8) -> None:
    """Count the values of each key in each bucket."""
    for i in range(len(bits)):
        bucket = _bucket(bits[i])
        for way in range(len(keys)):
            key = keys[way, cell[i]]
            if key >= 0:
                slots[_slot(bucket, key, ways[way])] += 1


@compiled("Tuple((i8[:, ::1], i8))(i8[::1], i8[:], i8[:, ::1], f8[:])")
def _wanted(slots: I8, counted: I8, ways: I8, shares: F8) -> tuple[I8, int]:
    """Replace numbers by where a bucket's values shall stand, -1 = nowhere; return where the wanted ones will be.

    A value that is 0 stands behind all others, at -1.
    """
    at, total, way = np.full((len(shares), len(counted)), -1), 0, 0
    for key in range(len(counted)):
        while key >= ways[way + 1, _BEGIN]:
            way += 1
        first, last = _slot(0, key, ways[way]), _slot(0, key + 1, ways[way])
        below, following = counted[key], 0
        for bucket in range(first, last):
            below -= slots[bucket]  # at first those that are 0
        for bucket in range(first, last):
            here = slots[bucket]
            slots[bucket] = -1
            while following < len(shares):
                rank = int(np.ceil(shares[following] * counted[key])) - below
                if rank > here:
                    break
                if rank > 0:
                    at[following, key] = total + rank - 1
                    slots[bucket] = total
                following += 1
            if slots[bucket] >= 0:
                total += here
            below += here
    return at, total


@compiled("void(i8[::1], i4[::1], i8[:, ::1], i8[:, ::1], i8[::1], i8[::1], i8[::1])")
def _gather(bits: I8, cell: I4, keys: I8, ways: I8, slots: I8, values: I8, owner: I8) -> None:
    """Put the values of the buckets that are wanted where they shall stand, and note which bucket each is of."""
    for i in range(len(bits)):
        bucket = _bucket(bits[i])
        for way in range(len(keys)):
            key = keys[way, cell[i]]
            if key < 0:
                continue
            slot = _slot(bucket, key, ways[way])
            at = slots[slot]
            if at >= 0:
                values[at], owner[at] = bits[i], slot
                slots[slot] = at + 1


@compiled("b1(i8[::1], i8[::1])")
def _sorted(values: I8, owner: I8) -> bool:
    """Sort the values of each owner, which stand together, if they are few; else tell that it has not been done."""
    begin = 0
    for i in range(len(values)):
        if owner[i] != owner[begin]:
            begin = i
        if i - begin > _FEW:
            return False
    for i in range(1, len(values)):
        value, at = values[i], i
        while at > 0 and owner[at - 1] == owner[i] and values[at - 1] > value:
            values[at] = values[at - 1]
            at -= 1
        values[at] = value
    return True
