"""Factors on the handling time multiply talk, hold and after-call work, in both engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sim.engine import Log, Plan, compiled, reference
from sim.kpis import measure
from sim.population import Population
from tests.support.stories import call, people, plan_of

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])


def day(run: Run, group: dict[str, Any], step: dict[str, Any], *arrivals: float) -> tuple[Plan, Log]:
    """Simulate calls to one agent."""
    plan = plan_of({"call": step}, {"desk": {"serves": ["calls"], "staff": 1} | group})
    return plan, run(plan, people(plan, *arrivals))


@ENGINES
def test_a_group_that_takes_half_as_long_again_does_so_after_the_call_too(run: Run) -> None:
    step = call(talk="60 s", hold="20 s", wrap_up="40 s")
    plan, log = day(run, {"serves": {"calls": {"aht": 1.5}}}, step, 0)
    assert (log.ended.tolist(), log.hold.tolist(), log.freed.tolist()) == ([120], [30], [180])
    measures = measure(plan, people(plan, 0), log)
    assert [measures.value_of(name) for name in ("aht", "talk_time", "hold_time", "wrap_time")] == [180, 90, 30, 60]


@ENGINES
def test_a_tired_agent_is_slower_after_the_call_too(run: Run) -> None:
    """Whoever was busy at all is tired; the second call is taken at 90 s."""
    step = call(wrap_up="30 s")
    _, log = day(run, {"fatigue": {"above": 0, "times": 2}}, step, 0, 10)
    assert (log.ended.tolist(), log.freed.tolist()) == ([60, 90 + 120], [90, 210 + 60])


@ENGINES
def test_after_call_work_is_slower_while_the_agent_has_another_contact(run: Run) -> None:
    """From 60 s on both take twice as long; when the first is free, at 140 s, the second has 20 of 40 s to wrap up."""
    group = {"at_once": 2, "slower": [1, 2], "serves": ["calls", "short"]}
    steps = {"call": call(wrap_up="40 s"), "short": call(queue="short", talk="20 s", wrap_up="40 s")}
    plan = plan_of(steps, {"desk": {"staff": 1} | group})
    log = run(plan, people(plan, (0, "call"), (60, "short")))
    assert (log.ended.tolist(), log.freed.tolist()) == ([60, 100], [140, 160])


@ENGINES
def test_hold_is_slower_as_talk_is(run: Run) -> None:
    step = call(talk="30 s", hold="10 s")
    plan, log = day(run, {"at_once": 2, "slower": [1, 2]}, step, 0, 0)
    assert (log.ended.tolist(), log.hold.tolist()) == ([80, 80], [20, 20])
    assert measure(plan, people(plan, 0, 0), log).value_of("talk_time") == 60


@ENGINES
def test_who_goes_on_with_work_does_so_at_their_own_pace_and_has_their_part_of_it(run: Run) -> None:
    """The desk works 30 of 480 s; from 60 s on the mailroom, which takes twice as long, does the rest and wraps up."""
    serves = {"calls": {"rank": 0, "interrupts": True}, "mails": {"rank": 1}}
    agents = {
        "desk": {"serves": serves, "staff": 1},
        "mailroom": {"serves": {"mails": {"aht": 2}}, "staff": [0, 1]},
    }
    mail = {"channel": "email", "queue": "mails", "talk": "480 s", "wrap_up": "10 s", "next": "resolved"}
    plan = plan_of({"mail": mail, "call": call()}, agents)
    customers = people(plan, (0, "mail"), (30, "call"))
    log = run(plan, customers)
    assert (log.ended.tolist(), log.freed.tolist()) == ([960, 90], [980, 90])
    measures = measure(plan, customers, log)
    assert measures.value_of("aht", "group", "desk") == 30 + 60  # and one contact handled
    assert measures.value_of("aht", "group", "mailroom") == 900 + 20
    assert measures.value_of("talk_time", "group", "mailroom") == 900
    assert measures.value_of("aht") == (30 + 60 + 900 + 20) / 2
    assert measures.value_of("aht", "queue", "mails") == 30 + 900 + 20


@ENGINES
def test_who_goes_on_with_their_own_work_has_the_same_pace(run: Run) -> None:
    serves = {"calls": {"rank": 0, "interrupts": True}, "mails": {"rank": 1, "aht": 2}}
    mail = {"channel": "email", "queue": "mails", "talk": "100 s", "next": "resolved"}
    plan = plan_of({"mail": mail, "call": call()}, {"desk": {"serves": serves, "staff": 1}})
    log = run(plan, people(plan, (0, "mail"), (30, "call")))
    assert log.ended.tolist() == [260, 90]
