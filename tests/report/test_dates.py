"""Reports and result files of runs that have dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

from sim.engine import Plan, make_plan
from sim.experiment.estimate import Estimates, estimate
from sim.kpis import measure, targets_of
from sim.report.interval_figures import queue_profile
from sim.report.page import write_report
from sim.report.records import records
from sim.report.terminal_tables import summary_table
from tests.support.kpi_days import MANIFEST, flows_of
from tests.support.several_days import CALLS, day_of_run, scenario_of
from tests.support.stacked_columns import stack

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ' class="words"'  # of cells that are no numbers


@cache
def dated(days: int = len(CALLS)) -> tuple[Plan, Estimates, np.ndarray]:
    """Return a run from Wednesday, 16 April 2025, on."""
    plan = make_plan(scenario_of(CALLS[:days], start="2025-04-16"))
    done = day_of_run(plan)
    return plan, estimate(*stack([measure(plan, *done)]), targets_of(plan)), flows_of(plan, *done)


def test_the_page_names_days_by_their_dates(tmp_path: Path) -> None:
    plan, estimates, flows = dated()
    text = write_report(tmp_path, plan, MANIFEST, estimates, flows).read_text("utf-8").replace(WORDS, "")
    for part in ("2025-04-16 09:00 to 2025-04-24 10:00", "<td>2025-04-20</td><td>Sunday</td>", "Wed", ">04-16<"):
        assert part in text, part
    assert text.index("<td>Wednesday</td>") < text.index("<td>Monday</td>")  # in the order of the run


def test_the_page_names_holidays(tmp_path: Path) -> None:
    plan, estimates, flows = dated()
    calendar = replace(plan.calendar, holidays={date(2025, 4, 18): "Good Friday"})
    page = write_report(tmp_path, replace(plan, calendar=calendar), MANIFEST, estimates, flows)
    text = page.read_text("utf-8").replace(WORDS, "")
    assert "<td>2025-04-18</td><td>Friday</td><td>Good Friday</td>" in text
    assert "Holidays (2025-04-18 Good Friday) and closed days are in that average" in text


def test_time_axes_of_several_days_name_the_days() -> None:
    plan, estimates, _ = dated()
    chart = queue_profile(plan, estimates, 0)
    assert chart.count(">Fri<") == chart.count(">04-18<") == 2  # charts, side by side
    assert "00:00" not in chart
    assert ">Tue<" in (chart := queue_profile(*undated(), 0))
    assert ">day 2<" in chart


def test_the_terminal_names_days_by_their_dates() -> None:
    plan, estimates, _ = dated()
    console = Console(record=True, width=80)
    with console.capture() as capture:
        console.print(summary_table(estimates, plan.calendar))
    assert "\n2025-04-18 Fri " in capture.get()


def test_the_value_of_a_weekday_is_that_of_its_dates() -> None:
    plan, estimates, _ = dated()
    rows = [estimates.at("offered", "queue_day", "calls", day=day) for day in (1, 8)]
    weekday = estimates.at("offered", "queue_weekday", "calls", weekday=plan.calendar.weekday_name(1))
    assert estimates.value[weekday] == estimates.value[rows].mean() == np.mean([CALLS[0], CALLS[7]])


def test_result_files_have_dates_and_times() -> None:
    plan, estimates, _ = dated()
    rows = records(plan, estimates)
    by = {
        (row["by"], row["day"], row["interval"]): (row["date"], row["time"]) for row in rows if row["kpi"] == "offered"
    }
    assert by["day", 3, None] == ("2025-04-18", None)
    assert by["interval", None, 49] == ("2025-04-17", "09:30")
    assert by["all", None, None] == (None, None)
    assert set(rows[0]) - set(records(*undated())[0]) == {"date", "time"}


def undated() -> tuple[Plan, Estimates]:
    plan = make_plan(scenario_of(CALLS[:2]))
    return plan, estimate(*stack([measure(plan, *day_of_run(plan))]), targets_of(plan))


def test_a_closed_day_is_no_day_of_the_average() -> None:
    """Nothing comes on it, which is no small day."""
    calls = (2, 2, 2, 2, 2, 2, 0)
    hours = {"sun": "closed", "else": "09:00-10:00"}
    plan = make_plan(scenario_of(calls, start="2025-03-24", hours=hours))
    estimates = estimate(*stack([measure(plan, *day_of_run(plan))]), targets_of(plan))
    row = estimates.at("offered", "queue", "calls")
    assert (estimates.mean_of_days[row], estimates.p10[row]) == (2.0, 2.0)
    sunday = estimates.at("offered", "queue_weekday", "calls", weekday="Sunday")
    assert np.isnan(estimates.mean_of_days[sunday])
    assert estimates.value[estimates.at("cost", "group_day", "desk", day=7)] == 0.0
    assert np.isnan(estimates.value[estimates.at("staff", "group_day", "desk", day=7)])
