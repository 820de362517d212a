"""Estimates of time and memory, and the refusal of long runs without a yes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from loadtests.trace.sources import trace_of_scenario
from sim.core.errors import InvalidInput
from sim.engine import Plan, compiled, make_plan
from sim.engine.expected_retries import expected_retries
from sim.engine.expected_visits import expected_visits
from sim.experiment.size_estimate import estimate_size, refuse_long
from sim.population import draw_population
from sim.scenario import read_scenario
from sojourn import run, whatif
from tests.support.minimal_scenario import changed

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def _plan(folder: Path, *changes: tuple[str, str]) -> Plan:
    (folder / "bank.yaml").write_text(changed(*changes), encoding="utf-8")
    return make_plan(read_scenario(folder / "bank.yaml"))


def test_touchpoints_follow_the_graph(tmp_path: Path) -> None:
    plan = _plan(tmp_path, ("next: resolved", "next: {call: 75 %, resolved: rest}"))
    size = estimate_size(plan, replications=10, engine="compiled", processes=1)
    assert size.touchpoints == pytest.approx(20 * 4, rel=1e-3)
    assert size.seconds == pytest.approx(20 * 4 * 10 / 800_000, rel=1e-3)


def test_simpy_takes_longer_and_a_log_more_memory(tmp_path: Path) -> None:
    plan = _plan(tmp_path, ("demand: 10", "demand: 1.0e+6"))
    logged, bare = (
        estimate_size(plan, replications=2, engine="compiled", processes=1, logged=x) for x in (True, False)
    )
    slow = estimate_size(plan, replications=2, engine="simpy", processes=1, logged=False)
    assert slow.seconds > 50 * logged.seconds
    assert slow.memory == logged.memory > 5 * bare.memory > 5 * 2e6 * 20


def test_a_long_run_is_refused_without_a_yes(tmp_path: Path) -> None:
    _plan(tmp_path, ("demand: 10", "demand: 4.0e+7"))
    with pytest.raises(InvalidInput) as caught:
        run(tmp_path / "bank.yaml", processes=1, replications=100, engine="compiled", yes=False, report=False)
    assert "100 replications of 80,000,000 touchpoints would need about 2 h 46 min and 22.9 GB; " in str(caught.value)
    assert "or --yes if that is wanted (asked above 30 min or 8 GB)" in str(caught.value)


AGAIN = "if_abandoned: call\n        next: resolved"
LATER = """if_abandoned: {later: 90 %, gave_up: rest}
        next: resolved
      later: {channel: pause, time: 5 min, next: call}"""


@pytest.mark.parametrize(("routes", "demand"), [(AGAIN, 250), (AGAIN, 800), (LATER, 800)])
def test_customers_who_call_again_are_counted_where_agents_cannot_do_the_work(
    tmp_path: Path, routes: str, demand: int
) -> None:
    plan = _plan(tmp_path, ("next: resolved", routes), ("demand: 10", f"demand: {demand}"))
    log = compiled.run(plan, draw_population(plan.demand(), 1, 0))
    touchpoints = np.sum(~np.isnan(log.began))
    estimated = estimate_size(plan, replications=1, engine="compiled").touchpoints
    assert touchpoints > 4 * demand, "two intervals, and more than twice each"
    assert 0.9 * touchpoints < estimated < 2 * touchpoints


def test_nobody_calls_again_where_agents_have_time(tmp_path: Path) -> None:
    size = estimate_size(_plan(tmp_path, ("next: resolved", AGAIN)), replications=1, engine="compiled")
    assert size.touchpoints == estimate_size(_plan(tmp_path), replications=1, engine="compiled").touchpoints


def test_a_run_of_nothing_but_calls_again_is_refused(tmp_path: Path) -> None:
    _plan(tmp_path, ("next: resolved", AGAIN), ("patience: 30 s", "patience: 2 s"), ("demand: 10", "demand: 20000"))
    with pytest.raises(InvalidInput, match=r"1 replication of [0-9]{2,3},[0-9,]+ touchpoints would need .* GB; give"):
        run(tmp_path / "bank.yaml", processes=1, replications=1, engine="compiled", yes=False, report=False)


@pytest.mark.parametrize("folder", ["outage_monday", "retail_bank", "service_week"])
def test_scenarios_of_busy_days_are_estimated_at_less_than_twice_their_visits(folder: str) -> None:
    plan = make_plan(read_scenario(SCENARIOS / folder / "scenario.yaml"))
    visits = expected_visits(plan).sum(axis=0)
    assert expected_retries(plan, visits) < visits.sum()


def test_a_short_run_needs_no_yes(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    refuse_long(estimate_size(plan, replications=20, engine="simpy"), "bank.yaml", 20, "less")


def test_a_comparison_and_a_load_have_the_same_guard(tmp_path: Path) -> None:
    _plan(tmp_path, ("demand: 10", "demand: 4.0e+7"))
    with pytest.raises(InvalidInput, match=r"20 replications of 80,000,000 touchpoints would need .* GB; give fewer"):
        whatif(tmp_path / "bank.yaml", ["agents.desk.staff=3"], replications=10, yes=False)
    with pytest.raises(InvalidInput, match=r"1 replication of 80,000,000 .* GB; give less demand, or --yes of sojourn"):
        trace_of_scenario(read_scenario(tmp_path / "bank.yaml"))
