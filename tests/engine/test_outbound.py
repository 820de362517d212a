"""Idle agents call the customers on a list."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engine import Plan
from sim.engine.plan import Result
from sim.engine.reference import run
from tests.support.stories import call, people, plan_of


def campaign(staff: int, **dialer: Any) -> Plan:
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
    return plan_of({"list": listed, "talk": call(patience="0 s")}, desk)


def rows(plan: Plan, step: str, *arrivals: float) -> list[tuple[float, float, str]]:
    """Return when each visit to a step began and was started, and how it ended."""
    log = run(plan, people(plan, *arrivals))
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


def test_whoever_does_not_answer_makes_room_for_the_next() -> None:
    assert [row[1:] for row in rows(campaign(staff=1, reach=0), "list", 0, 0)] == [(0, "failed"), (10, "failed")]


def test_without_agents_the_list_waits() -> None:
    log = run(campaign(staff=0), people(campaign(staff=0), 0))
    assert (log.result.tolist(), np.isnan(log.started).tolist()) == ([Result.INSIDE], [True])
