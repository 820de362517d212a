"""The shrinkage of a service plan: the rules', else the scenario's, in the roster and as absence in the simulation."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from sim.core.errors import InvalidInput
from sim.report.roster_folder import SHIFTS, write_roster
from sim.report.roster_table import scenario_changes
from sim.roster import find_roster
from sim.scenario import read_scenario
from sojourn.api.integrated import with_shifts
from sojourn.api.service_plan import ServicePlan, plan_service
from tests.support.rosters import requirements_of, rules_of

RULES: dict[str, Any] = {
    "shifts": {"whole": {"start": "08:00", "length": "2 h"}},
    "contracts": {"all": {"cost": 20}},
    "prices": {"under": 1000},
}


def made(folder: Path, *overrides: str, rules: dict[str, Any] | None = None, **more: Any) -> ServicePlan:
    """Return a plan for 10 agents on duty, of shifts of 2 hours."""
    if "shifts" not in more:
        rules_of(folder, RULES | (rules or {}))
        (folder / "needs.csv").write_text("time,desk\n08:00,10\n09:00,10\n", encoding="utf-8")
        more = {"rules": folder / "rules.yaml", "requirements": folder / "needs.csv"} | more
    return plan_service(
        folder / "desk.yaml", targets=["calls.service_level >= 50 %"], overrides=overrides, fresh_days=2,
        replications=2, processes=1, out=folder / "plan", **more,
    )  # fmt: skip


def agents_on_shifts(plan: ServicePlan) -> tuple[int, float]:
    """Return how many agents the simulated group has, and the probability that each is absent."""
    assert plan.service is not None
    group = plan.service.scenario.agents["desk"]
    return sum(shift.agents for shift in group.shifts), group.absence


def test_where_the_rules_say_nothing_the_shrinkage_of_the_scenario_is_in_roster_and_simulation(folder: Path) -> None:
    plan = made(folder, "agents.desk.shrinkage=20 %")
    assert agents_on_shifts(plan) == (13, 0.2)  # 10 / 0.8 = 12.5
    assert plan.notes[0].startswith("Shrinkage in this plan: 20 %, from the scenario; ")
    page = (folder / "plan" / "report.html").read_text(encoding="utf-8")
    assert "Shrinkage in this plan: 20" in page
    again = made(folder, "agents.desk.shrinkage=20 %", shifts=folder / "plan" / "roster" / "shifts.yaml", report=False)
    assert agents_on_shifts(again) == (13, 0.2)
    assert again.budget == plan.budget


@pytest.mark.parametrize(("share", "agents"), [("0 %", 10), ("50 %", 20)])
def test_the_rules_may_say_another_shrinkage(folder: Path, share: str, agents: int) -> None:
    plan = made(folder, "agents.desk.shrinkage=20 %", rules={"shrinkage": share}, report=False)
    assert agents_on_shifts(plan) == (agents, float(share.removesuffix(" %")) / 100)
    assert plan.notes[0].startswith(f"Shrinkage in this plan: {share}, from the rules. The scenario has 20 %.")


def test_without_any_shrinkage_the_plan_says_so(folder: Path) -> None:
    plan = made(folder, report=False)
    assert agents_on_shifts(plan) == (10, 0.0)
    assert plan.notes == ("No shrinkage in this plan: rules and scenario have none.",)


def test_staffed_hours_make_the_net_fte_and_paid_hours_the_gross_one(folder: Path) -> None:
    plan = made(folder, "agents.desk.shrinkage=20 %", "agents.desk.paid.shrinkage=false", report=False)
    budget = plan.budget
    assert budget["scheduled_hours"] == 26
    assert budget["staffed_hours"] < 26
    assert budget["fte_net"] == budget["staffed_hours"] / 8
    assert budget["fte_gross"] == budget["paid_hours"] / 8
    assert budget["paid_hours"] < 26  # who is away is not paid
    with (folder / "plan" / "plans.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert {name: float(row[name]) for name in budget} == budget


def test_shifts_chosen_against_simulated_service_have_the_same_shrinkage(folder: Path) -> None:
    needs = requirements_of(folder, {"desk": [10, 10]})
    roster = find_roster(rules_of(folder, RULES), needs, "rules.yaml", shrinkage={"desk": 0.5})
    changed = with_shifts(read_scenario(folder / "desk.yaml"), roster).agents["desk"]
    assert (sum(shift.agents for shift in changed.shifts), changed.absence) == (20, 0.5)


def test_the_command_that_simulates_a_roster_has_its_shrinkage_as_absence(folder: Path) -> None:
    rules = rules_of(folder, RULES | {"shrinkage": "35 %"})
    roster = find_roster(rules, requirements_of(folder, {"desk": [2, 2]}), "rules.yaml")
    write_roster(folder / "roster", roster, {"requirements": "needs.csv"}, report=False)
    changes = scenario_changes(roster, folder / "roster" / SHIFTS)
    changed = read_scenario(folder / "desk.yaml", ["agents.desk.shrinkage=20 %", *changes]).agents["desk"]
    assert (sum(shift.agents for shift in changed.shifts), changed.absence, changed.shrinkage) == (4, 0.35, 0.0)


def test_groups_may_differ_and_nobody_left_is_refused(tmp_path: Path) -> None:
    contracts = {"a": {"group": "a"}, "b": {"group": "b"}}
    rules = rules_of(tmp_path, RULES | {"contracts": contracts})
    needs = requirements_of(tmp_path, {"a": [4, 4], "b": [4, 4]})
    roster = find_roster(rules, needs, "rules.yaml", shrinkage={"a": 0.2, "b": 0.5})
    assert [len(group.duties) for group in roster.groups] == [5, 8]
    with pytest.raises(InvalidInput, match="100 % of b are away"):
        find_roster(rules, needs, "rules.yaml", shrinkage={"a": 0.2, "b": 1.0})
