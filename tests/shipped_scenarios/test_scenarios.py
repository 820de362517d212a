"""Every shipped scenario is valid, names its sources, and runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from sim.core.errors import near
from sim.engine import make_plan
from sim.engine.plan import Outcome, Result
from sim.experiment.replicate import simulate_once
from sim.kpis import Row, index_of
from sim.scenario import read_scenario

FOLDER = Path(__file__).parents[2] / "scenarios"
SCENARIOS = sorted(FOLDER.glob("*/*.yaml"))
SECONDS = {"lifetime_subscription": 15.0, "omnichannel_telco": 10.0}  # of one replication, at most; else:
USUAL = 5.0


@pytest.fixture(params=SCENARIOS, ids=lambda path: str(path.relative_to(FOLDER).with_suffix("")))
def file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_are_scenarios() -> None:
    assert {path.parent.name for path in SCENARIOS} == {
        "flexible_agents",
        "lifetime_subscription",
        "omnichannel_telco",
        "outage_monday",
        "retail_bank",
        "service_week",
        "single_queue",
        "skills_designs",
        "support_chat_email",
    }


def test_a_readme_stands_beside_it(file: Path) -> None:
    text = (file.parent / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert len(text) > 500


def test_every_command_of_a_readme_names_what_there_is(file: Path) -> None:
    text = (file.parent / "README.md").read_text(encoding="utf-8")
    commands = [shlex.split(line) for line in text.splitlines() if line.startswith("sojourn ")]
    for _, verb, scenario, *rest in commands:
        assert verb in {"run", "whatif"}
        assert set(rest[::2]) <= {"--set"}
        read_scenario(FOLDER.parent / scenario, rest[1::2])


def test_one_replication_runs_in_its_time_and_loses_nobody(file: Path) -> None:
    plan = make_plan(read_scenario(file))
    begin = perf_counter()
    population, log = simulate_once(plan, seed=1, replication=0)
    assert perf_counter() - begin < SECONDS.get(file.parent.name, USUAL)
    assert len(population) > 0
    assert np.array_equal(np.unique(log.customer), np.arange(len(population)))
    contacts = log.result[plan.step_queue[log.step] >= 0]
    assert not np.isin(contacts, [Result.PASSED, Result.NOTIFIED]).any()
    assert (np.bincount(log.customer[log.next < 0]) == 1).all()  # one outcome each
    inside = log.result == Result.INSIDE
    assert np.array_equal(inside, log.next == -1 - Outcome.INSIDE)
    assert np.array_equal(inside, np.isnan(log.ended))
    assert len(np.unique(log.customer[log.next < 0])) == len(population)


def test_its_objectives_are_about_kpis_that_there_are(file: Path) -> None:
    scenario = read_scenario(file)
    rows = set(index_of(make_plan(scenario)))
    for wanted in scenario.objectives.simulation:
        row = Row(wanted.kpi, wanted.by, wanted.key, None)
        assert row in rows, f"{row}: {near(wanted.kpi, {known.kpi for known in rows})}"
        assert (wanted.at_least, wanted.at_most) != (None, None)
