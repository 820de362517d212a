"""A first replication that exists already is measured, not simulated again."""

from __future__ import annotations

import numpy as np
import pytest

from sim.engine import make_plan
from sim.experiment import replicate as module
from sim.experiment.replicate import replicate, simulate_once
from sim.scenario import read_scenario


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("replications", [1, 3])
def test_it_changes_nothing(processes: int, replications: int) -> None:
    plan = make_plan(read_scenario("scenarios/retail_bank"))
    plain, continued = (
        replicate(plan, seed=4, replications=replications, processes=processes, first=first)
        for first in (None, simulate_once(plan, 4, 0))
    )
    for column in ("num", "den", "flows"):
        np.testing.assert_array_equal(getattr(continued, column), getattr(plain, column))
    assert continued.wanted == len(continued) == replications


def test_it_is_not_simulated_again(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(read_scenario("scenarios/retail_bank"))
    first = simulate_once(plan, 4, 0)
    monkeypatch.setattr(module, "measure_once", None)
    assert len(replicate(plan, seed=4, replications=1, first=first)) == 1
