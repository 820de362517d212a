"""Comparison of any number of variants with one baseline, on the same customers.

Each variant is compared with the baseline by paired differences (`sim.experiment.estimate`). The intervals of all
variants hold together: each has the confidence ``1 - alpha / variants`` (Bonferroni), which allows for the dependence
that common customers cause [1]_. Significance is judged by Holm's adjustment over all variants of a family of rows.

Which variant is best is uncertain, too: the probability is the posterior one that its expected value is the best of
all, given the replications, without prior knowledge and with the covariance that common customers cause: the means
follow a multivariate t law around their estimates [2]_.

References
----------
.. [1] B. L. Nelson, F. J. Matejcik, Using common random numbers for indifference-zone selection and multiple
   comparisons in simulation, Management Science 41 (1995), 1935-1945.
.. [2] K. Inoue, S. E. Chick, Comparison of Bayesian and frequentist assessments of uncertainty for selecting the best
   system, Proceedings of the 1998 Winter Simulation Conference, 727-734.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.core import interrupts
from sim.core.units import counted
from sim.engine import Plan
from sim.experiment.columns import Columns
from sim.experiment.estimate import ROUNDING, Differences, Estimates, compare_columns, holm
from sim.experiment.precision import Precision, Reached, checks, half_of_difference
from sim.experiment.ratios import ratio
from sim.experiment.replicate import FirstReplications, Replications, measure_once, seconds_each
from sim.experiment.variant_days import days_of_variants
from sim.experiment.workers import in_order
from sim.kpis import Measures, kpi
from sim.kpis.headlines import is_headline
from sim.kpis.model import Index, Row

__all__ = ["Comparison", "best_of", "common_index", "compare_variants", "replicate_variants"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

_TOGETHER = 10  # replications of a variant, one after the other: what is known of its plan is used again
_DRAWS = 20_000  # of the means, for the probability to be best: a standard error of .35 points at most


@dataclass(frozen=True, eq=False)
class Comparison:
    """Variants and a baseline on the same customers; NaN where undefined.

    Parameters
    ----------
    names
        V names, the baseline's first.
    index
        The rows that all have.
    replications
        R, of each.
    confidence
        Of all intervals of a row together.
    value
        [V, rows]
    differences
        Of each variant but the baseline. Their intervals hold together for all variants, ``p_adjusted`` and
        ``significant`` within the families of rows of all variants.
    best
        [V, rows] Probability that its expected value is the best of all; NaN but for headlines and rows asked for, and
        where neither way is better.
    best_days
        [V, rows] Share of the replications in which its value is the best, ties shared; NaN as ``best``.
    influence
        [R, V] of each row for which ``best`` is told: the influence of each replication on the value.
    days
        Of each variant, the rows asked for and the service levels of queues, with the spread of their days
        (`sim.experiment.variant_days`).
    """

    names: tuple[str, ...]
    index: Sequence[Row]
    replications: int
    confidence: float
    value: F8
    differences: tuple[Differences, ...]
    best: F8
    best_days: F8
    influence: Mapping[int, F8]
    days: tuple[Estimates, ...] = ()

    def __repr__(self) -> str:
        """Return the sizes."""
        sizes = counted(len(self.names), "variant"), counted(self.replications, "replication")
        return f"<Comparison: {', '.join(sizes)}, {len(self.index):,} values of each>"

    def at(self, row: Row) -> int:
        """Return the index of a row."""
        return self.differences[0].at(*row[:4], day=row.day, weekday=row.weekday)

    def error(self, variant: int, other: int, at: int) -> float:
        """Return the standard error of the difference of two variants in a row for which ``best`` is told."""
        deviation = self.influence[at][:, variant] - self.influence[at][:, other]
        count = len(deviation)
        return float(np.sqrt((deviation**2).sum() / (count * (count - 1)))) if count > 1 else float("nan")


def replicate_variants(
    plans: Sequence[Plan],
    *,
    seed: int,
    replications: int,
    engine: str = "auto",
    kept: Sequence[FirstReplications] = (),
    precision: Sequence[Precision] = (),
    processes: int | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> tuple[Replications, ...]:
    """Simulate the same replications of several plans.

    Parameters
    ----------
    plans
        At least one.
    seed, replications, engine, precision, processes
        As for `sim.experiment.replicate.replicate`; the intervals are those of the differences from the first plan,
        which hold together for all.
    kept
        The first replications of each plan, if they were simulated and measured before; as many of each.
    progress
        Function of the number of replications done, of all plans together.

    Returns
    -------
    tuple of Replications
        Of each plan, as many of one as of the others: after an interrupt (Ctrl-C) fewer than asked for.
    """
    folded = [_Folded(each) for each in kept or [FirstReplications() for _ in plans]]
    before = common = len(folded[0].columns)
    tasks = list(_tasks(len(plans), range(before, replications)))
    work = partial(_measure, tuple(plans), replications, seed, engine)
    seconds = max(seconds_each(plan, None, engine) for plan in plans)
    done = before * len(plans)
    looks, wanted = frozenset(checks(replications)) if precision else frozenset[int](), replications
    try:
        with in_order(work, tasks, seconds=seconds, workers=processes or os.cpu_count() or 1) as results:
            for task, (measures, moves) in zip(tasks, results, strict=True):
                folded[task // replications].add(measures, moves)
                done += 1
                common = min(len(each.columns) for each in folded)
                for each in folded:
                    each.fold(common)
                if common > before:
                    interrupts.allow(interrupts.GRACE)  # there is something to be kept
                progress(done)
                interrupts.check()
                if common in looks:
                    looks -= {common}
                    if all(each.is_narrow for each in _reached(folded, common, precision)):
                        wanted = common
                        break
    except KeyboardInterrupt:
        if common == before or interrupts.none_came():
            raise
    interrupts.allow(interrupts.KEEPING)
    reached = _reached(folded, common, precision)
    return tuple(
        Replications(plan, each.columns.first(common), each.flows, wanted, reached)
        for plan, each in zip(plans, folded, strict=True)
    )


def _reached(folded: Sequence[_Folded], common: int, precision: Sequence[Precision]) -> tuple[Reached, ...]:
    """Return how narrow the intervals of the differences are."""
    columns = [each.columns.first(common) for each in folded]
    reached = []
    for each in precision:
        sources = [(column, list(column.index).index(each.row)) for column in columns]
        reached.append(Reached(each, *half_of_difference(sources[0], sources[1:])))
    return tuple(reached)


class _Folded:
    """Replications of a variant; the moves of those that not all variants have yet wait."""

    def __init__(self, kept: FirstReplications) -> None:
        self.columns, self.flows = kept.columns, kept.flows
        self._ahead: deque[F8] = deque()
        self._folded = len(kept.columns)

    def add(self, measures: Measures, moves: F8) -> None:
        """Add the next replication."""
        self.columns.add(measures)
        self._ahead.append(moves)

    def fold(self, common: int) -> None:
        """Add up the moves of the replications that all variants have."""
        while self._folded < common:
            self.flows = self.flows + self._ahead.popleft()
            self._folded += 1


def _tasks(plans: int, left: range) -> Iterator[int]:
    """Yield the numbers of the replications of all plans, some of each plan in turn; `plan * replications + r`."""
    for begin in left[::_TOGETHER]:
        for plan in range(plans):
            for each in range(begin, min(begin + _TOGETHER, left.stop)):
                yield plan * left.stop + each


def _measure(plans: tuple[Plan, ...], replications: int, seed: int, engine: str, task: int) -> tuple[Measures, F8]:
    plan, replication = divmod(task, replications)
    return measure_once(plans[plan], seed, replication, engine)


def common_index(indexes: Sequence[Index]) -> tuple[Index, list[I8]]:
    """Return the rows that all indexes have, in the order of the first, and where they are in each.

    Parameters
    ----------
    indexes
        At least one.
    """
    kept = []
    for kpi_name, by, keys in indexes[0].blocks:
        known = [
            {key for name, other, keys in index.blocks if (name, other) == (kpi_name, by) for key in keys}
            for index in indexes[1:]
        ]
        kept.append((kpi_name, by, tuple(key for key in keys if all(key in others for others in known))))
    common = Index(kept, indexes[0].closed_days, several_days=indexes[0].several_days)
    return common, [index.places_of(common) for index in indexes]


def compare_variants(
    names: Sequence[str],
    simulated: Sequence[Replications],
    asked: Sequence[Row] = (),
    *,
    confidence: float = 0.95,
) -> Comparison:
    """Compare variants with a baseline.

    Parameters
    ----------
    names
        Of the baseline, and of at least one variant.
    simulated
        Their replications, as `replicate_variants` returns them.
    asked
        Rows by which the variants are judged: each is a family by itself, and it is told which variant is best.
    confidence
        Of the intervals.
    """
    index, rows = common_index([each.index for each in simulated])  # type: ignore[misc]
    columns = [_RowsOf(each.columns, own) for each, own in zip(simulated, rows, strict=True)]
    alpha = (1 - confidence) / (len(names) - 1)
    differences = [compare_columns(index, columns[0], column, confidence=1 - alpha) for column in columns[1:]]
    wanted = set(asked)
    families = [_family(row, wanted) for row in index] * len(differences)
    adjusted = holm(np.concatenate([each.p for each in differences]), families).reshape(len(differences), -1)
    joint = [
        replace(each, confidence=confidence, p_adjusted=p, significant=p <= 1 - confidence)
        for each, p in zip(differences, adjusted, strict=True)
    ]
    value = np.stack([joint[0].baseline, *(each.variant for each in joint)])
    best, best_days = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    influences: dict[int, F8] = {}
    for at, row in enumerate(index):
        if (is_headline(row) or row in wanted) and (better := kpi(row.kpi).better):
            num, den = (
                np.concatenate(part, axis=1) for part in zip(*(c.take(slice(at, at + 1)) for c in columns), strict=True)
            )
            best[:, at], best_days[:, at] = best_of(num, den, higher=better == "higher")
            influences[at] = ratio(num, den)[1]
    days = days_of_variants(index, simulated, asked, confidence)
    return Comparison(
        tuple(names), index, len(columns[0]), confidence, value, tuple(joint), best, best_days, influences, days
    )


@dataclass(frozen=True, eq=False)
class _RowsOf:
    """Some rows of columns, in an order of their own."""

    columns: Columns
    rows: I8

    def __len__(self) -> int:
        return len(self.columns)

    def take(self, rows: slice | I8) -> tuple[F8, F8]:
        return self.columns.take(self.rows[rows])


def _family(row: Row, asked: set[Row]) -> str:
    """Return the family within which a row's significance is judged, over all variants."""
    if row in asked:
        return f"asked {row}"
    return "" if is_headline(row) else row.by


