"""Linear model of what each requirement gains by an agent more, from differences on common customers.

The customers are the same, so a difference is that agent's alone. It shows in the interval and the few after it, so
intervals that lie apart are tried in one simulation.

What misses a target (late or lost contacts, long waits) falls about exponentially with the number of agents, as the
probability of a wait does in M/M/n. So the model is linear in its logarithm (`Outcome.level`), and is good for larger
steps than a linear model of the share itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.core.interruptible import wait_for
from sim.experiment.staffing.evaluation import Blocks, Days, Outcome, level_of
from sim.experiment.staffing.grid import Grid
from sim.experiment.staffing.load import Load
from sim.experiment.staffing.step import Step, best_changes
from sim.numerics.native_output import without_native_output

__all__ = ["LocalModel", "local_model", "reach_of", "touches_of"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_AFTER = 2
"""Intervals, beside that of the agent and those of a service begun in it, in which an agent more is taken to show."""
_SOON = 0.1  # of an interval: who is answered so soon came in the same one
_FLAT = 1 / 20  # of what a row lacks: a gain below says nothing about how many agents it takes
_GUESS = 1 / 3
_LEARNED = 0.7  # of what a step showed that the model had not expected
_SMALL = 0.01  # added to gains, so that one of 0 can be corrected
_LOWEST, _HIGHEST = 0.3, 2.0  # of a gain, that a correction may leave


@dataclass(frozen=True, eq=False)
class LocalModel:
    """Requirements around some headcounts.

    Parameters
    ----------
    grid
        Limits and prices.
    counts
        Where the model is centred.
    level
        [rows] there.
    gain
        [rows, free groups x intervals] level gained by an agent more, and lost by one less.
    touches
        [rows, free groups x intervals] whether the agent can matter for the row, whatever the differences say.
    blocks
        Intervals that requirements cover together.
    """

    grid: Grid
    counts: I8
    level: F8
    gain: F8
    touches: NDArray[np.bool_]
    blocks: Blocks

    def around(self, counts: I8, level: F8) -> LocalModel:
        """Return the model centred at other headcounts, with the same gains."""
        return replace(self, counts=counts, level=level)

    def corrected(self, counts: I8, level: F8) -> LocalModel:
        """Return the model with gains that explain more of the level of headcounts that were tried.

        It is the least change that does (Broyden 1965), measured in shares of each gain.
        """
        change = (counts - self.counts).reshape(-1).astype(np.float64)
        weight = self.touches * (self.gain + _SMALL) ** 2 * change
        size = weight @ change
        missed = np.divide(_LEARNED * (level - self.predict(counts)), size, out=np.zeros_like(size), where=size > 0)
        gain = self.gain + missed[:, None] * weight
        return replace(self, gain=np.clip(gain, _LOWEST * self.gain, _HIGHEST * self.gain + _SMALL * self.touches))

    def predict(self, counts: I8) -> F8:
        """Return the level that the model expects."""
        return np.asarray(self.level + self.gain @ (counts - self.counts).reshape(-1))

    def solve(self, needed: F8, down: I8, up: I8) -> I8:
        """Return the cheapest headcounts near its own that the model takes to suffice.

        Parameters
        ----------
        needed
            [rows] level that is needed.
        down, up
            [free groups, intervals] agents by which each may change.
        """
        up = np.minimum(up, self.grid.most - self.counts).reshape(-1)
        down = np.minimum(down, self.counts - self.grid.least).reshape(-1)
        with without_native_output():
            change = wait_for(partial(self._changes, needed, down, up))
        return np.asarray(self.counts + change.reshape(self.counts.shape))

    def _changes(self, needed: F8, down: I8, up: I8) -> I8:
        """Return the change of each headcount, block by block: agents show in their own and in later ones."""
        change = np.zeros(self.counts.size, dtype=np.int64)
        for block in range(self.blocks.number):
            columns = np.flatnonzero(np.tile(self.blocks.of_intervals == block, len(self.counts)))
            if (down[columns] + up[columns]).any():
                rows = np.flatnonzero(self.blocks.of_rows == block)
                wanted = (needed - self.level - self.gain @ change)[rows]
                change[columns] = self._solve(wanted, rows, columns, down[columns], up[columns])
        return change

    def _solve(self, wanted: F8, rows: I8, columns: I8, down: I8, up: I8) -> I8:
        """Return the changes of some headcounts that some rows need, [columns]."""
        binding = wanted + self.gain[np.ix_(rows, columns)] @ down > 0
        wanted, near = wanted[binding], np.ix_(rows[binding], columns)
        gain, price = _usable_gain(self.gain[near], self.touches[near], wanted), self._price[columns]
        unit = np.maximum(gain.max(axis=1, initial=0.0), 1e-9)  # what the best agent gains; solvers like numbers near 1
        step = Step(price, self.counts.reshape(-1)[columns], gain / unit[:, None], wanted / unit, down, up)
        return best_changes(step)

    @cached_property
    def _price(self) -> F8:
        """Price of an agent of each headcount, [free groups x intervals]."""
        return np.repeat(self.grid.price, self.grid.plan.intervals)


def _usable_gain(gain: F8, touches: NDArray[np.bool_], wanted: F8) -> F8:
    """Return the gains, with a guess where a row lacks much and one agent more changes next to nothing."""
    flat = (wanted > 0) & (gain.max(axis=1, initial=0.0) < wanted * _FLAT)
    return np.where(flat[:, None] & touches, np.maximum(gain, wanted[:, None] * _GUESS), gain)


def local_model(
    days: Days, counts: I8, outcome: Outcome, reach: Sequence[tuple[int, int]], touches: NDArray[np.bool_]
) -> LocalModel:
    """Return the model around headcounts, from simulations with an agent less, or more where there can be no less.

    Parameters
    ----------
    days
        Customers of the simulations; they may be fewer than those of the outcome.
    counts
        Headcounts.
    outcome
        Of these, on all customers.
    reach
        Of an agent of each free group (`reach_of`).
    touches
        Which agents can matter for a row (`touches_of`).
    """
    base = outcome if len(days) == len(outcome.num) else days.outcome(counts)
    less = _differences(days, counts, base, reach) * (len(outcome.num) / len(days))
    slack, allowed = outcome.slack[:, None], outcome.allowed[:, None]
    sign = np.where(counts > days.grid.least, -1.0, 1.0).reshape(-1)
    gain = sign * (level_of(slack + less, allowed) - level_of(slack, allowed))
    return LocalModel(days.grid, counts, outcome.level, np.maximum(gain, 0.0), touches, days.requirements.blocks)


def touches_of(days: Days, reach: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Return whether an agent can matter for a row: by the queues of the group, and by the time.

    Parameters
    ----------
    days
        Have the requirements.
    reach
        Of an agent of each free group.

    Returns
    -------
    ndarray
        [rows, free groups x intervals]
    """
    plan, requirements = days.grid.plan, days.requirements
    touches = np.zeros((len(requirements), len(reach), plan.intervals), dtype=np.bool_)
    for number, (group, (before, after)) in enumerate(zip(days.grid.groups, reach, strict=True)):
        served = plan.group_queues[plan.group_queues_ptr[group] : plan.group_queues_ptr[group + 1]]
        names = {("all", ""), ("group", plan.groups[group]), *(("queue", plan.queues[queue]) for queue in served)}
        for at, target in enumerate(requirements.targets):
            if target.row[1:3] not in names:
                continue
            for interval in range(plan.intervals):
                near = requirements.row[at, max(interval - before, 0) : interval + after + 1]
                touches[near[near >= 0], number, interval] = True
    return touches.reshape(len(requirements), -1)


