"""Order statistics of many values by code, without sorting them all, or putting them together.

Values are counted in buckets that keep their order; only those of a bucket in which a wanted one lies are sorted. The
result is exact, whatever the values: where they crowd into few buckets, more is sorted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.compiling import compiled

__all__ = ["Coding", "Values", "order_statistics"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

_FIRST, _BITS = 1013, 7  # from 2^-10 on, each power of two has 2^7 buckets
_BUCKETS = 1 << 12  # up to 2^22: from a millisecond to a month
_FEW = 100  # values are sorted one by one


Values = Iterable[tuple[F8, I4]]


class Coding(NamedTuple):
    """Which code the values of each cell count under.

    Parameters
    ----------
    codes
        Of each cell, -1 = its values count nowhere, shape (cells,).
    size
        Number of codes.
    """

    codes: I8
    size: int


def order_statistics(
    parts: Values, number: I8, codings: Sequence[Coding], shares: Sequence[float]
) -> list[tuple[F8, I8]]:
    """Return the smallest value of each code that at least some shares of its values do not exceed.

    Parameters
    ----------
    parts
        Positive values, and the cell of each, part by part: gone over twice. Those that are 0 are only counted.
    number
        How many values each cell has, those that are 0 included, shape (cells,).
    codings
        What the values are told apart by.
    shares
        In (0, 1], ascending.

    Returns
    -------
    list of tuple of ndarray
        For each coding: the values, shape (shares, size), 0 where there are none; and how many values each code has,
        shape (size,).
    """
    tallies = [_Tally(of, number) for of in codings]
    for some, cell in parts:
        for tally in tallies:
            _count(some.view(np.int64), cell, tally.of.codes, tally.coarser, tally.place)
    wanted = np.array(shares)
    for tally in tallies:
        tally.want(wanted)
    for some, cell in parts:
        for tally in tallies:
            _gather(some.view(np.int64), cell, tally.of.codes, tally.coarser, tally.place, tally.found)
    return [(tally.statistics(), tally.number) for tally in tallies]


class _Tally:
    """How many values of each code lie in each bucket; then those of the buckets that are wanted."""

    def __init__(self, of: Coding, number: I8) -> None:
        self.of, self.coarser = of, 0
        self.number = np.bincount(of.codes + 1, number, of.size + 1).astype(np.int64)[1:]
        values = int(self.number.sum())
        while of.size * (_BUCKETS >> self.coarser) > values and _BUCKETS >> self.coarser > 1:
            self.coarser += 1
        self.place = np.zeros((of.size, _BUCKETS >> self.coarser), np.int64)

    def want(self, shares: F8) -> None:
        self._at, total = _wanted(self.place, self.number, shares)
        self.found = np.empty((2, total), np.int64)  # the values, and the bucket that each is of

    def statistics(self) -> F8:
        values, owner = self.found
        if not _sorted(values, owner):
            values = values[np.lexsort((values, owner))]
        return np.asarray(np.append(values.view(np.float64), 0.0)[self._at])


@compiled("i8(i8, i8)")
def _bucket(bits: int, coarser: int) -> int:
    """Return the bucket of a value: its bits ascend as the values do."""
    return min(max((bits >> (52 - _BITS)) - (_FIRST << _BITS), 0), _BUCKETS - 1) >> coarser


@compiled("void(i8[::1], i4[::1], i8[:], i8, i8[:, ::1])")
def _count(bits: I8, cell: I4, codes: I8, coarser: int, place: I8) -> None:
    """Count the values of each code in each bucket."""
    for i in range(len(bits)):
        code = codes[cell[i]]
        if code >= 0:
            place[code, _bucket(bits[i], coarser)] += 1


@compiled("Tuple((i8[:, ::1], i8))(i8[:, ::1], i8[:], f8[:])")
def _wanted(place: I8, number: I8, shares: F8) -> tuple[I8, int]:
    """Replace numbers by where a bucket's values shall stand, -1 = nowhere; return where the wanted ones will be.

    A value that is 0 stands behind all others, at -1.
    """
    at, total = np.full((len(shares), len(place)), -1), 0
    for code in range(len(place)):
        below, following = number[code], 0
        for bucket in range(place.shape[1]):
            below -= place[code, bucket]  # at first those that are 0
        for bucket in range(place.shape[1]):
            here = place[code, bucket]
            place[code, bucket] = -1
            while following < len(shares):
                rank = int(np.ceil(shares[following] * number[code])) - below
                if rank > here:
                    break
                if rank > 0:
                    at[following, code] = total + rank - 1
                    place[code, bucket] = total
                following += 1
            if place[code, bucket] >= 0:
                total += here
            below += here
    return at, total


@compiled("void(i8[::1], i4[::1], i8[:], i8, i8[:, ::1], i8[:, ::1])")
def _gather(bits: I8, cell: I4, codes: I8, coarser: int, place: I8, found: I8) -> None:
    """Put the values of the buckets that are wanted where they shall stand, and note which bucket each is of."""
    for i in range(len(bits)):
        code = codes[cell[i]]
        if code < 0:
            continue
        bucket = _bucket(bits[i], coarser)
        at = place[code, bucket]
        if at >= 0:
            found[0, at] = bits[i]
            found[1, at] = code * place.shape[1] + bucket
            place[code, bucket] = at + 1


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
