"""Invariants of every day, on random days of whole seconds, which are full of ties."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import inf, isnan
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.engine import Log, Plan, make_plan
from sim.engine.plan import Outcome, Result
from sim.engine.reference import run
from sim.population import Population
from sim.scenario import Scenario

pytestmark = pytest.mark.slow

SECONDS = 60  # of arrivals; another minute for what is left
QUEUES, STEPS = ("calls", "chats"), ("one", "two", "three")
unhurried = settings(deadline=None, max_examples=int(os.environ.get("SOJOURN_FUZZ", "150")))


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    """Return a step that leads to any step or outcome, with an outcome always possible."""
    leads = st.fixed_dictionaries({"resolved": st.just("rest")}, optional=dict.fromkeys(STEPS, st.just("30 %")))
    seconds = st.integers(0, 6)
    channel = draw(st.sampled_from(["voice", "voice", "voice", "email", "web", "pause"]))
    if channel in {"web", "pause"}:
        return {"channel": channel, "time": draw(seconds), "next": draw(leads)}
    step = {"channel": channel, "queue": draw(st.sampled_from(QUEUES)), "talk": draw(seconds), "next": draw(leads)}
    step |= {"wrap_up": draw(st.integers(0, 3)), "if_closed": draw(leads)}
    if channel == "voice":
        step |= {"patience": draw(st.none() | seconds), "hold": draw(st.integers(0, 2)), "if_abandoned": draw(leads)}
    return step


@st.composite
def groups(draw: st.DrawFn) -> dict[str, Any]:
    """Return agents whose number changes every few seconds."""
    shifts = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 20)), min_size=1, max_size=8))
    staff = [count for count, lasts in shifts for _ in range(lasts)][:SECONDS]
    serves = draw(st.permutations(QUEUES).map(list) | st.sampled_from([["calls"], ["chats"], {"calls": 1, "chats": 1}]))
    stays = draw(st.booleans())
    staff += staff[-1:] * (SECONDS - len(staff))
    leaving = draw(st.sampled_from(["first_free", "own"]))
    rules = {"at_once": draw(st.integers(1, 3)), "stay_until_empty": stays, "leaving": leaving}
    return {"serves": serves, "staff": staff} | rules


@dataclass(frozen=True)
class Day:
    """A day, and what happened."""

    scenario: Scenario
    plan: Plan
    population: Population
    log: Log

    def rows(self) -> list[dict[str, Any]]:
        """Return the log as one dict per touchpoint."""
        names = (
            "customer",
            "visit",
            "step",
            "result",
            "next",
            "group",
            "agent",
            "began",
            "started",
            "hold",
            "ended",
            "freed",
        )
        columns = [getattr(self.log, name).tolist() for name in names]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

    def contacts(self) -> list[dict[str, Any]]:
        """Return the rows of contacts that a queue took."""
        queue = self.plan.step_queue
        rows = [row | {"queue": int(queue[row["step"]])} for row in self.rows()]
        return [row for row in rows if row["queue"] >= 0 and row["result"] != Result.CLOSED]


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Return a day of whole seconds."""
    queues = {"calls": {"hours": [draw(st.integers(0, 20)), draw(st.integers(40, 90))]}, "chats": {}}
    scenario = Scenario.model_validate({
        "name": "ties",
        "run": {"hours": [0, SECONDS], "interval": 1, "drain": SECONDS},
        "routing": draw(st.sampled_from(["priority", "longest_wait"])),
        "queues": queues,
        "agents": {"desk": draw(groups()), "spare": {"serves": ["chats", "calls"], "staff": draw(st.integers(0, 1))}},
        "intents": {"it": {"demand": 0, "start": "one", "steps": {name: draw(steps()) for name in STEPS}}},
    })  # fmt: skip
    plan = make_plan(scenario)
    arrivals = sorted(draw(st.lists(st.integers(0, SECONDS - 1), max_size=40)))
    number = len(arrivals)
    entry = draw(st.lists(st.integers(0, len(STEPS) - 1), min_size=number, max_size=number))
    population = Population(
        seed=draw(st.integers(0, 3)),
        replication=0,
        arrival=np.array(arrivals, dtype=np.float64),
        intent=np.zeros(number, np.int32),
        segment=np.zeros(number, np.int32),
        entry=np.array(entry, dtype=np.int32),
        key=np.arange(number, dtype=np.uint64),
    )
    return Day(scenario, plan, population, run(plan, population))


