"""Steady state of one long run: where its warm-up ends, and the interval of a KPI from then on.

The warm-up ends where MSER-5 says [1]_: groups of five intervals are cut off at the front until the standard error of
the rest, were its groups independent, is smallest. If that is in the second half, the run was too short, and the point
is not trusted [2]_. What follows is divided into 20 batches. Their means are still correlated and skewed under load, so
the interval has the two corrections of N-Skart [3]_: the standard error grows by ``sqrt((1 + r) / (1 - r))``, where r
is the correlation of neighbours, and a Cornish-Fisher expansion moves both limits towards the long tail. They have the
degrees of freedom of as many independent means as tell as much [4]_. As 20 batches tell little of r, it is at least
three quarters of that of neighbours among 400 batches, each a twentieth (ADR 35). If that is above 0.6, no interval is
given.

References
----------
.. [1] K. P. White, M. J. Cobb, S. C. Spratt, A comparison of five steady-state truncation heuristics for simulation,
   Proceedings of the 2000 Winter Simulation Conference, 755-760.
.. [2] K. Hoad, S. Robinson, R. Davies, Automating warm-up length estimation, J. Oper. Res. Soc. 61 (2010), 1389-1403.
.. [3] A. Tafazzoli, J. R. Wilson, E. K. Lada, N. M. Steiger, Performance of Skart: a skewness- and
   autoregression-adjusted batch-means procedure for simulation analysis, INFORMS J. Comput. 23 (2011), 297-314. The
   expansion is that of R. Willink, A confidence interval and test for the mean of an asymmetric distribution, Comm.
   Statist. Theory Methods 34 (2005), 753-766.
.. [4] G. V. Bayley, J. M. Hammersley, The "effective" number of independent observations in an autocorrelated time
   series, Suppl. J. R. Statist. Soc. 8 (1946), 184-197.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InvalidInput, Problem
from sim.core.units import counted
from sim.engine import Plan
from sim.experiment.columns import Columns
from sim.experiment.ratios import divide, ratio
from sim.kpis import Row, index_of
from sim.kpis.chosen import chosen_row
from sim.kpis.dimensions import BY_INTERVAL
from sim.kpis.intervals import first_interval, open_intervals
from sim.kpis.registry import bounds_of

__all__ = ["FEWEST", "SteadyState", "by_intervals", "find_steady_state", "row_by_interval", "steady_rows", "warm_up_of"]

F8 = NDArray[np.float64]

_STEADY = "--steady"
_GROUP = 5  # intervals
_BATCHES = 20
_PARTS = 20  # of a batch, each the fine batch of which neighbours are compared
_SHARE = 0.75  # of the fine batches' correlation, which that of the batches has at least
_CORRELATED = 0.6  # fine batches, at most
_WANTED = 0.4  # of which nine in ten runs are long enough
_MOST = 0.9  # correlation of batches that is corrected
_CONFIDENCE = 0.95
_LEAST = 5  # groups that are never cut off

FEWEST = 2 * _BATCHES * _PARTS
"""Intervals that a run has at least: half of them may be warm-up."""


@dataclass(frozen=True)
class SteadyState:
    """A KPI of one long run in its steady state.

    Parameters
    ----------
    row
        The KPI.
    value, low, high
        Of the intervals after the warm-up, with the limits of the 95 % interval; NaN if the run has not settled, the
        limits also if it is not long.
    warm_up, intervals
        Number of intervals before and after its end.
    correlation
        Of neighbours among the 400 fine batches.
    """

    row: Row
    value: float
    low: float
    high: float
    warm_up: int
    intervals: int
    correlation: float

    @property
    def has_settled(self) -> bool:
        """Whether the warm-up ended in the first half of the run."""
        return self.warm_up <= self.intervals

    @property
    def is_long(self) -> bool:
        """Whether the run is long enough for an interval."""
        return self.correlation <= _CORRELATED

    @property
    def needed(self) -> int:
        """Number of intervals of a run that is long enough; roughly, and at least twice as many where it is not known.

        The correlation of neighbours among batch means falls with their length as it does where the correlation of
        instants falls exponentially.
        """
        if not self.has_settled:
            return 2 * (self.warm_up + self.intervals)
        return self.warm_up + math.ceil(self.intervals * max(1.0, _length_at(_WANTED) / _length_at(self.correlation)))


def steady_rows(plan: Plan, texts: Sequence[str]) -> tuple[Row, ...]:
    """Return the rows whose steady state is asked for.

    Parameters
    ----------
    plan
        Of a run without closed intervals, of at least `FEWEST`.
    texts
        Such as ``"calls.asa"`` (`sim.kpis.chosen.chosen_row`).

    Raises
    ------
    InvalidInput
        A row has no intervals, or the run no steady state that could be seen; all at once.
    """
    if not texts:
        return ()
    problems = [Problem(_STEADY, "", message) for message in _unfit(plan)]
    rows = []
    for text in texts:
        try:
            rows.append(chosen_row(plan, text, _STEADY))
        except InvalidInput as error:
            problems += error.problems
            continue
        if (rows[-1].kpi, BY_INTERVAL.get(rows[-1].by)) not in index_of(plan).slices:  # type: ignore[call-overload]
            message = f'"{text}" is not measured by interval; ask for a KPI of all contacts, of a queue or of a group'
            problems.append(Problem(_STEADY, "", message))
    if problems:
        raise InvalidInput(problems)
    return tuple(rows)


def _unfit(plan: Plan) -> Iterator[str]:
    """Yield why a run has no steady state that could be seen."""
    if not open_intervals(plan).all():
        yield "the run has closed hours, so it never settles; give run.hours around the clock"
    left = plan.intervals - first_interval(plan)
    if left < FEWEST:
        yield f"the run has {counted(left, 'interval')}, and needs {FEWEST}; give more run.days, or a shorter interval"


def row_by_interval(row: Row) -> Row:
    """Return the row of the first interval."""
    return row._replace(by=BY_INTERVAL[row.by], interval=0)  # type: ignore[index]


def by_intervals(columns: Columns, plan: Plan, row: Row) -> tuple[F8, F8]:
    """Return the numerators and denominators of a row in the intervals of the first replication, after run.warm_up."""
    rows = index_of(plan).slices[row.kpi, BY_INTERVAL[row.by]]  # type: ignore[index]
    own = [number for number, each in enumerate(columns.index[rows], rows.start) if each.key == row.key]
    num, den = columns.first(1).take(np.array(own[first_interval(plan) :], dtype=np.int64))
    return num[0], den[0]


def find_steady_state(row: Row, num: F8, den: F8) -> SteadyState:
    """Find the end of the warm-up, and estimate what follows.

    Parameters
    ----------
    row
        What was measured.
    num, den
        Numerators and denominators of the intervals of one run, at least `FEWEST`.
    """
    warm_up = warm_up_of(num, den)
    left = len(num) - warm_up
    size = left // (_BATCHES * _PARTS)
    if warm_up > left or not size:
        return SteadyState(row, math.nan, math.nan, math.nan, warm_up, left, math.nan)
    fine = [part[-size * _BATCHES * _PARTS :].reshape(-1, size).sum(axis=1)[:, None] for part in (num, den)]
    value, influence = ratio(*(part.reshape(_BATCHES, _PARTS, 1).sum(axis=1) for part in fine))
    correlation = _correlation(ratio(*fine)[1][:, 0])
    if correlation > _CORRELATED:
        return SteadyState(row, float(value[0]), math.nan, math.nan, warm_up, left, correlation)
    below, above = _deviations(influence[:, 0], max(_correlation(influence[:, 0]), _SHARE * correlation, 0.0))
    low, high = np.clip([value[0] + below, value[0] + above], *(bound[0] for bound in bounds_of([row])))
    return SteadyState(row, float(value[0]), float(low), float(high), warm_up, left, correlation)


def _deviations(influence: F8, correlation: float) -> tuple[float, float]:
    """Return how far the limits are from the value, from the influences and the correlation of batches."""
    from scipy.special import stdtrit

    batches, inflation = len(influence), _inflation(correlation)
    spread = float(np.sqrt((influence**2).sum() / (batches - 1)))
    if spread == 0.0 or math.isnan(spread):
        return spread, spread
    skewness = batches / ((batches - 1) * (batches - 2)) * float(((influence / spread) ** 3).sum())
    quantile = float(stdtrit(batches / inflation - 1.0, 0.5 + _CONFIDENCE / 2))
    error, bend = spread * math.sqrt(inflation / batches), skewness / (6.0 * math.sqrt(batches))
    return -error * _bent(quantile, bend), -error * _bent(-quantile, bend)


def _inflation(correlation: float) -> float:
    """Return the factor on the variance of a mean of values of which neighbours are correlated (first order)."""
    return (1.0 + min(correlation, _MOST)) / (1.0 - min(correlation, _MOST))


def _bent(quantile: float, bend: float) -> float:
    """Return a quantile of Student's law corrected for skewness (Willink 2005)."""
    if abs(bend) < 1e-6:
        return quantile
    return float(np.cbrt(1.0 + 6.0 * bend * (quantile - bend)) - 1.0) / (2.0 * bend)


