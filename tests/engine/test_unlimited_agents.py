"""Unlimited agents: M/G/infinity, whose number busy is Poisson; nobody waits, and nobody is on duty or paid."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare, poisson

from sim.advice import warnings_of
from sim.core.errors import InvalidInput, SojournError
from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.kpis import Measures, measure
from sim.population import Population, draw_population
from sim.scenario import Scenario, read_scenario
from sim.theory.infinite_server import offered_load
from tests.support.confidence import ALPHA
from tests.support.minimal_scenario import MINIMAL, changed
from tests.support.stories import call

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])
MINUTE, HOUR = 60.0, 3600.0


def scenario_of(talk: Any, *, demand: float = 60, more: Any = None, **group: Any) -> Scenario:
    """Return a scenario around the clock whose contacts find an unlimited group."""
    return Scenario.model_validate(
        {
            "name": "unlimited",
            "run": {"days": 1, "drain": "1 h", "warm_up": "1 h"},
            "kpi_families": ["busy_agents"],
            "agents": {"desk": {"serves": ["calls"], "staff": "unlimited"} | group},
            "intents": {"ask": {"demand": demand, "start": "call", "steps": {"call": call(talk=talk)}}},
        }
        | (more or {})
    )


def one_day(run: Run, scenario: Scenario, seed: int = 1) -> tuple[Log, Measures]:
    """Return log and KPIs of a run."""
    plan = make_plan(scenario)
    population = draw_population(plan.demand(), seed, 0)
    log = run(plan, population)
    return log, measure(plan, population, log)


def test_the_number_busy_is_poisson_whatever_the_law_of_the_talk() -> None:
    # Of talks of 20 minutes at most, those under way at instants 20 minutes apart are of different callers, so the
    # numbers are independent; Poisson with the mean of Mt/G/infinity (Eick, Massey and Whitt, 1993).
    more = {"run": {"days": 60, "drain": "1 h"}}
    scenario = scenario_of({"law": "uniform", "low": 0, "high": "20 min"}, more=more)
    log, measures = one_day(compiled.run, scenario, seed=20261129)
    instants = np.arange(2 * HOUR, 60 * 24 * HOUR, 20 * MINUTE)
    begun, ended = np.sort(log.started), np.sort(log.freed)
    busy = np.searchsorted(begun, instants, side="right") - np.searchsorted(ended, instants, side="right")
    survival = lambda time: 1 - np.minimum(time / (20 * MINUTE), 1.0)  # noqa: E731
    edges = np.array([0.0, 60 * 24 * HOUR])
    mean = offered_load(instants[:1], edges=edges, rates=np.array([60 / (30 * MINUTE)]), survival=survival).item()
    assert mean == pytest.approx(20)
    bounds = np.arange(12, 30)  # of at most so many busy
    expected = np.diff([0.0, *poisson.cdf(bounds, mean), 1.0]) * len(instants)
    observed = np.bincount(np.searchsorted(bounds, busy), minlength=len(bounds) + 1)
    assert chisquare(observed, expected).pvalue > ALPHA / 2
    # a mean over all time: of 60 days, its variance is at most that of independent hours
    over_time = measures.value_of("busy_agents", "group", "desk")
    assert abs(over_time - mean) < poisson.isf(ALPHA / 4, mean * 60 * 24) / (60 * 24) - mean


@ENGINES
def test_nobody_waits_and_each_contact_has_an_agent_of_its_own(run: Run) -> None:
    log, _ = one_day(run, scenario_of({"law": "lognormal", "mean": "10 min", "cv": 2}))
    assert (log.started == log.began).all()
    order = np.lexsort((log.started, log.agent))
    agent, started, freed = log.agent[order], log.started[order], log.freed[order]
    same = agent[1:] == agent[:-1]
    assert same.any()
    assert (started[1:][same] >= freed[:-1][same]).all()
    assert not len(log.presence)


@ENGINES
def test_duty_pay_and_occupancy_are_undefined_and_not_zero(run: Run) -> None:
    _, measures = one_day(run, scenario_of("5 min"))
    for kpi in ("occupancy", "slot_occupancy", "scheduled_hours", "staffed_hours", "staff", "attendance", "morale"):
        assert np.isnan(measures.value_of(kpi, "group", "desk")), kpi
        assert np.isnan(measures.value_of(kpi)), kpi
    for kpi in ("overtime_hours", "paid_hours", "fte_net", "fte_gross", "cost", "cost_per_contact"):
        assert np.isnan(measures.value_of(kpi, "group", "desk")), kpi
    assert measures.value_of("handled", "group", "desk") > 2000
    assert measures.value_of("max_busy_agents", "group", "desk") > 10
    assert np.isnan(measures.value_of("all_busy", "group", "desk"))


@ENGINES
def test_another_group_keeps_its_own_occupancy_and_cost(run: Run) -> None:
    two = {
        "agents": {
            "desk": {"serves": ["calls"], "staff": "unlimited"},
            "back": {"serves": ["letters"], "staff": 2, "cost": 10},
        },
        "intents": {
            "ask": {"demand": 60, "start": "call", "steps": {"call": call(talk="5 min")}},
            "write": {"demand": 6, "start": "call", "steps": {"call": call(talk="5 min", queue="letters")}},
        },
    }
    _, measures = one_day(run, scenario_of("5 min", more=two))
    for kpi in ("occupancy", "staffed_hours", "paid_hours", "cost", "morale", "work_after_reporting"):
        assert measures.value_of(kpi) == measures.value_of(kpi, "group", "back"), kpi
    assert measures.value_of("cost") == pytest.approx(2 * 23 * 10, abs=10)


@ENGINES
def test_contacts_overflow_to_unlimited_agents_after_a_while(run: Run) -> None:
    more = {
        "agents": {
            "desk": {"serves": ["calls"], "staff": 1},
            "outside": {"serves": ["calls"], "staff": "unlimited"},
        },
        "queues": {"calls": {"agents": ["desk", {"group": "outside", "after": "1 min"}]}},
    }
    log, _ = one_day(run, scenario_of("10 min", more=more))
    assert np.nanmax(log.started - log.began) == pytest.approx(60)
    assert set(log.group.tolist()) == {0, 1}


@ENGINES
def test_more_agents_than_there_may_be_are_an_error_with_a_name(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.engine.planning.crews.MAX_AGENTS", 10)
    with pytest.raises(SojournError, match=r"agents\.desk: more than 10 agents would be busy at once; give less"):
        one_day(run, scenario_of("10 min"))


@ENGINES
def test_agents_may_be_busy_already_as_the_run_begins(run: Run) -> None:
    more = {
        "run": {"hours": "08:00-09:00", "drain": "1 h"},
        "now": {"waiting": {"calls": 3}, "busy": {"desk": [{"agents": 20, "until": "08:10"}]}},
    }
    log, _ = one_day(run, scenario_of("10 min", demand=0, more=more))
    assert (log.group == 0).all()
    assert sorted(np.unique(log.ended).tolist()) == [8 * HOUR + 10 * MINUTE]
    assert len(set(log.agent.tolist())) == len(log) == 23


def test_settings_that_mean_nothing_without_duty_are_refused_all_at_once(tmp_path: Path) -> None:
    text = changed(
        (
            "{serves: [calls], staff: 2}",
            "{serves: {calls: {rank: 0, interrupts: true}}, staff: unlimited, cost: 30, shrinkage: 10 %, at_once: 3}",
        ),
        text=MINIMAL + "queues: {calls: {agents: [{group: desk, idle: 2}]}}\n",
    )
    (tmp_path / "scenario.yaml").write_text(text)
    with pytest.raises(InvalidInput) as error:
        read_scenario(tmp_path)
    problems = [str(problem) for problem in error.value.problems]
    for path in ("agents.desk.cost", "agents.desk.shrinkage", "agents.desk.at_once", "calls.interrupts"):
        assert any(path in problem and 'where "staff" is "unlimited"' in problem for problem in problems), problems
    assert any("queues.calls.agents" in problem and '"idle" of "desk"' in problem for problem in problems), problems


def test_a_dialer_for_unlimited_agents_is_refused(tmp_path: Path) -> None:
    text = changed(("staff: 2", "staff: unlimited")) + (
        "  survey:\n    demand: 5\n    start: list\n    steps:\n"
        "      list: {channel: outbound, time: 20 s, reach: 30 %, dialer: {group: desk}, next: call}\n"
        "      call: {channel: voice, queue: calls, talk: 60 s, patience: 2 s, next: resolved}\n"
    )
    (tmp_path / "scenario.yaml").write_text(text)
    with pytest.raises(InvalidInput, match="its list would be called at once; give it a headcount"):
        read_scenario(tmp_path)


def test_a_file_may_say_it_and_no_warning_asks_for_staff(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(changed(("staff: 2", "staff: unlimited")))
    scenario = read_scenario(tmp_path)
    assert scenario.agents["desk"].is_unlimited
    assert Scenario.model_validate(scenario.model_dump(mode="json")) == scenario
    paths = {path for warning in warnings_of(scenario, make_plan(scenario)) for path in warning.paths}
    assert not any(path[0] == "agents" for path in paths), paths
