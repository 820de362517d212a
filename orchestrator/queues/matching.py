"""Matching of items and agents: the next item for an agent, and the best asking agent for an item.

Items wait in lanes: one for each queue and set of further skills. Only the heads of the lanes that an agent serves are
compared, so that a long queue costs no more than a short one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from functools import lru_cache
from hashlib import blake2b
from math import inf, prod
from typing import Any

from orchestrator.core.json_codec import write
from orchestrator.queues.rows import AVAILABLE, NEVER, RESERVED, Agent, Item, Lane, Overflow, Queue, Serves
from orchestrator.store.unit import Unit
from routing import FreeAgent, WaitingContact, policies

__all__ = ["Desk", "best_agent", "best_item", "chance_of", "next_turn"]

LOOK = 8
"""Items at the head of a lane among which one is sought that the agent has not just rejected."""


@lru_cache(maxsize=4096)
def _parsed(text: str) -> dict[str, float]:
    """Return a JSON object, or the members of a list as its keys; not to be changed."""
    value = json.loads(text)
    return value if isinstance(value, dict) else dict.fromkeys(value, 1.0)


@lru_cache(maxsize=4096)
def _desk(text: str) -> tuple[tuple[Any, ...], tuple[str, ...]]:
    """Return the columns of an agent except the tenant, and the channels of their items."""
    agent, held = json.loads(text)
    return tuple(agent), tuple(held)


@dataclass(frozen=True, slots=True)
class Desk:
    """An agent with their items: the items' channels, and whether one of them is not accepted yet."""

    agent: Agent
    held: tuple[str, ...]
    offered: bool

    @classmethod
    def current(cls, unit: Unit, agent: Agent) -> Desk:
        """Return the desk of an agent as it is now."""
        items = unit.find(Item, "held", agent.tenant, agent.id)
        queues = [unit.get(Queue, item.tenant, item.queue) for item in items]
        channels = tuple(queue.channel for queue in queues if queue)
        return cls(agent, channels, any(item.state == RESERVED for item in items))

    @classmethod
    def read(cls, tenant: str, text: str) -> Desk:
        """Return a desk from its text."""
        agent, held = _desk(text)
        return cls(Agent(tenant, *agent), held, offered=False)

    def write(self) -> str:
        """Return the desk as text."""
        return write([astuple(self.agent)[1:], self.held])

    def places(self, channel: str) -> int:
        """Return how many items of a channel the agent may have at once."""
        return int(_parsed(self.agent.capacity).get(channel, 0))

    def has_room(self, channel: str) -> bool:
        """Tell whether the agent may be offered an item of a channel now."""
        if self.agent.presence != AVAILABLE or self.offered or self.held.count(channel) >= self.places(channel):
            return False
        return self.agent.blend or all(other == channel for other in self.held)

    def knows(self, skills: str) -> bool:
        """Tell whether the agent has all skills of a JSON list."""
        return _parsed(skills).keys() <= _parsed(self.agent.skills).keys()

    def factor(self, *skills: str) -> float:
        """Return the factor on the handling time of items that need these skills."""
        wanted = {name for text in skills for name in _parsed(text)}
        return prod(_parsed(self.agent.skills)[name] for name in sorted(wanted))


# The next item for an agent


def best_item(unit: Unit, desk: Desk, now: float) -> tuple[Item, Queue] | None:
    """Return the item that an agent takes next, with its queue.

    The first queue in the agent's list that has an item for them decides by its policy.
    """
    best, lowest, score = None, inf, None
    for item, queue, rank in _heads(unit, desk, now):
        score = score or policies()[queue.policy].contact_score
        value = score(WaitingContact(rank + item.priority, max(0.0, now - item.entered), queue.weight))
        if value < lowest:
            best, lowest = (item, queue), value
    return best


def _heads(unit: Unit, desk: Desk, now: float) -> Iterator[tuple[Item, Queue, float]]:
    """Yield the heads of the lanes that an agent may take from, with the queue and its rank."""
    tenant, serves = desk.agent.tenant, unit.find(Serves, "key", desk.agent.tenant, desk.agent.id)
    seen = {served.queue for served in serves}
    heads: dict[str, list[tuple[Item, Queue]]] = {}  # of queues that flow over; each into many
    for served in serves:
        for item, queue in _heads_of(unit, desk, served.queue, now):
            yield item, queue, served.rank
        for over in unit.find(Overflow, "into", tenant, served.queue):
            if over.queue in seen:
                continue
            if over.queue not in heads:
                heads[over.queue] = list(_heads_of(unit, desk, over.queue, now))
            for item, queue in heads[over.queue]:
                if item.entered + over.after <= now:
                    seen.add(over.queue)
                    yield item, queue, served.rank


