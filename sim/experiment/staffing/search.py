"""Search for the cheapest headcounts: models around the best plan so far, each solved as an integer program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import inf

import numpy as np
from numpy.typing import NDArray

from sim.experiment.staffing.evaluation import Days, Outcome
from sim.experiment.staffing.local_model import LocalModel, local_model, touches_of

__all__ = ["Candidate", "Search"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_TRIES = 8  # corrections of a model before it is given up
_RETREATS = 4
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

    def __post_init__(self) -> None:
        """Ask for no margin, and find out which agents can matter."""
        self.margin = np.zeros(len(self.days.requirements))
        self.touches = touches_of(self.days, self.reach)

    def evaluate(self, counts: I8) -> Candidate:
        """Simulate headcounts."""
        outcome = self.days.outcome(counts)
        lacking = float(np.maximum(self.margin - outcome.slack, 0.0).sum())
        return Candidate(counts, outcome, self.days.grid.cost_of(counts), lacking)

    def improve(self, best: Candidate, *, radius: float, rounds: int) -> Candidate:
        """Improve headcounts until no model finds cheaper ones that hold, or the rounds are over.

        Parameters
        ----------
        best
            Headcounts to begin with.
        radius
            Share of a headcount by which a round may change it.
        rounds
            Models at most.
        """
        for _ in range(rounds):
            model = local_model(self.sample, best.counts, best.outcome.slack, self.reach, self.touches)
            better = self._solve(model, best, radius)
            if better is None:
                break
            best = better
            self.report(best)
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
        costs = [grid.cost[row] for row in range(len(grid.cost)) for _ in range(grid.plan.intervals)]
        limit = best.cost - _LEAST_SAVING
        for plan in product(*(range(low, high + 1) for low, high in zip(lows.tolist(), highs.tolist(), strict=True))):
            cost = sum(float(prices[agents]) for prices, agents in zip(costs, plan, strict=True))
            more = (
                float(prices[agents + 1] - prices[agents])
                for prices, agents, high in zip(costs, plan, highs.tolist(), strict=True)
                if agents < high
            )
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

    def _solve(self, model: LocalModel, best: Candidate, radius: float) -> Candidate | None:
        """Return better headcounts of a model that is corrected where it promised too much; None if it has none."""
        missing, better = self.margin.copy(), best
        tried = {best.counts.tobytes()}
        for _ in range(_TRIES):
            counts = model.solve(missing, radius)
            if counts.tobytes() in tried:
                break
            tried.add(counts.tobytes())
            candidate = self.evaluate(counts)
            if best.holds:
                candidate = self._retreat(model, best, candidate, tried)
            if candidate.better_than(better):
                better = candidate
            if better.holds and better is candidate:
                break
            model, slack = model.corrected(candidate.counts, candidate.outcome.slack), candidate.outcome.slack
            excess = np.maximum(model.predict(candidate.counts) - slack, 0.0)  # beyond what was reduced
            missing = np.where(slack < self.margin, missing + excess, missing)
        return None if better is best else better

    def _retreat(self, model: LocalModel, best: Candidate, candidate: Candidate, tried: set[bytes]) -> Candidate:
        """Undo changes on which requirements depend that do not hold any more, while the rest is cheaper."""
        first, step = candidate, candidate
        for _ in range(_RETREATS):
            if step.holds or step.cost >= best.cost - _LEAST_SAVING:
                break
            short = step.outcome.slack < self.margin
            matters = model.touches[short].any(axis=0).reshape(step.counts.shape)
            counts = np.where(matters, np.maximum(step.counts, best.counts), step.counts)
            if counts.tobytes() in tried:
                break
            tried.add(counts.tobytes())
            step = self.evaluate(counts)
        return step if step.better_than(best) else first
