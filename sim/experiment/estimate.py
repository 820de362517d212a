"""Estimates from replications: ratios with confidence intervals, and paired differences with their significance.

Each replication (day) gives a numerator and a denominator per row. Days are independent; values within a day are not.
A KPI's value is the ratio of the sums, ``r = sum(n) / sum(d)``, and its interval comes from linearisation: the
residuals ``e = n - r d`` of the days add up to 0, and ``var(r)`` is about ``s_e^2 / (R mean(d)^2)`` [1]_, [2]_. For a
count all ``d`` are 1, and this is the ordinary interval of a mean. Two variants that met the same customers are
compared by their paired influences ``e_v / mean(d_v) - e_b / mean(d_b)``, so that common variation cancels out
[3]_. Whether any of several differences is real is judged with Holm's step-down adjustment [4]_.

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
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.kpis import Row
from sim.kpis.headlines import is_headline

if TYPE_CHECKING:
    from sim.kpis import Measures

__all__ = ["Differences", "Estimates", "Stack", "compare", "estimate", "holm", "stack"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
Index = Sequence[Row]

_LARGE = 1 << 20  # values, from which on they are estimated in blocks
_BLOCK = 64  # rows
_FIRST = 1 << 28  # bytes that are set aside for the values of replications to come
ROUNDING = 1e-12  # relative differences this small come from the order in which numbers were added


class _Rows:
    """Rows with a look-up by name."""

    index: Index

    @cached_property
    def _places(self) -> dict[Row, int]:
        """The place of each row."""
        return {row: i for i, row in enumerate(self.index)}

    def at(self, kpi: str, by: str = "all", key: str = "", interval: int | None = None) -> int:
        """Return the place of a row.

        Parameters
        ----------
        kpi, by, key, interval
            The row; KeyError where there is none.
        """
        return self._places[Row(kpi, by, key, interval)]


@dataclass(frozen=True, eq=False)
class Estimates(_Rows):
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
        Ratio of the sums, and its interval; a value that did not vary has an interval of no width.
    mean_of_days
        Mean of the days' own ratios, over the days that have one.
    p10, p50, p90
        Quantiles of the days' own ratios.
    target
        Targets, NaN = none.
    meets
        Share of the days that reach the target.
    """

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


@dataclass(frozen=True, eq=False)
class Differences(_Rows):
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