def _heads_of(unit: Unit, desk: Desk, name: str, now: float) -> Iterator[tuple[Item, Queue]]:
    """Yield the heads of a queue's lanes that an agent may take."""
    tenant, queue = desk.agent.tenant, unit.get(Queue, desk.agent.tenant, name)
    if queue is None or not desk.has_room(queue.channel) or not desk.knows(queue.skills):
        return
    for lane in unit.find(Lane, "busy", tenant, name):
        if desk.knows(lane.lane):
            line = unit.find(Item, "line", tenant, name, lane.lane, limit=LOOK)
            yield from ((item, queue) for item in _first(line, desk.agent.id, now))


def _first(line: list[Item], agent: str, now: float) -> list[Item]:
    """Return the first item of a lane that an agent has not just rejected, if there is one."""
    return [item for item in line if not _has_declined(item, agent, now)][:1]


def _has_declined(item: Item, agent: str, now: float) -> bool:
    """Tell whether an agent has just rejected an item, or not accepted it in time."""
    return item.declined_by == agent and now < item.declined_until


# The best agent for an item


def best_agent(unit: Unit, item: Item, queue: Queue, now: float) -> Agent | None:
    """Return the agent who gets an item, among those who are asking for work.

    Among equals, the agents of the item's own queue come first, then those with the fewest items, then those who have
    been free longest.
    """
    score = policies()[queue.policy].agent_score
    scores = [
        (
            score(_free_agent(desk, serves, item, queue, position, now)),
            position,
            len(desk.held),
            desk.agent.freed,
            serves.agent,
        )
        for position, serves, desk in _asking(unit, item, queue, now)
    ]
    # The agent as they are now; the desk that was stored when they asked may be older.
    return unit.get(Agent, item.tenant, min(scores)[-1]) if scores else None


def _asking(unit: Unit, item: Item, queue: Queue, now: float) -> Iterator[tuple[int, Serves, Desk]]:
    """Yield the agents who are asking and may get an item, each with the position of the queue that they serve."""
    seen: set[str] = set()
    for position, name in _stages(unit, item, now):
        for serves in unit.find(Serves, "asking", item.tenant, name):
            if serves.until <= now or serves.agent in seen or _has_declined(item, serves.agent, now):
                continue
            desk = Desk.read(item.tenant, serves.desk)
            if desk.has_room(queue.channel) and desk.knows(queue.skills) and desk.knows(item.lane):
                seen.add(serves.agent)
                yield position, serves, desk


def _stages(unit: Unit, item: Item, now: float) -> list[tuple[int, str]]:
    """Return the queues whose agents may have an item by now."""
    overflows = unit.find(Overflow, "key", item.tenant, item.queue)
    return [
        (0, item.queue),
        *((overflow.position, overflow.target) for overflow in overflows if item.entered + overflow.after <= now),
    ]


def _free_agent(desk: Desk, serves: Serves, item: Item, queue: Queue, position: int, now: float) -> FreeAgent:
    """Return an agent as the policy sees them."""
    busy = desk.held.count(queue.channel) / desk.places(queue.channel)
    idle = max(0.0, now - desk.agent.freed)
    factor = desk.factor(queue.skills, item.lane)
    return FreeAgent(position, serves.rank, idle, busy, factor, chance_of(item, desk.agent.id), 1.0)


def chance_of(item: Item, agent: str) -> float:
    """Return a random number from 0 to 1, which is the same whenever the same choice is made again."""
    digest = blake2b(f"{item.id} {item.token} {agent}".encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48


def next_turn(unit: Unit, item: Item, now: float) -> float:
    """Return when further agents may have an item that waits."""
    turns = [item.entered + overflow.after for overflow in unit.find(Overflow, "key", item.tenant, item.queue)]
    return min((at for at in (*turns, item.declined_until) if at > now), default=NEVER)
