"""Estimates against direct formulas, and the coverage of their intervals."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.experiment.estimate import compare, estimate, holm
from sim.experiment.ratios import half_width, limits, ratio
from sim.kpis import Measures, Row, kpi
from tests.support.stacked_columns import stack

ROWS = (Row("asa", "all", "", None), Row("offered", "all", "", None))
NUM = np.array([[30.0, 10.0], [80.0, 14.0], [20.0, 12.0], [60.0, 16.0]])
DEN = np.array([[3.0, 1.0], [4.0, 1.0], [2.0, 1.0], [5.0, 1.0]])


def test_a_count_has_the_ordinary_interval_of_a_mean() -> None:
    estimates = estimate(ROWS, NUM, DEN)
    i = estimates.at("offered")
    low, high = stats.t.interval(0.95, 3, loc=13.0, scale=stats.sem(NUM[:, 1]))
    assert (estimates.value[i], estimates.low[i], estimates.high[i]) == pytest.approx((13.0, low, high), rel=1e-12)


def test_a_ratio_is_that_of_the_sums_with_the_interval_of_its_residuals() -> None:
    estimates = estimate(ROWS, NUM, DEN)
    r = 190 / 14
    residuals = np.array([30 - 3 * r, 80 - 4 * r, 20 - 2 * r, 60 - 5 * r])
    half = stats.t.ppf(0.975, 3) * np.sqrt(np.sum(residuals**2) / 3 / 4) / 3.5
    assert estimates.value[0] == pytest.approx(r)
    assert estimates.high[0] - estimates.value[0] == pytest.approx(half)
    assert estimates.value[0] - estimates.low[0] == pytest.approx(half)


def test_the_days_own_ratios_stand_beside_it() -> None:
    estimates = estimate(ROWS, NUM, DEN, np.array([12.0, np.nan]))
    days = [10.0, 20.0, 10.0, 12.0]
    assert estimates.mean_of_days[0] == pytest.approx(13.0)
    assert [estimates.p10[0], estimates.p50[0], estimates.p90[0]] == pytest.approx(np.quantile(days, [0.1, 0.5, 0.9]))
    assert estimates.meets[0] == 0.5
    assert np.isnan(estimates.meets[1])


@given(st.lists(st.floats(0, 100) | st.just(float("nan")), min_size=1, max_size=12))
def test_quantiles_leave_out_the_days_without_a_value(days: list[float]) -> None:
    value = np.array(days)[:, None]
    den = np.where(np.isnan(value), 0.0, 1.0)
    estimates = estimate(ROWS[:1], np.nan_to_num(value), den)
    known = value[~np.isnan(value)]
    wanted = np.quantile(known, [0.1, 0.5, 0.9]) if len(known) else [np.nan] * 3
    assert [estimates.p10[0], estimates.p50[0], estimates.p90[0]] == pytest.approx(wanted, nan_ok=True)


def test_one_replication_has_no_interval() -> None:
    estimates = estimate(ROWS, NUM[:1], DEN[:1])
    assert estimates.value.tolist() == [10.0, 10.0]
    assert np.isnan(estimates.low).all()
    assert np.isnan(estimates.high).all()
    assert np.isnan(compare(ROWS, (NUM[:1], DEN[:1]), (NUM[:1] + 1, DEN[:1])).p).all()


def test_a_ratio_of_one_day_alone_has_no_interval_and_none_has_no_value() -> None:
    den = DEN * np.array([[1.0], [0.0], [0.0], [0.0]])
    estimates = estimate(ROWS, NUM * (den > 0), den)
    assert estimates.value.tolist() == [10.0, 10.0]
    assert np.isnan(estimates.low).all()
    assert np.isnan(estimate(ROWS, NUM * 0, DEN * 0).value).all()


def test_what_does_not_vary_has_an_interval_of_no_width_and_differs_for_certain() -> None:
    same = np.full((4, 2), 5.25)
    estimates = estimate(ROWS, same, np.ones((4, 2)))
    assert estimates.low.tolist() == estimates.high.tolist() == [5.25, 5.25]
    differences = compare(ROWS, (same, np.ones((4, 2))), (same * [[1, 2]], np.ones((4, 2))))
    assert differences.p.tolist() == [1, 0]
    assert differences.significant.tolist() == [False, True]


def test_a_difference_of_counts_is_the_paired_t_test() -> None:
    after = NUM + np.array([[1.0, 3.0], [2.0, 1.0], [0.0, 2.0], [4.0, 5.0]])
    ones = np.ones_like(NUM)
    differences = compare(ROWS, (NUM, ones), (after, ones), families=["one", "one"])
    wanted = stats.ttest_rel(after, NUM)
    interval = wanted.confidence_interval(0.95)
    assert differences.difference == pytest.approx((after - NUM).mean(axis=0))
    assert differences.p == pytest.approx(wanted.pvalue)
    assert differences.low == pytest.approx(interval.low)
    assert differences.high == pytest.approx(interval.high)
    assert differences.p_adjusted == pytest.approx(
        np.minimum(np.maximum.accumulate(np.sort(wanted.pvalue) * [2, 1]), 1)[::-1]
    )


def test_headlines_are_a_family_of_their_own() -> None:
    rows = (Row("offered", "all", "", None), *(Row("talk_time", "all", "", i) for i in range(50)))
    rng = np.random.default_rng(3)
    before, ones = rng.normal(10, 1, (10, 51)), np.ones((10, 51))
    differences = compare(rows, (before, ones), (before + rng.normal(0, 1, (10, 51)), ones))
    assert differences.p_adjusted[0] == differences.p[0]
    assert differences.p_adjusted[1:].min() == pytest.approx(min(50 * differences.p[1:].min(), 1))


def test_holm_as_in_the_textbook() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.005, np.nan, 0.04])
    families = ["a", "a", "a", "a", "a", "b"]
    assert holm(p, families) == pytest.approx([0.03, 0.06, 0.06, 0.02, np.nan, 0.04], nan_ok=True)


def test_stacking_refuses_other_plans() -> None:
    replication = Measures(ROWS, NUM[0], DEN[0])
    index, num, _ = stack([replication, Measures(ROWS, NUM[1], DEN[1])])
    assert index == ROWS
    assert num.tolist() == NUM[:2].tolist()
    with pytest.raises(ValueError, match="different plans"):
        stack([replication, Measures(ROWS[::-1], NUM[0], DEN[0])])


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 127, 128, 129, 1000])
def test_blocks_change_nothing(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the last bit, which depends on the order in which days are added up."""
    _, num, den = _days(np.random.default_rng(4), count, 37)
    num, target = num + np.random.default_rng(5).random(num.shape), np.where(np.arange(count) % 3, 0.2, np.nan)
    whole = estimate((ROWS[0],) * count, num, den, target)
    monkeypatch.setattr("sim.experiment.estimate._LARGE", 0)
    blocks = estimate((ROWS[0],) * count, num, den, target)
    for column in fields(whole)[3:]:
        np.testing.assert_array_equal(getattr(blocks, column.name), getattr(whole, column.name))


