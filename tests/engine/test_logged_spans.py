"""Interruptions, stays and breaks in the log, from which the time of every agent can be told, in both engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sim.engine import Log, compiled
from sim.engine.log import Interruptions
from sim.engine.reference import run as reference
from tests.support.stories import call, people, plan_of

MAIL = {"channel": "email", "queue": "mails", "talk": "480 s", "next": "resolved"}
CALLS_FIRST = {"calls": {"rank": 0, "interrupts": True}, "mails": {"rank": 1}}
ENGINES = {"reference": reference, "compiled": compiled.run}


@pytest.fixture(params=ENGINES.values(), ids=ENGINES)
def run(request: pytest.FixtureRequest) -> Any:
    """Return the function that runs an engine."""
    return request.param


def interruptions_of(log: Log) -> list[tuple[Any, ...]]:
    """Return customer, visit, group, agent, began and ended of each interruption, None for NaN."""
    columns = vars(log.interruptions).values()
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [tuple(None if value != value else value for value in row) for row in rows]  # noqa: PLR0124 - NaN


def day(run: Any, agents: dict[str, Any], *arrivals: tuple[float, str], **more: Any) -> Log:
    plan = plan_of({"mail": MAIL, "call": call(**more.pop("of_calls", {}))}, agents, **more)
    return run(plan, people(plan, *arrivals))  # type: ignore[no-any-return]


def test_each_interruption_is_a_row(run: Any) -> None:
    desk = {"desk": {"serves": CALLS_FIRST, "staff": 1}}
    log = day(run, desk, (0, "mail"), (60, "call"), (200, "call"))
    assert interruptions_of(log) == [(0, 0, 0, 0, 60, 120), (0, 0, 0, 0, 200, 260)]
    assert log.interrupted.tolist() == [120, 0, 0]
    assert log.ended.tolist() == [600, 120, 260]


def test_another_agent_goes_on(run: Any) -> None:
    """The work of desk's agent is finished by the mailroom, which comes later; the mailroom is not interrupted."""
    agents = {"desk": {"serves": CALLS_FIRST, "staff": 1}, "mailroom": {"serves": ["mails"], "staff": [0, 1]}}
    log = day(run, agents, (0, "mail"), (30, "call"), of_calls={"talk": "300 s"})
    assert interruptions_of(log) == [(0, 0, 0, 0, 30, 60)]
    assert (log.group[0], log.agent[0], log.interrupted[0], log.ended[0]) == (1, 0, 30, 510)


def test_work_that_lies_aside_at_the_end_has_no_end(run: Any) -> None:
    desk = {"desk": {"serves": CALLS_FIRST, "staff": 1}}
    log = day(run, desk, (86_000, "mail"), (86_100, "call"), of_calls={"talk": "1 h"})
    assert interruptions_of(log) == [(0, 0, 0, 0, 86_100, None)]
    assert (log.interrupted[0], log.agent[0]) == (0, 0)
    assert np.isnan(log.ended[0])


def test_what_rings_is_not_interrupted(run: Any) -> None:
    """A mail that has not begun would be done before it began."""
    desk = {"desk": {"serves": CALLS_FIRST, "staff": 1}}
    log = day(run, desk, (0, "mail"), (5, "call"), queues={"mails": {"ring": "10 s"}})
    assert log.started.tolist() == [10, 490]
    assert not len(log.interruptions)


def test_an_agent_stays_for_a_warm_transfer(run: Any) -> None:
    steps = {
        "first": call(transfer={"second": "warm"}, handover="20 s", next="second", wrap_up="5 s"),
        "second": call(queue="experts"),
    }
    agents = {"desk": {"serves": ["calls"], "staff": 1}, "expert": {"serves": ["experts"], "staff": [0, 0, 1]}}
    plan = plan_of(steps, agents)
    log = run(plan, people(plan, 0))
    assert log.ended.tolist() == [60, 200]
    assert log.stayed.tolist() == [80, 0]  # from 60 s until the expert, who comes at 120 s, has had 20 s of handover
    assert log.freed.tolist() == [145, 200]


def test_an_agent_stays_for_a_conference(run: Any) -> None:
    steps = {"first": call(transfer={"second": "conference"}, next="second"), "second": call(queue="experts")}
    agents = {name: {"serves": [queue], "staff": 1} for name, queue in (("desk", "calls"), ("expert", "experts"))}
    plan = plan_of(steps, agents)
    log = run(plan, people(plan, 0))
    assert (log.stayed.tolist(), log.freed.tolist()) == ([60, 0], [120, 120])


def test_a_break_after_a_contact(run: Any) -> None:
    agents = {"desk": {"serves": ["calls"], "staff": 1, "breaks": {"probability": 1, "time": "45 s"}}}
    plan = plan_of({"call": call(wrap_up="10 s")}, agents)
    log = run(plan, people(plan, 0, 5))
    assert (log.freed.tolist(), log.rested.tolist(), log.started.tolist()) == ([70, 185], [45, 45], [0, 115])


def test_an_empty_table_has_the_types_of_a_full_one(run: Any) -> None:
    log = day(run, {"desk": {"serves": CALLS_FIRST, "staff": 1}}, (0, "call"))
    assert len(log.interruptions) == 0
    assert [column.dtype.str[1:] for column in vars(log.interruptions).values()] == [*["i4"] * 4, "f8", "f8"]
    assert Interruptions.order == ("customer", "visit", "began", "ended")
