"""Integer programs, built column by column and solved with HiGHS, with progress, a start and an end by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core import interrupts

__all__ = ["Limits", "Program", "Progress", "Solution", "Solver"]

_PARTS = 1_000_000  # of a unit of cost, in which costs are counted
_EXACT = 1e-6
_SLACK = 1e-3
F8 = NDArray[np.float64]
Progress = Callable[[float, float], None]
"""Called with the best value so far (infinite = none yet) and its lower bound."""


@dataclass(frozen=True)
class Limits:
    """When to stop short of the optimum.

    Parameters
    ----------
    gap
        Share of the value by which it may exceed its lower bound.
    seconds
        Time; None = no limit, so that the result does not depend on the machine.
    nodes
        Of branch and bound.
    after_interrupt
        Seconds from an interrupt in which it goes on.
    """

    gap: float = 1e-4
    seconds: float | None = None
    nodes: int = 20_000
    after_interrupt: float = 0.0


@dataclass(frozen=True, eq=False)
class Solution:
    """Values of the columns.

    Parameters
    ----------
    values
        Of each column; empty if none was found.
    value
        Of the objective.
    bound
        Lower bound of the objective; no solution is cheaper.
    is_optimal
        Whether the value is within the gap of the bound.
    interrupted
        Whether it was ended by hand.
    """

    values: F8
    value: float
    bound: float
    is_optimal: bool
    interrupted: bool

    @property
    def is_found(self) -> bool:
        """Whether there is one."""
        return math.isfinite(self.value)


@dataclass(eq=False)
class Program:
    """A minimisation with linear rows; columns are counted from 0."""

    costs: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)
    rows: list[tuple[float, Mapping[int, float], float]] = field(default_factory=list)
    is_whole: bool = False
    """Whether some optimum has whole values in all columns that cost something."""

    @property
    def quantum(self) -> float:
        """Number of which the optimum is a multiple; 0 = unknown."""
        if not self.is_whole:
            return 0.0
        parts = [round(cost * _PARTS) for cost in self.costs]
        exact = all(abs(cost * _PARTS - part) < _EXACT for cost, part in zip(self.costs, parts, strict=True))
        return reduce(gcd, parts, 0) / _PARTS if exact else 0.0

    @property
    def least(self) -> float:
        """Cost below which no solution is, whatever the rows."""
        columns = zip(self.costs, self.lower, self.upper, strict=True)
        return sum(cost * (lower if cost > 0 else upper) for cost, lower, upper in columns if cost)

    def column(self, cost: float = 0.0, lower: float = 0.0, upper: float = math.inf, *, integer: bool = False) -> int:
        """Add a column and return its number."""
        self.costs.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.integer.append(integer)
        return len(self.costs) - 1

    def row(self, factors: Mapping[int, float], at_least: float = -math.inf, at_most: float = math.inf) -> None:
        """Add a row: the sum of columns times factors lies between two numbers."""
        self.rows.append((at_least, factors, at_most))

    def solve(self, limits: Limits, start: F8 | None = None, progress: Progress | None = None) -> Solution:
        """Solve it.

        Parameters
        ----------
        limits
            When to stop.
        start
            A solution to begin with.
        progress
            Called while it runs.
        """
        solver = Solver(self)
        solver.make_integer()
        return solver.solve(limits, start, progress)


class Solver:
    """HiGHS with a program in it, to which rows can be added between solves."""

    def __init__(self, program: Program) -> None:
        import highspy

        self._program = program
        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        self._infinity: float = highspy.kHighsInf
        self._highs.setOptionValue("output_flag", False)  # noqa: FBT003 - as HiGHS has it
        self._highs.setOptionValue("random_seed", 0)
        self._highs.setOptionValue("threads", 1)
        self._highs.passModel(_model(program))
        self._added = np.empty(0)  # least values of the rows that were added

    def add_row(self, factors: Mapping[int, float], at_least: float) -> None:
        """Add a row with a least value."""
        columns, numbers = list(factors), list(factors.values())
        self._highs.addRow(at_least, self._infinity, len(columns), np.array(columns), np.array(numbers, dtype=float))
        self._added = np.append(self._added, at_least)

    def drop_slack_rows(self) -> int:
        """Remove those of the added rows that do not bind the last relaxation; return how many of these are left."""
        first = len(self._program.rows)
        values = np.array(self._highs.getSolution().row_value)[first:]
        slack = values > self._added + _SLACK
        rows = (first + np.flatnonzero(slack)).astype(np.int32)
        if rows.size:
            self._highs.deleteRows(len(rows), rows)
            self._added = self._added[~slack]
        return len(self._added)

    def limit(self, upper: Mapping[int, float]) -> None:
        """Change the greatest values of columns whose least is 0."""
        columns, numbers = list(upper), list(upper.values())
        self._highs.changeColsBounds(
            len(columns), np.array(columns, dtype=np.int32), np.zeros(len(columns)), np.array(numbers, dtype=float)
        )

    def make_integer(self) -> None:
        """Take the integrality of the columns into account from now on."""
        import highspy

        columns = np.flatnonzero(self._program.integer)
        kinds = np.array([highspy.HighsVarType.kInteger] * len(columns))
        self._highs.changeColsIntegrality(len(columns), columns.astype(np.int32), kinds)

    def relax(self) -> F8:
        """Solve without integrality, and return the values; empty if it has no solution or was interrupted."""
        self._follow(None, 0.0)
        self._highs.run()
        return self._values() if self._is_optimal() else np.empty(0)

    def solve(self, limits: Limits, start: F8 | None = None, progress: Progress | None = None) -> Solution:
        """Solve with integrality; see `Program.solve`."""
        import highspy

        if not self._program.costs:  # nobody is needed, which HiGHS calls no model
            return Solution(np.empty(0), 0.0, 0.0, is_optimal=True, interrupted=_pressed())
        set_option = self._highs.setOptionValue
        set_option("mip_rel_gap", limits.gap)
        quantum = self._program.quantum
        set_option("mip_abs_gap", max(1e-6, quantum * (1 - _EXACT)))  # no better value lies so near
        set_option("mip_max_nodes", limits.nodes)
        if limits.seconds is not None:
            set_option("time_limit", self._highs.getRunTime() + limits.seconds)
        if start is not None:
            begun = highspy.HighsSolution()
            begun.col_value = start.tolist()
            self._highs.setSolution(begun)
        self._follow(progress, limits.after_interrupt)
        self._highs.run()
        info = self._highs.getInfo()
        if info.primal_solution_status != 2:  # feasible
            return Solution(np.empty(0), math.inf, float(info.mip_dual_bound), is_optimal=False, interrupted=_pressed())
        value = float(info.objective_function_value)
        bound = max(float(info.mip_dual_bound), self._program.least)  # ended soon, it has found no bound
        if quantum > _EXACT and math.isfinite(bound):
            bound = math.ceil(bound / quantum - _EXACT) * quantum
        bound = min(bound, value)
        return Solution(self._values(), value, bound, self._is_optimal(), _pressed())

    def _values(self) -> F8:
        return np.array(self._highs.getSolution().col_value)

    def _is_optimal(self) -> bool:
        import highspy

        return bool(self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def _follow(self, progress: Progress | None, after_interrupt: float) -> None:
        """Ask between steps whether an interrupt has come so long ago, and report the progress."""
        highs = self._highs

        def follow(event: Any) -> None:
            if _pressed() and interrupts.seconds_since() >= after_interrupt:
                event.interrupt()
            elif progress is not None and event.data_out.mip_dual_bound > -math.inf:
                progress(event.data_out.mip_primal_bound, event.data_out.mip_dual_bound)

        for callback in (highs.cbSimplexInterrupt, highs.cbIpmInterrupt, highs.cbMipInterrupt):
            callback.clear()
            callback.subscribe(follow)


def _pressed() -> bool:
    return interrupts.presses() > 0


def _model(program: Program) -> Any:
    import highspy

    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(program.costs), len(program.rows)
    model.col_cost_, model.col_lower_ = np.array(program.costs), np.array(program.lower)
    model.col_upper_ = np.array(program.upper)
    model.row_lower_ = np.array([row[0] for row in program.rows])
    model.row_upper_ = np.array([row[2] for row in program.rows])
    matrix = model.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    matrix.start_ = np.cumsum([0, *(len(row[1]) for row in program.rows)])
    matrix.index_ = np.array([column for row in program.rows for column in row[1]], dtype=np.int32)
    matrix.value_ = np.array([factor for row in program.rows for factor in row[1].values()], dtype=float)
    return model
