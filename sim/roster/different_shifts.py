"""Local search over the pairs of start and length that are used, where each different pair has a price.

Once the pairs are chosen, the numbers of shifts are a linear program that is solved in milliseconds, and almost always
whole. So pairs are left out, added and exchanged one by one; the dual values of the rows say which are worth adding
(pricing, as in column generation). The best pairs give the integer program its start.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from sim.core import interrupts
from sim.roster.program import Limits, Solver
from sim.roster.shift_model import ShiftModel, shift_model

__all__ = ["start_of_pairs"]

F8 = NDArray[np.float64]
Pairs = frozenset[int]
_PROGRAMS = 2_000  # linear programs that are solved at most
_ADDED = 8  # pairs that are tried in addition, those that the prices favour most
_DROPPED = 8  # pairs that are tried to leave out for them, those that are used least
_KICK = 3  # pairs that are left out at random when nothing helps
_KICKS = 30  # without success, before the end
_TINY = 1e-6
_SEED = 1
_NODES = 200  # of the program that makes the numbers whole
_SHARE = 0.25  # of a time limit, if there is one


def start_of_pairs(model: ShiftModel, values: F8, limits: Limits) -> F8 | None:
    """Return values of all columns to begin with; None if no numbers of shifts were found.

    Parameters
    ----------
    model
        With prices of different shifts.
    values
        Of the relaxation.
    limits
        Of the integer program that makes the numbers whole.
    """
    until = math.inf if limits.seconds is None else monotonic() + _SHARE * limits.seconds
    used = frozenset(at for at, column in enumerate(model.different.values()) if values[column] > _TINY)
    pairs = _PairSearch(model, _bound(model, values), until).best(used)
    if pairs is None:
        return None
    restricted = Solver(model.program)
    restricted.limit({column: float(at in pairs) for at, column in enumerate(model.different.values())})
    restricted.make_integer()
    solution = restricted.solve(replace(limits, nodes=_NODES))
    return solution.values if solution.is_found else None


def _bound(model: ShiftModel, values: F8) -> float:
    """Return the value of the relaxation, rounded up to what an optimum is a multiple of."""
    value, quantum = float(values @ np.array(model.program.costs)), model.program.quantum
    return math.ceil(value / quantum - _TINY) * quantum if quantum > _TINY else value


@dataclass(frozen=True)
class _Outcome:
    """What some pairs bring: the value, the pairs by their use, and others that the prices of the program favour."""

    value: float
    least_used: tuple[int, ...]
    favoured: tuple[int, ...]


class _PairSearch:
    def __init__(self, model: ShiftModel, bound: float, until: float) -> None:
        problem, self.bound, self.until, self.least = model.problem, bound, until, math.inf
        self.price = problem.rules.prices.different_shifts
        prices = problem.rules.prices.model_copy(update={"different_shifts": 0.0})
        free = shift_model(replace(problem, rules=problem.rules.model_copy(update={"prices": prices})))
        numbers = {pair: at for at, pair in enumerate(model.different)}
        self.columns: dict[int, list[int]] = defaultdict(list)
        for (_, number, _), column in free.shifts.items():
            pattern = problem.slots.patterns[number]
            self.columns[numbers[pattern.start, pattern.end]].append(column)
        self.upper = {column: free.program.upper[column] for own in self.columns.values() for column in own}
        self.solver, self.open = Solver(free.program), frozenset(self.columns)
        self.costs, self.solved = np.array(free.program.costs), 0
        self.known: dict[Pairs, _Outcome] = {}
        self.random = np.random.default_rng(_SEED)

    def best(self, pairs: Pairs) -> Pairs | None:
        """Return the best pairs that were found, from some to begin with."""
        best = self._descended(pairs)
        if not np.isfinite(self._value(best)):
            return None
        failed = 0
        while failed < _KICKS and not self._is_over():
            kept = self.random.permutation(sorted(best))[_KICK:].tolist()
            other = self._descended(frozenset(kept))
            if self._value(other) < self._value(best) - _TINY:
                best, failed = other, 0
            else:
                failed += 1
        return best

    def _is_over(self) -> bool:
        is_optimal = self.least <= self.bound + _TINY
        return is_optimal or self.solved >= _PROGRAMS or monotonic() > self.until or interrupts.presses() > 0

    def _descended(self, pairs: Pairs) -> Pairs:
        """Return pairs that no change of one or two improves."""
        while not self._is_over():
            value = self._value(pairs)
            better = next((each for each in self._near(pairs) if self._value(each) < value - _TINY), None)
            if better is None:
                break
            pairs = better
        return pairs

    def _near(self, pairs: Pairs) -> Iterator[Pairs]:
        """Yield pairs without one, with one more, and with one in place of another."""
        for pair in self._outcome(pairs).least_used:
            if self._is_over():
                return
            yield pairs - {pair}
        for pair in self._outcome(pairs).favoured:
            if self._is_over():
                return
            more = pairs | {pair}
            yield more
            for other in self._outcome(more).least_used[:_DROPPED]:
                if other != pair:
                    yield more - {other}

    def _value(self, pairs: Pairs) -> float:
        return self._outcome(pairs).value

    def _outcome(self, pairs: Pairs) -> _Outcome:
        """Return what numbers of shifts of these pairs bring."""
        if pairs not in self.known:
            self.known[pairs] = self._solved(pairs)
            self.least = min(self.least, self.known[pairs].value)
        return self.known[pairs]

    def _solved(self, pairs: Pairs) -> _Outcome:
        self.solved += 1
        changed = self.open ^ pairs
        self.solver.limit(
            {
                column: self.upper[column] if pair in pairs else 0.0
                for pair in sorted(changed)
                for column in self.columns[pair]
            }
        )
        self.open = pairs
        values, others = self.solver.relax(), sorted(frozenset(self.columns) - pairs)
        if not values.size:
            return _Outcome(math.inf, tuple(sorted(pairs)), tuple(others[:_ADDED]))
        costs = self.solver.reduced_costs()
        number = {pair: float(values[self.columns[pair]].sum()) for pair in pairs}
        gain = {pair: float(np.minimum(costs[self.columns[pair]], 0.0).sum()) for pair in others}
        return _Outcome(
            float(values @ self.costs) + self.price * len(pairs),
            tuple(sorted(pairs, key=lambda pair: (number[pair], pair))),
            tuple(
                sorted((pair for pair in others if gain[pair] < -_TINY), key=lambda pair: (gain[pair], pair))[:_ADDED]
            ),
        )
