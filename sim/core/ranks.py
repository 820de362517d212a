"""Order statistics of many values by code, without sorting them all.

Values are put into buckets that keep their order; only those of a bucket in which a wanted one lies are sorted. The
result is exact, whatever the values: where they crowd into few buckets, more is sorted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.core.compiling import compiled

__all__ = ["at_ranks", "buckets_of"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

_FIRST, _BITS = 1013, 7  # from 2^-10 on, each power of two has 2^7 buckets
_BUCKETS = 1 << 12  # up to 2^22


def buckets_of(values: F8) -> I4:
    """Return a bucket for each value; a smaller value is in no higher one.

    Parameters
    ----------
    values
        Not NaN, shape (n,). Seconds from a millisecond to a month are told apart, 128 buckets to each power of two.

    Returns
    -------
    ndarray
        Shape (n,).
    """
    return np.asarray(_buckets(np.ascontiguousarray(values).view(np.int64)))  # the bits ascend as the values do


@compiled("i4[::1](i8[::1])")
def _buckets(bits: I8) -> I4:
    out = np.empty(len(bits), np.int32)
    for i in range(len(bits)):
        out[i] = min(max((bits[i] >> (52 - _BITS)) - (_FIRST << _BITS) + 1, 0), _BUCKETS - 1)
    return out


def at_ranks(code: I8, values: F8, buckets: I4, ranks: I8) -> F8:
    """Return order statistics of each code.

    Parameters
    ----------
    code
        Shape (n,); what is negative counts nowhere.
    values, buckets
        Shape (n,).
    ranks
        Which value is wanted, no more than there are: 1 = the smallest, ascending down each column; 0 = none, shape
        (wanted, codes).

    Returns
    -------
    ndarray
        Shape of the ranks, 0 where none is wanted.
    """
    coarser = 0
    while ranks.shape[1] * (_BUCKETS >> coarser) > len(values) and _BUCKETS >> coarser > 1:
        coarser += 1
    place = _numbers(code, buckets, coarser, ranks.shape[1], _BUCKETS >> coarser)
    at, total = _wanted(place, ranks)
    found, owner = _gathered(code, buckets, coarser, values, place, total)
    order = np.lexsort((found, owner))
    return np.where(ranks > 0, found[order][at] if total else 0.0, 0.0)


@compiled("i8[:, ::1](i8[:], i4[:], i8, i8, i8)")
def _numbers(code: I8, buckets: I4, coarser: int, codes: int, size: int) -> I8:
    """Return how many values of each code are in each bucket."""
    number = np.zeros((codes, size), np.int64)
    for i in range(len(code)):
        if code[i] >= 0:
            number[code[i], buckets[i] >> coarser] += 1
    return number


@compiled("Tuple((i8[:, ::1], i8))(i8[:, ::1], i8[:, ::1])")
def _wanted(number: I8, ranks: I8) -> tuple[I8, int]:
    """Replace numbers by where a bucket's values shall stand, -1 = nowhere; return where the wanted ones will be."""
    at, total = np.zeros(ranks.shape, np.int64), 0
    for code in range(len(number)):
        below, following = 0, 0
        for bucket in range(number.shape[1]):
            here = number[code, bucket]
            number[code, bucket] = -1
            while following < len(ranks) and ranks[following, code] <= below + here:
                if ranks[following, code] > 0:
                    at[following, code] = total + ranks[following, code] - below - 1
                    number[code, bucket] = total
                following += 1
            if number[code, bucket] >= 0:
                total += here
            below += here
    return at, total


@compiled("Tuple((f8[::1], i8[::1]))(i8[:], i4[:], i8, f8[:], i8[:, ::1], i8)")
def _gathered(code: I8, buckets: I4, coarser: int, values: F8, place: I8, total: int) -> tuple[F8, I8]:
    """Return the values of the buckets that are wanted, and for each of them which one it is of."""
    found, owner = np.empty(total), np.empty(total, np.int64)
    for i in range(len(code)):
        if code[i] < 0:
            continue
        bucket = buckets[i] >> coarser
        at = place[code[i], bucket]
        if at >= 0:
            found[at] = values[i]
            owner[at] = code[i] * place.shape[1] + bucket
            place[code[i], bucket] = at + 1
    return found, owner
