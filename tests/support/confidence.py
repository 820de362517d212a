"""Compare simulations with exact results at a stated false-alarm rate.

A right simulator fails an assertion of this module with probability ``alpha`` at most, shared among the measures that
a test compares (Bonferroni). That holds as far as the means over replications are normal: let a replication be a day or
some thousands of customers, and use ten of them or more. A wide interval contains anything, so the assertions can also
ask for a resolution: half of the interval relative to the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t as student

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["ALPHA", "Estimate", "assert_mean", "assert_ratio", "mean_interval", "ratio_interval"]

ALPHA = 1e-6
FEWEST = 10  # replications


@dataclass(frozen=True)
class Estimate:
    """Estimate over replications, with its interval."""

    value: float
    half_width: float
    replications: int
    alpha: float  # the probability that the interval misses the truth

    @property
    def low(self) -> float:
        """Return the lower end of the interval."""
        return self.value - self.half_width

    @property
    def high(self) -> float:
        """Return the upper end of the interval."""
        return self.value + self.half_width

    def contains(self, truth: float) -> bool:
        """Tell whether the interval contains a value; rounding is forgiven where nothing varies."""
        return self.low <= truth <= self.high or isclose(self.value, truth, rel_tol=1e-12)


def mean_interval(values: ArrayLike, alpha: float) -> Estimate:
    """Return the mean of one value per replication, with its t interval."""
    array = _replications(values)
    return _interval(float(array.mean()), array - array.mean(), alpha)


def ratio_interval(numerators: ArrayLike, denominators: ArrayLike, alpha: float) -> Estimate:
    """Return the ratio of the sums over replications, with its t interval.

    The error is that of the residuals ``numerator - ratio * denominator``, as in survey sampling (the delta method);
    the mean of the replications' own ratios would be biased.
    """
    above, below = _replications(numerators), _replications(denominators)
    assert above.shape == below.shape, f"{len(above)} numerators and {len(below)} denominators"
    assert below.sum() > 0.0, "the denominators sum to nothing"
    ratio = float(above.sum() / below.sum())
    return _interval(ratio, (above - ratio * below) / below.mean(), alpha)


def assert_mean(
    truth: float,
    values: ArrayLike,
    *,
    name: str = "mean",
    seed: object = None,
    alpha: float = ALPHA,
    measures: int = 1,
    resolution: float | None = None,
) -> Estimate:
    """Fail unless the interval of a mean contains the truth; return the estimate.

    Parameters
    ----------
    truth
        The exact result.
    values
        One value per replication.
    name
        What is compared, for the message.
    seed
        What the replications were drawn with, for the message.
    alpha
        The false-alarm rate of the whole test.
    measures
        How many measures the test compares; each gets its share of ``alpha``.
    resolution
        The widest that half of the interval may be, relative to the truth.
    """
    return _check(truth, mean_interval(values, alpha / measures), name, seed, resolution)


def assert_ratio(
    truth: float,
    numerators: ArrayLike,
    denominators: ArrayLike,
    *,
    name: str = "ratio",
    seed: object = None,
    alpha: float = ALPHA,
    measures: int = 1,
    resolution: float | None = None,
) -> Estimate:
    """Fail unless the interval of a ratio of sums contains the truth; return the estimate.

    Parameters
    ----------
    truth
        The exact result, e.g. P(abandon).
    numerators
        One sum per replication, e.g. the abandoned.
    denominators
        One sum per replication, e.g. the offered.
    name
        What is compared, for the message.
    seed
        What the replications were drawn with, for the message.
    alpha
        The false-alarm rate of the whole test.
    measures
        How many measures the test compares; each gets its share of ``alpha``.
    resolution
        The widest that half of the interval may be, relative to the truth.
    """
    return _check(truth, ratio_interval(numerators, denominators, alpha / measures), name, seed, resolution)


def _replications(values: ArrayLike) -> np.ndarray:
    """Return one finite number per replication."""
    array = np.asarray(values, dtype=np.float64)
    assert array.ndim == 1, f"one value per replication, not an array of {array.shape}"
    assert len(array) >= FEWEST, f"{len(array)} replications; a t interval wants {FEWEST} or more"
    assert np.isfinite(array).all(), "a replication has no finite value"
    return array


def _interval(value: float, residuals: np.ndarray, alpha: float) -> Estimate:
    """Return the t interval from residuals that sum to zero."""
    assert 0.0 < alpha < 1.0, f"alpha is {alpha}"
    size = len(residuals)
    error = sqrt(float(residuals @ residuals) / (size - 1) / size)
    return Estimate(value, float(student.isf(alpha / 2.0, size - 1)) * error, size, alpha)


def _check(truth: float, estimate: Estimate, name: str, seed: object, resolution: float | None) -> Estimate:
    """Fail with a message that has the truth, the interval and the seed."""
    summary = (
        f"{name}: {estimate.value:.6g} in [{estimate.low:.6g}, {estimate.high:.6g}] from {estimate.replications} "
        f"replications, truth {truth:.6g}, false-alarm rate {estimate.alpha:.1g}, seed {seed}"
    )
    assert estimate.contains(truth), summary
    if resolution is not None:
        widest = resolution * abs(truth)
        assert estimate.half_width <= widest, f"{summary}: wider than ± {resolution:.1%}, so it shows little"
    return estimate
