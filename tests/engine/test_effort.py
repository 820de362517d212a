"""The effort that a customer has accumulated at each step of a journey."""

from __future__ import annotations

from typing import Any

import pytest

from sim.engine.reference import run
from tests.support.stories import call, people, plan_of

MAIL = {"channel": "email", "queue": "calls", "talk": "60 s", "next": "asked"}


@pytest.mark.parametrize(
    ("first", "callback", "goes"),
    [
        (call(next="asked"), None, "gave_up"),
        (call(next="asked"), {"wait": 0, "accept": 1}, "resolved"),
        (MAIL, None, "resolved"),
    ],
)
def test_waiting_is_an_effort_for_those_who_wait_and_do_nothing_else(
    first: dict[str, Any], callback: dict[str, Any] | None, goes: str
) -> None:
    cases = [{"when": {"effort": ">= 5"}, "to": "gave_up"}, {"to": "resolved"}]
    asked = {"channel": "web", "time": "1 s", "next": cases}
    queues = {"calls": {"callback": callback}}
    plan = plan_of({"first": first, "asked": asked}, queues=queues, effort={"per_minute_waited": 10})
    log = run(plan, people(plan, 0, 20))  # the second waits for 40 s
    ends = log.next[log.step == plan.steps.index("it.asked")].tolist()
    assert ends == [-1, {"resolved": -1, "gave_up": -3}[goes]]
