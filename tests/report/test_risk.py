"""Risk in words, tables and a strip: how often queues meet their targets, and when they fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import numpy as np
import pytest

from sim.engine import make_plan as plan_of
from sim.experiment.estimate import Estimates, estimate
from sim.kpis import measure, targets_of
from sim.population.demand import ForecastFactor
from sim.report.risk import forecast_note, heat_strip, risk_sentences, risk_sheets, slots_of
from tests.support.kpi_days import make_plan, random_day
from tests.support.several_days import CALLS, day_of_run, scenario_of
from tests.support.stacked_columns import stack

PLAN = make_plan()


@pytest.fixture(scope="module")
def estimates() -> Estimates:
    return estimate(*stack([measure(PLAN, *random_day(seed, 30)) for seed in range(10)]), targets_of(PLAN))


def set_meets(estimates: Estimates, queue: str, day: float, intervals: list[float]) -> Estimates:
    """Return estimates in which a queue meets its target on a share of days, and in its intervals."""
    meets, days = estimates.meets.copy(), estimates.days.copy()
    meets[estimates.at("service_level", "queue", queue)] = day
    for interval, share in enumerate(intervals):
        row = estimates.at("service_level", "queue_interval", queue, interval)
        meets[row], days[row] = share, 10.0
    return replace(estimates, meets=meets, days=days, effective_days=days)


def test_the_verdict_says_the_worst_queue_and_its_worst_time(estimates: Estimates) -> None:
    changed = estimates
    for queue in PLAN.queues:
        changed = set_meets(changed, queue, 1.0, [1.0, 1.0, 1.0])
    changed = set_meets(changed, PLAN.queues[0], 0.7, [0.9, 0.2, 1.0])
    first, *others = risk_sentences(PLAN, changed)
    target = f"{100 * PLAN.queue_target[0]:.1f} %"
    assert first == f"{PLAN.queues[0]} meets its target of {target} on 7 of 10 days (95 % interval: 40 % to 89 %)."
    assert others[0] == ", ".join(f"{queue} on all 10 days" for queue in PLAN.queues[1:]) + "."
    begin = PLAN.calendar.clock_label(PLAN.origin + PLAN.interval)
    assert others[1] == f"{PLAN.queues[0]} fails most at {begin}: on target on 20 % of the days."


def test_the_strip_is_redder_where_the_target_is_missed(estimates: Estimates) -> None:
    changed = set_meets(estimates, PLAN.queues[0], 0.7, [0.9, 0.2, 1.0])
    strip = heat_strip(PLAN, changed)
    assert strip is not None
    assert [cell["miss"] for cell in strip["lines"][0]["cells"]] == [0.1, 0.8, 0.0]
    assert "on target on 20 % of the days" in strip["lines"][0]["cells"][1]["text"]


def test_the_tables_have_intervals(estimates: Estimates) -> None:
    by_queue, by_time = risk_sheets(PLAN, set_meets(estimates, PLAN.queues[0], 0.7, [0.9, 0.2, 1.0]))
    row = by_queue.rows[0]
    assert row[:3] == [PLAN.queues[0], PLAN.queue_target[0], 0.7]
    assert row[3:5] == pytest.approx([0.3968, 0.8922], abs=1e-4)  # Wilson's
    assert [repr(line[5]) for line in by_queue.rows] == ["10"] * len(PLAN.queues)  # days are counted
    assert isinstance(row[6], time)
    assert [row[6], row[7]] == [by_time.rows[1][1], 0.2]  # the worst
    assert by_time.rows[1][2] == 0.2
    assert all(len(line) == len(by_time.columns) for line in by_time.rows)


def test_days_of_a_week_are_told_by_weekday_and_time() -> None:
    plan = plan_of(scenario_of(CALLS))
    estimates = estimate(*stack([measure(plan, *day_of_run(plan)) for _ in range(2)]), targets_of(plan))
    slots = list(slots_of(plan, estimates, "calls"))
    weekdays = list(dict.fromkeys(slot.weekday for slot in slots))
    assert weekdays == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    assert [slot.begin for slot in slots if slot.weekday == "Monday"] == sorted({slot.begin for slot in slots})
    by_queue, by_time = risk_sheets(plan, estimates)
    assert [column.title for column in by_queue.columns[6:8]] == ["worst weekday", "worst time"]
    assert by_queue.rows[0][6] in weekdays
    assert isinstance(by_queue.rows[0][7], time)
    assert by_time.rows[0][:3] == ["calls", "Monday", time(9)]
    counted = sum(slot.days for slot in slots)
    rows = [i for i, row in enumerate(estimates.index) if row[:3] == ("service_level", "queue_interval", "calls")]
    assert counted == np.sum(estimates.days[rows])
    assert estimates.days[estimates.at("service_level", "queue", "calls")] <= 2 * len(CALLS)


def test_the_page_says_what_the_forecast_counts_as() -> None:
    assert "counts as right" in forecast_note(PLAN)
    error = ForecastFactor((0.1, 0.25), 0.97, per_day=False, per_intent=True)
    wrong = replace(PLAN, variation=replace(PLAN.variation, forecast_error=error))
    assert forecast_note(wrong) == (
        "The error of the forecast is included: a factor with a cv of 10 % to 25 %, and -3 % on average, drawn for all "
        "days of a run."
    )
