r"""Markov chains with finitely many states, stated by their transitions and solved as sparse matrices.

A model is an initial state, any hashable value, and a function that lists where one can go from a state, how fast, and
under what name. M/M/2 with room for one who waits, and patience, is

>>> def transitions(present):
...     if present < 3:
...         yield present + 1, 1.5, "come"
...     else:
...         yield present, 1.5, "blocked"  # leads nowhere, but is counted
...     yield present - 1, min(present, 2) / 1.0, "served"  # of rate 0, hence nothing, where nobody is there
...     yield present - 1, max(present - 2, 0) / 0.5, "abandon"
>>> steady = explore(0, transitions).stationary()
>>> round(steady.rate("blocked") / 1.5, 6)  # of those who come
0.104247
>>> round(steady.mean(lambda present: max(present - 2, 0)), 6)  # in the queue
0.104247

`explore` finds the states breadth first. For the stationary law see `sim.theory.balance`. The law at a time, and its
mean over the time until then, are sums over the jumps of a Poisson process that is as quick as the quickest state
(uniformisation) [1]_ [2]_:

.. math:: \pi(t) = \sum_{k \ge 0} e^{-\Lambda t} \frac{(\Lambda t)^k}{k!} \, \pi(0) P^k, \qquad
          \frac{1}{t} \int_0^t \pi(u) \, du = \frac{1}{\Lambda t} \sum_{k \ge 0} P(N_{\Lambda t} > k) \, \pi(0) P^k,
          \qquad P = I + Q / \Lambda .

References
----------
.. [1] A. Jensen, "Markoff chains as an aid in the study of Markoff processes", Skandinavisk Aktuarietidskrift 36,
   87-91, 1953.
.. [2] W. K. Grassmann, "Transient solutions in Markovian queueing systems", Computers & Operations Research 4(1),
   47-53, 1977.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, eye_array
from scipy.sparse.csgraph import connected_components
from scipy.special import gammaln, pdtrc, xlogy

from sim.theory.balance import balance

__all__ = ["Chain", "Distribution", "Transition", "explore"]

S = TypeVar("S", bound=Hashable)
Transition: TypeAlias = "tuple[S, float] | tuple[S, float, Hashable]"  # where to, how fast, under what name
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Chain(Generic[S]):
    """A continuous-time Markov chain.

    Parameters
    ----------
    states
        Those that can be reached, in the order in which they were found.
    source, target
        [T] index of the state that each transition leaves and enters; the same where nothing changes.
    speed
        [T] rate of each transition.
    names
        Of the transitions, each once.
    name
        [T] index of each transition's name.
    """

    states: tuple[S, ...]
    source: I8
    target: I8
    speed: F8
    names: tuple[Hashable, ...]
    name: I8

    def stationary(self) -> Distribution[S]:
        """Return the law that does not change, which the chain tends to from every state.

        Returns
        -------
        Distribution
            Of the states.
        """
        recurrent = self._recurrent()
        flow = self._flow()[recurrent][:, recurrent]
        probability = np.zeros(len(self.states))
        probability[recurrent] = balance(csc_array(flow))
        return Distribution(self, probability)

    def transient(self, time: float, begin: Mapping[S, float] | None = None) -> Distribution[S]:
        """Return the law at a time.

        Parameters
        ----------
        time
            Since the beginning, 0 or more.
        begin
            The law at the beginning; the initial state unless given.

        Returns
        -------
        Distribution
            Of the states.
        """
        steps = self._steps(time)
        weights = np.exp(xlogy(steps, self._mean_steps(time)) - gammaln(steps + 1.0) - self._mean_steps(time))
        return self._uniformised(weights, begin)

    def average(self, time: float, begin: Mapping[S, float] | None = None) -> Distribution[S]:
        """Return the mean of the law over the time up to a given one.

        Parameters
        ----------
        time
            Since the beginning, more than 0.
        begin
            The law at the beginning; the initial state unless given.

        Returns
        -------
        Distribution
            Of the states; its rates, times ``time``, are expected numbers of transitions.
        """
        if not time > 0.0:
            raise ValueError(f"time is {time}; a mean is over more than no time")
        if self._quickest == 0.0:
            return self.transient(0.0, begin)
        steps = self._steps(time)
        return self._uniformised(np.asarray(pdtrc(steps, self._mean_steps(time)), dtype=np.float64), begin)

    def _flow(self) -> csr_array:
        """Return the transposed generator: what flows into each state, and out of it."""
        size = len(self.states)
        into = csr_array((self.speed, (self.target, self.source)), shape=(size, size))
        out = csr_array((self.speed, (self.source, self.source)), shape=(size, size))
        return csr_array(into - out)

    def _recurrent(self) -> I8:
        """Return the states that the chain does not leave for good."""
        size = len(self.states)
        graph = csr_array((np.ones(len(self.source)), (self.source, self.target)), shape=(size, size))
        count, part = connected_components(graph, connection="strong")
        left = part[self.source[part[self.source] != part[self.target]]]
        closed = np.setdiff1d(np.arange(count), left)
        if len(closed) != 1:
            raise ValueError(f"{len(closed)} sets of states are never left, so no one law is stationary")
        return np.flatnonzero(part == closed[0]).astype(np.int64)

    @property
    def _quickest(self) -> float:
        """Return the greatest rate at which a state is left."""
        return float(-self._flow().diagonal().min(initial=0.0))

    def _mean_steps(self, time: float) -> float:
        """Return the mean number of jumps of the Poisson process."""
        return self._quickest * time

    def _steps(self, time: float) -> F8:
        """Return the numbers of jumps that matter."""
        if not 0.0 <= time < inf:
            raise ValueError(f"time is {time}; it must be 0 or more, and finite")
        mean = self._mean_steps(time)
        return np.arange(np.ceil(mean + 9.0 * np.sqrt(mean) + 40.0))

    def _uniformised(self, weights: F8, begin: Mapping[S, float] | None) -> Distribution[S]:
        """Return the mixture, by weights, of the laws after 0, 1, 2 ... jumps."""
        now = self._begin(begin)
        quickest = self._quickest
        jump = csr_array(eye_array(len(now)) + self._flow() / quickest) if quickest > 0.0 else None
        total = np.zeros(len(now))
        for weight in weights / weights.sum():
            total += weight * now
            now = now if jump is None else jump @ now
        return Distribution(self, total)

    def _begin(self, begin: Mapping[S, float] | None) -> F8:
        """Return the law at the beginning."""
        now = np.zeros(len(self.states))
        if begin is None:
            now[0] = 1.0
            return now
        index = {state: i for i, state in enumerate(self.states)}
        for state, probability in begin.items():
            if state not in index:
                raise ValueError(f"the beginning is in {state}, which the chain does not know: explore from there also")
            now[index[state]] = probability
        return now


@dataclass(frozen=True, eq=False)
class Distribution(Generic[S]):
    """Probabilities of a chain's states, and what follows from them.

    Parameters
    ----------
    chain
        Whose states.
    probability
        [N] of each.
    """

    chain: Chain[S]
    probability: F8

    def mean(self, measure: Callable[[S], float]) -> float:
        """Return the expectation of a function of the state.

        Parameters
        ----------
        measure
            Of a state; one that is true or false gives a probability.

        Returns
        -------
        float
            The expectation.
        """
        return float(np.array([measure(state) for state in self.chain.states], dtype=np.float64) @ self.probability)

    def rate(self, name: Hashable) -> float:
        """Return how often the transitions of a name occur.

        Parameters
        ----------
        name
            As the chain's function gives it.

        Returns
        -------
        float
            Transitions per unit of time.
        """
        rates = self.rates()
        if name not in rates:
            raise ValueError(f"no transition is called {name!r}; there are {sorted(map(repr, rates))}")
        return rates[name]

    def rates(self) -> dict[Hashable, float]:
        """Return how often the transitions of each name occur.

        Returns
        -------
        dict
            Transitions per unit of time by name.
        """
        flows = np.bincount(self.chain.name, self._flows(), minlength=len(self.chain.names))
        return dict(zip(self.chain.names, flows.tolist(), strict=True))

    def flow(self, measure: Callable[[S, S], float]) -> float:
        """Return the mean of a function of transitions, per unit of time.

        Parameters
        ----------
        measure
            Of the states that a transition leaves and enters: what it counts for.

        Returns
        -------
        float
            Its sum over the transitions that occur in a unit of time.
        """
        states = self.chain.states
        pairs = zip(self.chain.source.tolist(), self.chain.target.tolist(), strict=True)
        return float(np.array([measure(states[i], states[j]) for i, j in pairs]) @ self._flows())

    def as_mapping(self) -> dict[S, float]:
        """Return the probabilities by state, as the beginning of what comes next.

        Returns
        -------
        dict
            Probabilities that are not 0.
        """
        return {s: p for s, p in zip(self.chain.states, self.probability.tolist(), strict=True) if p != 0.0}

    def _flows(self) -> F8:
        """Return how often each transition occurs."""
        return np.asarray(self.probability[self.chain.source] * self.chain.speed, dtype=np.float64)


def explore(
    initial: S,
    transitions: Callable[[S], Iterable[Transition[S]]],
    *,
    also: Iterable[S] = (),
    limit: int = 500_000,
) -> Chain[S]:
    """Find all states that can be reached.

    Parameters
    ----------
    initial
        A state, where the chain begins unless another beginning is given.
    transitions
        For a state: where to, how fast, and, for those to be counted, under what name. Several may lead to the same
        state, or back to where they began; those of rate 0 do not exist.
    also
        More states to begin from, such as those in which an earlier part of the day may have ended.
    limit
        The number of states not to exceed.

    Returns
    -------
    Chain
        To be solved.
    """
    index: dict[S, int] = {state: i for i, state in enumerate(dict.fromkeys([initial, *also]))}
    waiting = deque(index)
    source, target, speed, name = [], [], [], []
    names: dict[Hashable, int] = {}
    while waiting:
        here = waiting.popleft()
        for there, rate, *called in transitions(here):
            if rate == 0.0:
                continue
            if not (isfinite(rate) and rate > 0.0):
                raise ValueError(f"from {here} to {there} the rate is {rate}; it must be 0 or more, and finite")
            if there not in index:
                index[there] = len(index)
                waiting.append(there)
            source.append(index[here])
            target.append(index[there])
            speed.append(rate)
            name.append(names.setdefault(called[0] if called else None, len(names)))
        if len(index) > limit:
            raise ValueError(f"more than {limit} states can be reached; a smaller model, or a greater limit")
    return Chain(
        tuple(index),
        np.array(source, dtype=np.int64),
        np.array(target, dtype=np.int64),
        np.array(speed, dtype=np.float64),
        tuple(names),
        np.array(name, dtype=np.int64),
    )
