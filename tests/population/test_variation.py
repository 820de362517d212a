"""Variation of demand: means, variances and correlations, and the customers that stay the same."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from math import exp
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.special import ndtr

from sim.population import Demand, Pattern, Population, Variation, draw_population
from sim.population.factors import burst_path, volume_factors
from tests.support.confidence import assert_mean
from tests.support.small_demand import demand, per_interval, persons

ALPHA = 1e-6
SEED = 23
F8 = NDArray[np.float64]


def varied(volume: list[float], **variation: Any) -> Demand:
    return replace(demand(volume), variation=Variation(**variation))


def counts(what: Demand, replications: int) -> F8:
    size = what.volume.shape[1]
    return np.array([per_interval(draw_population(what, SEED, day), size) for day in range(replications)], dtype=float)


def assert_variance(truth: float, values: F8, mean: float, name: str, measures: int = 1) -> None:
    """Compare the mean squared deviation from a known mean."""
    assert_mean(truth, (values - mean) ** 2, name=name, seed=SEED, alpha=ALPHA, measures=measures, resolution=0.5)


def test_without_variation_nothing_changes() -> None:
    plain = draw_population(demand([30.0, 10.0]), SEED, 0)
    same = draw_population(varied([30.0, 10.0], pattern=np.array([Pattern.POISSON], dtype=np.int32)), SEED, 0)
    assert persons(plain) == persons(same)


class TestBusyness:
    """A gamma factor for each day."""

    def test_a_day_varies_as_a_gamma_mixture_of_poisson_counts_does(self) -> None:
        drawn = counts(varied([40.0, 60.0], busyness_cv=0.5), 2000)
        total = drawn.sum(axis=1)
        assert_mean(100.0, total, name="day", seed=SEED, alpha=ALPHA, measures=4, resolution=0.1)
        assert_variance(100.0 + 0.25 * 100.0**2, total, 100.0, "variance of a day", 4)  # mean + cv² mean²
        products = (drawn[:, 0] - 40.0) * (drawn[:, 1] - 60.0)
        options = {"seed": SEED, "alpha": ALPHA, "measures": 4, "resolution": 0.5}
        assert_mean(0.25 * 40.0 * 60.0, products, name="covariance of intervals", **options)
        # Negative binomial, exactly.
        shape = 4.0
        law = stats.nbinom(shape, shape / (shape + 40.0))
        edges = law.ppf(np.linspace(0.05, 0.95, 19))
        bins = np.searchsorted(edges, drawn[:, 0], side="left")
        expected = np.diff(law.cdf(edges), prepend=0.0, append=1.0) * len(drawn)
        assert stats.chisquare(np.bincount(bins, minlength=20), expected).pvalue > ALPHA / 4

    def test_the_factor_is_common_to_all_intents_unless_it_is_not(self) -> None:
        common = replace(demand([40.0], [40.0]), variation=Variation(busyness_cv=0.5))
        own = replace(demand([40.0], [40.0]), variation=Variation(busyness_cv=0.5, busyness_per_intent=True))
        draw = lambda what, i, day: volume_factors(what, i, SEED, day)[0]  # noqa: E731 - local shorthand
        assert all(draw(common, 0, day) == draw(common, 1, day) for day in range(20))
        pairs = np.array([[draw(own, i, day) for i in (0, 1)] for day in range(500)])
        assert stats.pearsonr(*pairs.T).pvalue > ALPHA

    def test_each_day_of_a_run_has_its_own_which_a_longer_run_leaves(self) -> None:
        day_begins = 86_400.0 * np.arange(4)
        day = replace(varied([10.0] * 96, busyness_cv=0.3), origin=0.0, day_begins=day_begins)
        factors = volume_factors(day, 0, SEED, 0).reshape(2, 48)
        assert (np.ptp(factors, axis=1) == 0).all()
        assert factors[0, 0] != factors[1, 0]
        longer = replace(varied([10.0] * 144, busyness_cv=0.3), origin=0.0, day_begins=day_begins)
        assert volume_factors(longer, 0, SEED, 0)[:96].tolist() == factors.ravel().tolist()

    def test_a_busier_day_has_the_customers_of_the_forecast_and_others(self) -> None:
        plain, busy = demand([30.0]), varied([30.0], busyness_cv=0.5)
        more = [volume_factors(busy, 0, SEED, day)[0] > 1.0 for day in range(20)]
        assert True in more
        assert False in more
        for day, grown in enumerate(more):
            few, many = (
                persons(draw_population(part, SEED, day)) for part in ((plain, busy) if grown else (busy, plain))
            )
            assert few.items() <= many.items()

    def test_the_law_is_gamma_with_the_mean_1(self) -> None:
        factors = [volume_factors(varied([1.0], busyness_cv=0.25), 0, SEED, day)[0] for day in range(3000)]
        assert stats.kstest(factors, stats.gamma(16.0, scale=1 / 16.0).cdf).pvalue > ALPHA


class TestIntervals:
    """A gamma factor for each interval."""

    def test_counts_vary_and_correlate_as_they_should(self) -> None:
        cv, correlation, mean = 0.4, 0.6, 50.0
        drawn = counts(varied([mean] * 4, interval_cv=cv, interval_correlation=correlation), 3000) - mean
        options = {"seed": SEED, "alpha": ALPHA, "measures": 8, "resolution": 0.4}
        for i in range(4):
            assert_mean(mean + (cv * mean) ** 2, drawn[:, i] ** 2, name=f"variance {i}", **options)
        for lag in (1, 2, 3):
            truth = mean**2 * gamma_covariance(cv, correlation**lag)
            assert_mean(
                truth, drawn[:, 0] * drawn[:, lag], name=f"covariance at {lag}", **(options | {"resolution": 1.0})
            )

    def test_without_correlation_intervals_are_independent(self) -> None:
        drawn = counts(varied([50.0] * 2, interval_cv=0.4), 1000)
        assert stats.pearsonr(*drawn.T).pvalue > ALPHA

    def test_with_full_correlation_they_are_one(self) -> None:
        factors = volume_factors(varied([50.0] * 9, interval_cv=0.4, interval_correlation=1.0), 0, SEED, 0)
        assert np.ptp(factors) < 1e-9

    def test_it_multiplies_with_busyness(self) -> None:
        both = varied([5.0] * 6, interval_cv=0.4, interval_correlation=0.5, busyness_cv=0.2)
        parts = varied([5.0] * 6, interval_cv=0.4, interval_correlation=0.5), varied([5.0] * 6, busyness_cv=0.2)
        product = np.multiply(*(volume_factors(part, 0, SEED, 3) for part in parts))
        np.testing.assert_allclose(volume_factors(both, 0, SEED, 3), product, rtol=1e-15)

    def test_a_longer_horizon_leaves_the_first_intervals(self) -> None:
        short, long = (varied([5.0] * n, interval_cv=0.4, interval_correlation=0.5) for n in (5, 9))
        assert volume_factors(long, 0, SEED, 1)[:5].tolist() == volume_factors(short, 0, SEED, 1).tolist()


def gamma_covariance(cv: float, correlation: float) -> float:
    """Return the covariance of two gamma numbers of mean 1 whose normal scores correlate, by Gauss-Hermite sums."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    weights = weights / weights.sum()
    law = stats.gamma(1 / cv**2, scale=cv**2)
    other = correlation * nodes[:, None] + (1 - correlation**2) ** 0.5 * nodes
    here, there = (law.ppf(ndtr(np.clip(scores, -8.0, 8.0))) for scores in (nodes, other))
    return float(weights @ (here[:, None] * there) @ weights) - 1.0


