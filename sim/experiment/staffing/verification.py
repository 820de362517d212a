"""Verification of headcounts on fresh days that the search never saw: each requirement, and all of them at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.experiment.staffing.evaluation import Outcome, Requirements

__all__ = ["Verification", "verify"]

F8 = NDArray[np.float64]
_RESAMPLES = 2000


@dataclass(frozen=True, eq=False)
class Verification:
    """What fresh days say about headcounts.

    Parameters
    ----------
    requirements
        Of the search.
    days
        Number of replications.
    value
        [rows] ratio of the sums over all days; NaN where nothing was measured.
    error
        [rows] its standard error.
    slack
        [rows] over all days, in units of the numerator; negative = the requirement does not hold.
    probability
        That all requirements hold in the long run: the share of resamples of the days in which they do.
    joint
        Share of the days on which all hold at once.
    """

    requirements: Requirements
    days: int
    value: F8
    error: F8
    slack: F8
    probability: float
    joint: float

    @property
    def holding(self) -> int:
        """Number of requirements that hold over all days."""
        return int((self.slack >= 0).sum())


def verify(outcome: Outcome, seed: int) -> Verification:
    """Judge the outcome of headcounts on fresh days.

    Parameters
    ----------
    outcome
        Of these days.
    seed
        Of the resamples of days (the bootstrap [1]_).

    References
    ----------
    .. [1] B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, Chapman & Hall, 1993, chapter 6.
    """
    num, den = outcome.sums
    days, total = len(num), den.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = num.sum(axis=0) / total
        error = np.sqrt(((num - value * den) ** 2).sum(axis=0) * days / max(days - 1, 1)) / total
    daily = outcome.slack_by_day
    weights = np.random.default_rng(seed).multinomial(days, np.full(days, 1 / days), size=_RESAMPLES)
    holds = (weights @ daily >= 0).all(axis=1)
    return Verification(outcome.requirements, days, value, error, outcome.slack, float(holds.mean()), outcome.joint)