def best_of(num: F8, den: F8, *, higher: bool) -> tuple[F8, F8]:
    """Return how probable it is that each variant has the best expected ratio, and how often it was the best.

    Parameters
    ----------
    num, den
        [R, V] numerators and denominators of the same replications.
    higher
        Whether higher is better.

    Returns
    -------
    tuple of ndarray
        Posterior probabilities, [V], NaN with one replication or an undefined ratio; and shares of the replications in
        which each was best, [V]. Variants that are equal share both.
    """
    sign = 1.0 if higher else -1.0
    value, influence = ratio(num, den)
    with np.errstate(invalid="ignore", divide="ignore"):
        days = sign * np.where(den != 0, num / den, np.nan)
    defined = ~np.isnan(days).any(axis=1)
    shares = _leaders(days[defined], np.abs(value)).mean(axis=0) if defined.any() else np.full(len(value), np.nan)
    if len(num) < 2 or np.isnan(influence).any():
        return np.full(len(value), np.nan), shares
    replications = len(num)
    covariance = influence.T @ influence / (replications * (replications - 1))
    scale, axes = np.linalg.eigh(covariance)
    draws = np.random.Generator(np.random.Philox(key=replications))
    spread = draws.standard_normal((_DRAWS, len(value))) * np.sqrt(np.maximum(scale, 0.0))
    tail = np.sqrt(draws.chisquare(replications - 1, (_DRAWS, 1)) / (replications - 1))
    means = sign * (value + spread @ axes.T / tail)
    return _leaders(means, np.abs(value)).mean(axis=0), shares


def _leaders(values: F8, size: F8) -> F8:
    """Return for each line of values the share that each has in being the largest; equals share it."""
    leads = values >= values.max(axis=1, keepdims=True) - 1e3 * ROUNDING * size.max()
    return np.asarray(leads / leads.sum(axis=1, keepdims=True), dtype=np.float64)
