"""Search for the cheapest headcounts: models around the best plan so far, each solved as an integer program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.experiment.staffing.evaluation import Days, Outcome, level_of
from sim.experiment.staffing.local_model import LocalModel, local_model, touches_of

__all__ = ["Candidate", "Search"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_STEPS, _IDLE = 12, 3  # of a model: at most, and without better headcounts
_WORTH = 2e-3  # of the cost, that a model has to save so that another one is asked
_MENDS = 8
_MOST_MORE = 5  # agents by which a mend raises a headcount
_PENALTY = 3.0  # agents that a step may cost for what one agent brings
_LEAST_GAIN = 0.02  # level that an agent brings
_LARGEST = 0.95  # of what may miss a bound, that a margin takes
_CLIMBS = 40
_LEAST_SAVING = 1e-9
_FEW = 8  # headcounts of a plan whose neighbours are all tried
_RADIUS = {1: 20, 2: 10, 3: 4, 4: 2}  # agents by which each may differ then, by their number; else 1


@dataclass(frozen=True, eq=False)
class Candidate:
    """Headcounts that were simulated."""

    counts: I8
    outcome: Outcome
    cost: float
    lacking: float  # what requirements lack together, in units of their slack; 0 = all hold

    @property
    def holds(self) -> bool:
        """Whether all requirements hold."""
        return self.lacking == 0.0

    def better_than(self, other: Candidate) -> bool:
        """Tell whether these headcounts are the better ones: requirements first, then the cost."""
        if self.holds and other.holds:
            return self.cost < other.cost - _LEAST_SAVING
        return self.lacking < other.lacking - _LEAST_SAVING


@dataclass(eq=False)
class Search:
    """Search on common customers.

    Parameters
    ----------
    days
        On which requirements have to hold.
    sample
        Some of them, on which differences are taken.
    reach
        Of an agent of each free group, in intervals.
    report
        Called with each better candidate.
    """

    days: Days
    sample: Days
    reach: Sequence[tuple[int, int]]
    report: Callable[[Candidate], None]
    margin: F8 = field(init=False)  # [rows] slack that each requirement is to have
    touches: NDArray[np.bool_] = field(init=False)  # [rows, free groups x intervals] whether an agent can matter
    taken: LocalModel | None = None  # from differences, the last time
    model: LocalModel | None = None  # the same, after what its steps showed
    known: dict[bytes, Outcome] = field(default_factory=dict)  # of plans of few headcounts

    def __post_init__(self) -> None:
        """Ask for no margin, and find out which agents can matter."""
        self.margin = np.zeros(len(self.days.requirements))
        self.touches = touches_of(self.days, self.reach)

    def use(self, days: Days) -> None:
        """Search on other days from now on; differences stay those of the first ones."""
        self.days, self.known = days, {}
        self.margin = np.zeros(len(days.requirements))

    def evaluate(self, counts: I8) -> Candidate:
        """Simulate headcounts."""
        key = counts.tobytes()
        outcome = self.known.get(key) or self.days.outcome(counts)
        if counts.size <= _FEW:  # as neighbours of several plans they are tried again and again
            self.known[key] = outcome
        lacking = float(np.maximum(self.margin - outcome.slack, 0.0).sum())
        return Candidate(counts, outcome, self.days.grid.cost_of(counts), lacking)

    def improve(self, best: Candidate, *, radius: float, models: int) -> Candidate:
        """Improve headcounts: with new models until these bring little, or else with the one of the last improvement.

        Parameters
        ----------
        best
            Headcounts to begin with.
        radius
            Share of a headcount by which a step may change it; one agent at least.
        models
            New ones at most. Each takes some simulations.
        """
        if self.model is not None and not models:
            best = self._follow(self.model.around(best.counts, best.outcome.level), best, radius)
        for _ in range(models):
            if self.taken is None or (self.taken.counts != best.counts).any():
                self.taken = local_model(self.sample, best.counts, best.outcome, self.reach, self.touches)
            before, best = best, self._follow(self.taken, best, radius)
            if best is before or (best.holds and best.cost > (1.0 - _WORTH) * before.cost):
                break
        return best

    def climb(self, best: Candidate) -> Candidate:
        """Add agents, one for each requirement that does not hold, until all do or nobody can be added.

        A requirement that still does not hold gets another agent: of the next cheapest group, in the next interval.
        """
        grid, touches = self.days.grid, self.touches
        tries = np.zeros(len(self.margin), dtype=np.int64)
        for _ in range(_CLIMBS):
            if best.holds:
                break
            counts = best.counts.copy()
            for row in np.flatnonzero(best.outcome.slack < self.margin).tolist():
                self._add(counts, touches[row].reshape(counts.shape), row, tries)
            if (counts == best.counts).all():
                break
            best = self.evaluate(np.minimum(counts, grid.most))
        return best

    def finish(self, best: Candidate) -> Candidate:
        """Try every cheaper plan near the best one, if there are few headcounts.

        More agents are taken to make nothing worse, so only plans are tried to which no agent can be added without
        costing as much as the best.
        """
        if best.counts.size > _FEW or not best.holds:
            return best
        radius = _RADIUS.get(best.counts.size, 1)
        while True:
            tried = map(self.evaluate, self._cheaper(best, radius))
            better = next((candidate for candidate in tried if candidate.better_than(best)), None)
            if better is None:
                return best
            best = better
            self.report(best)

    def _cheaper(self, best: Candidate, radius: int) -> Iterator[I8]:
        """Yield the plans within a radius that are cheaper, and as large as they can be."""
        grid, counts = self.days.grid, best.counts.ravel()
        lows = np.maximum(counts - radius, grid.least.ravel())
        highs = np.minimum(counts + radius, grid.most.ravel())
        prices = np.repeat(grid.price, grid.plan.intervals).tolist()
        limit = best.cost - _LEAST_SAVING
        for plan in product(*(range(low, high + 1) for low, high in zip(lows.tolist(), highs.tolist(), strict=True))):
            cost = sum(price * agents for price, agents in zip(prices, plan, strict=True))
            more = (price for price, agents, high in zip(prices, plan, highs.tolist(), strict=True) if agents < high)
            if cost < limit <= cost + min(more, default=inf):
                yield np.array(plan, dtype=np.int64).reshape(best.counts.shape)

    def _add(self, counts: I8, touches: NDArray[np.bool_], row: int, tries: I8) -> None:
        grid, first = self.days.grid, int(self.days.requirements.first[row])
        group, interval = np.nonzero(touches & (counts < grid.most))
        if len(group):
            order = np.lexsort((interval, grid.price[group], np.abs(interval - first)))
            chosen = order[tries[row] % len(order)]
            counts[group[chosen], interval[chosen]] += 1 + tries[row] // len(order)
            tries[row] += 1

    def _follow(self, model: LocalModel, best: Candidate, radius: float) -> Candidate:
        """Return the best headcounts on the way that a model leads, or those given.

        A step is taken in the intervals in which it brings what it costs, whether requirements hold yet or not; what it
        shows corrects the model. In the others it is undone, and later ones are shorter.
        """
        at, idle = best, 0
        far = np.maximum(1, np.ceil(radius * at.counts)).astype(np.int64)
        for _ in range(_STEPS):
            counts, before = model.solve(self._needed(at), far, far), best
            if idle == _IDLE or ((counts == at.counts).all() and (far == 1).all()):
                break
            tried = self.evaluate(counts)
            worse = self._worse(model, at, tried)
            far[:, worse] = np.maximum(far[:, worse] // 2, 1)
            model = model.corrected(counts, tried.outcome.level)
            best = self._better(best, tried)
            counts = np.where(worse, at.counts, counts)
            if (counts != tried.counts).any() and (counts != at.counts).any():
                tried = self.evaluate(counts)
                best = self._better(best, tried)
            if (counts == tried.counts).all():
                at = tried
                model = model.around(at.counts, at.outcome.level)
            idle = 0 if best is not before else idle + 1
        self.model = model
        return self._better(best, self._mend(model, at))

    def _mend(self, model: LocalModel, at: Candidate) -> Candidate:
        """Add the cheapest agents with which all requirements hold, as far as the model finds them."""
        nobody = np.zeros_like(at.counts)
        for _ in range(_MENDS):
            if at.holds:
                break
            counts = model.solve(self._needed(at), nobody, nobody + _MOST_MORE)
            if (counts == at.counts).all():
                break
            at = self.evaluate(counts)
            model = model.corrected(counts, at.outcome.level).around(counts, at.outcome.level)
        return at

    def _better(self, best: Candidate, tried: Candidate) -> Candidate:
        if tried.better_than(best):
            self.report(tried)
            return tried
        return best

    def _needed(self, at: Candidate) -> F8:
        """Return the level that each requirement is to have, [rows]."""
        allowed = at.outcome.allowed
        return level_of(np.minimum(self.margin, _LARGEST * allowed), allowed)

    def _worse(self, model: LocalModel, at: Candidate, tried: Candidate) -> NDArray[np.bool_]:
        """Return the intervals in which a step costs more than it brings, [intervals]."""
        needed, price, blocks = self._needed(at), self.days.grid.price, model.blocks
        dear = _PENALTY * price.max() / np.maximum(model.gain.max(axis=1, initial=0.0), _LEAST_GAIN)

        def total(candidate: Candidate) -> F8:
            lacks = dear * np.maximum(needed - candidate.outcome.level, 0.0)
            cost = np.bincount(blocks.of_intervals, price @ candidate.counts, blocks.number)
            return np.asarray(cost + np.bincount(blocks.of_rows, lacks, blocks.number))

        return np.asarray((total(tried) > total(at) + _LEAST_SAVING)[blocks.of_intervals])
