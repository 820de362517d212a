"""Invariants of queues, items and agents, in random stories on a fake clock.

`SOJOURN_WORK=1000` tries as many stories, instead of a few.
"""

import os
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from orchestrator.core.problems import Refused
from orchestrator.journeys import FEATURE as JOURNEYS
from orchestrator.queues import FEATURE
from orchestrator.queues.commands import Abandon, Reserve
from orchestrator.queues.matching import Desk, best_item
from orchestrator.queues.models import OverflowSettings
from orchestrator.queues.rows import (
    HELD,
    RESERVED,
    SERVING,
    WAITING,
    Agent,
    Interval,
    Item,
    Lane,
    Queue,
    Serves,
    Totals,
)  # fmt: skip
from orchestrator.store.memory import MemoryUnit
from orchestrator.store.sqlite import SqliteDatabase
from orchestrator.store.unit import Unit
from tests.support.queue_floor import SETTLING, START, Floor

STORIES = int(os.environ.get("SOJOURN_WORK", "60"))

QUEUES = ("calls", "chats", "helpers")
AGENTS = ("ada", "ben", "eve")
STATES = (WAITING, RESERVED, SERVING, "completed", "abandoned")


class Work(RuleBasedStateMachine):
    """One tenant's floor; tokens and answers are kept as clients would."""

    def __init__(self) -> None:
        super().__init__()
        self.entered: dict[str, float] = {}
        self.given: list[tuple[str, str, int, float]] = []  # item, agent, token, and until when
        self.tokens: dict[str, int] = {}
        self.accepted: Counter[tuple[str, int]] = Counter()
        self.open()

    def open(self) -> None:
        self.floor = Floor(MemoryUnit())

    def step(self) -> None:
        """Make what was done durable, where there is a database."""

    @initialize(policy=st.sampled_from(["priority", "longest_idle", "weighted_wait", "random"]))
    def begin(self, policy: str) -> None:
        floor = self.floor
        floor.queue("helpers", policy=policy, lease=20.0, hold=100.0)
        floor.queue(
            "calls",
            policy=policy,
            lease=10.0,
            hold=60.0,
            overflow=[OverflowSettings(queue="helpers", after=15.0)],
            capacity=6,
        )
        floor.queue("chats", channel="chat", policy=policy, lease=10.0, hold=60.0, skills=["text"], short_abandon=5.0)
        capacity = {"voice": 1, "chat": 2}
        floor.agent("ada", "calls", "chats", capacity=capacity, skills={"text": 1.0}, blend=True)
        floor.agent("ben", ("chats", 0.0), ("calls", 0.0), capacity=capacity, skills={"text": 1.2, "law": 1.0})
        floor.agent("eve", "helpers", "chats", capacity=capacity)
        self.step()

    @rule(
        queue=st.sampled_from(QUEUES), skills=st.sampled_from([[], ["law"]]), priority=st.sampled_from([None, 0, 3])
    )  # fmt: skip
    def enter(self, queue: str, skills: list[str], priority: int | None) -> None:
        try:
            name = self.floor.enter(queue, skills=skills, priority=priority)
        except AssertionError:  # the queue is full
            assert queue == "calls"
            assert self.floor.unit.get(Totals, "default", queue).waiting == 6  # type: ignore[union-attr]
        else:
            self.entered[name] = self.floor.now
        self.step()

    @rule(agent=st.sampled_from(AGENTS), wait=st.sampled_from([0.0, 12.0, 40.0]))
    def ask(self, agent: str, wait: float) -> None:
        if problem := self.kind_of(Reserve(tenant="default", agent=agent, wait=wait)):
            assert problem == "work-state"
        for item in self.floor.unit.find(Item, "offered", "default", agent):
            self._give(item)
        self.step()

    def kind_of(self, command: Any) -> str:
        """Do a command; return why it was refused, if it was."""
        try:
            self.floor.do(command)
        except Refused as refusal:
            return refusal.problem
        return ""

    def _give(self, item: Item) -> None:
        reservation = item.id, item.agent, item.token, item.ends
        if reservation not in self.given:
            self.given.append(reservation)

    @precondition(lambda self: self.given)
    @rule(data=st.data(), verb=st.sampled_from(sorted(SETTLING)))
    def settle(self, data: st.DataObject, verb: str) -> None:
        name, agent, token, _ = data.draw(st.sampled_from(self.given))
        before = self.floor.item(name)
        holds = before.state in HELD and (before.agent, before.token) == (agent, token) and before.ends > self.floor.now
        if problem := self.kind_of(self.floor.settling(verb, name, agent, token)):
            assert problem == ("work-state" if holds else "lease")
        else:
            repeated = before.token == token and before.agent == agent and before.state in (SERVING, "completed")
            assert holds or (repeated and verb in ("accept", "complete"))
            if verb == "accept" and before.state == RESERVED:
                self.accepted[name, token] += 1
        self.step()

    @precondition(lambda self: self.entered)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.entered)))
        assert self.kind_of(Abandon(tenant="default", item=name)) in ("", "work-state")
        self.step()

    @rule(agent=st.sampled_from(AGENTS), presence=st.sampled_from(["available", "available", "away", "offline"]))
    def attend(self, agent: str, presence: str) -> None:
        self.floor.presence(agent, presence)
        self.step()

    @rule(seconds=st.sampled_from([1.0, 4.0, 9.0, 10.0, 15.0, 61.0, 1800.0]), tidies=st.booleans())
    def pass_time(self, seconds: float, tidies: bool) -> None:
        self.floor.now += seconds
        if tidies:
            self.floor.tidy()
            self.step()

    # What must hold

    def items(self) -> list[Item]:
        return self.floor.unit.find(Item, "key", "default")

    @invariant()
    def nothing_is_lost_and_every_item_is_counted_where_it_is(self) -> None:
        unit, items = self.floor.unit, self.items()
        assert {item.id for item in items} == self.entered.keys()
        for queue in QUEUES:
            totals = unit.get(Totals, "default", queue) or Totals("default", queue)
            there = Counter(item.state for item in items if item.queue == queue)
            assert {state: getattr(totals, state) for state in STATES} == {state: there[state] for state in STATES}
            assert totals.entered == sum(there.values())
            rows = unit.find(Interval, "key", "default", queue, "contact")
            assert sum(row.offered for row in rows) == totals.entered
            assert sum(row.completed for row in rows) == totals.completed
            assert sum(row.abandoned + row.short_abandoned for row in rows) <= totals.abandoned

    @invariant()
    def lines_count_what_waits_in_them(self) -> None:
        there = Counter((item.queue, item.lane) for item in self.items() if item.state == WAITING)
        lanes = self.floor.unit.find(Lane, "key", "default")
        assert {(lane.queue, lane.lane): lane.waiting for lane in lanes} == dict(there)
        assert not any(lane.empty for lane in lanes)

    @invariant()
    def first_enqueue_times_stay(self) -> None:
        assert {item.id: item.entered for item in self.items()} == self.entered

    @invariant()
    def an_item_has_one_live_reservation_at_most_and_tokens_only_ascend(self) -> None:
        for item in self.items():
            assert item.token >= self.tokens.get(item.id, 0)
            self.tokens[item.id] = item.token
            assert (item.state in HELD) <= bool(item.agent)
            if item.state == RESERVED:
                self._give(item)
        holders = Counter((name, token) for name, _, token in {reservation[:3] for reservation in self.given})
        assert all(count == 1 for count in holders.values())

    @invariant()
    def a_reservation_is_accepted_once_at_most(self) -> None:
        assert all(count == 1 for count in self.accepted.values())

    @invariant()
    def agents_are_never_above_capacity(self) -> None:
        unit = self.floor.unit
        for agent in unit.find(Agent, "key", "default"):
            held = unit.find(Item, "held", "default", agent.id)
            channels = Counter("chat" if item.queue == "chats" else "voice" for item in held)
            assert channels["voice"] <= 1
            assert channels["chat"] <= 2
            assert agent.blend or len(channels) <= 1
            assert sum(item.state == RESERVED for item in held) <= 1

    @invariant()
    def who_is_asking_leaves_nothing_that_they_may_take(self) -> None:
        unit, now = self.floor.unit, self.floor.now
        due = [
            item
            for item in self.items()
            if (item.state in HELD and item.ends <= now) or (item.has_next_offer and item.next_offer <= now)
        ]
        if due:  # nobody has looked at the clock yet
            return
        for agent in unit.find(Agent, "key", "default"):
            if any(row.asking and row.until > now for row in unit.find(Serves, "key", "default", agent.id)):
                assert best_item(unit, Desk.current(unit, agent), now) is None

    @invariant()
    def who_is_asking_is_written_down_as_they_are(self) -> None:
        for agent in self.floor.unit.find(Agent, "key", "default"):
            now = Desk.current(self.floor.unit, agent)
            for row in self.floor.unit.find(Serves, "key", "default", agent.id):
                if row.asking and row.until > self.floor.now:
                    then = Desk.read("default", row.desk)
                    assert (Counter(then.held), now.offered) == (Counter(now.held), False)
                    assert replace(then.agent, counted=agent.counted) == agent

    @invariant()
    def agents_times_pass_once(self) -> None:
        for agent in self.floor.unit.find(Agent, "key", "default"):
            shown = self.floor.times(agent.id, 1e7)
            assert 0 <= shown["busy"] <= shown["present"] <= self.floor.now - START + 1e-6

    @invariant()
    def statistics_can_be_shown_and_add_up(self) -> None:
        for queue in unit_queues(self.floor.unit):
            shown = self.floor.statistics(queue.name)
            totals = shown["all"]
            assert totals["answered"] + totals["abandoned"] + totals["short_abandoned"] <= totals["offered"]
            for name, value in totals.items():
                if name.startswith(("service_level", "occupancy", "abandonment_rate")) and value is not None:
                    assert 0 <= value <= 1 + 1e-9, (name, value)


def unit_queues(unit: Unit) -> list[Queue]:
    return unit.find(Queue, "key", "default")


class WorkInSqlite(Work):
    """The same in a database, each step in a transaction of its own."""

    def open(self) -> None:
        self.folder = TemporaryDirectory()
        self.database = SqliteDatabase(Path(self.folder.name) / "work.db", (*JOURNEYS.tables, *FEATURE.tables))
        self.floor = Floor(self.database.begin(()))

    def step(self) -> None:
        self.database.flush()
        self.database.commit()
        self.floor.unit = self.database.begin(())

    def teardown(self) -> None:
        self.database.rollback()
        self.database.close()
        self.folder.cleanup()


_quiet = partial(settings, deadline=None, suppress_health_check=list(HealthCheck))
TestWork = Work.TestCase
TestWork.settings = _quiet(max_examples=STORIES, stateful_step_count=40)
TestWorkInSqlite = WorkInSqlite.TestCase
TestWorkInSqlite.settings = _quiet(max_examples=max(STORIES // 10, 5), stateful_step_count=25)
