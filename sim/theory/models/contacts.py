"""Outcomes of contacts in a chain, read from the names of its transitions.

A transition that says something of a contact is named by a tuple (fate, line ...): a contact that comes is either
taken ``AT_ONCE``, or begins to ``WAIT``, or finds no room (``BLOCK``), or does not care to wait (``BALK``); one that
waits may ``ABANDON``. All else follows from their rates and the queue's length.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import inf, isinf
from typing import TypeVar

import numpy as np
from scipy.special import pdtrc

from sim.theory.chain import Chain, Distribution
from sim.theory.measures import require_positive

__all__ = [
    "ABANDON",
    "AT_ONCE",
    "BALK",
    "BLOCK",
    "WAIT",
    "Contacts",
    "contacts_of",
    "grown",
    "require_patience",
    "room_for",
]

S = TypeVar("S", bound=Hashable)

AT_ONCE, WAIT, BLOCK, BALK, ABANDON = "at once", "wait", "block", "balk", "abandon"

_NEGLIGIBLE = 1e-16
_UNFILLED = 1e-13  # probability of a full place, which the rounding of many rare states must not reach
_ROOM, _MOST = 16, 1 << 12  # to begin with, and to give up after


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """What becomes of the contacts of one line; fractions are of all that is offered."""

    arrival_rate: float
    p_wait: float  # joins the queue
    p_block: float
    p_balk: float
    p_abandon: float
    queue_length: float  # time average of the number that waits

    @property
    def p_answered(self) -> float:
        """Return the fraction that is answered."""
        return 1.0 - self.p_block - self.p_balk - self.p_abandon

    @property
    def mean_wait(self) -> float:
        """Return the mean wait of those who are answered or give up, zeros included."""
        return self.queue_length / (self.arrival_rate * (1.0 - self.p_block - self.p_balk))

    @property
    def answered_rate(self) -> float:
        """Return how many are answered in a unit of time."""
        return self.arrival_rate * self.p_answered


def contacts_of(steady: Distribution[S], line: str, queue_length: float) -> Contacts:
    """Return what becomes of the contacts of a line.

    Parameters
    ----------
    steady
        Of a chain with transitions named (fate, line ...).
    line
        Whose contacts.
    queue_length
        The time average of those that wait.

    Returns
    -------
    Contacts
        Its measures.
    """
    rates = dict.fromkeys((AT_ONCE, WAIT, BLOCK, BALK, ABANDON), 0.0)
    for name, rate in steady.rates().items():
        if isinstance(name, tuple) and name[1] == line and name[0] in rates:
            rates[name[0]] += rate
    offered = rates[AT_ONCE] + rates[WAIT] + rates[BLOCK] + rates[BALK]
    return Contacts(
        arrival_rate=offered,
        p_wait=rates[WAIT] / offered,
        p_block=rates[BLOCK] / offered,
        p_balk=rates[BALK] / offered,
        p_abandon=rates[ABANDON] / offered,
        queue_length=queue_length,
    )


def room_for(room: int | None, *, arrival_rate: float, patience_mean: float) -> int:
    """Return how many may wait, so many that it is as good as unlimited unless a limit is given.

    Those who wait leave at least as fast as their patience ends, so their number is less than one with a Poisson law.

    Parameters
    ----------
    room
        The limit, if there is one.
    arrival_rate
        Of those who may have to wait.
    patience_mean
        Of the exponential patience.

    Returns
    -------
    int
        Number of places.
    """
    if room is not None:
        if room < 0 or room != int(room):
            raise ValueError(f"room is {room}; it must be a whole number, 0 or more")
        return room
    require_patience(patience_mean)
    if isinf(patience_mean):
        raise ValueError("nobody gives up, so say how many may wait: give room, or patience_mean")
    places = 0
    while pdtrc(places, arrival_rate * patience_mean) > _NEGLIGIBLE:
        places += 1
    return places + 1


def require_patience(patience_mean: float) -> None:
    """Refuse a mean patience that is not positive; unlimited it may be.

    Parameters
    ----------
    patience_mean
        What to check.
    """
    if patience_mean != inf:
        require_positive(patience_mean=patience_mean)


def grown(build: Callable[[int], Chain[S]], filled: Callable[[S], int]) -> tuple[Distribution[S], int]:
    """Return the stationary law of a chain with a place so great that it as good as never fills up.

    Parameters
    ----------
    build
        The chain, by the room in that place.
    filled
        How much of it a state takes.

    Returns
    -------
    tuple
        The law, and the room that was enough.
    """
    room = _ROOM
    while room <= _MOST:
        steady = build(room).stationary()
        taken = np.array([filled(state) for state in steady.chain.states])
        if float(steady.probability[taken >= room].sum()) <= _UNFILLED:
            return steady, room
        room *= 2
    raise ValueError(f"room for {_MOST} fills up: more come than are served, or hardly fewer")
