"""The exact mean wait after a fall of the headcount, for both meanings of who leaves.

Poisson arrivals, exponential service, nobody gives up. Before the fall the queue is M/M/s. After it the state is a
Markov chain: under `first_free` the busy agents and those who wait, where nobody is served until enough agents have
finished; under `own` those who stay with who waits, and those who leave, who finish meanwhile. The wait that a
customer who arrives now expects follows from the state, since the queue is served in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import simpson
from scipy.sparse import csr_array
from scipy.sparse.linalg import expm_multiply

__all__ = ["StaffDrop", "mean_wait"]

MOST_WAITING = 250  # a longer queue has a probability of less than 1e-9 in the case here
POINTS = 121  # of Simpson's rule: 61 give the same four digits
State = tuple[int, int]


@dataclass(frozen=True)
class StaffDrop:
    """Rates per second, and the headcounts before and after."""

    rate_before: float
    rate_after: float
    service_mean: float
    before: int
    after: int


def mean_wait(drop: StaffDrop, seconds: float, *, own: bool) -> float:
    """Return the expected mean wait of those who arrive within so many seconds after the fall."""
    states, moves, expected = (_own if own else _first_free)(drop)
    index = {state: number for number, state in enumerate(states)}
    entries = [(index[a], index[b], speed) for a, b, speed in moves if b in index]
    rows, columns, speeds = (np.array(column) for column in zip(*entries, strict=True))
    generator = csr_array((speeds, (rows, columns)), shape=(len(states), len(states)))
    generator = generator - csr_array(np.diag(generator.sum(axis=1)))
    begin = np.zeros(len(states))
    for present, probability in enumerate(_stationary(drop)):
        begin[index[_after_the_fall(drop, present, own=own)]] += probability
    course = expm_multiply(generator.T, begin, 0.0, seconds, POINTS)
    return float(simpson(course @ np.array(expected), dx=seconds / (POINTS - 1)) / seconds)


def _stationary(drop: StaffDrop) -> NDArray[np.float64]:
    weights = [1.0]
    for present in range(1, drop.before + MOST_WAITING // 2):
        weights.append(weights[-1] * drop.rate_before * drop.service_mean / min(present, drop.before))
    return np.array(weights) / sum(weights)


def _after_the_fall(drop: StaffDrop, present: int, *, own: bool) -> State:
    busy = min(present, drop.before)
    waiting = present - busy
    leaving = max(0, busy - drop.after)  # of the busy, as the idle leave first
    return (busy - leaving + waiting, leaving) if own else (busy, waiting)


def _own(drop: StaffDrop) -> tuple[list[State], Iterator[tuple[State, State, float]], list[float]]:
    """Return states (contacts of those who stay, agents who leave), moves, and expected waits."""
    each = 1 / drop.service_mean
    most = drop.after + MOST_WAITING
    states = [(contacts, leaving) for leaving in range(drop.before - drop.after + 1) for contacts in range(most + 1)]

    def moves() -> Iterator[tuple[State, State, float]]:
        for contacts, leaving in states:
            yield (contacts, leaving), (contacts + 1, leaving), drop.rate_after
            yield (contacts, leaving), (contacts - 1, leaving), each * min(contacts, drop.after)
            yield (contacts, leaving), (contacts, leaving - 1), each * leaving

    return states, moves(), [max(0, contacts - drop.after + 1) / (drop.after * each) for contacts, _ in states]


def _first_free(drop: StaffDrop) -> tuple[list[State], Iterator[tuple[State, State, float]], list[float]]:
    """Return states (busy agents, customers who wait), moves, and expected waits."""
    each = 1 / drop.service_mean
    states = [(busy, 0) for busy in range(drop.after)]
    states += [(busy, n) for busy in range(drop.after, drop.before + 1) for n in range(MOST_WAITING + 1)]

    def moves() -> Iterator[tuple[State, State, float]]:
        for busy, waiting in states:
            yield (busy, waiting), (busy + 1, 0) if busy < drop.after else (busy, waiting + 1), drop.rate_after
            takes_next = waiting and busy == drop.after
            yield (busy, waiting), (busy, waiting - 1) if takes_next else (busy - 1, waiting), busy * each

    def wait(busy: int, waiting: int) -> float:
        until_one_is_served = sum(1 / (each * number) for number in range(drop.after + 1, busy + 1))
        return until_one_is_served + (waiting + 1) / (drop.after * each) if busy >= drop.after else 0.0

    return states, moves(), [wait(*state) for state in states]
