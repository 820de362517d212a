"""Evaluation of headcounts on common customers: days drawn once, and what each target lacks on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core import interrupts
from sim.core.interruptible import result_of
from sim.engine import Plan
from sim.experiment.replicate import choose_engine, engines
from sim.experiment.staffing.grid import Grid
from sim.experiment.staffing.sums import Sums, target_sums
from sim.experiment.staffing.targets import Target
from sim.kpis.intervals import day_of_intervals, days_of, first_interval, open_intervals
from sim.population import Population, draw_population

__all__ = ["Blocks", "Days", "Outcome", "Requirements", "level_of", "outcome_on", "plan_outcome", "requirements_of"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_ROUNDING = 1e-9
_LEAST = 0.5  # contacts or seconds that miss a bound: less is not told apart


class Blocks(NamedTuple):
    """Intervals that requirements cover together, in the order of time."""

    number: int
    of_intervals: I8  # [intervals] number of the block
    of_rows: I8  # [rows]


@dataclass(frozen=True, eq=False)
class Requirements:
    """What has to hold: one row for each target and interval, day or run.

    Parameters
    ----------
    targets
        Of the search.
    row
        [targets, intervals + 1] row that a cell belongs to, -1 = none.
    target
        [rows] target of each row.
    first
        [rows] its first interval.
    """

    targets: tuple[Target, ...]
    row: I8
    target: I8
    first: I8

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.target)

    @cached_property
    def blocks(self) -> Blocks:
        """Intervals that rows cover together: each for itself, or those of a day or of the run."""
        block = np.arange(self.row.shape[1])
        for row in self.row:
            for number in np.unique(row[row >= 0]).tolist():
                joined = np.isin(block, block[row == number])
                block[joined] = block[joined].min()
        _, block = np.unique(block, return_inverse=True)
        return Blocks(int(block.max()) + 1, block[:-1], block[self.first])

    @cached_property
    def bound(self) -> F8:
        """Bound of each target, [targets, 1]."""
        return np.array([target.bound for target in self.targets])[:, None]

    @cached_property
    def sign(self) -> F8:
        """1 where the bound is the least value, -1 where it is the greatest, [targets, 1]."""
        return np.array([1.0 if target.at_least else -1.0 for target in self.targets])[:, None]

    def slack(self, num: F8, den: F8) -> F8:
        """Return by how much sums keep the bounds, in units of the numerators; negative where they do not."""
        return self.sign * (num - self.bound * den) + _ROUNDING * np.abs(den)

    def of_rows(self, cells: F8) -> F8:
        """Add cells up to rows; the last two axes are targets and intervals."""
        flat = cells.reshape(-1, self.row.size)
        rows = np.array([np.bincount(self.row.ravel() + 1, line, len(self) + 1)[1:] for line in flat])
        return rows.reshape(*cells.shape[:-2], len(self))


def requirements_of(plan: Plan, targets: Sequence[Target]) -> Requirements:
    """Return the rows of targets: those of intervals count where the run is open and warmed up."""
    rows = np.full((len(targets), plan.intervals + 1), -1, dtype=np.int64)
    owners: list[int] = []
    firsts: list[int] = []
    begin = first_interval(plan)
    counts = np.append(open_intervals(plan) & (np.arange(plan.intervals) >= begin), True)
    day = np.append(day_of_intervals(plan), days_of(plan) - 1)
    for number, target in enumerate(targets):
        part = {"interval": np.arange(plan.intervals + 1), "day": day}.get(target.per, np.zeros_like(day))
        wanted = counts & (np.arange(plan.intervals + 1) < plan.intervals) if target.per == "interval" else counts
        for value in np.unique(part[wanted]).tolist():
            cells = wanted & (part == value)
            rows[number, cells] = len(owners)
            owners.append(number)
            firsts.append(int(np.flatnonzero(cells)[0]))
    return Requirements(tuple(targets), rows, np.array(owners, dtype=np.int64), np.array(firsts, dtype=np.int64))


def level_of(slack: F8, allowed: F8) -> F8:
    """Return the logarithm of what may miss a bound over what does.

    Parameters
    ----------
    slack
        What may miss it, less what does.
    allowed
        What may.
    """
    return np.asarray(np.log(np.maximum(allowed, _LEAST) / np.maximum(allowed - slack, _LEAST)))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What headcounts brought: the sums of each replication, [replications, targets, intervals + 1]."""

    requirements: Requirements
    num: F8
    den: F8

    @cached_property
    def cells(self) -> F8:
        """Slack of each target in each interval over all replications, [targets, intervals + 1]."""
        return self.requirements.slack(self.num.sum(axis=0), self.den.sum(axis=0))

    @cached_property
    def slack(self) -> F8:
        """Slack of each row over all replications, [rows]."""
        return self.requirements.of_rows(self.cells)

    @cached_property
    def allowed(self) -> F8:
        """How much may miss the bound of each row over all replications, [rows]: late contacts, seconds of waiting."""
        bound, den = self.requirements.bound, self.den.sum(axis=0)
        return self.requirements.of_rows(np.where(self.requirements.sign > 0, (1.0 - bound) * den, bound * den))

    @cached_property
    def level(self) -> F8:
        """Logarithm of how often what misses each row would fit into what may, [rows]; 0 = the row just holds."""
        return level_of(self.slack, self.allowed)

    @cached_property
    def slack_by_day(self) -> F8:
        """Slack of each row in each replication, [replications, rows]."""
        return self.requirements.of_rows(self.requirements.slack(self.num, self.den))

    @cached_property
    def sums(self) -> Sums:
        """Numerators and denominators of each row in each replication, [replications, rows]."""
        return self.requirements.of_rows(self.num), self.requirements.of_rows(self.den)

    @property
    def slack_error(self) -> F8:
        """Standard error of the slack of each row, [rows]."""
        return np.asarray(self.slack_by_day.std(axis=0, ddof=1) * np.sqrt(len(self.num)))

    def joined(self, other: Outcome) -> Outcome:
        """Return the outcome on the days of both."""
        num, den = (np.concatenate(pair) for pair in ((self.num, other.num), (self.den, other.den)))
        return Outcome(self.requirements, num, den)

    @property
    def joint(self) -> float:
        """Share of the replications in which all rows hold at once."""
        return float((self.slack_by_day >= 0).all(axis=1).mean())


