"""Customers: the same people whatever else changes, and as many as expected."""

from __future__ import annotations

from dataclasses import fields, replace
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.population import Population, draw_population
from sim.population.customers import _CDF, LAYER
from tests.support.confidence import assert_mean, assert_ratio
from tests.support.small_demand import demand, per_interval, persons

FALSE_ALARM = 1e-6
SEED = 7
VOLUMES = st.lists(st.floats(0.0, 60.0), min_size=3, max_size=3)


@pytest.fixture(scope="module")
def days() -> list[Population]:
    """Return forty replications of a busy morning and a lazy one."""
    return [draw_population(demand([50.0, 200.0, 0.0, 3.0], [5.0, 5.0, 5.0, 5.0]), SEED, day) for day in range(40)]


def test_the_same_seed_draws_the_same_customers() -> None:
    first, again = (draw_population(demand([30.0, 10.0]), SEED, 3) for _ in range(2))
    for field in fields(Population):
        np.testing.assert_array_equal(getattr(first, field.name), getattr(again, field.name), strict=True)


def test_the_draws_are_the_same_on_every_machine() -> None:
    """Change the digest only with a change that is meant to change every result, and say so in the changelog."""
    drawn = draw_population(demand([30.0, 10.0, 16.0], [0.5, 40.0, 0.0]), SEED, 0)
    columns = {"arrival": "<f8", "intent": "<i4", "segment": "<i4", "entry": "<i4", "key": "<u8"}
    bits = b"".join(getattr(drawn, name).astype(dtype).tobytes() for name, dtype in columns.items())
    assert [getattr(drawn, name).dtype for name in columns] == [np.dtype(dtype) for dtype in columns.values()]
    assert (len(drawn), sha256(bits).hexdigest()[:16]) == (108, "10fe27a015640e35")


