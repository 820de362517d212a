"""Comparison of two endpoints by pairs of runs on the same trace: slower, faster, same, or inconclusive.

The unit is the run: requests of one run share its queues, caches and neighbours, so thousands of them are not
thousands of independent observations. Each pair of runs, one of A and one of B, gives the log-ratio of each measure, B
over A. The log-ratios have a Student interval. Its level is shared among the looks (`alpha_spending`) and, by Holm's
method, among the measures [1]_, [2]_. *Slower* asks for an interval without 0 and an effect that matters. *Same* asks
for equivalence: the log-ratio is shown to be within plus and minus the margin by two one-sided tests [3]_; all measures
must be, which needs no adjustment [4]_. Anything else is *inconclusive*.

References
----------
.. [1] S. Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statist. 6 (1979), 65-70.
.. [2] Y. Ye, A. Li, L. Liu, B. Yao, A group sequential Holm procedure with multiple primary endpoints, Statist. Med. 32
   (2013), 1112-1124.
.. [3] D. J. Schuirmann, A comparison of the two one-sided tests procedure and the power approach for assessing the
   equivalence of average bioavailability, J. Pharmacokin. Biopharm. 15 (1987), 657-680.
.. [4] R. L. Berger, Multiparameter hypothesis testing and acceptance sampling, Technometrics 24 (1982), 295-300.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from math import exp, inf, log, log1p, sqrt
from statistics import fmean, stdev

from loadtests.verdict.alpha_spending import look_level

__all__ = [
    "ALPHA",
    "LEAST_RATIO",
    "MOST_PAIRS",
    "Finding",
    "Looks",
    "Noise",
    "Outcome",
    "PairedRuns",
    "Statistics",
    "compare_pairs",
    "detectable_ratio",
    "judge_statistics",
    "overall",
]

ALPHA = 0.05  # false alarms of a whole comparison: all measures, all looks
LEAST_RATIO = 0.05  # a smaller effect does not matter
MOST_PAIRS = 1000  # beyond, a comparison is not worth its time
POWER = 0.8


class Outcome(StrEnum):
    """The outcome of a comparison, of B relative to A."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "same"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class Noise:
    """Log-ratios of pairs of runs of one and the same endpoint.

    Parameters
    ----------
    mean, deviation
        Of the log-ratios: what the second place of a pair adds, and the standard deviation of a pair.
    pairs
        Their number.
    """

    mean: float
    deviation: float
    pairs: int

    def floor(self, pairs: int) -> float:
        """Return the noise floor of a comparison: the log-ratio that a number of pairs shows where nothing differs."""
        return max(abs(self.mean), self.deviation / sqrt(pairs))