def _length_at(correlation: float) -> float:
    """Return the length of batches with that correlation, where the one of instants falls as exp(-length)."""
    below, above = 1e-3, 1e3  # correlations .999 and .0005
    for _ in range(60):
        middle = math.sqrt(below * above)
        of_middle = math.expm1(-middle) ** 2 / (2.0 * (middle + math.expm1(-middle)))
        below, above = (middle, above) if of_middle > correlation else (below, middle)
    return below


def warm_up_of(num: F8, den: F8) -> int:
    """Return the number of intervals before the end of the warm-up, by MSER-5.

    Parameters
    ----------
    num, den
        As for `find_steady_state`.
    """
    groups = len(num) // _GROUP
    sums = (part[: groups * _GROUP].reshape(groups, _GROUP).sum(axis=1) for part in (num, den))
    value = divide(*sums)
    known = np.flatnonzero(~np.isnan(value))
    if len(known) <= _LEAST:
        return len(num)
    centred = value[known] - value[known].mean()
    left = np.arange(len(centred), 0, -1)
    sums_after, squares_after = (np.cumsum(part[::-1])[::-1] for part in (centred, centred**2))
    statistic = (squares_after - sums_after**2 / left) / left**2.0
    return int(known[np.argmin(statistic[:-_LEAST])]) * _GROUP


def _correlation(values: F8) -> float:
    """Return the correlation of neighbours, less its bias (jackknife with two halves)."""
    half = len(values) // 2
    whole, *halves = (_lag_one(part) for part in (values, values[:half], values[half:]))
    return 2.0 * whole - sum(halves) / 2.0


def _lag_one(values: F8) -> float:
    centred = values - values.mean()
    spread = float((centred**2).sum())
    return float((centred[1:] * centred[:-1]).sum()) / spread if spread else 0.0
