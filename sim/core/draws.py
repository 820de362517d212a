"""Keyed draws: each random number is a pure function of the customer, the visit and the purpose (ADR 1).

``uniform(seed, replication, stream, customer, visit, purpose)`` runs the counter-based generator Philox4x32-10 [1]_
on the key ``(seed, stream)`` and the counter ``(customer, visit and purpose, replication)``. No number is
taken from a sequence, so a further customer, step or draw changes nobody else's numbers.

References
----------
.. [1] J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
   SC '11, doi:10.1145/2063384.2063405.
"""

from __future__ import annotations

from enum import IntEnum
from hashlib import blake2s

import numpy as np
from numpy.typing import NDArray

from sim.jit.functions import compiled

__all__ = [
    "MAX_SEED",
    "Purpose",
    "chosen",
    "further_uniform",
    "next_key",
    "philox",
    "stream",
    "uniform",
    "uniform_pair",
    "uniform_pairs",
    "uniforms",
]

MAX_SEED = 0xFFFF_FFFF
Word = int | np.uint64
_PURPOSES = 32
# numba turns a sum of uint64 and int64 into a float, so every constant says that it is unsigned.
_LOW = np.uint64(0xFFFF_FFFF)
_HALF = np.uint64(32)
_DROP = np.uint64(6)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_FURTHER = np.uint64(0x6675_7274)  # the key of further numbers: "furt" in ASCII
_NONE = np.uint64(0)
_NEXT = np.uint64(0x9E3779B97F4A7C15)
_POSITIVE = np.uint64(0x7FFF_FFFF_FFFF_FFFF)


class Purpose(IntEnum):
    """Purpose of a customer's draw at a step; a pair of purposes shares one run of the generator."""

    TIME = 0  # time in self-service, of a pause, or talk
    PATIENCE = 1
    ROUTE = 2
    HOLD = 3
    WRAP = 4
    BALK = 5
    CALLBACK = 6  # whether the customer accepts a callback
    REACH = 7  # whether the customer answers the callback
    DISCONNECT = 8
    CUT = 9  # the share of a service after which it breaks off
    REPEAT = 10
    HANDOVER = 11
    LATENCY = 12
    ERROR = 13
    NOTIFY = 14  # when a notification is sent
    REACT = 15
    NOTIFIED = 16  # the step to which a notification leads
    BREAK = 17  # whether the agent takes a break
    REST = 18  # the length of the break
    CHOICE = 19  # of a group, where the routing policy decides by chance


def stream(name: str) -> int:
    """Return the key of a stream of draws, which depends on its name alone.

    Parameters
    ----------
    name
        E.g. ``"step/lost_card.desk"``.

    Returns
    -------
    int
        32 bits, the same on every machine.
    """
    return int.from_bytes(blake2s(name.encode(), digest_size=4).digest(), "little")