class Stack:
    """Measures of replications, one after the other in two arrays; no second copy of them is needed in the end.

    Parameters
    ----------
    wanted
        The most that may come.
    """

    def __init__(self, wanted: int) -> None:
        self._wanted, self._count = wanted, 0
        self._index: Index = ()
        self._num = self._den = np.empty((0, 0))

    def __len__(self) -> int:
        """Return the number of replications."""
        return self._count

    def add(self, measures: Measures) -> None:
        """Add those of the next replication; ValueError if its plan is another."""
        if not self._count:
            self._index = measures.index
        elif measures.index != self._index:
            raise ValueError("replications of different plans cannot be stacked")
        if self._count == len(self._num):
            self._num, self._den = self._longer(self._num, measures.num), self._longer(self._den, measures.den)
        self._num[self._count], self._den[self._count] = measures.num, measures.den
        self._count += 1

    def columns(self) -> tuple[Index, F8, F8]:
        """Return the index, and numerators and denominators, [R, rows]."""
        return self._index, self._num[: self._count], self._den[: self._count]

    def _longer(self, values: F8, row: F8) -> F8:
        room = max(2 * len(values), _FIRST // max(row.nbytes, 1), 1)
        longer = np.empty((min(room, self._wanted), *row.shape))  # memory that nobody has written to costs nothing
        longer[: len(values)] = values.reshape(len(values), *row.shape)
        return longer


def stack(measures: Sequence[Measures]) -> tuple[Index, F8, F8]:
    """Stack the measures of replications.

    Parameters
    ----------
    measures
        At least one, all of the same plan.

    Returns
    -------
    tuple
        Index, numerators [R, rows], denominators [R, rows].
    """
    stacked = Stack(len(measures))
    for replication in measures:
        stacked.add(replication)
    return stacked.columns()


def estimate(index: Index, num: F8, den: F8, targets: F8 | None = None, *, confidence: float = 0.95) -> Estimates:
    """Estimate each row from its replications.

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
    target = np.full(len(index), np.nan) if targets is None else targets
    columns = _in_blocks(partial(_columns, confidence), num, den, target)
    return Estimates(index, len(num), confidence, target=target, **columns)


def _columns(confidence: float, num: F8, den: F8, target: F8) -> dict[str, F8]:
    """Return the columns of `Estimates` for the rows of a block."""
    value, influence = _ratio(num, den)
    half = _half_width(influence, confidence)
    days = _divide(num, den)
    known = ~np.isnan(days)
    defined = known.sum(axis=0).astype(np.float64)
    with_target = np.where(np.isnan(target), 0.0, defined)
    p10, p50, p90 = _quantiles(days, (0.1, 0.5, 0.9))
    return {
        "value": value,
        "low": value - half,
        "high": value + half,
        "mean_of_days": _divide(np.where(known, days, 0.0).sum(axis=0), defined),
        "p10": p10,
        "p50": p50,
        "p90": p90,
        "meets": _divide((days >= target).sum(axis=0).astype(np.float64), with_target),
    }


def _in_blocks(columns: Callable[[F8, F8, F8], dict[str, F8]], num: F8, den: F8, target: F8) -> dict[str, F8]:
    """Join columns of blocks of rows: blocks fit into the processor's cache, and NumPy works on several at a time.

    A block has no single row where there are more: NumPy would add its days up in another order.
    """
    rows = num.shape[1]
    count = max(1, rows // _BLOCK if num.size > _LARGE else 1)
    edges = np.linspace(0, rows, count + 1).astype(np.int64).tolist()
    if count == 1:
        return columns(num, den, target)

    def block(begin: int, end: int) -> dict[str, F8]:
        rows = slice(begin, end)
        return columns(np.ascontiguousarray(num[:, rows]), np.ascontiguousarray(den[:, rows]), target[rows])

    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        parts = list(threads.map(block, edges[:-1], edges[1:]))
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
    (before, influence_before), (after, influence_after) = _ratio(*baseline), _ratio(*variant)
    influence = influence_after - influence_before
    difference = after - before
    half = _half_width(influence, confidence)
    p = _p_value(difference, influence, ROUNDING * (np.abs(before) + np.abs(after)))
    adjusted = holm(p, ["" if is_headline(row) else row.by for row in index] if families is None else families)
    return Differences(
        index=index,
        replications=len(influence),
        confidence=confidence,
        baseline=before,
        variant=after,
        difference=difference,
        low=difference - half,
        high=difference + half,
        p=p,
        p_adjusted=adjusted,
        significant=adjusted <= 1 - confidence,
    )


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


def _divide(num: F8, den: F8) -> F8:
    """Divide, NaN where the denominator is 0."""
    quotient = np.full(num.shape, np.nan)
    np.divide(num, den, out=quotient, where=den != 0)
    return quotient


def _ratio(num: F8, den: F8) -> tuple[F8, F8]:
    """Return the ratio of the sums, and each day's influence on it, [R, rows]; NaN where only one day has a ratio."""
    value = _divide(num.sum(axis=0), den.sum(axis=0))
    mean = np.where(np.count_nonzero(den, axis=0) > 1, den.mean(axis=0), np.nan)
    return value, (num - value * den) / mean


def _standard_error(influence: F8) -> F8:
    """Return the standard error of an estimate from the influences of the days."""
    days = len(influence)
    if days < 2:
        return np.full(influence.shape[1], np.nan)
    return np.asarray(np.sqrt((influence**2).sum(axis=0) / (days * (days - 1))), dtype=np.float64)


def _half_width(influence: F8, confidence: float) -> F8:
    """Return half the width of the Student interval, NaN with one day."""
    error = _standard_error(influence)
    if len(influence) < 2:
        return error
    from scipy.special import stdtrit

    return float(stdtrit(len(influence) - 1, 0.5 + confidence / 2)) * error


def _p_value(difference: F8, influence: F8, rounding: F8) -> F8:
    """Return the two-sided p-value of no difference; 0 for a difference that is the same on all days."""
    from scipy.special import stdtr

    error = _standard_error(influence)
    t = np.full(len(difference), np.nan)
    np.divide(np.abs(difference), error, out=t, where=error > 0)
    p = np.asarray(2 * stdtr(max(len(influence) - 1, 1), -t), dtype=np.float64)
    constant = error <= rounding
    p[constant] = np.where(np.abs(difference) <= rounding, 1.0, 0.0)[constant]
    return p


def _quantiles(days: F8, shares: Sequence[float]) -> list[F8]:
    """Return quantiles over the days that have a value, by linear interpolation between the order statistics."""
    ordered = np.sort(days, axis=0)  # NaN last
    last = np.maximum((~np.isnan(days)).sum(axis=0) - 1, 0)
    column = np.arange(days.shape[1])
    quantiles = []
    for share in shares:
        rank = share * last
        low = np.floor(rank).astype(np.int64)
        below, above = ordered[low, column], ordered[np.minimum(low + 1, last), column]
        quantiles.append(below + (rank - low) * (above - below))
    return quantiles
