"""Customers who wait for a callback."""

from __future__ import annotations

from sim.engine.plan import Result
from sim.engine.reference import run
from tests.support.stories import call, people, plan_of


def test_whoever_waits_for_a_callback_holds_no_line() -> None:
    plan = plan_of(
        {"call": call()},
        lines={"trunks": {"channels": ["voice"], "capacity": 2}},
        queues={"calls": {"callback": {"wait": 0, "accept": 1}}},
    )
    log = run(plan, people(plan, 0, 10, 20, 30))
    assert log.callback.tolist() == [0, 1, 1, 1]
    assert log.result.tolist() == [Result.HANDLED] * 4
    assert log.started.tolist() == [0, 60, 120, 180]