@unhurried
@given(days())
def test_everybody_goes_one_way_through_the_graph_and_nobody_is_lost(day: Day) -> None:
    journeys: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(day.rows(), key=lambda row: (row["customer"], row["visit"])):
        journeys[row["customer"]].append(row)
    assert sorted(journeys) == list(range(len(day.population)))
    for customer, rows in journeys.items():
        assert rows[0]["began"] == day.population.arrival[customer]
        assert rows[0]["step"] == day.population.entry[customer]
        assert [row["visit"] for row in rows] == list(range(len(rows)))
        assert all(row["ended"] == then["began"] and row["next"] == then["step"] for row, then in pairwise(rows))
        assert all(row["result"] != Result.INSIDE for row in rows[:-1])
        assert rows[-1]["next"] < 0
        inside = rows[-1]["result"] == Result.INSIDE
        assert inside == isnan(rows[-1]["ended"]) == (rows[-1]["next"] == -1 - Outcome.INSIDE)


@unhurried
@given(days())
def test_offered_is_handled_and_abandoned_and_closed_and_inside(day: Day) -> None:
    waits = day.plan.step_queue[day.log.step] >= 0
    count = {result: int(np.sum(day.log.result[waits] == result)) for result in Result}
    assert count.pop(Result.PASSED) == 0
    assert sum(count.values()) == waits.sum()
    assert set(day.log.result[~waits].tolist()) <= {Result.PASSED, Result.INSIDE}


def lasts(row: dict[str, Any], name: str, day: Day) -> float:
    """Return a length of time as the scenario gives it for the row's step."""
    step = day.scenario.intents["it"].steps[STEPS[row["step"]]]
    law = getattr(step, name, None)
    return inf if law is None else float(law.value)


@unhurried
@given(days())
def test_every_instant_is_what_the_scenario_says(day: Day) -> None:
    calls = day.plan.queues.index("calls")
    span = day.plan.open_ptr[calls]
    opens, closes = day.plan.open_from[span], day.plan.open_until[span]
    for row in day.rows():
        contact = day.plan.step_queue[row["step"]] >= 0
        if day.plan.step_queue[row["step"]] == day.plan.queues.index("calls"):
            assert (row["result"] == Result.CLOSED) == (not opens <= row["began"] < closes)
        served = not isnan(row["started"])
        assert served == (row["group"] >= 0) or not contact
        assert (row["group"] >= 0) == (row["agent"] >= 0)
        if not contact and row["result"] == Result.PASSED:
            assert row["started"] == row["began"]
            assert row["ended"] - row["started"] == lasts(row, "time", day)
        if row["result"] == Result.HANDLED:
            assert row["ended"] - row["started"] == lasts(row, "talk", day) + row["hold"]
            assert row["freed"] - row["ended"] == lasts(row, "wrap_up", day)
        if row["result"] == Result.ABANDONED:
            assert row["ended"] - row["began"] == lasts(row, "patience", day)
        if contact and served:
            assert 0 <= row["started"] - row["began"] <= lasts(row, "patience", day)
        if row["result"] in {Result.ABANDONED, Result.CLOSED}:
            assert not served


