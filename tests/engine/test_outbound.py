"""Idle agents call the customers on a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.engine import Log, Plan, compiled, reference
from sim.engine.plan import Result
from sim.kpis import measure
from sim.population import Population
from tests.support.stories import call, people, plan_of

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])


def campaign(staff: int, *, lines: Any = None, **dialer: Any) -> Plan:
    """Plan a list of people who always answer after 10 s, for agents who then talk for a minute."""
    listed = {
        "channel": "outbound",
        "time": "10 s",
        "reach": dialer.pop("reach", "100 %"),
        "dialer": {"group": "desk"} | dialer,
        "next": "talk",
        "if_failed": "unresolved",
    }
    desk = {"desk": {"serves": ["calls"], "staff": staff}}
    return plan_of({"list": listed, "talk": call(patience="0 s")}, desk, lines=lines or {})


def rows(plan: Plan, step: str, *arrivals: float) -> list[tuple[float, float, str]]:
    """Return when each visit to a step began and was started, and how it ended."""
    log = reference.run(plan, people(plan, *arrivals))
    at = log.step == plan.steps.index(f"it.{step}")
    results = [Result(result).name.lower() for result in log.result[at]]
    return list(zip(log.began[at].tolist(), log.started[at].tolist(), results, strict=True))


def test_one_is_dialed_for_each_idle_agent_and_the_next_when_one_is_idle_again() -> None:
    plan = campaign(staff=1)
    assert rows(plan, "list", 0, 0, 0) == [(0, 0, "passed"), (0, 70, "passed"), (0, 140, "passed")]
    assert rows(plan, "talk", 0, 0, 0) == [(10, 10, "handled"), (80, 80, "handled"), (150, 150, "handled")]


def test_agents_who_are_kept_idle_are_not_dialed_for() -> None:
    assert [row[1] for row in rows(campaign(staff=3, keep_idle=2), "list", 0, 0)] == [0, 70]


def test_more_calls_than_agents_find_nobody_for_some() -> None:
    talks = rows(campaign(staff=1, per_idle=2), "talk", 0, 0)
    assert [(began, result) for began, _, result in talks] == [(10, "handled"), (10, "abandoned")]


def test_calls_in_addition_are_made_while_an_agent_is_free_for_them() -> None:
    plan = campaign(staff=2, keep_idle=1, extra=2)
    # One agent is free for calls: three are under way, of which two find an agent; then none is free until 70.
    assert [row[1] for row in rows(plan, "list", *[0] * 5)] == [0, 0, 0, 70, 70]
    assert [row[1] for row in rows(campaign(staff=1, keep_idle=1, extra=2), "list", 0)] != [0]


def test_idle_agents_of_further_groups_count_for_those_who_are_kept() -> None:
    listed = {"channel": "outbound", "time": "10 s", "reach": "100 %", "next": "talk", "if_failed": "unresolved"}
    dialer = {"group": "desk", "keep_idle": 1}
    agents = {"desk": {"serves": ["calls"], "staff": 1}, "back": {"serves": ["others"], "staff": 1}}
    steps = {"list": listed | {"dialer": dialer}, "talk": call(patience="0 s"), "call": call(queue="others")}
    arrivals = [(0, "call"), (1, "list"), (1, "list")]
    alone = plan_of(steps, agents)
    assert np.isnan(reference.run(alone, people(alone, *arrivals)).started).tolist() == [False, True, True]
    both = plan_of(steps | {"list": listed | {"dialer": dialer | {"idle_in": ["desk", "back"]}}}, agents)
    # Two are free at 60, when the call ends, and one is to be kept; then again at 130, when the talk ends.
    for engine in (reference.run, compiled.run):
        log = engine(both, people(both, *arrivals))
        assert log.started[log.step == 0].tolist() == [60, 130]


def test_a_list_is_dialed_within_its_hours() -> None:
    listed = rows(campaign(staff=1, hours="00:01-00:03"), "list", 0, 0, 0)
    assert [(started, result) for _, started, result in listed[:2]] == [(60, "passed"), (130, "passed")]
    assert (listed[2][2], np.isnan(listed[2][1])) == ("inside", True)  # the agent is free again at 200


def test_hours_go_on_on_the_next_day() -> None:
    desk = {"desk": {"serves": ["calls"], "staff": 1}}
    dialer = {"group": "desk", "hours": {"mon": "closed", "else": "09:00-09:01"}}
    listed = {"channel": "outbound", "time": "10 s", "reach": 0, "dialer": dialer, "next": "talk"}
    plan = plan_of({"list": listed, "talk": call()}, desk, run={"days": 3})
    for engine in (reference.run, compiled.run):
        started = engine(plan, people(plan, *[0] * 8)).started - 9 * 3600
        assert started.tolist() == [86_400 + 10 * number for number in range(6)] + [2 * 86_400, 2 * 86_400 + 10]


def test_a_threshold_is_no_reserve() -> None:
    """With both agents idle, both are called for; with one of them idle, nobody is."""
    assert [row[1] for row in rows(campaign(staff=2, min_idle=2), "list", 0, 0, 0)] == [0, 0, 70]
    assert [row[1] for row in rows(campaign(staff=2, keep_idle=1), "list", 0, 0, 0)] == [0, 70, 140]
    assert np.isnan([row[1] for row in rows(campaign(staff=1, min_idle=2), "list", 0)]).all()


def test_once_for_each_agent_who_gets_free() -> None:
    """Two calls for the first idle agent, who answers none; the third customer waits for an agent who gets free."""
    again = {"per_idle": 2, "reach": 0}
    assert [row[1] for row in rows(campaign(staff=1, **again), "list", 0, 0, 0)] == [0, 0, 10]
    plan = campaign(staff=1, dials="when_freed", **again)
    for engine in (reference.run, compiled.run):
        log = engine(plan, people(plan, (0, "list"), (0, "list"), (0, "list"), (20, "talk")))
        # The list was empty at 0 when each of the first two came; the call that comes at 20 is over at 80.
        assert log.started[log.step == 0].tolist() == [0, 0, 80]


def test_hours_that_begin_dial_once() -> None:
    plan = campaign(staff=1, dials="when_freed", per_idle=2, reach=0, hours="00:01-24:00")
    for engine in (reference.run, compiled.run):
        started = engine(plan, people(plan, 0, 0, 0)).started
        assert started[:2].tolist() == [60, 60]
        assert np.isnan(started[2])


def test_whoever_does_not_answer_makes_room_for_the_next() -> None:
    assert [row[1:] for row in rows(campaign(staff=1, reach=0), "list", 0, 0)] == [(0, "failed"), (10, "failed")]


def test_without_agents_the_list_waits() -> None:
    log = reference.run(campaign(staff=0), people(campaign(staff=0), 0))
    assert (log.result.tolist(), np.isnan(log.started).tolist()) == ([Result.INSIDE], [True])


LINES = {"trunks": {"channels": ["voice"], "capacity": 1}}


@ENGINES
@pytest.mark.parametrize("channels", [["voice"], ["voice", "outbound"]])
def test_a_call_takes_a_line_from_the_first_ring_to_the_end_of_the_talk(run: Run, channels: list[str]) -> None:
    """Two agents are idle, and one line is there: the second customer is dialed when the first hangs up."""
    plan = campaign(staff=2, lines={"trunks": {"channels": channels, "capacity": 1}})
    customers = people(plan, 0, 0)
    log = run(plan, customers)
    listed = log.step == 0
    assert log.started[listed].tolist() == [0, 70]
    assert log.ended[~listed].tolist() == [70, 140]
    measures = measure(plan, customers, log)
    assert measures.value_of("max_lines_used", "lines", "trunks") == 1
    assert measures.value_of("lines_used", "lines", "trunks") == pytest.approx(140 / 86400)
    assert np.isnan(measures.value_of("line_blocking", "lines", "trunks"))  # nobody asked for a line


@ENGINES
def test_whoever_calls_finds_no_line_while_the_dialer_has_it(run: Run) -> None:
    plan = campaign(staff=2, lines=LINES)
    log = run(plan, people(plan, 0, (5, "talk"), (70, "talk")))
    calls = log.began[log.step == 1].tolist(), log.result[log.step == 1].tolist()
    assert calls == ([5, 10, 70], [Result.BLOCKED, Result.HANDLED, Result.HANDLED])


@ENGINES
def test_a_call_that_nobody_answers_gives_the_line_back_for_the_next(run: Run) -> None:
    plan = campaign(staff=9, reach=0, lines=LINES)
    log = run(plan, people(plan, 0, 0))
    assert log.started.tolist() == [0, 10]


@ENGINES
def test_nobody_holds_a_line_on_the_list(run: Run) -> None:
    """The only agent talks until 60 s; who calls at 20 s waits, with the line that the listed one does not hold."""
    plan = campaign(staff=1, lines={"trunks": {"channels": ["voice"], "capacity": 2}})
    log = run(plan, people(plan, (0, "talk"), (10, "list"), (20, "talk")))
    assert log.result.tolist() == [Result.HANDLED, Result.PASSED, Result.ABANDONED, Result.HANDLED]
    assert log.started[1] == 60
