"""Staffing searches: sums of targets, plans of headcounts, what is refused, and what is staffed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.core.errors import InvalidInput
from sim.core.headcounts import on_duty, rounded
from sim.engine import make_plan
from sim.experiment.staffing import parse_targets, staffing
from sim.experiment.staffing.evaluation import Days, Outcome, plan_outcome
from sim.experiment.staffing.grid import grid_of, scheduled
from sim.report.staffing_folder import REQUIREMENTS, STAFFING, write_table
from sim.report.staffing_hours import group_hours, shrinkage_sentence
from sim.scenario import read_scenario
from sim.scenario.resources import Paid
from tests.support.shipped_days import SCENARIOS
from tests.support.staffing_cases import centre, staffed


@pytest.mark.parametrize("run", [{"days": 1}, {"days": 3}, {"days": 9}, {"days": 2, "start": "2025-03-29"}])
@pytest.mark.parametrize("agents", [{}, {"shrinkage": 0.3}, {"shrinkage": 0.3, "rounding": "spread"}])
def test_the_csv_of_headcounts_gives_the_plan_that_was_searched(
    tmp_path: Path, run: dict[str, object], agents: dict[str, object]
) -> None:
    scenario, plan = centre({"desk": ["calls"]}, {"calls": [0.0] * 4}, **run)
    desk = scenario.agents["desk"].model_copy(update=agents)
    scenario = scenario.model_copy(update={"agents": {"desk": desk}})
    plan = make_plan(scenario)
    counts = np.random.default_rng(4).integers(0, 9, size=(1, plan.intervals))
    grid = grid_of(scenario, plan, [0], np.zeros_like(counts), np.full_like(counts, 9))
    counts = np.minimum(counts, grid.most)
    write_table(tmp_path / STAFFING, scenario, grid, counts, gross=True)
    write_table(tmp_path / REQUIREMENTS, scenario, grid, counts, gross=False)
    (tmp_path / "scenario.yaml").write_text(scenario.model_dump_json(exclude_defaults=True), encoding="utf-8")
    used = make_plan(read_scenario(tmp_path, [f"agents.desk.staff={STAFFING}"]))
    tried = grid.plan_with(counts)
    for name in ("staff_ptr", "staff_time", "staff_count"):
        np.testing.assert_array_equal(getattr(used, name), getattr(tried, name))


@pytest.mark.parametrize("shrinkage", [0.0, 0.1, 0.33, 0.45, 0.7])
@pytest.mark.parametrize("rounding", ["half_up", "spread"])
def test_scheduled_agents_leave_as_many_on_duty_as_are_wanted(shrinkage: float, rounding: str) -> None:
    scenario, _ = centre({"desk": ["calls"]}, {"calls": [1.0] * 2})
    group = scenario.agents["desk"].model_copy(update={"shrinkage": shrinkage, "rounding": rounding})
    agents = [*range(200), *np.random.default_rng(5).integers(0, 12, size=500).tolist()]
    chosen = [float(each) for each in scheduled(agents, group)]
    assert [rounded(on_duty(each, shrinkage)) for each in chosen] == agents
    assert sum(chosen[:200]) == pytest.approx(sum(agents[:200]) / (1 - shrinkage), abs=1)


@pytest.mark.parametrize(("paid", "price"), [(True, 10 / 0.8), (False, 10.0)])
def test_whoever_is_away_is_in_the_price_of_an_agent_on_duty_and_in_the_hours_shown(paid: bool, price: float) -> None:
    scenario, _ = centre({"desk": ["calls"]}, {"calls": [1.0] * 2})
    desk = scenario.agents["desk"].model_copy(update={"shrinkage": 0.2, "paid": Paid(shrinkage=paid)})
    scenario = scenario.model_copy(update={"agents": {"desk": desk}})
    counts = np.array([[2, 3]])
    grid = grid_of(scenario, make_plan(scenario), [0], np.zeros_like(counts), np.full_like(counts, 9))
    assert grid.cost_of(counts) == pytest.approx(5 * 0.5 * price)
    (row,) = group_hours(grid, counts)
    assert (row.on_duty, row.scheduled, row.paid, row.price) == pytest.approx((2.5, 3.125, 3.125 if paid else 2.5, 10))
    assert row.cost == pytest.approx(row.paid * row.price) == grid.cost_of(counts)
    sentence = shrinkage_sentence(grid, counts)
    assert "With a shrinkage of 20 %, 2.50 agent-hours on duty take 3.12 scheduled" in sentence
    assert (", of which 2.50 are paid" in sentence) is not paid


def test_whole_agents_to_schedule_give_and_take_what_rounding_does() -> None:
    scenario, _ = centre({"desk": ["calls"]}, {"calls": [1.0] * 2})
    group = scenario.agents["desk"].model_copy(update={"shrinkage": 0.2})
    assert scheduled([2, 2, 2, 2, 0, 1, 2, 5, 8], group) == [3, 2, 3, 2, 0, 1, 3, 6, 10]  # 2 / 0.8 = 2.5


def test_wrong_targets_are_refused_at_once() -> None:
    plan = make_plan(read_scenario(SCENARIOS / "retail_bank"))
    texts = [
        "voice.servce_level >= 80 %", "voice.service_level >= 120 %", "voice.service_level", "cost <= 5000",
        "segment.all.asa <= 20 s", "abandonment >= 5 %", "voice.asa <= soon", "asa <= 20 s per week",
    ]  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        parse_targets(plan, texts, "day")
    assert len(refused.value.problems) == len(texts)
    assert 'did you mean "service_level"' in str(refused.value)


def test_a_search_keeps_the_targets_for_less_than_erlang_c_and_gives_the_same_plan_again() -> None:
    scenario, plan = centre({"desk": ["calls"]}, {"calls": [20.0, 60.0, 40.0, 10.0]})
    first, again = (staffed(scenario, plan, ["calls.service_level >= 80 %"]) for _ in range(2))
    assert first.holds
    assert first.cost <= first.formula_costs[0]
    np.testing.assert_array_equal(first.counts, again.counts)


def test_a_target_out_of_reach_is_named_with_the_agents_that_it_would_take() -> None:
    scenario, plan = centre({"desk": ["calls"]}, {"calls": [20.0, 60.0, 20.0, 10.0]})
    result = staffed(scenario, plan, ["calls.service_level >= 80 %"], most=5)
    assert {int(result.requirements.first[each.row]) for each in result.unreachable} >= {1}
    needed = next(each for each in result.unreachable if result.requirements.first[each.row] == 1).needed
    assert any(interval == 1 and agents > 5 for _, interval, agents in needed)
    assert result.counts.max() <= 5


def test_few_days_do_not_inflate_the_plan() -> None:
    """Five days cannot tell which margin would do; it once was five times the staff that Erlang C asks for."""
    groups = {"sellers": ["sales"], "helpers": ["help"], "both": ["help", "sales"]}
    scenario, plan = centre(groups, {"sales": [40.0, 60.0, 50.0, 30.0], "help": [20.0, 30.0, 40.0, 20.0]})
    result = staffed(scenario, plan, ["*.service_level >= 80 %"], days=5)
    assert result.holds
    assert result.cost <= result.formula_costs[1]


def test_with_a_confidence_all_targets_hold_on_that_share_of_the_days() -> None:
    scenario, plan = centre({"desk": ["calls"]}, {"calls": [40.0, 60.0]})
    plain, sure = (staffed(scenario, plan, ["calls.service_level >= 80 %"], days=80, confidence=c) for c in (None, 0.8))
    assert plain.verification is not None
    assert sure.verification is not None
    assert plain.verification.joint < 0.8
    assert sure.cost > plain.cost
    assert sure.verification.joint > 0.8 - 5 * (0.8 * 0.2 / 80) ** 0.5  # five standard errors of so many fresh days


@pytest.mark.parametrize(("many", "wider", "verifications"), [(1, staffing._WIDER, 1), (99, (-9.0, 1.0, 1.5), 2)])
def test_a_search_goes_on_with_days_that_did_not_confirm_a_plan_and_new_ones_judge(
    monkeypatch: pytest.MonkeyPatch, many: int, wider: tuple[float, ...], verifications: int
) -> None:
    searched: list[range] = []
    judged: list[range] = []

    class Recorded(Days):
        def __init__(self, *words: Any, numbers: range, **more: Any) -> None:
            searched.append(numbers)
            super().__init__(*words, numbers=numbers, **more)

    def recorded(*words: Any, numbers: range, **more: Any) -> Outcome:
        judged.append(numbers)
        return plan_outcome(*words, numbers=numbers, **more)

    monkeypatch.setattr(staffing, "Days", Recorded)
    monkeypatch.setattr(staffing, "plan_outcome", recorded)
    monkeypatch.setattr(staffing, "_MANY", many)
    monkeypatch.setattr(staffing, "_WIDER", wider)  # a first margin of -9 errors: the second plan is no better
    scenario, plan = centre({"desk": ["calls"]}, {"calls": [20.0, 60.0, 40.0, 10.0]})
    result = staffed(scenario, plan, ["calls.service_level >= 80 %"], days=5, fresh_days=10)
    first, again = searched
    assert (len(first), len(again)) == (5, 10)
    begins = [numbers for numbers in judged if len(numbers) == 10]
    assert again == begins[verifications - 1]
    last = judged[judged.index(begins[-1]) :]
    assert result.verification is not None
    assert sum(len(numbers) for numbers in last) == result.verification.days
    assert {*first, *again}.isdisjoint(day for numbers in last for day in numbers)
