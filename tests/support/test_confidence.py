"""The statistical assertions cover as often as they claim, and fail when they should."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.confidence import assert_mean, assert_ratio, mean_interval, ratio_interval

SEED = 20260101


@pytest.mark.statistical
def test_intervals_cover_as_often_as_they_say() -> None:
    rng = np.random.default_rng(SEED)
    repetitions, alpha, truth = 4_000, 0.05, 0.2
    offered = rng.poisson(1_000.0, (repetitions, 20))
    abandoned = rng.binomial(offered, truth)
    values = rng.normal(3.0, 2.0, (repetitions, 20))
    ratios = sum(ratio_interval(a, o, alpha).contains(truth) for a, o in zip(abandoned, offered, strict=True))
    means = sum(mean_interval(v, alpha).contains(3.0) for v in values)
    # binomial(4000, 0.95): 5 standard errors are 69
    assert abs(means - 3_800) <= 69
    assert abs(ratios - 3_800) <= 69


def test_a_ratio_is_that_of_the_sums() -> None:
    assert ratio_interval([1.0] + [9.0] * 9, [2.0] + [10.0] * 9, 0.05).value == pytest.approx(82 / 92)


def test_right_results_pass_with_the_resolution_asked_for() -> None:
    rng = np.random.default_rng(SEED)
    offered = rng.poisson(10_000.0, 30)
    estimate = assert_ratio(0.1, rng.binomial(offered, 0.1), offered, name="abandoned", seed=SEED, resolution=0.05)
    assert estimate.alpha == 1e-6
    assert_mean(5.0, rng.normal(5.0, 1.0, 50), seed=SEED, measures=3, resolution=0.3)


def test_a_wrong_ratio_fails_with_everything_one_needs() -> None:
    rng = np.random.default_rng(SEED)
    offered = rng.poisson(10_000.0, 30)
    with pytest.raises(AssertionError, match=r"abandoned: 0\.1\d+ in \[.*\] from 30 replications, truth 0\.11.*seed 7"):
        assert_ratio(0.11, rng.binomial(offered, 0.1), offered, name="abandoned", seed=7)


def test_a_wrong_mean_fails() -> None:
    rng = np.random.default_rng(SEED)
    with pytest.raises(AssertionError, match="truth 5"):
        assert_mean(5.0, rng.normal(6.0, 0.5, 50))


def test_an_interval_that_shows_little_fails() -> None:
    rng = np.random.default_rng(SEED)
    with pytest.raises(AssertionError, match="shows little"):
        assert_mean(5.0, rng.normal(5.0, 5.0, 20), resolution=0.01)


def test_more_measures_make_each_interval_wider() -> None:
    values = np.random.default_rng(SEED).normal(5.0, 1.0, 50)
    assert assert_mean(5.0, values, measures=10).half_width > assert_mean(5.0, values).half_width


def test_what_does_not_vary_must_be_right() -> None:
    assert_mean(0.0, [0.0] * 10)
    with pytest.raises(AssertionError, match=r"truth 0\.1"):
        assert_mean(0.1, [0.0] * 10)


@pytest.mark.parametrize("values", [[1.0] * 9, [[1.0]] * 10, [1.0] * 9 + [np.nan]])
def test_what_is_no_replication_is_refused(values: list[float]) -> None:
    with pytest.raises(AssertionError):
        assert_mean(1.0, values)
