"""Plans side by side: which are efficient, and what their table and page say."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from sim.core.errors import InvalidInput
from sim.report.plans import PLANS, PlanRecord, PlanSteps, efficient_plans, spending, write_plans
from sim.report.plans_page import write_plans_page
from sim.report.plans_table import plans_table
from sojourn.api.plan_frontier import read_levels
from sojourn.terminal.output import print_table
from tests.support.rosters import requirements_of, roster_of
from tests.support.staffing_cases import centre


def plan(name: str, cost: float, level: float | None) -> PlanRecord:
    return PlanRecord(name, name, None, None, cost, 10.0, 9.0, 8.8, 1.1, 1.2, level, level, level, 0.95, "holds")


def test_a_plan_is_efficient_unless_another_costs_no_more_and_serves_no_worse() -> None:
    plans = [plan("a", 100, 0.8), plan("b", 110, 0.8), plan("c", 120, 0.9), plan("d", 130, 0.85), plan("e", 90, 0.5)]
    assert efficient_plans(plans) == [True, False, True, False, True]
    twins = [plan("a", 100, 0.8), plan("b", 100, 0.8), plan("unknown", 1, None)]
    assert efficient_plans(twins) == [True, True, False]


def test_without_costs_paid_hours_are_compared() -> None:
    plans = [replace(plan("a", 0, 0.8), paid_hours=20.0), replace(plan("b", 0, 0.7), paid_hours=10.0)]
    assert spending(plans) == [20.0, 10.0]
    assert efficient_plans(plans) == [True, True]
    assert efficient_plans([*plans, replace(plan("c", 0, 0.7), paid_hours=11.0)]) == [True, True, False]


def test_the_table_has_the_same_numbers_as_the_records(tmp_path: Path) -> None:
    plans = [plan("70 %", 100, 0.75), plan("80 %", 120, 0.7)]
    write_plans(tmp_path, plans)
    with (tmp_path / PLANS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["efficient"] for row in rows] == ["True", "False"]
    records = json.loads((tmp_path / "plans.json").read_text(encoding="utf-8"))
    assert [float(row["cost"]) for row in rows] == [record["cost"] for record in records] == [100, 120]


def test_the_terminal_has_all_columns_at_80_characters(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_table(plans_table([replace(plan("70 %", 5680.0, 0.904), likely=0.999), plan("80 %", 6009.0, 0.932)]))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[1].endswith("efficient")
    assert [line.endswith("yes") for line in lines[2:]] == [True, True]
    assert max(map(len, lines)) <= 80


def test_levels_are_read_once_each_and_in_order_or_refused_all_at_once() -> None:
    assert read_levels("80 %, 0.7, 80%") == (0.7, 0.8)
    with pytest.raises(InvalidInput) as refused:
        read_levels("80 %, many, 100 %")
    assert len(refused.value.problems) == 2


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("holds", "All targets hold: the probability that all do in the long run is 95 %."),
        ("in doubt", "It is in doubt whether all targets hold: the probability that all do in the long run is 95 %."),
        ("fails", "Not all targets hold: the probability that all do in the long run is 95 %."),
    ],
)
def test_a_single_plan_holds_is_in_doubt_or_fails_and_is_not_compared(
    tmp_path: Path, verdict: str, sentence: str
) -> None:
    page = written(tmp_path, [replace(plan("plan", 100, 0.8), verdict=verdict)])
    assert f"<b>{sentence}</b>" in page
    assert "efficient" not in page


def test_several_plans_are_named_by_their_verdict(tmp_path: Path) -> None:
    plans = [plan("70 %", 100, 0.7), replace(plan("80 %", 120, 0.8), verdict="in doubt")]
    plans += [replace(plan(f"{level} %", 130, 0.8), verdict="fails") for level in (90, 95)]
    page = written(tmp_path, plans)
    assert "<b>All targets hold with 70 %; in doubt with 80 %; not all hold with 90 %, 95 %.</b>" in page
    assert ">efficient</th>" in page


def test_the_page_of_a_plan_shows_shifts_and_gaps_and_links_the_files_that_are_there(tmp_path: Path) -> None:
    rules = {"shifts": {"whole": {"start": "08:00", "length": "2 h"}}, "contracts": {"all": {"people": 2}}}
    roster = roster_of(tmp_path, requirements_of(tmp_path, {"desk": [2, 3]}), rules)
    (tmp_path / "roster").mkdir()
    (tmp_path / "roster" / "shifts.yaml").write_text("", encoding="utf-8")
    page = written(tmp_path, [plan("plan", 100, 0.8)], PlanSteps("", "", None, roster))
    assert "<li>desk, 09:00-10:00: 1 agent missing; " in page
    assert "Agents of desk required and on duty over time" in page
    assert "<td>desk</td><td>08:00</td><td>10:00</td>" in re.sub(r"<td[^>]*>", "<td>", page)
    assert re.findall(r'<a href="([^#][^"]*)"', page) == ["roster/shifts.yaml"]


def written(folder: Path, plans: list[PlanRecord], *steps: PlanSteps) -> str:
    """Return the page of plans, with plain spaces."""
    scenario, simulated = centre({"desk": ["calls"]}, {"calls": [1.0, 1.0]})
    manifest = {"scenario": scenario.name, "seed": 1, "replications": 5}
    page = write_plans_page(folder, simulated, manifest, plans, steps, ["A note."])
    return page.read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
