"""Risk in words, tables and a strip: how often queues meet their targets, and when they fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import numpy as np
import pytest

from sim.engine import make_plan as plan_of
from sim.experiment.estimate import Estimates, estimate
from sim.kpis import measure, targets_of
from sim.kpis.model import Index
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


def test_all_queues_on_target_are_counted_day_by_day() -> None:
    """Three replications: both queues reach 80 %; one does not; one is reached, and nobody comes to the other."""
    index = Index([("service_level", "queue", (("a", None), ("b", None)))], (), several_days=False)
    num, den = np.array([[9.0, 8.0], [9.0, 7.0], [9.0, 0.0]]), np.array([[10.0, 10.0], [10.0, 10.0], [10.0, 0.0]])
    estimates = estimate(index, num, den, np.array([0.8, 0.8]))
    assert estimates.joint == (pytest.approx(2 / 3), 3.0, 3.0)
    assert estimate(index, num, den, np.array([0.8, np.nan])).joint is None
    assert estimate(index, num, 0 * den, np.array([0.8, 0.8])).joint is None


def test_of_a_run_of_days_each_day_counts_by_itself() -> None:
    plan = plan_of(scenario_of(CALLS))
    index, num, den = stack([measure(plan, *day_of_run(plan)) for _ in range(2)])
    days = index.slices["service_level", "queue_day"]
    target = float(np.nanmedian(np.where(den > 0, num, np.nan)[:, days] / np.maximum(den[:, days], 1.0)))
    joint = estimate(index, num, den, np.where(np.isnan(targets_of(plan)), np.nan, target)).joint  # of two queues
    by_queue = [(num[:, row], den[:, row]) for row in range(days.start, days.stop)]
    count, met, known = len(by_queue) // 2, 0, 0
    for replication in range(2):
        for day in set(range(count)) - {day - 1 for day in index.closed_days}:
            both = [by_queue[day], by_queue[day + count]]
            levels = [above[replication] / below[replication] for above, below in both if below[replication]]
            known += bool(levels)
            met += bool(levels) and all(level >= target for level in levels)
    assert joint is not None
    assert 0 < met < known
    assert (joint.meets, joint.days) == (pytest.approx(met / known), known)


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
    assert [repr(line[5]) for line in by_queue.rows] == ["10"] * (len(PLAN.queues) + 1)  # days are counted
    assert by_queue.rows[-1][0] == "all on the same day"
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