@compiled("UniTuple(u8, 4)(u8, u8, u8, u8, u8, u8)", forceinline=True)  # so that many draws are made side by side
def philox(c0: Word, c1: Word, c2: Word, c3: Word, k0: Word, k1: Word) -> tuple[Word, Word, Word, Word]:
    """Return Philox4x32-10 of a counter and a key, each given as 32-bit words.

    Parameters
    ----------
    c0, c1, c2, c3
        Counter.
    k0, k1
        Key.

    Returns
    -------
    tuple
        Four random 32-bit words.
    """
    for _ in range(10):
        p0 = _MULTIPLIER_0 * c0
        p1 = _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0 = (k0 + _WEYL_0) & _LOW
        k1 = (k1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@compiled("f8(u8, u8)", forceinline=True)
def _open_interval(high: Word, low: Word) -> float:
    return (float(high >> _DROP) * 67108864.0 + float(low >> _DROP) + 0.5) * 2.220446049250313e-16


@compiled("f8(u8, u8, u8, u8, u8, u8)")
def uniform(seed: Word, replication: Word, stream: Word, customer: Word, visit: Word, purpose: Word) -> float:
    """Return a random number of the open interval (0, 1), the same for the same arguments.

    Parameters
    ----------
    seed, replication, stream
        32 bits each.
    customer
        64 bits.
    visit
        Number of the customer's earlier visits, below 2^27.
    purpose
        Below 32.

    Returns
    -------
    float
        An odd multiple of 2^-53: 52 random bits, never 0 or 1.
    """
    counter = np.uint64(visit * np.uint64(_PURPOSES // 2) + (purpose >> np.uint64(1)))
    w0, w1, w2, w3 = philox(customer & _LOW, customer >> _HALF, counter, replication, seed, stream)
    high, low = (w2, w3) if purpose & np.uint64(1) else (w0, w1)
    return _open_interval(high, low)


@compiled("f8(f8, u8)")
def further_uniform(u: float, number: Word) -> float:
    """Return a random number of the open interval (0, 1) that follows from another one, and is independent of it.

    Parameters
    ----------
    u
        In the open interval (0, 1): its first 53 binary places are the generator's counter.
    number
        Which further number, 32 bits.
    """
    places = np.uint64(u * 9007199254740992.0)
    w0, w1, _, _ = philox(places & _LOW, places >> _HALF, number, _NONE, _FURTHER, _NONE)
    return _open_interval(w0, w1)


@compiled("u8(u8)")
def next_key(key: Word) -> Word:
    """Return the key of a customer's draws in the journey after one that ended, where journeys are endless.

    Parameters
    ----------
    key
        That of the journey which ended.

    Returns
    -------
    int
        63 bits; keys do not come again (a Weyl sequence).
    """
    return (np.uint64(key) + _NEXT) & _POSITIVE


@compiled("f8[:](u8, u8, u8, u8[:], u8, u8)")
def uniforms(
    seed: Word, replication: Word, stream: Word, customers: NDArray[np.uint64], visit: Word, purpose: Word
) -> NDArray[np.float64]:
    """Return `uniform` for each of many customers.

    Parameters
    ----------
    seed, replication, stream, visit, purpose
        As for `uniform`.
    customers
        Keys, shape (n,).

    Returns
    -------
    ndarray
        Shape (n,).
    """
    out = np.empty(len(customers))
    for i in range(len(customers)):
        out[i] = uniform(seed, replication, stream, customers[i], visit, purpose)
    return out


@compiled("UniTuple(f8, 2)(u8, u8, u8, u8, u8, u8)", forceinline=True)
def uniform_pair(
    seed: Word, replication: Word, stream: Word, customer: Word, visit: Word, purpose: Word
) -> tuple[float, float]:
    """Return `uniform` for an even purpose and for the next one, which share a run of the generator.

    Parameters
    ----------
    seed, replication, stream, customer, visit, purpose
        As for `uniform`.

    Returns
    -------
    tuple
        Two numbers.
    """
    counter = np.uint64(visit * np.uint64(_PURPOSES // 2) + (purpose >> np.uint64(1)))
    w0, w1, w2, w3 = philox(customer & _LOW, customer >> _HALF, counter, replication, seed, stream)
    return _open_interval(w0, w1), _open_interval(w2, w3)


@compiled("UniTuple(f8[::1], 2)(u8, u8, u8, u8[::1], u8, u8)")
def uniform_pairs(
    seed: Word, replication: Word, stream: Word, customers: NDArray[np.uint64], visit: Word, purpose: Word
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return `uniforms` for an even purpose and for the next one, which share a run of the generator.

    Parameters
    ----------
    seed, replication, stream, visit, purpose
        As for `uniform`.
    customers
        Keys, shape (n,).

    Returns
    -------
    tuple
        Two of shape (n,).
    """
    even, odd = np.empty(len(customers)), np.empty(len(customers))
    for i in range(len(customers)):
        even[i], odd[i] = uniform_pair(seed, replication, stream, customers[i], visit, purpose)
    return even, odd


@compiled("i4[::1](f8[:], f8[:])")
def chosen(shares: NDArray[np.float64], u: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the alternative that each random number chooses.

    Parameters
    ----------
    shares
        Running totals of the alternatives' shares, shape (k,).
    u
        In (0, 1), shape (n,).

    Returns
    -------
    ndarray
        Indices, shape (n,): of the first alternative whose running total reaches the number; ``k`` where none does.
    """
    out = np.empty(len(u), np.int32)
    for i in range(len(u)):
        index = 0
        while index < len(shares) and shares[index] < u[i]:
            index += 1
        out[i] = index
    return out
