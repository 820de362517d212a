"""Start of the integer program where each different shift has a price.

The relaxations between rounds of cuts use a few dozen of some hundred pairs of start and length. The program of these
pairs alone is solved fast, and its best shifts are near the optimum of all (restricted master heuristic, as in column
generation).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.roster.program import Limits, Solver
from sim.roster.shift_model import ShiftModel

__all__ = ["start_of_used"]

_NODES = 100
_SHARE = 0.4  # of a time limit, if there is one


def start_of_used(
    model: ShiftModel, solver: Solver, used: frozenset[int], limits: Limits
) -> NDArray[np.float64] | None:
    """Return values of all columns to begin with; None if none were found.

    Parameters
    ----------
    model
        With prices of different shifts.
    solver
        Of its program with cuts; integer from now on.
    used
        Columns of the different shifts that may be used.
    limits
        Of the program of all shifts.
    """
    columns = model.different.values()
    solver.make_integer()
    solver.limit({column: float(column in used) for column in columns})
    seconds = None if limits.seconds is None else _SHARE * limits.seconds
    solution = solver.solve(replace(limits, nodes=min(limits.nodes, _NODES), seconds=seconds))
    solver.limit(dict.fromkeys(columns, 1.0))
    return solution.values if solution.is_found else None
