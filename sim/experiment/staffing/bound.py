"""Lower bound of the cost of headcounts that keep the targets of each interval, on the days of a search.

In one interval after the other, all other headcounts are as large as they may be. If an agent more never makes a
target worse, then the cheapest agents with which the interval keeps its own targets cost no more than those of any plan
that keeps all; the bound is the sum over the intervals. That these are the cheapest is proven by trying every
combination that costs less, apart from those with fewer agents of each group than one that was tried and failed.

The assumption is wrong where customers give up sooner than they are served [1]_: understaffing an interval then leaves
more agents free in the next. There is no bound in that case.

References
----------
.. [1] In M/M/n+M, customers leave the system faster the more agents there are if and only if they are served faster
   than they give up; see S. Zeltyn and A. Mandelbaum, "Call centers with impatient customers: many-server asymptotics
   of the M/M/n+G queue", Queueing Systems 51 (2005), 361-402, for the model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from sim.engine.expected_visits import expected_visits
from sim.experiment.staffing.evaluation import Days
from sim.experiment.staffing.grid import Grid
from sim.experiment.staffing.load import Load

__all__ = ["Bound", "find_bound"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_COMBINATIONS = 500  # of an interval that are tried, at most; with three groups and many agents there are thousands
_TOUCHPOINTS = 9e7  # that are simulated for them, at most: some minutes of computing
_EACH_DAY = 1000.0  # touchpoints that cost as much as beginning a day
_LEAST_SAVING = 1e-9


@dataclass(frozen=True)
class Bound:
    """Lower bound of the cost.

    Parameters
    ----------
    cost
        No plan costs less; None = not known.
    reason
        Why it is not known.
    counts
        Agents of this cost, [free groups, intervals]: enough in each interval if there are plenty in all others.
    """

    cost: float | None
    reason: str = ""
    counts: I8 | None = None

    def gap(self, cost: float) -> float | None:
        """Return the share of a plan's cost that a better one might save; None = not known."""
        return None if self.cost is None else max(1.0 - self.cost / cost, 0.0) if cost > 0 else 0.0


@dataclass(eq=False)
class _Interval:
    """The cheapest agents of some groups in an interval, as far as they are known."""

    grid: Grid
    groups: tuple[int, ...]  # rows of the grid
    interval: int
    rows: NDArray[np.intp]  # requirements of the interval
    agents: tuple[int, ...]  # enough, if the others are ample
    failed: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def cost(self) -> float:
        """Cost of these agents."""
        return float(sum(self.grid.price[row] * n for row, n in zip(self.groups, self.agents, strict=True)))

    def cheaper(self, limit: int) -> list[tuple[int, ...]]:
        """Return combinations that cost less, the largest of their kind, but not those known to fail."""
        every = self._combinations(self.groups, self.cost - _LEAST_SAVING)
        open_ = (agents for agents in every if not any(_is_within(agents, failed) for failed in self.failed))
        return list(islice(open_, limit))

    def _combinations(self, groups: tuple[int, ...], budget: float) -> Iterator[tuple[int, ...]]:
        first, *rest = groups
        low, high = int(self.grid.least[first, self.interval]), int(self.grid.most[first, self.interval])
        prices = self.grid.price[first] * np.arange(high + 1)
        if not rest:
            affordable = int(np.searchsorted(prices, budget, side="right")) - 1
            if affordable >= low:
                yield (affordable,)
            return
        for agents in range(low, high + 1):
            if prices[agents] > budget:
                return
            yield from ((agents, *others) for others in self._combinations(tuple(rest), budget - float(prices[agents])))


def _is_within(agents: tuple[int, ...], others: tuple[int, ...]) -> bool:
    return all(few <= many for few, many in zip(agents, others, strict=True))