def reach_of(grid: Grid, load: Load) -> list[tuple[int, int]]:
    """Return how many intervals before and after its own an agent of each free group shows.

    Who came before may be answered by them where queues may take their time, and who is answered stays a while.
    """
    plan, reach = grid.plan, []
    for group in grid.groups:
        queues = plan.group_queues[plan.group_queues_ptr[group] : plan.group_queues_ptr[group + 1]]
        within = float(plan.queue_within[queues].max(initial=0.0)) / plan.interval
        contacts = max(float(load.offered[queues].sum()), 1e-9)
        service = float(load.busy[queues].sum()) / contacts  # in intervals
        reach.append((ceil(within) if within > _SOON else 0, min(_AFTER, ceil(service) + 1)))
    return reach


def _differences(days: Days, counts: I8, base: Outcome, reach: Sequence[tuple[int, int]]) -> F8:
    """Return the change of each row's slack by an agent less or more, [rows, free groups x intervals]."""
    grid, requirements = days.grid, days.requirements
    groups, intervals = counts.shape
    changed = np.zeros((len(requirements), groups, intervals))
    step = np.where(counts > grid.least, -1, 1)
    free = grid.most > grid.least
    for group in range(groups):
        before, after = reach[group]
        apart = before + after + 1
        for first in range(min(apart, intervals)):
            tried = np.arange(first, intervals, apart)
            tried = tried[free[group, tried]]
            if not len(tried):
                continue
            varied = counts.copy()
            varied[group, tried] += step[group, tried]
            cells = days.outcome(varied).cells - base.cells
            for interval in tried.tolist():
                near = slice(max(interval - before, 0), interval + after + 1)
                rows = requirements.row[:, near]
                np.add.at(changed[:, group, interval], rows[rows >= 0], cells[:, near][rows >= 0])
    return changed.reshape(len(requirements), -1)
