"""Estimates of the points of a sweep, each equal to that of a run of its scenario, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.core.units import counted
from sim.engine import Plan
from sim.experiment.estimate import Estimates, estimate
from sim.experiment.goals import Goal
from sim.experiment.sweep_cache import Values
from sim.kpis import Row, index_of
from sim.kpis.dimensions import BY_INTERVAL, by_days
from sim.kpis.model import Index

__all__ = ["SweepPoint", "SweepValues", "estimate_points", "rows_with_days"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]

_COLUMNS = ("value", "low", "high", "p10", "p50", "p90")
_BOUNDS = ("at_least", "at_most")
_TOTALS: dict[str, str] = {day: total for total in BY_INTERVAL for day in by_days((total,)).values()}


@dataclass(frozen=True, eq=False)
class SweepValues:
    """Estimates of the rows at the points; NaN where undefined, or where a point was not simulated.

    Parameters
    ----------
    rows
        The rows.
    replications
        R, of each point.
    confidence
        Of the intervals, each by itself.
    done
        [P] Whether a point was simulated.
    value, low, high, p10, p50, p90
        [P, rows] As of `Estimates`.
    at_least, at_most
        [P, rows] Bounds, NaN = none.
    meets
        [P, rows] Share of the days that keep the bounds; NaN without one.
    """

    rows: tuple[Row, ...]
    replications: int
    confidence: float
    done: B1
    value: F8
    low: F8
    high: F8
    p10: F8
    p50: F8
    p90: F8
    at_least: F8
    at_most: F8
    meets: F8

    def __repr__(self) -> str:
        """Return the sizes."""
        sizes = f"{int(self.done.sum())} of {counted(len(self.done), 'point')}"
        return f"<SweepValues: {sizes}, {counted(len(self.rows), 'row')}, {counted(self.replications, 'replication')}>"

    @cached_property
    def bounded(self) -> B1:
        """Which rows have a bound, [P, rows]."""
        return np.asarray(np.isfinite(self.at_least) | np.isfinite(self.at_most))


@dataclass(frozen=True, eq=False)
class SweepPoint:
    """A point: its plan, the hash of its scenario, and its rows with their bounds."""

    plan: Plan
    scenario: str
    goals: tuple[Goal, ...]


def rows_with_days(plan: Plan, rows: Sequence[Row]) -> Index:
    """Return rows and, in a run of several days, their days, which the quantiles over days are made of."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        for by in (row.by, *by_days((row.by,)).values()):  # type: ignore[arg-type]
            wanted.setdefault((row.kpi, by), set()).add(row.key)
    whole = index_of(plan)
    blocks = [
        (name, by, tuple(key for key in keys if key[0] in wanted[name, by]))
        for name, by, keys in whole.blocks
        if (name, by) in wanted
    ]
    return Index([block for block in blocks if block[2]], whole.closed_days, several_days=whole.several_days)


def estimate_points(points: Sequence[SweepPoint], simulated: Sequence[Values | None], replications: int) -> SweepValues:
    """Estimate the points that were simulated.

    Parameters
    ----------
    points
        At least one; all have the same rows.
    simulated
        Numerators and denominators of the `rows_with_days` of each point; None = it was not simulated.
    replications
        R, of each.
    """
    rows = tuple(goal.row for goal in points[0].goals)
    columns = {name: np.full((len(points), len(rows)), np.nan) for name in (*_COLUMNS, *_BOUNDS, "meets")}
    done = np.zeros(len(points), np.bool_)
    confidence = 0.0
    for number, (point, values) in enumerate(zip(points, simulated, strict=True)):
        for name in _BOUNDS:
            columns[name][number] = [getattr(goal, name) for goal in point.goals]
        if values is None:
            continue
        lower, upper = _both_bounds(point.goals, rows_with_days(point.plan, rows), *values)
        at = [lower.at(*row[:4], day=row.day, weekday=row.weekday) for row in rows]
        for name in _COLUMNS:
            columns[name][number] = getattr(lower, name)[at]
        bounded_above = np.isfinite(columns["at_most"][number])
        columns["meets"][number] = np.where(bounded_above, upper.meets[at], lower.meets[at])
        done[number], confidence = True, lower.confidence
    return SweepValues(rows=rows, replications=replications, confidence=confidence, done=done, **columns)


def _both_bounds(goals: Sequence[Goal], index: Index, num: F8, den: F8) -> tuple[Estimates, Estimates]:
    """Estimate rows with their lower bounds as targets, and mirrored with their upper bounds."""
    if len(index) == 1:  # twice: the sums of a single column are added up in another order than those of a run
        blocks = ((name, by, 2 * keys) for name, by, keys in index.blocks)
        index = Index(blocks, index.closed_days, several_days=index.several_days)
        num, den = np.repeat(num, 2, axis=1), np.repeat(den, 2, axis=1)
    bounds = {goal.row[:3]: goal for goal in goals}
    at_least, at_most = (
        np.array([getattr(bounds.get((row.kpi, _TOTALS.get(row.by, row.by), row.key)), name, np.nan) for row in index])
        for name in _BOUNDS
    )
    return estimate(index, num, den, at_least), estimate(index, -num, den, -at_most)
