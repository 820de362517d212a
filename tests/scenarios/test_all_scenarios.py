"""Every scenario that ships is valid, says where it is from, and runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.core.errors import near
from sim.engine import make_plan
from sim.engine.plan import Result
from sim.experiment.replicate import simulate_once
from sim.kpis import Row, index_of
from sim.scenario import load

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*/scenario.yaml"))


@pytest.fixture(params=SCENARIOS, ids=lambda path: path.parent.name)
def file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_are_scenarios() -> None:
    assert {"retail_bank", "single_queue"} <= {path.parent.name for path in SCENARIOS}


def test_a_readme_stands_beside_it(file: Path) -> None:
    text = (file.parent / "README.md").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert len(text) > 500


def test_one_day_runs_and_loses_nobody(file: Path) -> None:
    plan = make_plan(load(file))
    population, log = simulate_once(plan, seed=1, replication=0)
    assert len(population) > 0
    assert np.array_equal(np.unique(log.customer), np.arange(len(population)))
    offered = plan.step_queue[log.step] >= 0
    ended = np.isin(log.result[offered], [Result.HANDLED, Result.ABANDONED, Result.CLOSED])
    assert ended.all()
    assert (np.bincount(log.customer[log.next < 0]) == 1).all()  # one outcome each


def test_its_objectives_are_about_kpis_that_there_are(file: Path) -> None:
    scenario = load(file)
    rows = set(index_of(make_plan(scenario)))
    for wanted in scenario.objectives.simulation:
        row = Row(wanted.kpi, wanted.by, wanted.key, None)
        assert row in rows, f"{row}: {near(wanted.kpi, {known.kpi for known in rows})}"
        assert (wanted.at_least, wanted.at_most) != (None, None)