@unhurried
@given(days())
def test_an_agent_never_holds_more_than_they_can(day: Day) -> None:
    changes: dict[tuple[int, int], list[tuple[float, int]]] = defaultdict(list)
    for row in day.contacts():
        if row["group"] >= 0:
            stays = day.plan.crews.stays[row["group"]]
            assert stays or on_duty(day.plan, row["group"], row["started"] + 0.5) > 0, "nobody is on duty"
            assert is_there(day, row), "the agent is not there"
            until = day.plan.end if isnan(row["freed"]) else row["freed"]
            if until > row["started"]:
                changes[row["group"], row["agent"]] += [(row["started"], 1), (until, -1)]
    for (group, _), steps in changes.items():
        held = np.cumsum([change for _, change in sorted(steps)])
        assert held.max() <= day.plan.group_concurrency[group]


def is_there(day: Day, row: dict[str, Any]) -> bool:
    """Tell whether the agent of a contact is there until they have finished it."""
    presence = day.log.presence
    until = day.plan.end if isnan(row["freed"]) else row["freed"]
    left = np.where(np.isnan(presence.left), day.plan.end, presence.left)
    mine = (presence.group == row["group"]) & (presence.agent == row["agent"])
    return bool((mine & (presence.came <= row["started"]) & (until <= left)).any())


def left(row: dict[str, Any]) -> float:
    """Return when a contact left its queue."""
    if not isnan(row["started"]):
        return row["started"]
    return row["ended"] if row["result"] == Result.ABANDONED else inf


@unhurried
@given(days())
def test_nobody_overtakes_in_a_queue(day: Day) -> None:
    for a, b in combinations(day.contacts(), 2):
        if a["queue"] == b["queue"] and a["began"] < b["began"] and not isnan(b["started"]):
            assert left(a) <= b["started"], (a, b)


@unhurried
@given(days())
def test_nobody_waits_while_an_agent_who_could_serve_them_is_free(day: Day) -> None:
    assume((day.plan.group_concurrency == 1).all())
    for instant in np.arange(0.5, day.plan.end):
        busy = np.zeros(len(day.plan.groups), dtype=int)
        for row in day.contacts():
            if row["group"] >= 0 and row["started"] < instant and not row["freed"] < instant:
                busy[row["group"]] += 1
        for row in day.contacts():
            if row["began"] < instant < left(row):
                able = [g for g, name in enumerate(day.plan.groups) if serves(day, name, row["queue"])]
                assert all(busy[group] >= on_duty(day.plan, group, instant) for group in able), (instant, row)
            crews, group = day.plan.crews, row["group"]
            others_leave = crews.leave_own[group] or crews.stays[group]
            if group >= 0 and not others_leave and row["started"] == instant - 0.5 and not row["freed"] < instant:
                assert busy[group] <= on_duty(day.plan, group, instant), (instant, row)


def serves(day: Day, group: str, queue: int) -> bool:
    """Tell whether a group serves a queue."""
    return day.plan.queues[queue] in day.scenario.agents[group].serves


def on_duty(plan: Plan, group: int, instant: float) -> int:
    """Return the headcount at an instant."""
    rows = slice(plan.staff_ptr[group], plan.staff_ptr[group + 1])
    before = np.searchsorted(plan.staff_time[rows], instant)
    return int(plan.staff_count[rows][before - 1]) if before else 0


@unhurried
@given(days())
def test_the_log_is_in_order_and_the_same_again(day: Day) -> None:
    keys = list(zip(day.log.began.tolist(), day.log.customer.tolist(), day.log.visit.tolist(), strict=True))
    assert keys == sorted(keys)
    assert day.log.same_as(run(day.plan, day.population))


@unhurried
@given(days(), st.data())
def test_a_log_that_differs_anywhere_is_not_the_same(day: Day, data: st.DataObject) -> None:
    assume(len(day.log))
    name = data.draw(st.sampled_from(["customer", "result", "agent", "began", "hold", "freed"]))
    row = data.draw(st.integers(0, len(day.log) - 1))
    column = getattr(day.log, name).copy()
    column[row] = 77 if isnan(column[row]) else column[row] + 1
    assert not day.log.same_as(Log(**{**vars(day.log), name: column}))
