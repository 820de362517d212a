"""Patience that ends while it rings at an agent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.engine import Log, Plan, compiled, reference
from sim.engine.plan import Result
from sim.kpis import measure
from sim.population import Population
from tests.support.stories import call, people, plan_of

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])


def ringing(patience: str) -> Plan:
    steps = {"first": call(talk="50 s"), "call": call(patience=patience), "third": call()}
    return plan_of(steps, queues={"calls": {"ring": "10 s"}})


@ENGINES
def test_whoever_gives_up_while_it_rings_frees_the_agent(run: Run) -> None:
    plan = ringing("35 s")
    population = people(plan, (0, "first"), (30, "call"), (40, "third"))
    log = run(plan, population)
    assert log.result.tolist() == [Result.HANDLED, Result.ABANDONED, Result.HANDLED]
    assert log.ended.tolist() == [60, 65, 135]
    assert np.isnan(log.started[1])
    assert log.started.tolist()[2] == 75
    assert (log.group[1], log.agent[1], log.rang.tolist()) == (0, 0, [0, 5, 0])
    assert log.same_as(reference.run(plan, population))
    measures = measure(plan, population, log)
    assert measures.value_of("abandoned") == 1
    assert measures.value_of("delayed") == 2 / 3  # the second waited for half a minute before it rang
    assert measures.value_of("asa") == (10 + 35) / 2
    assert measures.value_of("occupancy") == pytest.approx(135 / 86400)


@ENGINES
def test_an_idle_agent_rings_in_vain_for_who_has_no_patience(run: Run) -> None:
    plan = ringing("4 s")
    population = people(plan, (30, "call"), (31, "third"))
    log = run(plan, population)
    assert log.result.tolist() == [Result.ABANDONED, Result.HANDLED]
    assert log.ended.tolist()[0] == 34
    assert log.started.tolist()[1] == 44
    assert log.rang.tolist() == [4, 0]
    assert measure(plan, population, log).value_of("delayed") == 0.5  # ring time is no wait


@ENGINES
def test_patience_that_ends_with_the_ringing_is_answered(run: Run) -> None:
    plan = ringing("40 s")
    log = run(plan, people(plan, (0, "first"), (30, "call")))
    assert log.result.tolist() == [Result.HANDLED] * 2
    assert log.started.tolist()[1] == 70
