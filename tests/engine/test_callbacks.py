"""Customers who wait for a callback hold no line, and the call back takes one when it is free, in both engines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.engine.plan import Result
from sim.kpis import measure
from sim.population import draw_population
from sim.scenario import Scenario, read_scenario
from tests.support.random_scenarios import calling_back, on_whole_seconds
from tests.support.stories import call, people, plan_of

every_engine = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])
WEB = {"channel": "voice", "queue": "others", "talk": "300 s", "next": "resolved"}


def lines_of(capacity: int, step: dict[str, Any] | None = None, /, **more: Any) -> Plan:
    """Plan calls over so many lines, who all accept a callback once somebody has waited."""
    steps = {"call": call(**more.pop("of_calls", {}))} | ({"other": step} if step else {})
    sections = {
        "lines": {"trunks": {"channels": ["voice"], "capacity": capacity}},
        "queues": {"calls": {"callback": {"wait": 0, "accept": 1}, **more.pop("of_queue", {})}},
    }
    return plan_of(steps, more.pop("agents", None), **sections, **more)


def most_lines(plan: Plan, log: Log, *arrivals: Any) -> float:
    """Return the largest number of lines in use at once."""
    return measure(plan, people(plan, *arrivals), log).value_of("max_lines_used", "lines", "trunks")


@every_engine
def test_whoever_waits_for_a_callback_holds_no_line(run: Any) -> None:
    plan = lines_of(2)
    log = run(plan, people(plan, 0, 10, 20, 30))
    assert log.callback.tolist() == [0, 1, 1, 1]
    assert log.result.tolist() == [Result.HANDLED] * 4
    assert log.started.tolist() == [0, 60, 120, 180]
    assert most_lines(plan, log, 0, 10, 20, 30) == 1


@every_engine
def test_a_call_back_waits_until_a_line_is_free(run: Any) -> None:
    """Others hold both lines while an agent is idle; the first of them to hang up gives the line to the call back."""
    agents = {"desk": {"serves": ["calls"], "staff": 1}, "others": {"serves": ["others"], "staff": 9}}
    plan = lines_of(2, WEB, agents=agents)
    arrivals = [(0, "call"), (10, "call"), (20, "other"), (59, "other")]
    log = run(plan, people(plan, *arrivals))
    assert log.result.tolist() == [Result.HANDLED, Result.HANDLED, Result.HANDLED, Result.BLOCKED]
    assert log.started.tolist()[:3] == [0, 60, 20]  # the caller hangs up at 60 s, and the call back takes that line
    arrivals = [(0, "call"), (10, "call"), (20, "other"), (60, "other")]
    plan = lines_of(1, WEB, agents=agents)
    log = run(plan, people(plan, *arrivals))
    assert log.result.tolist() == [Result.HANDLED, Result.BLOCKED, Result.BLOCKED, Result.HANDLED]


@every_engine
def test_a_line_that_anybody_gives_back_is_for_the_call_back(run: Any) -> None:
    """The caller of the call goes on to a step that keeps the line, and the other's line is free first."""
    agents = {"desk": {"serves": ["calls"], "staff": 1}, "others": {"serves": ["others"], "staff": 9}}
    plan = lines_of(2, WEB, agents=agents, of_calls={"next": "other"})
    log = run(plan, people(plan, (0, "call"), (10, "call"), (15, "other")))
    first, called_back, other, then, _ = range(5)
    assert log.callback.tolist() == [0, 1, 0, 0, 0]
    assert (log.ended[first], log.ended[other], log.ended[then]) == (60, 315, 360)
    assert log.started[called_back] == 315  # not at 60 s, when the agent was free
    assert most_lines(plan, log, (0, "call"), (10, "call"), (15, "other")) == 2


@every_engine
def test_the_agent_takes_who_comes_next_while_a_call_back_has_no_line(run: Any) -> None:
    agents = {"desk": {"serves": ["calls"], "staff": 1}, "others": {"serves": ["others"], "staff": 9}}
    chat = {"channel": "chat", "queue": "calls", "talk": "30 s", "next": "resolved"}
    plan = lines_of(2, WEB, agents=agents, of_calls={"next": "other"})
    steps = {"call": call(next="other"), "other": WEB, "chat": chat}
    plan = plan_of(
        steps,
        agents,
        lines={"trunks": {"channels": ["voice"], "capacity": 2}},
        queues={"calls": {"callback": {"wait": 0, "accept": 1}}},
    )
    log = run(plan, people(plan, (0, "call"), (10, "call"), (15, "other"), (70, "chat")))
    begun = dict(zip(zip(log.customer.tolist(), log.visit.tolist(), strict=True), log.started.tolist(), strict=True))
    assert (begun[1, 0], begun[3, 0]) == (315, 70)


@every_engine
def test_who_was_called_back_holds_the_line_at_the_next_step(run: Any) -> None:
    """The only line is theirs: another caller finds none, and they need none anew."""
    agents = {"desk": {"serves": ["calls"], "staff": 1}, "others": {"serves": ["others"], "staff": 9}}
    plan = lines_of(2, WEB, agents=agents, of_calls={"next": "other"})
    log = run(plan, people(plan, (0, "call"), (10, "call"), (400, "other"), (401, "other")))
    assert log.callback.tolist()[:2] == [0, 1]
    assert Result.BLOCKED not in log.result[log.customer == 1].tolist()
    assert most_lines(plan, log, (0, "call"), (10, "call"), (400, "other"), (401, "other")) <= 2


