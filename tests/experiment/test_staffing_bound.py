"""Lower bounds of the cost of headcounts: never above the cheapest of all plans, and none where none is known."""

from __future__ import annotations

import numpy as np
import pytest

from sim.experiment.staffing.bound import Bound, find_bound
from sim.experiment.staffing.evaluation import Days
from sim.experiment.staffing.load import Load, load_of
from sim.experiment.staffing.local_model import reach_of
from sim.report.staffing_folder import staffing_records
from sim.report.staffing_table import staffing_sentences
from tests.support.staffing_cases import centre, cheapest, days_of, staffed

N = {"one": ["a"], "two": ["b", "a"]}
APART = {"one": ["a"], "two": ["b"]}
SIX = {"a1": ["a"], "b1": ["b"], "c1": ["c"], "ab": ["a", "b"], "bc": ["b", "c"], "all": ["a", "b", "c"]}


def bounded(
    groups: dict[str, list[str]], demand: dict[str, list[float]], prices: list[float],
    *, target: str = "*.service_level >= 80 % per interval", patience: str = "6 min", most: int = 9,
) -> tuple[Bound, Days, Load]:  # fmt: skip
    """Return the bound of a centre, with its days; headcounts that keep the target are as large as they may be."""
    scenario, plan = centre(groups, demand, prices=dict(zip(groups, prices, strict=True)), patience=patience)
    days = days_of(scenario, plan, [target], "interval", days=10, most=most)
    load = load_of(scenario, plan, days.grid.groups, seed=1, engine="auto")
    assert (days.outcome(days.grid.most).slack >= 0).all()
    return find_bound(days, days.grid.most, load, reach_of(days.grid, load)), days, load


@pytest.mark.parametrize(
    ("groups", "demand", "prices"),
    [
        ({"one": ["a"]}, {"a": [25.0]}, [10.0]),
        (N, {"a": [18.0], "b": [12.0]}, [10.0, 12.0]),
        (N, {"a": [10.0], "b": [20.0]}, [10.0, 19.0]),
        (APART, {"a": [12.0], "b": [9.0]}, [10.0, 7.0]),
    ],
)
def test_of_one_interval_the_bound_is_the_cost_of_the_cheapest_plan(
    groups: dict[str, list[str]], demand: dict[str, list[float]], prices: list[float]
) -> None:
    bound, days, _ = bounded(groups, demand, prices)
    assert bound.cost == pytest.approx(cheapest(days, [range(10)] * len(groups)))
    assert bound.counts is not None
    assert days.grid.cost_of(bound.counts) == bound.cost
    assert (days.outcome(bound.counts).slack >= 0).all()


@pytest.mark.parametrize(("volumes", "lows"), [([25.0, 40.0, 10.0], [2, 4, 1]), ([5.0, 30.0, 30.0], [1, 3, 3])])
def test_of_several_intervals_the_bound_is_not_above_the_cheapest_plan(volumes: list[float], lows: list[int]) -> None:
    bound, days, _ = bounded({"one": ["a"]}, {"a": volumes}, [10.0])
    best = cheapest(days, [range(low, low + 4) for low in lows])
    assert bound.cost is not None
    assert 0.8 * best < bound.cost <= best + 1e-9
    assert bound.gap(best) == pytest.approx(1 - bound.cost / best)


def test_where_none_is_known_there_is_no_bound_and_a_reason() -> None:
    two = {"a": [20.0], "b": [15.0]}
    per_day, *_ = bounded(N, two, [10.0, 12.0], target="*.service_level >= 80 % per day")
    hasty, *_ = bounded(N, two, [10.0, 12.0], patience="1 min")
    many, *_ = bounded(SIX, {"a": [30.0], "b": [30.0], "c": [30.0]}, [10.0] * 6)
    assert [bound.cost for bound in (per_day, hasty, many)] == [None] * 3
    assert "per day or run" in per_day.reason
    assert "give up sooner than they are served" in hasty.reason
    assert "too many combinations" in many.reason
    assert per_day.gap(100.0) is None


def test_a_search_says_its_bound_and_gap() -> None:
    scenario, plan = centre({"desk": ["calls"]}, {"calls": [20.0, 60.0]}, patience="6 min")
    result = staffed(scenario, plan, ["calls.service_level >= 80 %"])
    records = staffing_records(scenario, result)
    assert result.bound.cost is not None
    assert 0 < records["lower_bound"] <= result.cost
    assert records["gap"] == pytest.approx(1 - records["lower_bound"] / result.cost)
    assert any(sentence.startswith("Lower bound of the cost ") for sentence in staffing_sentences(result))


def test_a_search_for_a_share_of_the_days_says_that_it_has_no_bound() -> None:
    scenario, plan = centre({"desk": ["calls"]}, {"calls": [20.0]}, patience="6 min")
    result = staffed(scenario, plan, ["calls.service_level >= 80 %"], confidence=0.6)
    records = staffing_records(scenario, result)
    assert (records["lower_bound"], records["gap"]) == (None, None)
    assert "No lower bound of the cost: none is known for a share of the days." in staffing_sentences(result)
    assert np.isfinite(result.cost)
