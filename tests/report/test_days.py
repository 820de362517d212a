"""Reports of runs of several days, and the hint at what comes after the reporting time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from rich.console import Console

from sim.engine import Plan, make_plan
from sim.experiment.estimate import Estimates, estimate
from sim.experiment.replicate import Replications
from sim.experiment.variants import compare_variants
from sim.kpis import Row, measure, targets_of
from sim.report.figure import weekly_mean
from sim.report.hints import hint_at_later_contacts, hint_at_later_work
from sim.report.page import write_report
from sim.report.terminal_tables import difference_table, summary_table
from sim.report.variants_page import write_variants_report
from sim.scenario import Scenario
from tests.support.days_report import page_of, simulated
from tests.support.kpi_days import MANIFEST, flows_of
from tests.support.several_days import CALLS, day_of_run, scenario_of
from tests.support.stacked_columns import columns_of, stack

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType


def printed(tables: RenderableType) -> str:
    console = Console(record=True, width=100)
    with console.capture() as capture:
        console.print(tables)
    return capture.get()


def test_a_run_of_several_days_has_a_figure_and_tables_of_them(tmp_path: Path) -> None:
    text = page_of(tmp_path, CALLS)
    for part in (
        "Day by day",
        "Offered contacts per day",
        "Queues per day",
        "Groups per weekday",
        '<td>8</td><td class="words">Monday</td>',
        "Service level and target per day",
        "Service level and target per weekday",
        "Hours and cost per day",
    ):
        assert part in text, part
    assert "per weekday" not in page_of(tmp_path, CALLS[:7])  # each weekday is one day
    assert "Day by day" not in page_of(tmp_path, CALLS[:1])


@pytest.mark.parametrize(
    ("days", "lines"), [(1, []), (2, ["1 Monday", "2 Tuesday"]), (15, ["Monday", "Sunday"])], ids=["1", "2", "15"]
)
def test_the_terminal_has_a_line_per_day_or_per_weekday_of_a_long_run(days: int, lines: list[str]) -> None:
    text = printed(summary_table(simulated((1,) * days)[1]))
    assert all(any(row.startswith(line) for row in text.splitlines()) for line in lines)
    assert any(row.startswith(("Day ", "Weekday ")) for row in text.splitlines()) == (days > 1)


def plan_of(share: str, days: int) -> Plan:
    """Return the plan of callers of whom some call again on the next day."""
    steps: dict[str, Any] = {
        "call": {"channel": "voice", "queue": "calls", "talk": 60, "next": {"away": share, "resolved": "rest"}},
        "away": {"channel": "pause", "time": "24 h", "next": "again"},
        "again": {"channel": "voice", "queue": "calls", "talk": 60, "next": "resolved"},
    }
    return make_plan(
        Scenario.model_validate(
            {
                "name": "again",
                "run": {"hours": "09:00-10:00", "interval": "30 min", "drain": "2 days", "days": days},
                "agents": {"desk": {"serves": ["calls"], "staff": 9}},
                "intents": {"ask": {"demand": 20, "arrivals": "scheduled", "start": "call", "steps": steps}},
            }
        )
    )


def callers(share: str, days: int = 1) -> Estimates:
    plan = plan_of(share, days)
    return estimate(*stack([measure(plan, *day_of_run(plan))]))


def test_contacts_after_the_reporting_time_are_hinted_at() -> None:
    text = " ".join(printed(summary_table(callers("100 %"))).split())
    assert "50.0 % of the contacts of these customers come after the last interval" in text
    assert "run.days: 5" in text
    hint = hint_at_later_contacts(callers("100 %", days=5))
    assert hint.startswith("10.2 %")  # of the last day, and the last calls of the day before
    assert hint.endswith("run.days: 10.")
    assert hint_at_later_contacts(callers("0 %")) == ""


def test_work_after_the_reporting_time_is_hinted_at() -> None:
    """A case of seven hours that comes at the end of ten is worked on the next day, beside one of the same length."""
    steps = {"case": {"channel": "email", "queue": "cases", "talk": "7 h", "next": "resolved"}}
    data = {
        "name": "cases",
        "run": {"hours": "08:00-18:00", "drain": "2 days"},
        "agents": {"desk": {"serves": ["cases"], "staff": 1}},
        "intents": {"ask": {"arrivals": {"replay": {"times": [28800, 28860]}}, "start": "case", "steps": steps}},
    }
    plan = make_plan(Scenario.model_validate(data))
    hint = hint_at_later_work(estimate(*stack([measure(plan, *day_of_run(plan))])))
    assert hint == ""  # both are begun on the day: the second is finished in overtime
    data["intents"]["ask"]["arrivals"]["replay"]["times"].append(28920)
    plan = make_plan(Scenario.model_validate(data))
    estimates = estimate(*stack([measure(plan, *day_of_run(plan))]))
    assert "Agents work 7 h on these contacts after the reporting time." in hint_at_later_work(estimates)
    assert "after the reporting time. No paid hours" in " ".join(printed(summary_table(estimates)).split())


def test_the_report_has_the_hint(tmp_path: Path) -> None:
    for share, wanted in (("100 %", 1), ("0 %", 0)):
        plan = plan_of(share, 1)
        page = write_report(tmp_path, plan, MANIFEST, callers(share), flows_of(plan, *day_of_run(plan)))
        assert page.read_text(encoding="utf-8").count("come after the last interval, when no new customers") == wanted


def test_a_comparison_has_the_hint_too(tmp_path: Path) -> None:
    for share, wanted in (("100 %", 1), ("0 %", 0)):
        plan = plan_of(share, 1)
        columns = stack([measure(plan, *day_of_run(plan))] * 2)
        same = Replications(plan, columns_of(*columns), flows=np.zeros(()), wanted=2)
        comparison = compare_variants(["baseline", "variant"], [same, same])
        differences = comparison.differences[0]
        judged = Row("service_level", "all", "", None)
        page = write_variants_report(tmp_path, plan, MANIFEST, comparison, judged, [["nothing"], []])
        assert page.read_text(encoding="utf-8").count("come after the last interval, when no new") == wanted
        assert " ".join(printed(difference_table(differences)).split()).count("run.days: 5") == wanted


def test_a_long_run_shows_weeks_and_leaves_intervals_to_the_tables(tmp_path: Path) -> None:
    text = page_of(tmp_path, (1,) * 40)
    assert "Offered contacts per day of a week" in text
    assert "week 1<" in text
    assert "week 6<" in text
    assert "Demand and staff" not in text
    assert "is the mean of the days of a week" in text
    text = page_of(tmp_path, (1,) * 28)
    assert "Offered contacts per day" in text
    assert "Demand and staff" in text


def test_the_mean_of_a_week_leaves_out_days_without_a_value() -> None:
    days = np.array([1.0, np.nan, 3.0, 1.0, 1.0, 1.0, 1.0, np.nan, 4.0])
    assert weekly_mean(days).tolist() == [8 / 6, 4.0]
    assert np.isnan(weekly_mean(np.array([np.nan]))).all()


def test_further_families_have_tables(tmp_path: Path) -> None:
    families = ["busy_agents", "dialing", "inside_steps", "journey_distributions", "losses", "served_by", "waiting"]
    plan = make_plan(scenario_of((1, 3)).model_copy(update={"kpi_families": families}))
    done = day_of_run(plan)
    estimates = estimate(*stack([measure(plan, *done)]), targets_of(plan))
    text = write_report(tmp_path, plan, MANIFEST, estimates, flows_of(plan, *done)).read_text(encoding="utf-8")
    for title in (
        *(
            "Calls that dialers make",
            "Agents busy at once",
            "Customers inside each step",
            "Distributions of journeys",
            "Losses",
        ),
        *("Contacts served", "Waiting times in detail", "Customers inside each step per interval"),
    ):
        assert f">{title}</" in text, title
    assert "<td>calls/desk</td><td>4</td><td>100.0 %</td>" in text
    assert "Offered wait" not in page_of(tmp_path, (1, 3))
