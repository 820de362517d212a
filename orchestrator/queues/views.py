"""How queues, items, and agents are shown."""

import json
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import Document, write
from orchestrator.journeys.rows import Journey
from orchestrator.queues.rows import HELD, Agent, Item, Overflow, Queue, Serves
from orchestrator.service.command_context import timestamp
from orchestrator.store.unit import Unit

__all__ = ["agent_view", "answer", "item_view", "queue_view", "reservation_view"]


def answer(view: Any, status: int = 200) -> Answer:
    """Return the answer that shows something."""
    return Answer(status, write(view).encode())


def queue_view(unit: Unit, queue: Queue) -> Document:
    """Return a queue as answers show it."""
    overflow = unit.find(Overflow, "key", queue.tenant, queue.name)
    return {
        "name": queue.name,
        "channel": queue.channel,
        "policy": queue.policy,
        "priority": queue.priority,
        "weight": queue.weight,
        "skills": json.loads(queue.skills),
        "capacity": queue.capacity,
        "within": queue.within,
        "target": queue.target,
        "short_abandon": queue.short,
        "interval": queue.interval,
        "lease": queue.lease,
        "hold": queue.hold,
        "overflow": [{"queue": it.target, "after": it.after} for it in overflow],
    }


def item_view(item: Item) -> Document:
    """Return an item as answers show it; agent, token, and the lease's end stand there while an agent has it."""
    held = item.state in HELD
    return {
        "id": item.id,
        "queue": item.queue,
        "state": item.state,
        "journey": item.journey or None,
        "customer": item.customer or None,
        "skills": json.loads(item.lane),
        "priority": item.priority,
        "entered": timestamp(item.entered),
        "changed": timestamp(item.changed),
        "agent": item.agent or None,
        "token": item.token,
        "until": timestamp(item.ends) if held else None,
        "data": json.loads(item.data),
    }


def reservation_view(unit: Unit, item: Item) -> Document:
    """Return an item as its agent sees it: with the context of its journey as it is now."""
    journey = unit.get(Journey, item.tenant, item.journey) if item.journey else None
    return item_view(item) | {"context": json.loads(journey.context) if journey else None}


def agent_view(unit: Unit, agent: Agent) -> Document:
    """Return an agent as answers show it, with the items that they hold."""
    serves = unit.find(Serves, "key", agent.tenant, agent.id)
    return {
        "id": agent.id,
        "presence": agent.presence,
        "since": timestamp(agent.since),
        "serves": [{"queue": it.queue, "rank": it.rank} for it in serves],
        "skills": json.loads(agent.skills),
        "capacity": json.loads(agent.capacity),
        "blend": agent.blend,
        "holds": [item_view(it) for it in unit.find(Item, "held", agent.tenant, agent.id)],
    }
