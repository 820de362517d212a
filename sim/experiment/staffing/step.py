"""Step of a staffing search: the cheapest changes of some headcounts that a linear model takes to suffice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, hstack, identity

__all__ = ["Step", "best_changes", "best_found", "best_of_all"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
_TRIED = 20_000  # changes at most that are all tried; more are left to an integer program, which takes longer to begin
_NODES = 50  # of branch and bound: a limit in seconds would give another plan on another machine
_GAP = 2e-3  # of the whole cost; the model is no truer
_DEAR = 1000.0  # agents' prices for what no agent can bring, in units of what the best of a row brings


@dataclass(frozen=True, eq=False)
class Step:
    """A step to be chosen: the cheapest changes of some headcounts that give each row what it wants.

    What a row lacks then has a price, too, so that there always is a step.

    Parameters
    ----------
    price
        [columns] of an agent.
    present
        [columns] headcounts before.
    gain
        [rows, columns] level that each row gains by an agent.
    wanted
        [rows] level that each row wants.
    down, up
        [columns] agents by which each headcount may change.
    """

    price: F8
    present: I8
    gain: F8
    wanted: F8
    down: I8
    up: I8

    @property
    def number(self) -> float:
        """Number of possible changes."""
        return float(np.prod((self.down + self.up + 1).astype(np.float64)))

    @property
    def dear(self) -> float:
        """Price of a level that a row lacks."""
        return float(_DEAR * self.price.max())

    def costs_of(self, changes: I8) -> F8:
        """Return what changes cost, with the price of what rows lack then; [choices, columns] to [choices]."""
        lacks = np.maximum(self.wanted - changes @ self.gain.T, 0.0).sum(axis=1)
        return np.asarray(changes @ self.price + self.dear * lacks)


def best_changes(step: Step) -> I8:
    """Return the best changes that can be found soon, [columns]."""
    return best_of_all(step) if step.number <= _TRIED else best_found(step)


def best_of_all(step: Step) -> I8:
    """Return the best changes, [columns], after trying all; of equal ones the first."""
    choices = [np.arange(-down, up + 1) for down, up in zip(step.down.tolist(), step.up.tolist(), strict=True)]
    changes = np.stack(np.meshgrid(*choices, indexing="ij"), axis=-1).reshape(-1, len(choices))
    total = np.round(step.costs_of(changes), 9)  # equal ones are equal on each machine
    return np.asarray(changes[np.argmin(total)])


def best_found(step: Step) -> I8:
    """Return the best changes that an integer program finds, [columns]; its gap is one of the whole cost."""
    columns, rows = len(step.price), len(step.wanted)
    already = step.price @ step.present
    costs = np.concatenate([step.price, np.full(rows, step.dear), [already]])
    matrix = csr_array(hstack([csr_array(step.gain), identity(rows), csr_array((rows, 1))]))
    solved = milp(
        costs,
        constraints=LinearConstraint(matrix, step.wanted, np.inf) if rows else (),
        integrality=(np.arange(len(costs)) < columns).astype(np.int64),
        bounds=Bounds(
            np.concatenate([-step.down, np.zeros(rows), [1]]), np.concatenate([step.up, np.full(rows, np.inf), [1]])
        ),
        options={"node_limit": _NODES, "mip_rel_gap": _GAP},
    )
    if solved.x is None:
        return np.zeros(columns, dtype=np.int64)
    return np.asarray(np.rint(solved.x[:columns]).astype(np.int64))
