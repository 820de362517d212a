"""The plan: a scenario as flat arrays."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from sim.core.draws import stream
from sim.core.errors import InvalidInput
from sim.engine import Plan, make_plan
from sim.engine.plan import EXITS, Outcome, Result
from sim.engine.planning import planner
from sim.scenario import Scenario

CALL = {"channel": "voice", "queue": "calls", "talk": "60 s", "next": "resolved"}
CHAT = {"channel": "chat", "queue": "chats", "talk": "60 s", "next": "resolved"}
ROUND_THE_CLOCK = {"hours": "00:00-24:00", "interval": "12 h", "days": 2, "drain": 0}
WEB = {"channel": "web", "time": "60 s", "next": "resolved"}


def plan(*, run: dict[str, Any] | None = None, agents: dict[str, Any] | None = None, **more: Any) -> Plan:
    data = {
        "name": "plan",
        "run": {"hours": "08:00-10:00", "interval": "1 h", "drain": "1 h"} | (run or {}),
        "agents": agents or {"desk": {"serves": ["calls"], "staff": 1}},
        "intents": {"it": {"demand": [10, 20], "start": "call", "steps": {"call": CALL}}},
    }
    return make_plan(Scenario.model_validate(data | more))


def staffing(planned: Plan) -> list[list[tuple[float, int]]]:
    times = list(zip((planned.staff_time / 3600).tolist(), planned.staff_count.tolist(), strict=True))
    return [times[a:b] for a, b in zip(planned.staff_ptr, planned.staff_ptr[1:], strict=False)]


def test_days_stand_in_a_row_with_nobody_new_at_night() -> None:
    planned = plan(run={"days": 2})
    assert (planned.origin, planned.interval, planned.intervals) == (8 * 3600, 3600, 26)
    assert planned.end == (8 + 26 + 1) * 3600
    assert planned.volume.tolist() == [[10, 20] + [0] * 22 + [10, 20]]


def test_growth_multiplies_every_intent() -> None:
    intents = {
        name: {"demand": demand, "start": "call", "steps": {"call": CALL}}
        for name, demand in {"a": 5, "b": [1, 2]}.items()
    }
    assert plan(intents=intents, demand={"volume": 1.5}).volume.tolist() == [[7.5, 7.5], [1.5, 3.0]]


@pytest.mark.parametrize(
    ("run", "group", "changes"),
    [
        ({}, {"staff": 2}, [(8, 2), (10, 0)]),
        ({}, {"staff": [2, 3]}, [(8, 2), (9, 3), (10, 0)]),
        ({}, {"staff": [2, 0]}, [(8, 2), (9, 0)]),
        ({}, {"staff": [0, 2], "stay_until_empty": True}, [(9, 2), (10, 0)]),
        ({}, {"staff": 0}, []),
        ({"drain": "1 day"}, {"staff": 2}, [(8, 2), (10, 0), (32, 2), (34, 0)]),
        ({"days": 2}, {"staff": [2, 3]}, [(8, 2), (9, 3), (10, 0), (32, 2), (33, 3), (34, 0)]),
        (ROUND_THE_CLOCK, {"staff": 2}, [(0, 2)]),
        (ROUND_THE_CLOCK, {"staff": [1, 2]}, [(0, 1), (12, 2), (24, 1), (36, 2)]),
    ],
)
def test_staffing_is_when_the_headcount_changes(
    run: dict[str, Any], group: dict[str, Any], changes: list[tuple[float, int]]
) -> None:
    intents = {"it": {"demand": 1, "start": "call", "steps": {"call": CALL}}}
    planned = plan(run=run, agents={"desk": {"serves": ["calls"]} | group}, intents=intents)
    assert staffing(planned) == [changes]


def test_routes_are_rows_by_step_and_result() -> None:
    steps = {
        "call": CALL | {"next": {"resolved": "70 %", "web": "rest"}, "if_abandoned": "unresolved", "if_closed": "web"},
        "web": WEB,
    }
    planned = plan(intents={"it": {"demand": 1, "start": {"web": "25 %", "call": "rest"}, "steps": steps}})
    routes = planned.routes
    cases = [(routes.next[a:b].tolist(), routes.share[a:b].tolist()) for a, b in pairwise(routes.case_ptr)]
    rows = [cases[a] if a < b else ([], []) for a, b in pairwise(routes.ptr)]
    resolved, unresolved = -1 - Outcome.RESOLVED, -1 - Outcome.UNRESOLVED
    assert rows[EXITS * 0 + Result.PASSED] == rows[EXITS * 1 + Result.HANDLED] == ([], [])
    assert rows[EXITS * 0 + Result.HANDLED] == ([resolved, 1], [0.7, 1.0])
    assert rows[EXITS * 0 + Result.ABANDONED] == ([unresolved], [1.0])
    assert rows[EXITS * 0 + Result.CLOSED] == ([1], [1.0])
    assert rows[EXITS * 1 + Result.PASSED] == ([resolved], [1.0])
    assert rows[EXITS * 1 + Result.ABANDONED] == rows[EXITS * 1 + Result.CLOSED] == ([], [])
    assert (planned.entry_step.tolist(), planned.entry_share.tolist()) == ([1, 0], [0.25, 1.0])


def test_shares_end_at_exactly_1_whatever_the_rounding() -> None:
    steps = {"call": CALL | {"next": {"resolved": 0.1, "unresolved": 0.2, "gave_up": 0.7 - 1e-10}}}
    planned = plan(intents={"it": {"demand": 1, "start": "call", "steps": steps}})
    assert planned.routes.share[:3].tolist() == [0.1, 0.1 + 0.2, 1.0]


@pytest.mark.parametrize(
    ("serves", "queues", "ranks"),
    [
        (["calls", "chats"], ("calls", "chats"), [0, 1]),
        (["chats", "calls"], ("chats", "calls"), [0, 1]),
        ({"calls": 5, "chats": 2}, ("chats", "calls"), [2, 5]),
        ({"calls": 1, "chats": 1}, ("calls", "chats"), [1, 1]),
    ],
)
def test_ranks(serves: object, queues: tuple[str, ...], ranks: list[float]) -> None:
    intents = {"it": {"demand": 1, "start": {"call": 0.5, "chat": 0.5}, "steps": {"call": CALL, "chat": CHAT}}}
    planned = plan(agents={"desk": {"serves": serves, "staff": 1}}, intents=intents)
    assert tuple(planned.queues[queue] for queue in planned.group_queues) == queues
    assert planned.group_ranks.tolist() == ranks


@pytest.mark.parametrize(
    ("group", "at_once"),
    [
        ({"serves": ["chats"]}, 3),
        ({"serves": ["calls", "chats"]}, 1),
        ({"serves": ["chats"], "at_once": 5}, 5),
        ({"serves": ["calls", "chats"], "at_once": 2}, 2),
    ],
)
def test_how_many_contacts_at_once(group: dict[str, Any], at_once: int) -> None:
    intents = {"it": {"demand": 1, "start": {"call": 0.5, "chat": 0.5}, "steps": {"call": CALL, "chat": CHAT}}}
    agents = {"desk": {"staff": 1} | group, "others": {"serves": ["calls", "chats"], "staff": 1}}
    assert plan(agents=agents, intents=intents).group_concurrency.tolist() == [at_once, 1]


def test_equal_laws_are_one_row_and_none_is_none() -> None:
    steps = {
        "call": CALL,
        "web": WEB,
        "sleep": {"channel": "pause", "time": "5 s", "resume_at": "08:00", "next": "call"},
    }
    planned = plan(intents={"it": {"demand": 1, "start": {"web": 0.5, "sleep": 0.5}, "steps": steps}})
    assert planned.step_time[0] == planned.step_time[1] != planned.step_time[2]
    assert planned.step_patience.tolist() == [-1, -1, -1]
    assert planned.step_queue.tolist() == [0, -1, -1]
    assert planned.resume_ptr[:3].tolist() == [0, 0, 0]
    assert planned.resume_at.tolist() == planned.resume_until.tolist() == [28_800.0, 115_200.0]


def test_streams_hang_on_names_and_not_on_places() -> None:
    names = ["it.call", "it.web"]
    both = {"call": CALL, "web": WEB}
    planned = plan(intents={"it": {"demand": 1, "start": {"web": 0.5, "call": 0.5}, "steps": both}})
    swapped = plan(
        intents={"it": {"demand": 1, "start": {"web": 0.5, "call": 0.5}, "steps": dict(reversed(both.items()))}}
    )
    assert planned.step_stream.tolist() == [stream(f"step/{name}") for name in names]
    assert swapped.step_stream.tolist() == planned.step_stream.tolist()[::-1]


def test_names_whose_draws_would_coincide_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "stream", lambda _: 5)
    intents = {"it": {"demand": 1, "start": "web", "steps": {"call": CALL, "web": WEB | {"next": "call"}}}}
    with pytest.raises(InvalidInput, match=r"step/it\.call and step/it\.web would share their random numbers"):
        plan(intents=intents)