def _days(rng: np.random.Generator, many: int, replications: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw days of a busyness that moves volume and waits together, so that days' ratios depend on their size."""
    busy = rng.gamma(20, 1 / 20, (replications, many))
    offered = rng.poisson(200 * busy).astype(float)
    late = rng.binomial(offered.astype(int), 0.2 * np.minimum(busy, 2)).astype(float)
    return busy, late, offered


FALSE_ALARM = 1e-6
# Of 4000 intervals of 95 %, 5 % miss. Linearisation is approximate: with 30 days the rate may be off by half a point.
FEWEST, MOST = stats.binom(4000, 0.045).ppf(FALSE_ALARM), stats.binom(4000, 0.055).isf(FALSE_ALARM)


def test_intervals_contain_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(7)
    _, late, offered = _days(rng, 4000, 30)
    estimates = estimate((ROWS[0],) * 4000, late, offered)
    # E[late] / E[offered] = 0.2 E[busy^2] / E[busy], with the gamma law's second moment; the cut at 2 is 4 sd away.
    truth = 0.2 * (1 + 1 / 20)
    misses = np.count_nonzero((estimates.low > truth) | (estimates.high < truth))
    assert FEWEST <= misses <= MOST


def _seldom(rng: np.random.Generator, many: int, replications: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw days on which few customers wait, and long: the wait that an ASA adds up, the answered, and who waited."""
    answered = rng.poisson(60, (replications, many)).astype(float)
    waited = rng.binomial(answered.astype(int), 0.01).astype(float)
    return 30.0 * rng.gamma(np.maximum(waited, 1e-9)) * (waited > 0), answered, waited


RATES = 0.01, 0.3  # mean wait: 0.01 x 30 s


@pytest.mark.parametrize("replications", [5, 12, 30])
def test_intervals_stay_in_the_range_and_contain_the_truth_no_less_often(replications: int) -> None:
    """The symmetric interval is cut off at the range without losing coverage; the limits must keep at least that much.

    Both are judged on the same 4,000 draws, so that a difference of misses is one of intervals that only one contains;
    under equal coverage these are as often the one as the other (sign test, false-alarm rate 1e-6).
    """
    waits, answered, waited = _seldom(np.random.default_rng(11), 4000, replications)
    for truth, name, num in (
        (RATES[0], "abandonment", waited),
        (1 - RATES[0], "service_level", answered - waited),
        (RATES[1], "asa", waits),
    ):
        estimates = estimate((Row(name, "all", "", None),) * 4000, num, answered)
        low, high = kpi(name).bounds
        assert ((estimates.low >= low) & (estimates.high <= high)).all(), name
        value, influence = ratio(num, answered)
        half = half_width(influence, 0.95)
        left = (value - half < low) | (value + half > high)
        assert left.any(), "no interval would leave the range"
        plain = (value - half <= truth) & (truth <= value + half)
        ours = (estimates.low <= truth) & (truth <= estimates.high)
        np.testing.assert_array_equal(ours[~left], plain[~left])
        lost, won = np.count_nonzero(plain & ~ours), np.count_nonzero(ours & ~plain)
        assert lost <= stats.binom(lost + won, 0.5).isf(FALSE_ALARM), (name, lost, won)


def test_a_value_at_the_end_of_its_range_that_does_not_vary_has_no_width() -> None:
    rows = (Row("service_level", "all", "", None),)
    estimates = estimate(rows, np.full((3, 1), 7.0), np.full((3, 1), 7.0))
    assert (estimates.low[0], estimates.high[0]) == (1, 1)


def test_limits_that_leave_the_range_are_those_of_the_transformed_scale() -> None:
    bounds = np.array([0.0, 0.0, -1.0]), np.array([np.inf, 1.0, 1.0])
    low, high = limits(np.array([4.0, 0.9, 0.8]), np.array([6.0, 0.2, 0.4]), bounds)
    assert (low[0], high[0]) == pytest.approx(((2 - 6 / 4) ** 2, (2 + 6 / 4) ** 2))
    for i, share, half in ((1, 0.9, 0.2), (2, 0.9, 0.2)):
        angles = np.arcsin(np.sqrt(share)) + np.array([-1, 1]) * half / (2 * np.sqrt(share * (1 - share)))
        wanted = np.sin(np.minimum(angles, np.pi / 2)) ** 2
        assert (low[i], high[i]) == pytest.approx(wanted if i == 1 else 2 * wanted - 1)


def test_intervals_of_differences_contain_the_truth_and_pairing_narrows_them() -> None:
    rng = np.random.default_rng(8)
    _, late, offered = _days(rng, 4000, 30)
    fewer = rng.binomial(late.astype(int), 0.9).astype(float)  # the same customers, one in ten of the late is not
    rows = (ROWS[0],) * 4000
    differences = compare(rows, (late, offered), (fewer, offered))
    truth = -0.1 * 0.2 * (1 + 1 / 20)
    misses = np.count_nonzero((differences.low > truth) | (differences.high < truth))
    assert FEWEST <= misses <= MOST
    apart = compare(rows, (late, offered), (np.roll(fewer, 1, axis=0), np.roll(offered, 1, axis=0)))
    assert np.mean(differences.high - differences.low) < 0.6 * np.mean(apart.high - apart.low)


def test_no_difference_is_seldom_called_significant() -> None:
    rng = np.random.default_rng(9)
    _, late, offered = _days(rng, 4000, 30)
    _, other, as_many = _days(rng, 4000, 30)
    differences = compare(
        (ROWS[0],) * 4000, (late, offered), (other, as_many), families=[str(i // 20) for i in range(4000)]
    )
    alarms = differences.significant.reshape(200, 20).any(axis=1).sum()
    assert alarms <= stats.binom(200, 0.05).isf(FALSE_ALARM)
