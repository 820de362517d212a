"""Calls that interrupt e-mails: what happens to the e-mail and to its agent."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engine import Log
from sim.engine.reference import run
from tests.support.stories import call, people, plan_of

MAIL = {"channel": "email", "queue": "mails", "talk": "480 s", "next": "resolved"}
CALLS_FIRST = {"calls": {"rank": 0, "interrupts": True}, "mails": {"rank": 1}}


def day(agents: dict[str, Any], *arrivals: tuple[float, str], stages: list[Any] | None = None, **steps: Any) -> Log:
    """Simulate a day of mails and calls; the calls may turn to groups in stages."""
    queues = {"calls": {"agents": stages}} if stages else {}
    plan = plan_of({"mail": MAIL, "call": call(), **steps}, agents, queues=queues)
    return run(plan, people(plan, *arrivals))


def test_another_group_may_finish_what_was_interrupted() -> None:
    agents = {"desk": {"serves": CALLS_FIRST, "staff": 1}, "mailroom": {"serves": ["mails"], "staff": [0, 1]}}
    log = day(agents, (0, "mail"), (30, "call"))
    assert log.started.tolist() == [0, 30]
    assert log.ended.tolist() == [510, 90]  # 450 s were left, from 60 s on
    assert log.group.tolist() == [1, 0]


def test_nobody_is_interrupted_whose_agent_would_have_no_room_even_so() -> None:
    serves = {"calls": {"rank": 0, "takes": 2, "interrupts": True}, "chats": {"rank": 0}, "mails": {"rank": 1}}
    chat = {"channel": "chat", "queue": "chats", "talk": "100 s", "next": "resolved"}
    agents = {"desk": {"serves": serves, "staff": 1, "at_once": 2}}
    log = day(agents, (0, "chat"), (1, "mail"), (10, "call"), chat=chat)
    assert log.ended.tolist() == [100, 481, 541]


def test_nobody_is_interrupted_whose_agent_is_about_to_leave() -> None:
    agents = {"desk": {"serves": CALLS_FIRST, "staff": [1, 0]}}
    log = day(agents, (0, "mail"), (90, "call"))
    assert log.ended[0] == 480
    assert np.isnan(log.started[1])


def test_an_overflowing_call_interrupts_when_its_time_has_come() -> None:
    agents = {"desk": {"serves": ["calls"], "staff": 1}, "office": {"serves": CALLS_FIRST, "staff": 1}}
    stages = ["desk", {"group": "office", "after": "40 s"}]
    log = day(agents, (0, "mail"), (1, "call"), (2, "call"), stages=stages)
    assert log.started.tolist() == [0, 1, 42]
    assert log.ended.tolist() == [540, 61, 102]


def test_calls_interrupt_when_so_many_wait_as_is_said() -> None:
    agents = {"desk": {"serves": ["calls"], "staff": 1}, "office": {"serves": CALLS_FIRST, "staff": 1}}
    stages = ["desk", {"group": "office", "waiting": 2}]
    log = day(agents, (0, "mail"), (1, "call"), (2, "call"), (3, "call"), stages=stages)
    assert log.started.tolist() == [0, 1, 3, 61]
    assert log.ended.tolist() == [540, 61, 63, 121]


def test_nobody_is_interrupted_for_calls_to_whom_an_agent_must_stay_idle() -> None:
    agents = {"office": {"serves": CALLS_FIRST, "staff": 1}}
    log = day(agents, (0, "mail"), (10, "call"), stages=[{"group": "office", "idle": 1}])
    assert log.ended[0] == 480


def test_whoever_waits_longer_is_first_when_work_can_be_interrupted_by_now() -> None:
    serves = {"calls": {"rank": 0, "takes": 2, "interrupts": True}, "chats": {"rank": 0}, "mails": {"rank": 1}}
    chat = {"channel": "chat", "queue": "chats", "talk": "100 s", "next": "resolved"}
    agents = {"desk": {"serves": serves, "staff": 1, "at_once": 2}}
    log = day(agents, (0, "chat"), (1, "mail"), (10, "call"), (150, "call"), chat=chat)
    assert log.started.tolist() == [0, 1, 150, 210]
    assert log.ended.tolist() == [100, 601, 210, 270]