def find_bound(days: Days, counts: I8, load: Load, reach: Sequence[tuple[int, int]]) -> Bound:
    """Return a lower bound of the cost of headcounts that keep the targets of each interval.

    Parameters
    ----------
    days
        Of the search.
    counts
        [free groups, intervals] that keep all targets on these days.
    load
        Of the queues.
    reach
        Of an agent of each free group, in intervals.
    """
    grid, requirements = days.grid, days.requirements
    per_interval = np.array([target.per == "interval" for target in requirements.targets])[requirements.target]
    if not per_interval.any():
        return Bound(None, "targets per day or run leave every single interval free")
    if _gives_up_early(load, grid.plan.interval):
        return Bound(None, "customers give up sooner than they are served, so that more agents can make a target worse")
    intervals = list(_intervals(days, counts, np.flatnonzero(per_interval)))
    apart = max(before + after for before, after in reach) + 1
    touchpoints = (float(expected_visits(grid.plan).sum()) + _EACH_DAY) * len(days) * apart
    limit = int(min(_COMBINATIONS, _TOUCHPOINTS / touchpoints))
    while True:
        open_ = [(each, each.cheaper(limit + 1)) for each in intervals]
        if any(len(each.failed) + len(tried) > limit for each, tried in open_):
            return Bound(None, "too many combinations of groups share the work of an interval")
        open_ = [(each, tried) for each, tried in open_ if tried]
        if not open_:
            break
        for groups in dict.fromkeys(each.groups for each, _ in open_):
            for first in range(apart):
                chosen = [(each, tried[0]) for each, tried in open_ if each.groups == groups]
                _try(days, [(each, agents) for each, agents in chosen if each.interval % apart == first])
    least = grid.least.copy()
    for each in intervals:
        least[list(each.groups), each.interval] = each.agents
    return Bound(grid.cost_of(least), counts=least)


def _try(days: Days, chosen: Sequence[tuple[_Interval, tuple[int, ...]]]) -> None:
    """Simulate agents in intervals that lie apart, and note what they cost or that they fail."""
    if not chosen:
        return
    counts = days.grid.most.copy()
    for each, agents in chosen:
        counts[list(each.groups), each.interval] = agents
    slack = days.outcome(counts).slack
    for each, agents in chosen:
        if (slack[each.rows] >= 0).all():
            each.agents = agents
        else:
            each.failed.append(agents)


def _intervals(days: Days, counts: I8, rows: NDArray[np.intp]) -> Iterator[_Interval]:
    """Yield each interval with requirements, once for each set of groups that share no queue with others."""
    grid, requirements = days.grid, days.requirements
    for groups, targets in _components(days):
        for interval in range(grid.plan.intervals):
            own = rows[(requirements.first[rows] == interval) & np.isin(requirements.target[rows], targets)]
            if len(own) and grid.most[list(groups), interval].any():
                yield _Interval(grid, groups, interval, own, tuple(counts[list(groups), interval].tolist()))


def _components(days: Days) -> Iterator[tuple[tuple[int, ...], list[int]]]:
    """Yield groups that share queues or targets with one another, and the numbers of their targets.

    The bound holds for any division of the groups; this one is sharp.
    """
    grid, plan, targets = days.grid, days.grid.plan, days.requirements.targets
    names = [
        {plan.queues[queue] for queue in plan.group_queues[plan.group_queues_ptr[g] : plan.group_queues_ptr[g + 1]]}
        for g in grid.groups
    ]
    together = any(target.row.by == "all" for target in targets)
    left = set(range(len(names)))
    while left:
        part, queues = {min(left)}, set(names[min(left)])
        while more := {row for row in left - part if together or names[row] & queues}:
            part |= more
            queues = queues.union(*(names[row] for row in more))
        left -= part
        own = {("group", grid.names[row]) for row in part} | {("queue", name) for name in queues} | {("all", "")}
        yield tuple(sorted(part)), [n for n, target in enumerate(targets) if target.row[1:3] in own]


def _gives_up_early(load: Load, interval: float) -> bool:
    offered = load.offered.sum(axis=1)
    service = np.divide(load.busy.sum(axis=1) * interval, offered, out=np.zeros(len(offered)), where=offered > 0)
    return bool((load.patience < service).any())