@dataclass(frozen=True, slots=True)
class PairedRuns:
    """One measure of all pairs of runs.

    Parameters
    ----------
    name
        Of the measure, e.g. ``"p95"``.
    a, b
        Its values, positive; runs with the same index are a pair.
    least
        The smallest difference that matters, in the measure's own unit.
    noise
        Of the machine, if it was calibrated.
    """

    name: str
    a: tuple[float, ...]
    b: tuple[float, ...]
    least: float = 0.0
    noise: Noise | None = None

    @property
    def log_ratios(self) -> tuple[float, ...]:
        """B over A, by pair."""
        return tuple(log(b / a) for a, b in zip(self.a, self.b, strict=True))

    @property
    def typical(self) -> tuple[float, float]:
        """The geometric means of A and of B."""
        return exp(fmean(map(log, self.a))), exp(fmean(map(log, self.b)))

    @property
    def margin(self) -> float:
        """The log-ratio that matters: 5 %, twice the noise floor, or the smallest difference, what is most."""
        floor = self.noise.floor(len(self.a)) if self.noise else 0.0
        return max(log1p(LEAST_RATIO), 2.0 * floor, log1p(self.least / self.typical[0]))

    def as_noise(self) -> Noise:
        """Return the noise of the machine, if A and B are one and the same; of at least two pairs."""
        ratios = self.log_ratios
        return Noise(fmean(ratios), stdev(ratios), len(ratios))


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks at a growing number of pairs.

    Parameters
    ----------
    pairs
        The number of pairs at each look until now, growing.
    most
        The largest number that there can be.
    """

    pairs: tuple[int, ...]
    most: int


@dataclass(frozen=True, slots=True)
class Finding:
    """The comparison of one measure.

    Parameters
    ----------
    name
        Of the measure.
    outcome
        Of B relative to A.
    ratio, low, high
        B over A, and its interval, which excludes 1 exactly where the difference is significant.
    margin
        The ratio that matters.
    needed
        Pairs in all that would settle what is inconclusive, with a probability of 80 %; infinite = over 1,000.
    """

    name: str
    outcome: Outcome
    ratio: float
    low: float
    high: float
    margin: float
    needed: float | None = None

    def as_json(self) -> dict[str, str | float | None]:
        """Return its content; JSON has no infinite numbers."""
        content = asdict(self)
        return {name: None if value in {inf, -inf} else value for name, value in content.items()}


def compare_pairs(measures: Sequence[PairedRuns], looks: Looks, alpha: float = ALPHA) -> tuple[Finding, ...]:
    """Compare two endpoints by all pairs until now.

    Parameters
    ----------
    measures
        At least one.
    looks
        The last one is at the number of pairs that there are.
    alpha
        False-alarm rate of the whole comparison: the probability that any measure of two equal endpoints is called
        slower or faster at any look. Of two endpoints that differ in a measure by more than its margin, also the
        probability of *same* at any look.

    Returns
    -------
    tuple of Finding
        In the order of the measures. With fewer than two pairs, all are inconclusive.
    """
    return judge_statistics([Statistics.of_pairs(each) for each in measures], looks, alpha)


def judge_statistics(statistics: Sequence[Statistics], looks: Looks, alpha: float = ALPHA) -> tuple[Finding, ...]:
    """Judge the estimates of some measures.

    Parameters
    ----------
    statistics
        At least one.
    looks, alpha
        As for `compare_pairs`.

    Returns
    -------
    tuple of Finding
        In the order of the measures.
    """
    levels = _holm_levels([each.p_value for each in statistics], looks, alpha)
    equivalence = look_level(2.0 * alpha, looks.pairs, looks.most)
    return tuple(_finding(each, level, equivalence) for each, level in zip(statistics, levels, strict=True))


def overall(findings: Sequence[Finding]) -> Outcome:
    """Return the outcome of all measures: slower if any is, same only if all are the same or faster.

    Parameters
    ----------
    findings
        At least one.
    """
    outcomes = {each.outcome for each in findings}
    for outcome in (Outcome.SLOWER, Outcome.INCONCLUSIVE, Outcome.FASTER):
        if outcome in outcomes:
            return outcome
    return Outcome.SAME


def detectable_ratio(noise: Noise, pairs: int, measures: int, margin: float, alpha: float = ALPHA) -> float:
    """Return the smallest ratio that a comparison calls slower with a probability of 80 %.

    Parameters
    ----------
    noise
        Of the machine.
    pairs
        Number of pairs, looked at once.
    measures
        Number of measures that are compared.
    margin
        The log-ratio that matters.
    alpha
        False-alarm rate.
    """
    from scipy.special import stdtrit

    error = noise.deviation / sqrt(pairs)
    power = float(stdtrit(pairs - 1, POWER))
    significant = float(stdtrit(pairs - 1, 1.0 - alpha / measures / 2.0))
    return exp(max(significant * error, margin, 2.0 * noise.floor(pairs)) + power * error)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Estimate of one measure's log-ratio, B over A.

    Parameters
    ----------
    name
        Of the measure.
    mean, deviation, error
        The log-ratio, the standard deviation of an observation, and the standard error of the mean.
    count
        Observations from which the deviation is known; it has one degree of freedom less.
    margin
        The log-ratio that matters.
    """

    name: str
    mean: float
    deviation: float
    error: float
    count: int
    margin: float

    @classmethod
    def of_pairs(cls, measure: PairedRuns) -> Statistics:
        """Return the estimate from pairs of runs."""
        ratios = measure.log_ratios
        deviation = stdev(ratios) if len(ratios) > 1 else inf
        error = deviation / sqrt(len(ratios))
        return cls(measure.name, fmean(ratios), deviation, error, len(ratios), measure.margin)

    @property
    def p_value(self) -> float:
        """Two-sided p-value of no difference; 0 for a difference that is the same in all observations."""
        from scipy.special import stdtr

        if self.error == 0.0:
            return 1.0 if self.mean == 0.0 else 0.0
        return 2.0 * float(stdtr(self.count - 1, -abs(self.mean) / self.error)) if self.count > 1 else 1.0

    def half_width(self, level: float) -> float:
        """Return half the width of the interval at a two-sided level."""
        from scipy.special import stdtrit

        return float(stdtrit(self.count - 1, 1.0 - level / 2.0)) * self.error if self.count > 1 else inf


def _holm_levels(p_values: Sequence[float], looks: Looks, alpha: float) -> list[float]:
    """Return the level of each measure: the smaller its p-value, the stricter, until one is not significant."""
    levels = [0.0] * len(p_values)
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    left, level = len(order), 0.0
    for index in order:
        level = look_level(alpha / left, looks.pairs, looks.most)
        levels[index] = level
        if p_values[index] <= level:
            left -= 1
    return levels


def _finding(statistics: Statistics, level: float, equivalence: float) -> Finding:
    """Judge one measure."""
    mean, margin = statistics.mean, statistics.margin
    significant = statistics.p_value <= level
    needed: float | None = None
    if significant and abs(mean) > margin:
        outcome = Outcome.SLOWER if mean > 0.0 else Outcome.FASTER
    elif abs(mean) + statistics.half_width(equivalence) < margin:
        outcome = Outcome.SAME
    else:
        outcome, needed = Outcome.INCONCLUSIVE, _pairs_to_settle(statistics, level, equivalence)
    half = statistics.half_width(level)
    return Finding(statistics.name, outcome, exp(mean), exp(mean - half), _exp(mean + half), exp(margin), needed)


def _exp(exponent: float) -> float:
    """Return the exponential, infinite where it is too large for a number."""
    return exp(exponent) if exponent < 700.0 else inf  # the largest float is e**709


def _pairs_to_settle(statistics: Statistics, level: float, equivalence: float) -> float:
    """Return how many pairs settle it if the estimates are right: significant beyond the margin, equivalent within."""
    from scipy.special import stdtrit

    distance, margin = abs(statistics.mean), statistics.margin

    def settled(pairs: int) -> bool:
        """Tell whether a number of pairs settles it with a probability of 80 %."""
        error = statistics.deviation / sqrt(pairs)
        chance = float(stdtrit(pairs - 1, POWER)) * error
        if distance > margin:
            half = float(stdtrit(pairs - 1, 1.0 - level / 2.0)) * error
            return half + chance <= distance and chance <= distance - margin
        return float(stdtrit(pairs - 1, 1.0 - equivalence / 2.0)) * error + chance <= margin - distance

    counts = range(statistics.count + 1, MOST_PAIRS + 1)
    index = bisect_left(counts, 1, key=settled)  # more pairs settle what fewer do
    return float(counts[index]) if index < len(counts) else inf