class Days:
    """Replications whose customers are drawn once, and on which any headcounts can be tried.

    Parameters
    ----------
    grid, requirements
        Of the search.
    seed, numbers
        Replications of this seed.
    engine
        Its name.
    workers
        Threads; the compiled engine runs beside others.
    """

    def __init__(
        self, grid: Grid, requirements: Requirements, *, seed: int, numbers: range, engine: str, workers: int
    ) -> None:
        demand, (name, _) = grid.plan.demand(), choose_engine(grid.plan, engine)
        self.grid, self.requirements, self.numbers = grid, requirements, numbers
        self._engine, self._workers = engines()[name], workers
        self._populations = [draw_population(demand, seed, number) for number in numbers]
        self.evaluations = 0

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self._populations)

    def first(self, days: int) -> Days:
        """Return the first of these replications."""
        fewer = object.__new__(Days)
        fewer.__dict__ = {**self.__dict__, "numbers": self.numbers[:days], "_populations": self._populations[:days]}
        return fewer

    def with_grid(self, grid: Grid) -> Days:
        """Return the same customers with other limits of headcounts."""
        same = object.__new__(Days)
        same.__dict__ = {**self.__dict__, "grid": grid}
        return same

    def outcome(self, counts: I8) -> Outcome:
        """Simulate headcounts on all days."""
        self.evaluations += 1
        simulate = partial(_sums, self.grid.plan_with(counts), self.requirements.targets, self._engine)
        return _outcome(self.requirements, simulate, self._populations, self._workers)


def outcome_on(
    plan: Plan, requirements: Requirements, populations: Sequence[Population], *, engine: str, workers: int
) -> Outcome:
    """Simulate a plan as it is, headcounts or shifts, on customers who were drawn before.

    Parameters
    ----------
    plan, requirements
        What to simulate, and what is to hold.
    populations
        Customers of each replication.
    engine
        Its name.
    workers
        Threads.
    """
    simulate = partial(_sums, plan, requirements.targets, engines()[engine])
    return _outcome(requirements, simulate, populations, workers)


def plan_outcome(
    plan: Plan,
    requirements: Requirements,
    *,
    seed: int,
    numbers: range,
    engine: str,
    workers: int,
    progress: Callable[[int], None] = lambda _done: None,
) -> Outcome:
    """Simulate a plan as it is, headcounts or shifts; customers are drawn day by day and kept no longer.

    Parameters
    ----------
    plan, requirements
        What to simulate, and what is to hold.
    seed, numbers
        Replications of this seed.
    engine
        Its name.
    workers
        Threads.
    progress
        Called with the number of days done.
    """
    demand, (name, _) = plan.demand(), choose_engine(plan, engine)

    def simulate(number: int) -> Sums:
        return _sums(plan, requirements.targets, engines()[name], draw_population(demand, seed, number))

    return _outcome(requirements, simulate, numbers, workers, progress)


def _sums(plan: Plan, targets: Sequence[Target], engine: ModuleType, population: Population) -> Sums:
    return target_sums(plan, targets, population, engine.run(plan, population))


def _outcome(
    requirements: Requirements,
    simulate: Callable[..., Sums],
    days: Sequence[object],
    workers: int,
    progress: Callable[[int], None] = lambda _done: None,
) -> Outcome:
    with _threads(min(workers, len(days))) as pool:
        results = []
        for outcome in [pool.submit(simulate, day) for day in days]:
            results.append(result_of(outcome))
            progress(len(results))
            interrupts.check()
    num, den = (np.array(column) for column in zip(*results, strict=True))
    return Outcome(requirements, num, den)


@contextmanager
def _threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads; an interrupted command line leaves what they have begun."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(wait=not interrupts.presses(), cancel_futures=True)
