"""The exact day of one queue whose staff changes, by its forward equations, hour by hour.

Poisson arrivals, exponential service and patience; who finds no free agent leaves at once with some probability. When
the headcount falls, a busy agent finishes first; when it rises, those who wait are served. With constant rates within
an hour the state (busy agents, waiting customers) is a Markov chain, whose mean over the hour is the matrix
exponential of a block matrix (C. F. Van Loan, IEEE Trans. Autom. Control 23 (1978) 395-404).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import expm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Hour", "Queue", "hours"]

MOST_WAITING = 60  # a longer queue has a probability of less than 1e-12 in the cases here
State = tuple[int, int]  # busy agents, waiting customers


@dataclass(frozen=True)
class Queue:
    """Rates and sizes that stay the same all day; times in hours."""

    service_mean: float
    patience_mean: float
    leaves_at_once: float  # probability, of those who find no free agent


@dataclass(frozen=True)
class Hour:
    """Exact means over one hour."""

    delayed: float  # the share of those who come that finds no free agent; arrivals see time averages
    waiting: float  # mean number in the queue
    busy: float  # mean number of busy agents


def hours(queue: Queue, rates: Sequence[float], agents: Sequence[int], begin: State = (0, 0)) -> list[Hour]:
    """Solve a day.

    Parameters
    ----------
    queue
        What does not change.
    rates
        Expected arrivals in each hour.
    agents
        On duty in each hour.
    begin
        Busy agents and waiting customers as it begins; empty unless given.
    """
    now = {begin: 1.0}
    results = []
    for rate, staff in zip(rates, agents, strict=True):
        states = _states(staff, max(busy for busy, _ in now))
        law = np.zeros(len(states))
        for (busy, waiting), probability in now.items():
            taken = min(waiting, max(0, staff - busy))
            law[states.index((busy + taken, waiting - taken))] += probability
        mean, end = _hour(law, _generator(states, queue, rate, staff))
        late, lengths, busies = np.array([(busy >= staff, waiting, busy) for busy, waiting in states], dtype=float).T
        results.append(Hour(float(mean @ late), float(mean @ lengths), float(mean @ busies)))
        now = dict(zip(states, end.tolist(), strict=True))
    return results


def _states(staff: int, busiest: int) -> list[State]:
    """Return the states with a free agent, where nobody waits, and then those without."""
    free = [(busy, 0) for busy in range(staff)]
    return free + [(busy, n) for busy in range(staff, max(staff, busiest) + 1) for n in range(MOST_WAITING + 1)]


def _generator(states: list[State], queue: Queue, rate: float, staff: int) -> NDArray[np.float64]:
    index = {state: i for i, state in enumerate(states)}
    generator = np.zeros((len(states), len(states)))
    for state, i in index.items():
        for to, speed in _moves(state, queue, rate, staff):
            if to in index:
                generator[i, index[to]] += speed
                generator[i, i] -= speed
    return generator


def _moves(state: State, queue: Queue, rate: float, staff: int) -> Iterator[tuple[State, float]]:
    busy, waiting = state
    if busy < staff:
        yield (busy + 1, 0), rate
    else:
        yield (busy, waiting + 1), rate * (1 - queue.leaves_at_once)
    if waiting:
        yield (busy, waiting - 1), waiting / queue.patience_mean
    served_next = waiting and busy <= staff  # beyond the headcount, whoever finishes goes home
    yield (busy, waiting - 1) if served_next else (busy - 1, waiting), busy / queue.service_mean


def _hour(begin: NDArray[np.float64], generator: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the mean distribution over the hour, and the one at its end."""
    size = len(begin)
    block = np.zeros((2 * size, 2 * size))
    block[:size, :size] = generator
    block[:size, size:] = np.eye(size)
    flow = expm(block)
    return begin @ flow[:size, size:], begin @ flow[:size, :size]
