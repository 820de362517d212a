"""Verification of headcounts on fresh days that the search never saw: each requirement, and all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.engine import Plan
from sim.experiment.probability import wilson
from sim.experiment.staffing.evaluation import Outcome, Requirements, plan_outcome, requirements_of
from sim.experiment.staffing.targets import Target

__all__ = ["SURE", "Verdict", "Verification", "fresh_numbers", "verify", "verify_plan"]

F8 = NDArray[np.float64]
Verdict = Literal["holds", "in doubt", "fails"]
SURE = 0.9
"""Probability that all targets hold in the long run from which on a plan is taken to keep them."""
_RESAMPLES = 2000
_AT_ONCE = 100  # resamples, so that ten thousand days fit into memory
_FIRST = 1_000_000  # replication of the first fresh day: no search and no run of the scenario comes so far


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
    likely
        [rows] probability that each requirement holds in the long run.
    days_held
        [rows] share of the days on which each holds on the day itself.
    interval_value, interval_error
        [targets, intervals] ratio of the sums of each interval, and its standard error, whatever the target is per;
        NaN where an interval does not count.
    """

    requirements: Requirements
    days: int
    value: F8
    error: F8
    slack: F8
    probability: float
    joint: float
    likely: F8
    days_held: F8
    interval_value: F8
    interval_error: F8

    @property
    def holding(self) -> int:
        """Number of requirements that hold over all days."""
        return int((self.slack >= 0).sum())

    @property
    def least_joint(self) -> float:
        """Share of the days on which all hold at once, at least: lower limit of its confidence interval."""
        return wilson(self.joint, self.days)[0]

    def verdict(self, confidence: float | None) -> Verdict:
        """Return whether the plan keeps its targets; "in doubt" where more days are needed to tell.

        Parameters
        ----------
        confidence
            Share of the days on which all are to hold at once; None = over all days together.
        """
        if confidence is None:
            sure, never = self.probability >= SURE, self.probability <= 1.0 - SURE
        else:
            _, high = wilson(self.joint, self.days)
            sure, never = self.least_joint >= confidence, high < confidence
        return "holds" if sure and self._is_measured else "fails" if never else "in doubt"

    @property
    def _is_measured(self) -> bool:
        """Whether each target has a value somewhere: where nobody is answered, no mean wait is too long."""
        measured = self.requirements.target[np.isfinite(self.value)]
        return len(np.unique(measured)) == len(np.unique(self.requirements.target))


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
    days = len(outcome.num)
    value, error = _ratio(*outcome.sums)
    counts = outcome.requirements.row[:, :-1] >= 0
    of_intervals = _ratio(outcome.num[:, :, :-1], outcome.den[:, :, :-1])
    daily = outcome.slack_by_day
    holds = np.concatenate([weights @ daily >= 0 for weights in _resamples(days, seed)])
    return Verification(
        outcome.requirements,
        days,
        value,
        error,
        outcome.slack,
        float(holds.all(axis=1).mean()),
        outcome.joint,
        holds.mean(axis=0),
        (daily >= 0).mean(axis=0),
        *(np.where(counts, column, np.nan) for column in of_intervals),
    )


def _ratio(num: F8, den: F8) -> tuple[F8, F8]:
    """Return the ratio of sums over the days, which come first, and its standard error."""
    days, total = len(num), den.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = num.sum(axis=0) / total
        return value, np.sqrt(((num - value * den) ** 2).sum(axis=0) * days / max(days - 1, 1)) / total


def _resamples(days: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield how often each day is in each resample, some resamples at once."""
    generator = np.random.default_rng(seed)
    for _ in range(_RESAMPLES // _AT_ONCE):
        yield generator.multinomial(days, np.full(days, 1 / days), size=_AT_ONCE)


def fresh_numbers(days: int) -> range:
    """Return replications that no search and no run has seen."""
    return range(_FIRST, _FIRST + days)


def verify_plan(
    plan: Plan,
    targets: Sequence[Target],
    *,
    seed: int,
    numbers: range,
    engine: str = "auto",
    workers: int = 1,
    progress: Callable[[int], None] = lambda _done: None,
) -> Verification:
    """Simulate a plan as it is, and judge targets: headcounts or shifts, wherever they come from.

    Parameters
    ----------
    plan
        Of a scenario with its staff. A search's headcounts are one by `Grid.plan_with`.
    targets
        What is to hold.
    seed, numbers
        Replications of this seed; see `fresh_numbers`.
    engine, workers
        Neither changes the result.
    progress
        Called with the number of days done.
    """
    outcome = plan_outcome(
        plan,
        requirements_of(plan, targets),
        seed=seed,
        numbers=numbers,
        engine=engine,
        workers=workers,
        progress=progress,
    )
    return verify(outcome, seed)
