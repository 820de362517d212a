"""The endpoint chooses by the routing policies as the simulator does in the same situation."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.queues.matching import Desk, best_agent, best_item, chance_of
from orchestrator.queues.models import OverflowSettings
from orchestrator.queues.rows import Agent, Queue
from orchestrator.queues.transitions import ask
from orchestrator.store.memory import MemoryUnit
from routing import FreeAgent, WaitingContact, policies
from tests.support.queue_floor import Floor

TIMES = st.integers(0, 50).map(float)
NAMES = sorted(policies())


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_both_give_a_contact_to_the_same_agent(name: str, data: st.DataObject) -> None:
    """Each agent is a group of the simulator; the queue lists its own, then those to whom it overflows."""
    floor = Floor(MemoryUnit())
    agents = data.draw(st.integers(1, 5))
    floor.queue("chats", channel="chat", policy=name, skills=["text"])
    floor.queue("over", channel="chat")
    floor.queue(
        "chats", channel="chat", policy=name, skills=["text"], overflow=[OverflowSettings(queue="over", after=0.0)]
    )
    listed = []
    for number in range(agents):
        agent, floor.now = f"agent{number}", floor.now + data.draw(TIMES)
        own, rank = data.draw(st.booleans()), float(data.draw(st.integers(0, 2)))
        factor, places = data.draw(st.sampled_from([0.8, 1.0, 1.2])), data.draw(st.integers(1, 3))
        serves = ("chats" if own else "over", rank)
        floor.agent(agent, serves, skills={"text": factor}, capacity={"chat": places})
        for _ in range(data.draw(st.integers(0, places - 1))):
            item = floor.enter("chats" if own else "over")
            offered = floor.reserve(agent)
            floor.settle("accept", item, agent, offered["token"])
        listed.append((0 if own else 1, agent, rank, factor, places))
    floor.now += data.draw(TIMES)
    waits = floor.item(floor.enter("chats"))
    for _, agent, *_ in listed:
        row = floor.unit.get(Agent, "default", agent)
        assert row is not None
        ask(floor.unit, row, math.inf)
    queue = floor.unit.get(Queue, "default", "chats")
    assert queue is not None
    chosen = best_agent(floor.unit, waits, queue, floor.now)
    scores = {}
    for position, agent, rank, factor, places in listed:
        row = floor.unit.get(Agent, "default", agent)
        assert row is not None
        desk = Desk.current(floor.unit, row)
        busy, idle = len(desk.held) / places, floor.now - row.freed
        seen = FreeAgent(float(position), rank, idle, busy, factor, chance_of(waits, agent), 1.0)
        scores[agent] = policies()[name].agent_score(seen)
    assert chosen is not None
    assert scores[chosen.id] == min(scores.values())
    ties = [entry for entry in listed if scores[entry[1]] == scores[chosen.id]]
    assert _place(listed, chosen.id) == min(position for position, *_ in ties)


def _place(listed: list[tuple[int, str, float, float, int]], agent: str) -> int:
    return next(position for position, name, *_ in listed if name == agent)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_both_give_an_agent_the_same_contact(name: str, data: st.DataObject) -> None:
    """The heads of the queues are compared as the simulator's floor does: the first of those with the lowest score."""
    floor = Floor(MemoryUnit())
    queues = data.draw(st.integers(1, 4))
    served = []
    for number in range(queues):
        weight, rank = data.draw(st.sampled_from([0.5, 1.0, 3.0])), float(data.draw(st.integers(0, 2)))
        floor.queue(f"queue{number}", policy=name, weight=weight)
        served.append((f"queue{number}", rank, weight))
    floor.agent("ada", *[(queue, rank) for queue, rank, _ in served])
    heads: dict[str, tuple[str, float]] = {}
    for _ in range(data.draw(st.integers(1, 6))):
        floor.now += data.draw(st.integers(0, 20))
        queue = data.draw(st.sampled_from(served))[0]
        item = floor.enter(queue)
        heads.setdefault(queue, (item, floor.now))
    floor.now += data.draw(st.integers(0, 20))
    best, lowest = None, math.inf
    for queue, rank, weight in served:
        if queue in heads:
            score = policies()[name].contact_score(WaitingContact(rank, floor.now - heads[queue][1], weight))
            if score < lowest:
                best, lowest = heads[queue][0], score
    row = floor.unit.get(Agent, "default", "ada")
    assert row is not None
    match = best_item(floor.unit, Desk.current(floor.unit, row), floor.now)
    assert match is not None
    assert match[0].id == best