@settings(deadline=None)
@given(VOLUMES, VOLUMES, st.integers(0, 5))
def test_more_volume_only_adds_customers(volume: list[float], more: list[float], replication: int) -> None:
    grown = [a + b for a, b in zip(volume, more, strict=True)]
    before = persons(draw_population(demand(volume), SEED, replication))
    after = persons(draw_population(demand(grown), SEED, replication))
    assert before.items() <= after.items()
    assert volume == grown or all(more[int((after[new][0] - 28_800.0) // 1800.0)] > 0 for new in after.keys() - before)


def test_ten_percent_more_volume_is_ten_percent_more_customers(days: list[Population]) -> None:
    grown = [draw_population(demand([55.0, 220.0, 0.0, 3.3], [5.5] * 4), SEED, day) for day in range(len(days))]
    assert all(persons(before).items() <= persons(after).items() for before, after in zip(days, grown, strict=True))
    added = [len(after) - len(before) for before, after in zip(days, grown, strict=True)]
    assert_mean(27.3, added, name="added", seed=SEED, alpha=FALSE_ALARM, resolution=0.25)


def test_another_intent_changes_nobody() -> None:
    alone = persons(draw_population(demand([30.0]), SEED, 0))
    both = draw_population(demand([20.0], [30.0], intents=("loan", "balance")), SEED, 0)
    mine = {(0, key): (a, s, e - 2) for (intent, key), (a, s, e) in persons(both).items() if intent == 1}
    assert mine == alone


def test_other_segments_change_no_arrival() -> None:
    before = draw_population(demand([30.0]), SEED, 0)
    after = draw_population(replace(demand([30.0]), segment_share=np.array([0.6, 1.0])), SEED, 0)
    assert before.arrival.tolist() == after.arrival.tolist()
    assert before.entry.tolist() == after.entry.tolist()
    # A share that grows takes people from the next one, and everybody else stays in theirs.
    assert (after.segment <= before.segment).all()


def test_customers_come_in_order_within_the_hours(days: list[Population]) -> None:
    for day in days:
        order = np.lexsort((day.key, day.intent, day.arrival))
        assert order.tolist() == list(range(len(day)))
        assert 28_800.0 < day.arrival[0] <= day.arrival[-1] < 28_800.0 + 4 * 1800.0


def test_nobody_comes_where_nobody_is_expected(days: list[Population]) -> None:
    balance = [replace(day, arrival=day.arrival[day.intent == 0]) for day in days]
    assert all(per_interval(day, 4)[2] == 0 for day in balance)
    nobody = draw_population(demand([0.0, 0.0]), SEED, 0)
    assert len(nobody) == 0
    assert nobody.arrival.dtype == np.float64
    assert nobody.key.dtype == np.uint64


def test_as_many_come_as_are_expected(days: list[Population]) -> None:
    counts = np.array([per_interval(day, 4) for day in days])
    for expected, drawn in zip([55.0, 205.0, 5.0, 8.0], counts.T, strict=True):
        assert_mean(
            expected, drawn, name=f"{expected:g} customers", seed=SEED, alpha=FALSE_ALARM, measures=4, resolution=0.4
        )


def test_counts_vary_as_poisson_counts_do(days: list[Population]) -> None:
    # The sum of squared deviations over the mean is chi-squared, nearly, with a degree of freedom for each day but one.
    for mean, counts in zip([55.0, 205.0], np.array([per_interval(day, 4) for day in days]).T[:2], strict=True):
        dispersion = float(((counts - counts.mean()) ** 2).sum() / mean)
        low, high = stats.chi2(len(days) - 1).ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2])
        assert low < dispersion < high


def test_a_cell_holds_a_poisson_number_of_customers() -> None:
    np.testing.assert_allclose(_CDF, stats.poisson(LAYER).cdf(np.arange(len(_CDF))), rtol=1e-14)


def test_arrivals_are_uniform_within_an_interval(days: list[Population]) -> None:
    second = np.concatenate([day.arrival[(day.arrival >= 30_600.0) & (day.arrival < 32_400.0)] for day in days])
    assert len(second) > 7000
    assert stats.kstest(second, stats.uniform(30_600.0, 1800.0).cdf).pvalue > FALSE_ALARM


def test_segments_and_first_steps_have_their_shares(days: list[Population]) -> None:
    people = [len(day) for day in days]
    measures = {
        "first segment": (0.3, [int((day.segment == 0).sum()) for day in days]),
        "first step": (0.75, [int((day.entry % 2 == 0).sum()) for day in days]),
        "both": (0.225, [int(((day.segment == 0) & (day.entry % 2 == 0)).sum()) for day in days]),
    }
    for name, (share, drawn) in measures.items():
        assert_ratio(share, drawn, people, name=name, seed=SEED, alpha=FALSE_ALARM, measures=3, resolution=0.2)


def test_first_steps_are_those_of_the_intent(days: list[Population]) -> None:
    assert all((day.entry // 2 == day.intent).all() for day in days)


def test_replications_and_intents_are_independent(days: list[Population]) -> None:
    balance = [replace(day, arrival=day.arrival[day.intent == 0]) for day in days]
    halves = np.array([per_interval(day, 4)[:2] for day in balance])
    loans = np.array([int((day.intent == 1).sum()) for day in days])
    series = {
        "next day": (halves[:-1, 0], halves[1:, 0]),
        "next interval": halves.T,
        "other intent": (halves[:, 1], loans),
    }
    for name, (a, b) in series.items():
        assert stats.pearsonr(a, b).pvalue > FALSE_ALARM, name
    arrivals = [set(day.arrival.tolist()) for day in days]
    assert len(set.union(*arrivals)) == sum(map(len, arrivals))


def test_many_who_are_there_at_the_start_are_as_many_persons() -> None:
    there = draw_population(
        replace(demand([0.0]), start_intent=np.zeros(70_000, int), start_step=np.zeros(70_000, int)), 1, 0
    )
    assert len(np.unique(there.key)) == 70_000


def test_those_who_are_there_at_the_start_come_with_the_first_instant_and_change_nobody_else() -> None:
    plain = demand([30.0, 10.0], [5.0, 5.0])
    begun = replace(plain, start_step=np.array([1, 1], dtype=np.int32), start_intent=np.array([0, 0], dtype=np.int32))
    drawn = draw_population(begun, SEED, 0)
    first = drawn.arrival == begun.origin
    assert (int(first.sum()), drawn.entry[first].tolist()) == (2, [1, 1])
    others = {who: what for who, what in persons(drawn).items() if what[0] != begun.origin}
    assert others == persons(draw_population(plain, SEED, 0))
