"""KPIs by day and by weekday, on nine days worked out on paper, and on random ones."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.core.errors import InvalidInput
from sim.engine import Plan, compiled, make_plan, reference
from sim.experiment.estimate import Estimates, estimate
from sim.kpis import Measures, index_of, kpi, measure, measure_blocks, targets_of
from sim.kpis.dimensions import keys_of
from sim.kpis.intervals import day_of_intervals
from sim.kpis.objectives import check_objectives
from sim.population import draw_population
from sim.scenario import Scenario
from tests.support.log_blocks import cut
from tests.support.several_days import CALLS, DAY, NINE, scenario_of
from tests.support.stacked_columns import stack

LEVELS = (1, 1 / 3, 1, 1, 1 / 3, 1, 1, 1 / 2, 1)  # answered within 20 s
WAITED = {1: 0, 2: 1 / 60, 3: 3 / 60}  # mean number of calls that wait within the hour, by the day's calls
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@cache
def nine_days(engine: Any = reference, **run: Any) -> tuple[Plan, Measures]:
    plan = make_plan(scenario_of(**run))
    population = draw_population(plan.demand(), 1, 0)
    return plan, measure(plan, population, engine.run(plan, population))


def of_days(measures: Measures, name: str, by: str = "day", key: str = "") -> list[float]:
    return [measures.value_of(name, by, key, day=day) for day in range(1, 10)]


@pytest.mark.parametrize("engine", [reference, compiled], ids=["reference", "compiled"])
def test_nine_days_as_on_paper(engine: Any) -> None:
    _, measures = nine_days(engine)
    assert of_days(measures, "offered", "queue_day", "calls") == list(CALLS)
    assert of_days(measures, "offered") == [number + 2 for number in CALLS]
    assert of_days(measures, "service_level", "queue_day", "calls") == pytest.approx(LEVELS)
    assert of_days(measures, "asa", "queue_day", "calls") == [0, 60, 0, 0, 60, 0, 0, 30, 0]
    assert of_days(measures, "wait_p90", "queue_day", "calls") == [0, 120, 0, 0, 120, 0, 0, 60, 0]
    assert of_days(measures, "max_queue_length", "queue_day", "calls") == [0, 2, 0, 0, 2, 0, 0, 1, 0]
    assert of_days(measures, "aht", "group_day", "desk") == [60] * 9
    assert of_days(measures, "occupancy", "group_day", "desk") == pytest.approx([number / 60 for number in CALLS])
    assert of_days(measures, "staffed_hours", "group_day", "desk") == [1] * 9
    assert of_days(measures, "staff", "group_day", "desk") == [1] * 9  # in the hour that each day has
    assert of_days(measures, "staff") == [2] * 9
    assert of_days(measures, "queue_length", "queue_day", "calls") == pytest.approx(
        [WAITED[number] for number in CALLS]
    )
    # In each day's hour one mail waits from 09:50 on; the one that waited over night is begun at 09:00.
    assert of_days(measures, "queue_length", "queue_day", "mails") == pytest.approx([1 / 6] * 9)
    assert measures.value_of("queue_length", "queue", "mails") == pytest.approx(1 / 6)  # nights are no part of it
    assert measures.value_of("staff", "group", "desk") == 1
    assert of_days(measures, "overtime_hours", "group_day", "office") == pytest.approx([1 / 12] * 9)
    assert of_days(measures, "cost", "group_day", "desk") == [30] * 9
    overtime = of_days(measures, "overtime_hours", "group_day", "office")
    assert of_days(measures, "cost") == pytest.approx([50 + 20 * hours for hours in overtime])
    assert of_days(measures, "paid_hours") == pytest.approx([2 + hours for hours in overtime])
    assert of_days(measures, "journeys") == [number + 2 for number in CALLS]
    assert of_days(measures, "intervals_on_target", "queue_day", "calls") == [1, 0, 1, 1, 0, 1, 1, 0, 1]


def test_maxima_and_quantiles_of_a_run_are_over_all_of_it() -> None:
    estimates = estimates_of(CALLS, tuple(reversed(CALLS)))
    for name, of_days in (
        ("max_wait", [0, 120, 0, 0, 120, 0, 0, 60, 0]),
        ("max_queue_length", [0, 2, 0, 0, 2, 0, 0, 1, 0]),
    ):
        row = estimates.row(name, "queue", "calls")
        assert (row.value, row.mean_of_days) == (max(of_days), pytest.approx(np.mean(of_days)))
    row = estimates.row("wait_p50", "queue", "calls")  # of 14 waits, 9 are 0; of days, two are 60 and one is 0
    assert (row.value, row.mean_of_days) == (0, pytest.approx((60 + 60) / 9))


def test_a_days_backlog_is_that_at_its_end() -> None:
    _, measures = nine_days()
    # Two mails come at 09:50. One is begun at once and finished after hours, the other waits for the next morning.
    assert of_days(measures, "backlog", "queue_day", "mails") == [1] * 9
    assert of_days(measures, "oldest", "queue_day", "mails") == [600] * 9


def test_a_weekday_is_an_average_one() -> None:
    _, measures = nine_days()
    offered = [measures.value_of("offered", "queue_weekday", "calls", weekday=weekday) for weekday in WEEK]
    assert offered == [(1 + 2) / 2, (3 + 1) / 2, 1, 1, 3, 1, 1]
    assert measures.value_of("service_level", "queue_weekday", "calls", weekday="Monday") == pytest.approx(2 / 3)
    assert measures.value_of("service_level", "queue_weekday", "calls", weekday="Tuesday") == pytest.approx(2 / 4)
    assert measures.value_of("max_queue_length", "queue_weekday", "calls", weekday="Tuesday") == 1
    assert measures.value_of("cost", "weekday", weekday="Monday") == pytest.approx(50 + 20 / 12)  # five minutes each


def test_a_warm_up_takes_whole_days_away_and_parts_of_days() -> None:
    _, measures = nine_days(warm_up="1 day")
    assert of_days(measures, "offered", "queue_day", "calls")[1:] == list(CALLS[1:])
    assert np.isnan(of_days(measures, "offered", "queue_day", "calls")[0])
    assert measures.value_of("offered", "queue_weekday", "calls", weekday="Monday") == 2
    _, measures = nine_days(warm_up="30 min")
    assert of_days(measures, "offered")[:2] == [2, 5]


def test_one_day_has_no_rows_of_days() -> None:
    plan = make_plan(scenario_of((1,)))
    assert not any(keys_of(plan, by) for by in kpi("staffed_hours").dimensions if "day" in by)


OTHER = {  # no sums, or with what is of a day and of no interval
    *("wait_p50", "wait_p90", "wait_p95", "max_wait", "max_queue_length", "backlog", "oldest"),
    *("occupancy", "slot_occupancy", "overtime_hours", "paid_hours", "cost"),
    "queue_length",  # without the nights
}


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=2, max_size=9), st.integers(0, 2))
def test_days_are_the_sums_of_their_intervals(calls: list[int], warm_up: int) -> None:
    plan = make_plan(scenario_of(tuple(calls), warm_up=warm_up * 1_800))
    population = draw_population(plan.demand(), 1, 0)
    measures = measure(plan, population, compiled.run(plan, population))
    index = index_of(plan)
    first = np.flatnonzero(np.diff(day_of_intervals(plan), prepend=-1))  # interval of each day
    compared = 0
    for by, per in (("day", "interval"), ("queue_day", "queue_interval"), ("group_day", "group_interval")):
        for name in {
            name for name, dimension in index.slices if dimension == by and (name, per) in index.slices
        } - OTHER:
            intervals = measures.num[index.slices[name, per]].reshape(-1, plan.intervals)
            days = measures.num[index.slices[name, by]].reshape(-1, len(first))
            np.testing.assert_allclose(days, np.add.reduceat(intervals, first, axis=1), atol=1e-9, err_msg=name)
            compared += 1
    assert compared > 50


def estimates_of(*runs: tuple[int, ...]) -> Estimates:
    plan = make_plan(scenario_of(runs[0]))
    done = []
    for calls in runs:
        other = make_plan(scenario_of(calls))
        population = draw_population(other.demand(), 1, 0)
        done.append(measure(other, population, reference.run(other, population)))
    return estimate(*stack(done), targets_of(plan))


def test_days_on_target_are_days_not_runs() -> None:
    estimates = estimates_of(CALLS, tuple(reversed(CALLS)))
    row = estimates.at("service_level", "queue", "calls")
    days = np.array([*LEVELS, *reversed(LEVELS)])
    assert estimates.meets[row] == pytest.approx(6 / 9)  # of each run as one, 0 %: 9 of 14 answered in time
    assert estimates.mean_of_days[row] == pytest.approx(days.mean())
    spread = [estimates.p10[row], estimates.p50[row], estimates.p90[row]]
    assert spread == pytest.approx(np.quantile(days, [0.1, 0.5, 0.9]))


def test_days_of_a_weekday_and_of_one_day() -> None:
    estimates = estimates_of(CALLS, tuple(reversed(CALLS)))
    row = estimates.at("service_level", "queue_weekday", "calls", weekday="Monday")
    assert estimates.meets[row] == pytest.approx(2 / 4)  # days 1 and 8 of both runs: 1, 1/2, 1, 1/3
    row = estimates.at("service_level", "queue_day", "calls", day=2)
    assert (estimates.meets[row], estimates.p50[row]) == (0.0, pytest.approx((1 / 3 + 1 / 2) / 2))


def test_what_has_no_days_says_nothing_of_days() -> None:
    estimates = estimates_of(CALLS)
    row = estimates.at("asa", "channel", "voice")
    assert np.isnan([estimates.p50[row], estimates.mean_of_days[row]]).all()
    assert not np.isnan(estimates.value[row])
    row = estimates.at("asa", "queue_interval", "calls", 0)
    assert estimates.p50[row] == 0


@pytest.mark.parametrize("at", [[], [NINE + 60.0], [30_000.0, 90_000.0, 9 * DAY - 1.0]])
def test_days_are_the_same_wherever_the_run_is_cut(at: list[float]) -> None:
    plan, measures = nine_days()
    population = draw_population(plan.demand(), 1, 0)
    pieces = measure_blocks(plan, cut(plan, population, reference.run(plan, population), at))[0]
    np.testing.assert_allclose(pieces.num, measures.num, rtol=1e-12)
    np.testing.assert_allclose(pieces.den, measures.den, rtol=1e-12)


def test_objectives_may_be_by_day_where_a_run_has_days() -> None:
    by_day = [{"kpi": "service_level", "by": "queue_day", "key": "calls", "at_least": 0.5}]
    objectives = {"simulation": by_day}
    week, day = (
        Scenario.model_validate({**scenario_of(calls).model_dump(), "objectives": objectives})
        for calls in (CALLS, (1,))
    )
    check_objectives(week, make_plan(week), "week.yaml")
    with pytest.raises(InvalidInput, match='"queue_day" is not a dimension of service_level; did you mean "queue"'):
        check_objectives(day, make_plan(day), "day.yaml")