RATES, MEANS = np.array([0.5, 3.0]), np.array([1200.0, 300.0])


def bursty(volume: list[float], rates: F8 = RATES, means: F8 = MEANS) -> Demand:
    ptr = np.array([0, len(rates)], dtype=np.int32)
    return varied(volume, burst_ptr=ptr, burst_rate=rates, burst_mean=means)


class TestBursts:
    """A Markov-modulated Poisson process."""

    @pytest.mark.statistical
    def test_counts_are_dispersed_as_the_closed_form_says(self) -> None:
        """Var N(t) = m t + 2 c (t / k - (1 - e^(-k t)) / k²), with the rate's variance c and relaxation rate k."""
        per_hour, replications = 120.0, 3000
        share = MEANS / MEANS.sum()
        mean_rate = per_hour / 3600 * share @ RATES
        variance = (per_hour / 3600) ** 2 * share[0] * share[1] * (RATES[1] - RATES[0]) ** 2
        k = float((1 / MEANS).sum())
        drawn = counts(bursty([per_hour / 2] * 4), replications)
        for size in (1, 2, 4):  # half-hours added up
            t = 1800.0 * size
            total = drawn[:, :size].sum(axis=1)
            truth = mean_rate * t + 2 * variance * (t / k - (1 - exp(-k * t)) / k**2)
            assert truth / (mean_rate * t) > 5, "index of dispersion: far from Poisson"
            options = {"seed": SEED, "alpha": ALPHA, "measures": 6}
            assert_mean(mean_rate * t, total, name=f"mean in {t:g} s", resolution=0.1, **options)
            assert_mean(truth, (total - mean_rate * t) ** 2, name=f"variance in {t:g} s", resolution=0.3, **options)

    def test_the_path_is_stationary_from_the_first_instant(self) -> None:
        what, instants = bursty([10.0] * 8), np.array([0.0, 60.0, 1800.0, 14_000.0]) + 28_800.0
        states = []
        for day in range(2000):
            begins, rates = burst_path(what, 0, SEED, day)
            assert begins[0] == 28_800.0
            assert (np.diff(begins) > 0).all()
            assert (rates[:-1] != rates[1:]).all(), "two states take turns"
            states.append(rates[np.searchsorted(begins, instants, side="right") - 1] == RATES[1])
        for i, busy in enumerate(np.array(states, dtype=float).T):
            assert_mean(0.2, busy, name=f"busy at {instants[i]:g}", seed=SEED, alpha=ALPHA, measures=4, resolution=0.3)

    def test_states_last_exponentially_and_take_turns(self) -> None:
        rates, means = np.array([1.0, 2.0, 5.0]), np.array([100.0, 200.0, 50.0])
        lengths: dict[float, list[float]] = {1.0: [], 2.0: [], 5.0: []}
        follows = {1.0: 2.0, 2.0: 5.0, 5.0: 1.0}
        for day in range(30):
            begins, path = burst_path(bursty([1.0] * 48, rates, means), 0, SEED, day)
            assert all(follows[a] == b for a, b in pairwise(path.tolist()))
            for rate, length in zip(path[:-1], np.diff(begins), strict=True):
                lengths[float(rate)].append(length)
        for rate, mean in zip(rates.tolist(), means.tolist(), strict=True):
            assert stats.kstest(lengths[rate], stats.expon(scale=mean).cdf).pvalue > ALPHA / 3

    def test_customers_come_while_the_rate_is_high(self) -> None:
        what = bursty([100.0] * 8, np.array([0.0, 5.0]))
        for day in range(20):
            begins, rates = burst_path(what, 0, SEED, day)
            arrival = draw_population(what, SEED, day).arrival
            assert (rates[np.searchsorted(begins, arrival, side="right") - 1] == 5.0).all()

    def test_higher_rates_only_add_customers(self) -> None:
        few, many = (persons(draw_population(bursty([50.0] * 3, rates), SEED, 0)) for rates in (RATES, 2 * RATES))
        assert few.items() < many.items()


