"""Variants and a baseline: the same customers, intervals that hold together, and who is best."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from sim.core import interrupts
from sim.engine import make_plan
from sim.experiment.replicate import Replications, replicate
from sim.experiment.variants import best_of, common_index, compare_variants, replicate_variants
from sim.kpis import Row, index_of
from sim.kpis.model import Index
from sim.scenario import read_scenario
from tests.support.minimal_scenario import changed
from tests.support.stacked_columns import columns_of

CALLS = Row("service_level", "queue", "calls", None)
FALSE_ALARM = 1e-6  # of a correct program, in each test of shares


@pytest.fixture
def plans(tmp_path: Any) -> list[Any]:
    (tmp_path / "desk.yaml").write_text(changed(("demand: 10", "demand: 80")), encoding="utf-8")
    changes = [[], ["agents.desk.staff=1"], ["agents.desk.staff=3"]]
    return [make_plan(read_scenario(tmp_path / "desk.yaml", each)) for each in changes]


@pytest.mark.parametrize("processes", [1, 2])
def test_each_variant_has_the_replications_that_it_would_have_alone(plans: list[Any], processes: int) -> None:
    together = replicate_variants(plans, seed=3, replications=23, processes=processes)
    for plan, simulated in zip(plans, together, strict=True):
        alone = replicate(plan, seed=3, replications=23, processes=1)
        assert np.array_equal(simulated.num, alone.num)
        assert np.array_equal(simulated.den, alone.den)
        assert np.array_equal(simulated.flows, alone.flows)


def test_an_interrupt_keeps_as_many_of_each(plans: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(done: int) -> None:
        if done == 45:
            raise KeyboardInterrupt

    monkeypatch.setattr(interrupts, "allow", lambda _seconds: None)
    simulated = replicate_variants(plans, seed=3, replications=30, processes=1, progress=interrupt)
    assert [len(each) for each in simulated] == [10, 10, 10]  # ten of each, and then ten and five of the next
    assert simulated[0].wanted == 30
    for plan, each in zip(plans, simulated, strict=True):
        assert np.array_equal(each.flows, replicate(plan, seed=3, replications=10, processes=1).flows)


def test_an_interrupt_before_each_has_one_keeps_nothing(plans: list[Any]) -> None:
    def interrupt(done: int) -> None:
        if done == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replicate_variants(plans, seed=3, replications=30, processes=1, progress=interrupt)


def test_the_common_rows_are_those_that_all_have() -> None:
    first = Index(
        [
            ("offered", "queue", (("a", None, None, None), ("b", None, None, None))),
            ("cost", "all", (("", None, None, None),)),
        ],
        closed_days=(1,),
    )
    second = Index(
        [
            ("cost", "all", (("", None, None, None),)),
            ("offered", "queue", (("b", None, None, None), ("c", None, None, None))),
        ]
    )
    common, places = common_index([first, second])
    assert [row[:3] for row in common] == [("offered", "queue", "b"), ("cost", "all", "")]
    assert [list(each) for each in places] == [[1, 2], [1, 0]]
    assert common.closed_days == (1,)


def test_more_agents_are_the_best_for_the_wait_and_the_dearest(plans: list[Any]) -> None:
    simulated = replicate_variants(plans, seed=3, replications=40, processes=1)
    comparison = compare_variants(["two", "one", "three"], simulated, [CALLS])
    at = comparison.at(CALLS)
    assert comparison.value[1, at] < comparison.value[0, at] < comparison.value[2, at]
    assert comparison.best[2, at] > 0.99
    assert comparison.best[:, at].sum() == pytest.approx(1)
    alone = replicate(plans[2], seed=3, replications=40, processes=1).estimates
    assert comparison.value[2, at] == alone.value_of("service_level", "queue", "calls")


def _normal(values: np.ndarray[Any, Any]) -> Replications:
    """Return replications with one value each, which is no headline: nobody asks who is best."""
    plan: Any = None
    index = Index([("asa", "segment", (("everyone", None, None, None),))])
    columns = columns_of(index, values[:, None], np.ones((len(values), 1)))
    return Replications(plan, columns, np.zeros(()), len(values))


@pytest.mark.statistical
def test_intervals_of_ten_variants_hold_together_and_their_false_alarms_stay_at_five_per_cent() -> None:
    draws = np.random.default_rng(20_251)
    repetitions, replications, variants = 1000, 12, 10
    effects = np.linspace(0.0, 2.0, variants)
    missed = alarms = 0
    for _ in range(repetitions):
        common = draws.standard_normal(replications)  # busy and quiet days
        columns = [common + 0.5 * draws.standard_normal(replications) for _ in range(variants + 1)]
        same = compare_variants(list(map(str, range(variants + 1))), [_normal(each) for each in columns])
        alarms += any(bool(each.significant[0]) for each in same.differences)
        moved = [columns[0], *(each + effect for each, effect in zip(columns[1:], effects, strict=True))]
        other = compare_variants(list(map(str, range(variants + 1))), [_normal(each) for each in moved])
        missed += any(
            not each.low[0] <= effect <= each.high[0] for each, effect in zip(other.differences, effects, strict=True)
        )
    most = stats.binom.ppf(1 - FALSE_ALARM, repetitions, 0.05)
    assert alarms <= most
    assert missed <= most
    assert alarms > 0  # a test that cannot fail would find none
    assert missed > 0


def test_the_probability_to_be_best_is_that_of_the_paired_t_law_for_two() -> None:
    draws = np.random.default_rng(7)
    num = draws.standard_normal((15, 2)) + np.array([0.0, 0.2])
    difference = num[:, 1] - num[:, 0]
    t = difference.mean() / (difference.std(ddof=1) / math.sqrt(15))
    exact = stats.t.cdf(t, 14)
    probability, days = best_of(num, np.ones((15, 2)), higher=True)
    error = math.sqrt(exact * (1 - exact) / 20_000)
    assert abs(probability[1] - exact) < stats.norm.isf(FALSE_ALARM / 2) * error
    assert days[1] == np.mean(difference > 0)
    lower, _ = best_of(num, np.ones((15, 2)), higher=False)
    assert lower[0] == pytest.approx(probability[1], abs=0.02)


def test_equal_variants_share_the_first_place() -> None:
    num = np.random.default_rng(1).standard_normal(10)
    probability, days = best_of(np.stack([num, num], axis=1), np.ones((10, 2)), higher=True)
    assert probability.tolist() == [0.5, 0.5]
    assert days.tolist() == [0.5, 0.5]


def test_nobody_is_best_with_one_replication_or_without_a_value() -> None:
    assert np.isnan(best_of(np.ones((1, 2)), np.ones((1, 2)), higher=True)[0]).all()
    undefined = np.array([[1.0, 0.0], [1.0, 0.0]])
    probability, days = best_of(np.ones((2, 2)), undefined, higher=True)
    assert np.isnan(probability).all()
    assert np.isnan(days).all()


@pytest.mark.statistical
def test_the_calibration_of_the_probability_to_be_best() -> None:
    """Of the cases in which a variant is said to be best with some probability, it is in that share of them.

    Effects are drawn from a wide prior, as the posterior without prior knowledge assumes.
    """
    draws = np.random.default_rng(11)
    claimed, right = [], []
    for _ in range(1500):
        means = 3.0 * draws.standard_normal(3)
        probability, _ = best_of(means + 4.0 * draws.standard_normal((10, 3)), np.ones((10, 3)), higher=True)
        leader = int(np.argmax(probability))
        claimed.append(probability[leader])
        right.append(leader == int(np.argmax(means)))
    error = np.sqrt(np.mean(np.array(claimed) * (1 - np.array(claimed))) / len(claimed))
    assert abs(np.mean(right) - np.mean(claimed)) < 5 * error + 0.02  # the prior is wide, not flat


def test_the_index_of_a_plan_is_common_with_itself(plans: list[Any]) -> None:
    index = index_of(plans[0])
    common, places = common_index([index, index])
    assert common == index
    assert np.array_equal(places[1], np.arange(len(index)))
