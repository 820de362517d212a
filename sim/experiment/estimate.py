"""Estimates from replications: ratios with confidence intervals, and paired differences with their significance.

Each replication gives a numerator and a denominator per row. Replications are independent; values within one are not.
A KPI's value is the ratio of the sums, ``r = sum(n) / sum(d)``, and its interval comes from linearisation: the
residuals ``e = n - r d`` add up to 0, and ``var(r)`` is about ``s_e^2 / (R mean(d)^2)`` [1]_, [2]_. For a count all
``d`` are 1, and this is the ordinary interval of a mean. `sim.experiment.ratios` keeps it in the KPI's range. Two
variants that met the same customers are compared by their paired influences ``e_v / mean(d_v) - e_b / mean(d_b)``, so
that common variation cancels out [3]_. Whether any of several differences is real is judged with Holm's step-down
adjustment [4]_.

References
----------
.. [1] W. G. Cochran, Sampling Techniques, 3rd ed., Wiley, 1977, chapter 6 (ratio estimators).
.. [2] S. Asmussen, P. W. Glynn, Stochastic Simulation, Springer, 2007, section III.3 (the delta method).
.. [3] A. M. Law, Simulation Modeling and Analysis, 5th ed., McGraw-Hill, 2015, chapter 10 (paired-t) and 11 (common
   random numbers).
.. [4] S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979), 65-70.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from warnings import warn

import numpy as np
from numpy.typing import NDArray

from sim.core.units import counted
from sim.experiment.columns import ArrayColumns, ColumnSource, blocks_of
from sim.experiment.ratios import divide, half_width, limits, p_value, ratio
from sim.experiment.single_days import JointDays, columns_of_days, joint_days, set_days
from sim.kpis import Row, bounds_of
from sim.kpis.headlines import is_headline
from sim.kpis.model import Rows, ValueRows

__all__ = [
    "Difference", "Differences", "Estimate", "Estimates", "compare", "compare_columns", "estimate", "estimate_columns",
    "holm",
]  # fmt: skip

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
Index = Sequence[Row]

_LARGE = 1 << 20  # values, from which on they are estimated in blocks
_BLOCK = 64  # rows
ROUNDING = 1e-12  # relative differences this small come from the order in which numbers were added


class Estimate(NamedTuple):
    """One row of `Estimates`."""

    value: float
    low: float
    high: float
    mean_of_days: float
    p10: float
    p50: float
    p90: float
    target: float
    meets: float


class Difference(NamedTuple):
    """One row of `Differences`."""

    baseline: float
    variant: float
    difference: float
    low: float
    high: float
    p: float
    p_adjusted: float
    significant: bool


@dataclass(frozen=True, eq=False)
class Estimates(ValueRows[Estimate]):
    """KPIs over replications, one per row of the index; NaN where undefined.

    With one replication there is no interval: ``low`` and ``high`` are NaN.

    Parameters
    ----------
    index
        The rows.
    replications
        R.
    confidence
        Of the intervals.
    value, low, high
        Ratio of the sums, and its interval, which stays in the KPI's range; a value that did not vary has an interval
        of no width.
    mean_of_days
        Mean of the days' own ratios, over the days that have one. Each day of each replication is one; where a run has
        several, this and the columns below are NaN in dimensions that have none by day.
    p10, p50, p90
        Quantiles of the days' own ratios.
    target
        Targets, NaN = none.
    meets
        Share of the days that reach the target.
    days, effective_days
        Number of days with a value, and how many independent days tell as much (`sim.experiment.probability`).
    joint
        The days on which all queues reach their targets; None with fewer than two such queues.
    """

    row_type = Estimate

    index: Index
    replications: int
    confidence: float
    value: F8
    low: F8
    high: F8
    mean_of_days: F8
    p10: F8
    p50: F8
    p90: F8
    target: F8
    meets: F8
    days: F8
    effective_days: F8
    joint: JointDays | None = None

    def __repr__(self) -> str:
        """Return the sizes."""
        return f"<Estimates: {len(self.index):,} values of {counted(self.replications, 'replication')}>"

    if not TYPE_CHECKING:

        def __call__(self) -> Estimates:
            """Return itself: `Replications.estimates` was a method."""
            warn("estimates() is deprecated; use estimates, without the call", DeprecationWarning, stacklevel=2)
            return self


@dataclass(frozen=True, eq=False)
class Differences(Rows[Difference]):
    """A variant less its baseline, one per row of the index; NaN where undefined.

    Parameters
    ----------
    index
        The rows.
    replications
        R, of each.
    confidence
        Of each interval by itself; 1 - confidence is the error rate of ``significant`` over a family.
    baseline, variant
        Their values.
    difference, low, high
        Variant - baseline, and its interval.
    p
        Two-sided p-value of "there is no difference", by itself.
    p_adjusted
        The same within its family, after Holm.
    significant
        Whether ``p_adjusted`` is at most 1 - confidence.
    """

    row_type = Difference

    index: Index
    replications: int
    confidence: float
    baseline: F8
    variant: F8
    difference: F8
    low: F8
    high: F8
    p: F8
    p_adjusted: F8
    significant: B1

    def __repr__(self) -> str:
        """Return the sizes."""
        return f"<Differences: {len(self.index):,} values of {counted(self.replications, 'replication')}>"


def estimate(index: Index, num: F8, den: F8, targets: F8 | None = None, *, confidence: float = 0.95) -> Estimates:
    """Estimate each row from its replications, which are arrays.

    Parameters
    ----------
    index
        The rows.
    num, den
        [R, rows]
    targets
        Target of each row (at least), NaN = none.
    confidence
        Of the intervals.

    Returns
    -------
    Estimates
        The columns.
    """
    return estimate_columns(index, ArrayColumns(num, den), targets, confidence=confidence)


def estimate_columns(
    index: Index, source: ColumnSource, targets: F8 | None = None, *, confidence: float = 0.95
) -> Estimates:
    """Estimate each row from its replications, some rows at a time.

    Parameters
    ----------
    index
        The rows.
    source
        Their numerators and denominators.
    targets, confidence
        As for `estimate`.

    Returns
    -------
    Estimates
        The columns.
    """
    target = np.full(len(index), np.nan) if targets is None else targets
    columns = _in_blocks(partial(_columns, confidence), source, target)
    set_days(columns, index, source, target)
    joint = joint_days(index, source, target)
    low, high = limits(columns["value"], columns.pop("half"), bounds_of(index))
    return Estimates(index, len(source), confidence, target=target, low=low, high=high, joint=joint, **columns)


def _columns(confidence: float, num: F8, den: F8, target: F8) -> dict[str, F8]:
    """Return the columns of `Estimates` for the rows of a block, and half the width of the symmetric intervals."""
    value, influence = ratio(num, den)
    return {"value": value, "half": half_width(influence, confidence), **columns_of_days(divide(num, den), target)}


def _in_blocks(columns: Callable[[F8, F8, F8], dict[str, F8]], source: ColumnSource, target: F8) -> dict[str, F8]:
    """Join columns of blocks of rows: blocks fit into the processor's cache, and NumPy works on several at a time.

    A block has no single row where there are more: NumPy would add its days up in another order.
    """
    blocks = list(blocks_of(len(source), len(target), most=_BLOCK))
    if len(blocks) == 1 or len(target) * len(source) <= _LARGE:
        return columns(*source.take(slice(None)), target)

    def block(rows: slice) -> dict[str, F8]:
        num, den = source.take(rows)
        return columns(np.ascontiguousarray(num), np.ascontiguousarray(den), target[rows])

    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        parts = list(threads.map(block, blocks))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def compare(
    index: Index,
    baseline: tuple[F8, F8],
    variant: tuple[F8, F8],
    families: Sequence[str] | None = None,
    *,
    confidence: float = 0.95,
) -> Differences:
    """Compare a variant with its baseline, replication by replication.

    Parameters
    ----------
    index
        The rows, the same for both.
    baseline, variant
        Numerators and denominators, each [R, rows]; replication i of both met the same customers.
    families
        For each row the family within which significance is judged; by default the headlines are one, and the other
        rows of each dimension another, so that hundreds of tests do not weaken the few that people read.
    confidence
        Of the intervals.

    Returns
    -------
    Differences
        The columns.
    """
    sources = ArrayColumns(*baseline), ArrayColumns(*variant)
    return compare_columns(index, *sources, families, confidence=confidence)


def compare_columns(
    index: Index,
    baseline: ColumnSource,
    variant: ColumnSource,
    families: Sequence[str] | None = None,
    *,
    confidence: float = 0.95,
) -> Differences:
    """Compare a variant with its baseline, replication by replication, some rows at a time.

    Parameters
    ----------
    index, families, confidence
        As for `compare`.
    baseline, variant
        Numerators and denominators; replication i of both met the same customers.
    """
    parts = [
        _differences(baseline.take(rows), variant.take(rows), confidence)
        for rows in blocks_of(len(baseline), len(index))
    ]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    names = ["" if is_headline(row) else row.by for row in index] if families is None else families
    adjusted = holm(columns["p"], names)
    significant = adjusted <= 1 - confidence
    return Differences(index, len(baseline), confidence, **columns, p_adjusted=adjusted, significant=significant)


def _differences(baseline: tuple[F8, F8], variant: tuple[F8, F8], confidence: float) -> dict[str, F8]:
    """Return the columns of `Differences` for a block of rows."""
    (before, influence_before), (after, influence_after) = ratio(*baseline), ratio(*variant)
    influence = influence_after - influence_before
    difference, half = after - before, half_width(influence, confidence)
    return {
        "baseline": before,
        "variant": after,
        "difference": difference,
        "low": difference - half,
        "high": difference + half,
        "p": p_value(difference, influence, ROUNDING * (np.abs(before) + np.abs(after))),
    }


def holm(p: F8, families: Sequence[str]) -> F8:
    """Adjust p-values within each family, so that any false alarm in it is as unlikely as it was for one test.

    NaN stays NaN, and counts as no test.

    Returns
    -------
    F8
        Adjusted p-values, at most 1.
    """
    adjusted = np.full(len(p), np.nan)
    family = np.unique(np.asarray(families, dtype=np.str_), return_inverse=True)[1]
    for each in range(int(family.max(initial=-1)) + 1):
        rows = np.flatnonzero((family == each) & ~np.isnan(p))
        rows = rows[np.argsort(p[rows], kind="stable")]
        steps = p[rows] * np.arange(len(rows), 0, -1)
        adjusted[rows] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted
