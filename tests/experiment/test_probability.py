"""Intervals of probabilities contain the truth as often as they say, also where the days of a run are alike."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from sim.engine import make_plan
from sim.experiment.estimate import estimate
from sim.experiment.probability import effective_days, wilson
from sim.kpis import Row, measure, targets_of
from tests.support.several_days import CALLS, day_of_run, scenario_of
from tests.support.stacked_columns import stack


@pytest.mark.parametrize(("met", "days"), [(0, 20), (7, 10), (20, 20), (1, 1), (512, 1000)])
def test_the_interval_is_that_of_another_library(met: int, days: int) -> None:
    other = binomtest(met, days).proportion_ci(0.95, method="wilson")
    assert wilson(met / days, days) == pytest.approx((other.low, other.high), abs=1e-12)


def test_there_is_no_interval_of_nothing() -> None:
    assert all(map(math.isnan, wilson(math.nan, 5.0)))
    assert all(map(math.isnan, wilson(0.5, 0.0)))


def test_independent_days_count_in_full_and_equal_ones_as_one() -> None:
    chance = np.random.default_rng(3)
    runs, days = 400, 7
    single = (chance.random((runs, 1)) < 0.7).astype(float)
    assert effective_days(single, np.ones((runs, 1))).tolist() == [runs]
    met = np.stack(
        [(chance.random((runs, days)) < 0.7).sum(axis=1), days * (chance.random(runs) < 0.7)], axis=1
    ).astype(float)
    independent, equal = effective_days(met, np.full((runs, 2), float(days)))
    # The variance of 400 runs has a relative standard error of about 7 %; 6 of them.
    assert independent == pytest.approx(runs * days, rel=0.42)
    assert equal == pytest.approx(runs, rel=0.42)


def test_where_all_days_are_met_the_runs_count() -> None:
    assert effective_days(np.full((9, 1), 5.0), np.full((9, 1), 5.0)).tolist() == [9.0]
    assert np.isnan(effective_days(np.full((1, 1), 5.0), np.full((1, 1), 5.0)))


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.9])
def test_intervals_contain_the_truth_in_95_of_100_cases(alike: float) -> None:
    # 2,000 repetitions of 20 runs of 7 days; the days of a run share a draw with probability `alike`. The standard
    # error of the coverage is 0.5 %, and 5 of them are a false alarm in two millions.
    chance = np.random.default_rng(11)
    truth, repetitions, runs, days = 0.7, 2000, 20, 7
    own, shared = chance.random((repetitions, runs, days)), chance.random((repetitions, runs, 1))
    u = np.where(chance.random((repetitions, runs, days)) < alike, shared, own)
    met = (u < truth).sum(axis=2).astype(float).T
    effective = effective_days(met, np.full(met.shape, float(days)))
    shares = met.mean(axis=0) / days
    limits = [wilson(share, days_then) for share, days_then in zip(shares, effective, strict=True)]
    covered = np.mean([low <= truth <= high for low, high in limits])
    assert abs(covered - 0.95) < 0.025


def test_estimates_count_the_days_that_have_a_value() -> None:
    index = (Row("service_level", "queue", "calls", None), Row("service_level", "queue", "mail", None))
    num = np.array([[8.0, 0.0], [9.0, 3.0], [5.0, 0.0]])
    den = np.array([[10.0, 0.0], [10.0, 4.0], [10.0, 0.0]])
    estimates = estimate(index, num, den, np.array([0.8, 0.8]))
    assert estimates.days.tolist() == estimates.effective_days.tolist() == [3.0, 1.0]
    assert estimates.meets.tolist() == [2 / 3, 0.0]


def test_days_of_runs_are_counted_and_count_as_fewer() -> None:
    plan = make_plan(scenario_of(CALLS))
    measures = measure(plan, *day_of_run(plan))
    for runs, effective in ((1, np.nan), (3, 3.0)):  # runs that are all the same tell as much as one each
        estimates = estimate(*stack([measures] * runs), targets_of(plan))
        row = estimates.at("service_level", "queue", "calls")
        assert estimates.days[row] == runs * len(CALLS)
        np.testing.assert_equal(estimates.effective_days[row], effective)
