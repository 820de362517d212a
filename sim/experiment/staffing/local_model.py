"""Linear model of what each requirement gains or loses by one agent more or less, from differences on common customers.

The customers are the same, so a difference is that agent's alone. It shows in the interval and the few after it, so
intervals that lie apart are tried in one simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity

from sim.core.interruptible import wait_for
from sim.experiment.staffing.evaluation import Days, Outcome
from sim.experiment.staffing.grid import Grid
from sim.experiment.staffing.load import Load
from sim.numerics.native_output import without_native_output

__all__ = ["LocalModel", "local_model", "reach_of", "touches_of"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_AFTER = 2
"""Intervals, beside that of the agent and those of a service begun in it, in which an agent more is taken to show."""
_SOON = 0.1  # of an interval: who is answered so soon came in the same one
_NODES = 50  # of branch and bound: a limit in seconds would give another plan on another machine
_GAP, _COARSE_GAP = 2e-3, 5e-3  # of the whole cost: of single agents, and of larger steps; the model is no truer
_FLAT = 1 / 20  # of what a row lacks: a gain below says nothing about how many agents it takes
_GUESS = 1 / 3
_DEAR = 20.0  # agents' prices for what no agent can bring, in units of what the best of a row brings


@dataclass(frozen=True, eq=False)
class LocalModel:
    """Requirements around some headcounts.

    Parameters
    ----------
    grid
        Limits and prices.
    counts
        Where the differences were taken.
    slack
        [rows] there.
    gain, loss
        [rows, free groups x intervals] slack gained by an agent more, and lost by one less.
    touches
        [rows, free groups x intervals] whether the agent can matter for the row, whatever the differences say.
    """

    grid: Grid
    counts: I8
    slack: F8
    gain: F8
    loss: F8
    touches: NDArray[np.bool_]

    def corrected(self, counts: I8, slack: F8) -> LocalModel:
        """Return the model after headcounts for which it promised too much: those that were reduced lose more."""
        excess = np.maximum(self.predict(counts) - slack, 0.0)
        reduced = self.touches & ((counts < self.counts).reshape(-1))
        share = excess / np.maximum(reduced.sum(axis=1), 1)
        return replace(self, loss=self.loss + share[:, None] * reduced)

    def predict(self, counts: I8) -> F8:
        """Return the slack that the model expects."""
        change = (counts - self.counts).reshape(-1).astype(np.float64)
        return np.asarray(self.slack + self.gain @ np.maximum(change, 0.0) - self.loss @ np.maximum(-change, 0.0))

    def solve(self, missing: F8, radius: float) -> I8:
        """Return the cheapest headcounts within a radius that the model takes to suffice.

        Parameters
        ----------
        missing
            [rows] slack that is needed beyond 0, in the model.
        radius
            Share of a headcount by which it may change; 1 agent at least.
        """
        grid, size = self.grid, self.counts.size
        counts = self.counts.reshape(-1)
        step = np.maximum(1.0, np.ceil(radius * counts))
        up = np.minimum(step, grid.most.reshape(-1) - counts)
        down = np.minimum(step, counts - grid.least.reshape(-1))
        price = np.repeat(grid.price, grid.plan.intervals)
        wanted = missing - self.slack
        rows = np.flatnonzero(wanted + self.loss @ down > 0)
        gain = self._usable_gain(wanted)[rows]
        unit = np.maximum(gain.max(axis=1, initial=0.0), 1e-9)  # what the best agent gains; solvers like numbers near 1
        # the last column is what there is already, so that a gap is one of the whole cost
        costs = np.concatenate([price, -price, np.full(len(rows), _DEAR * price.max()), [price @ counts]])
        parts = [csr_array(gain / unit[:, None]), csr_array(-self.loss[rows] / unit[:, None]), identity(len(rows))]
        matrix: csr_array = csr_array(hstack([*parts, csr_array((len(rows), 1))]))
        bounds = Bounds(
            np.append(np.zeros(len(costs) - 1), 1.0), np.concatenate([up, down, np.full(len(rows), np.inf), [1.0]])
        )
        program = partial(
            milp,
            costs,
            constraints=LinearConstraint(matrix, wanted[rows] / unit, np.inf) if len(rows) else (),
            integrality=(np.arange(len(costs)) < 2 * size).astype(np.int64),
            bounds=bounds,
            options={"node_limit": _NODES, "mip_rel_gap": _COARSE_GAP if radius > 0 else _GAP},
        )
        with without_native_output():
            solved = wait_for(program)
        if solved.x is None:
            return self.counts
        change = np.rint(solved.x[:size] - solved.x[size : 2 * size]).astype(np.int64)
        return np.asarray((counts + change).reshape(self.counts.shape))

    def _usable_gain(self, wanted: F8) -> F8:
        """Return the gains, with a guess where a row lacks much and one agent more changes next to nothing."""
        gain = self.gain.copy()
        flat = (wanted > 0) & (gain.max(axis=1, initial=0.0) < wanted * _FLAT)
        for row in np.flatnonzero(flat):
            near = self.touches[row]
            gain[row, near] = np.maximum(gain[row, near], wanted[row] * _GUESS)
        return gain


def local_model(
    days: Days, counts: I8, slack: F8, reach: Sequence[tuple[int, int]], touches: NDArray[np.bool_]
) -> LocalModel:
    """Return the model around headcounts, from simulations with an agent more, and with one less.

    Parameters
    ----------
    days
        Customers of the simulations; they may be fewer than those of the slack.
    counts
        Headcounts.
    slack
        [rows] on all customers.
    reach
        Of an agent of each free group (`reach_of`).
    touches
        Which agents can matter for a row (`touches_of`).
    """
    base, grid = days.outcome(counts), days.grid
    scale = days.all_days / len(days)
    more, less = (_differences(days, counts, base, step, reach) * scale for step in (1, -1))
    gain = np.maximum(more, 0.0)
    loss = np.maximum(-less, gain)  # what one less loses is at least what one more gains
    loss[:, (counts <= grid.least).reshape(-1)] = 0.0
    return LocalModel(grid, counts, slack, gain, loss, touches)


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


def _differences(days: Days, counts: I8, base: Outcome, step: int, reach: Sequence[tuple[int, int]]) -> F8:
    """Return the change of each row by a change of each headcount, [rows, free groups x intervals]."""
    grid, requirements = days.grid, days.requirements
    groups, intervals = counts.shape
    changed = np.zeros((len(requirements), groups, intervals))
    free = counts < grid.most if step > 0 else counts > grid.least
    for group in range(groups):
        before, after = reach[group]
        apart = before + after + 1
        for first in range(min(apart, intervals)):
            tried = np.arange(first, intervals, apart)
            tried = tried[free[group, tried]]
            if not len(tried):
                continue
            varied = counts.copy()
            varied[group, tried] += step
            cells = days.outcome(varied).cells - base.cells
            for interval in tried.tolist():
                near = slice(max(interval - before, 0), interval + after + 1)
                rows = requirements.row[:, near]
                np.add.at(changed[:, group, interval], rows[rows >= 0], cells[:, near][rows >= 0])
    return changed.reshape(len(requirements), -1)
