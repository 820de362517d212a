"""Calls that interrupt e-mail, and what becomes of the e-mail and of its agent."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.engine import Log
from sim.engine.reference import run
from tests.engine.stories import call, people, plan_of

MAIL = {"channel": "email", "queue": "mails", "talk": "480 s", "next": "resolved"}
CALLS_FIRST = {"calls": {"rank": 0, "interrupts": True}, "mails": {"rank": 1}}


def day(agents: dict[str, Any], *arrivals: tuple[float, str], **steps: Any) -> Log:
    """Simulate a day of mails and calls."""
    plan = plan_of({"mail": MAIL, "call": call(), **steps}, agents)
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
