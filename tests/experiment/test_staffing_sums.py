"""Sums behind targets, and loads: the KPI families define them, also with a warm-up and who waits as the run begins."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine import Plan, make_plan
from sim.experiment.replicate import simulate_once
from sim.experiment.staffing import parse_targets
from sim.experiment.staffing.load import load_of
from sim.experiment.staffing.sums import target_sums
from sim.kpis import measure
from sim.kpis.dimensions import BY_INTERVAL
from sim.scenario import read_scenario
from sim.scenario.now import Now
from tests.support.shipped_days import SCENARIOS
from tests.support.staffing_cases import centre

MEASURED = (
    "*.service_level >= 80 %", "service_level >= 80 %", "service_level_with_abandoned >= 80 %",
    "service_level_of_offered >= 80 %", "*.service_level_of_answered >= 80 %", "*.abandonment <= 5 %", "asa <= 20 s",
    "*.asa <= 20 s", "blocking <= 1 %", "*.delayed <= 30 %", "*.occupancy <= 85 %", "occupancy <= 85 %",
)  # fmt: skip
NOW = {
    "waiting": {"voice": [{"customers": 4, "waited": 90}, {"customers": 3, "waited": 7200}, {"customers": 2}]},
    "busy": {"phone": [{"agents": 2, "busy_for": 120}]},
}


def assert_sums_are_those_of_the_families(plan: Plan, seed: int) -> None:
    targets = parse_targets(plan, MEASURED, "interval")
    population, log = simulate_once(plan, seed, 0)
    measures = measure(plan, population, log)
    for target, num, den in zip(targets, *target_sums(plan, targets, population, log), strict=True):
        name, by, key = target.row[:3]
        keys = {"queue": plan.queues, "group": plan.groups}.get(by, ("",))
        rows = measures.index.slices[name, BY_INTERVAL[by]]  # type: ignore[attr-defined,index]
        for sums, values in ((num, measures.num), (den, measures.den)):
            expected = values[rows].reshape(len(keys), plan.intervals)[keys.index(key)]
            np.testing.assert_allclose(sums[:-1], expected, rtol=1e-12, atol=1e-9, err_msg=str(target))
        total = measures.row(*target.row[:3])
        if name not in {"blocking", "delayed"}:
            np.testing.assert_allclose([num.sum(), den.sum()], [total.num, total.den], rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("name", ["retail_bank", "support_chat_email", "outage_monday"])
def test_sums_of_targets_are_those_of_the_kpi_families(name: str) -> None:
    scenario = read_scenario(SCENARIOS / name, ["run.warm_up=1 h"])
    assert_sums_are_those_of_the_families(make_plan(scenario), seed=3)


@pytest.mark.parametrize("warm_up", ["0 s", "1 h"])
def test_who_waits_when_the_run_begins_counts_as_in_the_kpi_families(warm_up: str) -> None:
    scenario = read_scenario(SCENARIOS / "retail_bank", [f"run.warm_up={warm_up}"])
    plan = make_plan(scenario.model_copy(update={"now": Now.model_validate(NOW)}))
    _, log = simulate_once(plan, 3, 0)
    assert (log.began < plan.first_opening).sum() > 5
    assert_sums_are_those_of_the_families(plan, seed=3)


def test_the_load_has_who_waits_when_the_run_begins_but_not_who_was_answered_before() -> None:
    now = {"waiting": {"calls": [{"customers": 12, "waited": 600}]}, "busy": {"desk": [{"busy_for": 60}]}}
    scenario, _ = centre({"desk": ["calls"]}, {"calls": [0.0, 0.0]})
    scenario = scenario.model_copy(update={"now": Now.model_validate(now)})
    load = load_of(scenario, make_plan(scenario), (0,), seed=1, engine="auto")
    np.testing.assert_allclose(load.offered, [[12.0, 0.0]])