def patterned(volume: list[float], pattern: Pattern) -> Demand:
    return varied(volume, pattern=np.array([pattern], dtype=np.int32), busyness_cv=0.5)


@pytest.mark.parametrize("pattern", [Pattern.FIXED, Pattern.SCHEDULED])
class TestExactNumbers:
    """As many as expected, neither more nor fewer."""

    def test_each_interval_has_its_number_on_every_day(self, pattern: Pattern) -> None:
        for day in range(5):
            drawn = draw_population(patterned([30.0, 0.0, 7.0], pattern), SEED, day)
            assert per_interval(drawn, 3) == [30, 0, 7]

    def test_what_is_less_than_a_customer_is_carried_on(self, pattern: Pattern) -> None:
        assert per_interval(draw_population(patterned([0.4] * 10, pattern), SEED, 0), 10) == [
            0,
            1,
            0,
            1,
            0,
            0,
            1,
            0,
            1,
            0,
        ]

    def test_growth_adds_customers(self, pattern: Pattern) -> None:
        before, after = (draw_population(patterned([n, n], pattern), SEED, 0) for n in (10.0, 12.0))
        few, many = persons(before), persons(after)
        assert few.keys() < many.keys()
        assert all(few[who][1:] == many[who][1:] for who in few), "segment and first step stay"
        if pattern == Pattern.FIXED:
            assert few.items() < many.items()


