"""Estimates of time and memory, and the refusal of long runs without a yes."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtests.trace.sources import trace_of_scenario
from sim.core.errors import InvalidInput
from sim.engine import Plan, make_plan
from sim.experiment.size_estimate import estimate_size, refuse_long
from sim.scenario import read_scenario
from sojourn import run, whatif
from tests.support.minimal_scenario import changed


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


def test_a_short_run_needs_no_yes(tmp_path: Path) -> None:
    plan = _plan(tmp_path)
    refuse_long(estimate_size(plan, replications=20, engine="simpy"), "bank.yaml", 20, "less")


def test_a_comparison_and_a_load_have_the_same_guard(tmp_path: Path) -> None:
    _plan(tmp_path, ("demand: 10", "demand: 4.0e+7"))
    with pytest.raises(InvalidInput, match=r"20 replications of 80,000,000 touchpoints would need .* GB; give fewer"):
        whatif(tmp_path / "bank.yaml", ["agents.desk.staff=3"], replications=10, yes=False)
    with pytest.raises(InvalidInput, match=r"1 replication of 80,000,000 .* GB; give less demand, or --yes of sojourn"):
        trace_of_scenario(read_scenario(tmp_path / "bank.yaml"))