@every_engine
def test_whom_an_interrupted_agent_takes_at_once_is_offered_no_callback(run: Any) -> None:
    serves = {"calls": {"rank": 0, "interrupts": True}, "mails": {"rank": 1}}
    mail = {"channel": "email", "queue": "mails", "talk": "480 s", "next": "resolved"}
    stages = {"agents": [{"group": "desk", "waiting": 1}]}
    plan = lines_of(2, mail, agents={"desk": {"serves": serves, "staff": 1}}, of_queue=stages)
    log = run(plan, people(plan, (0, "other"), (10, "call")))
    assert (log.callback.tolist(), log.started.tolist()) == ([0, 0], [0, 10])


@every_engine
@pytest.mark.parametrize(("reach", "result"), [(1, Result.HANDLED), (0, Result.FAILED)])
def test_the_wait_of_a_callback_ends_when_the_agent_calls(run: Any, reach: float, result: Result) -> None:
    """The agent is free after ring time and call, at 65 s, and rings for 5 s."""
    callback = {"wait": 0, "accept": 1, "reach": reach}
    queue = {"calls": {"callback": callback, "ring": "5 s", "service_level": {"target": 0.8, "within": "35 s"}}}
    plan = plan_of({"call": call()}, queues=queue)
    log = run(plan, people(plan, 0, 30))
    assert (log.result.tolist(), log.ended.tolist()) == ([Result.HANDLED, result], [65, 130 if reach else 70])
    measures = measure(plan, people(plan, 0, 30), log)
    assert measures.value_of("callback_wait") == 65 - 30
    assert measures.value_of("asa") == ((5 + 35) / 2 if reach else 5)  # the first customer hears it ring
    assert measures.value_of("service_level") == (1 if reach else 0.5)
    assert measures.value_of("queue_length", "queue", "calls") == (5 + 35) / 86400


@every_engine
@pytest.mark.parametrize("stays", ["warm", "conference"])
def test_who_transfers_a_customer_leaves_when_they_accept_a_callback(run: Any, stays: str) -> None:
    """The expert is busy until 300 s; A accepts at 70 s, and the desk takes the next caller at once."""
    groups = {"desk": {"serves": ["calls"], "staff": 1}, "expert": {"serves": ["advice"], "staff": 1}}
    advice = call(queue="advice", talk="300 s")
    steps = {"call": call(next="advice", transfer={"advice": stays}, handover="20 s"), "advice": advice}
    plan = plan_of(steps, groups, queues={"advice": {"callback": {"wait": 0, "accept": 1}}})
    log = run(plan, people(plan, (0, "advice"), (10, "call"), (40, "call")))
    second = (log.customer == 1) & (log.visit == 0)
    assert (log.ended[second].tolist(), log.freed[second].tolist(), log.stayed[second].tolist()) == ([70], [70], [0])
    assert log.started[(log.customer == 2) & (log.visit == 0)].tolist() == [70]
    advised = (log.customer == 1) & (log.visit == 1)
    assert (log.callback[advised].tolist(), log.started[advised].tolist()) == ([1], [300])
    assert log.ended[advised].tolist() == [600]  # nobody hands over


@every_engine
def test_lines_of_the_case_with_two_lines_and_one_agent(run: Any, shared: Path) -> None:
    file = shared / "cases" / "B20_callback_line" / "scenario.yaml"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    scenario = read_scenario(file)
    plan = make_plan(scenario)
    population = draw_population(plan.demand(), scenario.run.seed, 0)
    measures = measure(plan, population, run(plan, population))
    assert measures.value_of("lines_used", "lines", "trunk") == pytest.approx(0.5)
    assert measures.value_of("max_lines_used", "lines", "trunk") <= 2
    assert measures.value_of("line_occupancy", "lines", "trunk") == pytest.approx(0.25)


@pytest.mark.slow
def test_no_more_lines_are_in_use_than_there_are() -> None:
    """Call backs must have been made, or the test has tried too little; both engines agree."""
    called_back = 0

    @settings(
        max_examples=int(os.environ.get("SOJOURN_FUZZ", "150")),
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(calling_back())
    def holds(data: dict[str, Any]) -> None:
        nonlocal called_back
        scenario = Scenario.model_validate(data)
        plan = make_plan(scenario)
        population = on_whole_seconds(draw_population(plan.demand(), scenario.run.seed, 0))
        log = reference.run(plan, population)
        assert log.same_as(compiled.run(plan, population))
        called_back += int(np.count_nonzero((log.callback == 1) & (log.group >= 0)))
        measures = measure(plan, population, log)
        for name, capacity in zip(plan.line_names, plan.lines.tolist(), strict=True):
            assert measures.value_of("max_lines_used", "lines", name) <= capacity

    holds()
    assert called_back > 100