def test_fixed_numbers_come_at_any_instant_of_their_interval() -> None:
    days = [draw_population(patterned([50.0, 50.0], Pattern.FIXED), SEED, day).arrival for day in range(40)]
    assert stats.kstest(np.concatenate(days), stats.uniform(28_800.0, 3600.0).cdf).pvalue > ALPHA
    assert len(set(np.concatenate(days).tolist())) == 4000


def test_scheduled_customers_are_evenly_spaced() -> None:
    drawn = draw_population(patterned([4.0, 4.0, 2.0], Pattern.SCHEDULED), SEED, 0).arrival - 28_800.0
    assert drawn.tolist() == [225, 675, 1125, 1575, 2025, 2475, 2925, 3375, 4050, 4950]


def replayed(times: list[float], segments: list[int]) -> Demand:
    return varied(
        [0.0, 0.0],
        pattern=np.array([Pattern.REPLAYED], dtype=np.int32),
        replay_ptr=np.array([0, len(times)], dtype=np.int32),
        replay_time=np.array(times),
        replay_segment=np.array(segments, dtype=np.int32),
    )


class TestReplay:
    """Recorded arrivals."""

    TIMES = (28_800.0, 28_900.5, 28_900.5, 30_000.0, 31_000.25)

    def test_they_come_again_every_time(self) -> None:
        for day in range(5):
            drawn = draw_population(replayed(list(self.TIMES), [1, -1, 0, -1, 1]), SEED, day)
            assert drawn.arrival.tolist() == list(self.TIMES)
            assert drawn.segment[[0, 2, 4]].tolist() == [1, 0, 1]

    def test_segments_that_were_not_recorded_are_drawn(self) -> None:
        many = np.sort(np.random.default_rng(SEED).uniform(28_800, 32_400, 5000)).tolist()
        drawn = draw_population(replayed(many, [-1] * 5000), SEED, 0)
        assert stats.binomtest(int((drawn.segment == 0).sum()), 5000, 0.3).pvalue > ALPHA

    def test_another_record_changes_nobody(self) -> None:
        before = persons(draw_population(replayed(list(self.TIMES), [-1] * 5), SEED, 0))
        more = sorted([*self.TIMES, 29_500.0])
        assert before.items() < persons(draw_population(replayed(more, [-1] * 6), SEED, 0)).items()


def test_patterns_of_other_intents_are_left_alone() -> None:
    alone = draw_population(replace(demand([30.0]), variation=Variation(busyness_cv=0.3)), SEED, 0)
    ptr = np.array([0, 0, 2], dtype=np.int32)
    beside = replace(
        demand([30.0], [20.0]), variation=Variation(busyness_cv=0.3, burst_ptr=ptr, burst_rate=RATES, burst_mean=MEANS)
    )
    both = draw_population(beside, SEED, 0)
    mine = Population(SEED, 0, *(getattr(both, name)[both.intent == 0] for name in COLUMNS))
    assert persons(mine) == persons(alone)


COLUMNS = ("arrival", "intent", "segment", "entry", "key")


def test_the_draws_are_the_same_on_every_machine() -> None:
    """Change the digest only with a change that is meant to change every result, and say so in the changelog."""
    what = varied(
        [30.0, 10.0, 16.0],
        busyness_cv=0.3,
        interval_cv=0.2,
        interval_correlation=0.5,
        burst_ptr=np.array([0, 2], dtype=np.int32),
        burst_rate=RATES,
        burst_mean=MEANS,
    )
    drawn = draw_population(what, SEED, 0)
    bits = drawn.arrival.astype("<f8").tobytes() + drawn.key.astype("<u8").tobytes()
    assert (len(drawn), sha256(bits).hexdigest()[:16]) == (117, "85f2750e5bf9d6d2")


def test_each_intent_may_vary_by_its_own_cv() -> None:
    own = Variation(interval_cv=(0.0, 0.5), interval_per_intent=True, busyness_cv=(0.25, 0.0), busyness_per_intent=True)
    both = replace(demand([40.0] * 4, [40.0] * 4), variation=own)
    names = both.intents
    first, second = (volume_factors(both, intent, SEED, 0) for intent in (0, 1))
    alone = Variation(interval_cv=0.5, interval_per_intent=True)
    assert first is not None
    assert second is not None
    assert len(set(first)) == 1  # one day
    np.testing.assert_array_equal(second, volume_factors(replace(both, variation=alone), names.index("loan"), SEED, 0))
