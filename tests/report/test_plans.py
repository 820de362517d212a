"""Plans side by side: which are efficient, and what their table and page say."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from sim.core.errors import InvalidInput
from sim.report.plans import PLANS, PlanRecord, efficient_plans, spending, write_plans
from sojourn.api.plan_frontier import read_levels


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


def test_levels_are_read_once_each_and_in_order_or_refused_all_at_once() -> None:
    assert read_levels("80 %, 0.7, 80%") == (0.7, 0.8)
    with pytest.raises(InvalidInput) as refused:
        read_levels("80 %, many, 100 %")
    assert len(refused.value.problems) == 2
