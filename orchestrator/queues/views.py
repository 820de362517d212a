"""Answers that show queues, items, and agents."""

from orchestrator.core.answer import Answer, json_answer
from orchestrator.core.json_codec import Document, stored, write
from orchestrator.core.request import Request
from orchestrator.core.timestamps import timestamp
from orchestrator.http.paging import Page
from orchestrator.journeys.rows import Journey, the_journey
from orchestrator.queues.models import ItemsQuery, SpanQuery, StatisticsQuery
from orchestrator.queues.rows import (
    HELD,
    Agent,
    Item,
    Overflow,
    Queue,
    Serves,
    the_agent,
    the_item,
    the_queue,
)  # fmt: skip
from orchestrator.queues.statistics import agent_statistics, queue_statistics
from orchestrator.store.unit import Unit

__all__ = [
    "agent", "agent_view", "agents", "item", "item_view", "items", "items_of_journey", "queue", "queue_view",
    "queues", "reservation_view", "statistics_of_agent", "statistics_of_all", "statistics_of_queue",
]  # fmt: skip


def queue_view(unit: Unit, queue: Queue) -> Document:
    """Return a queue as answers show it."""
    overflow = unit.find(Overflow, "key", queue.tenant, queue.name)
    return {
        "name": queue.name,
        "channel": queue.channel,
        "policy": queue.policy,
        "priority": queue.priority,
        "weight": queue.weight,
        "skills": stored(queue.skills),
        "capacity": queue.capacity,
        "within": queue.within,
        "target": queue.target,
        "short_abandon": queue.short,
        "interval": queue.interval,
        "lease": queue.lease,
        "hold": queue.hold,
        "overflow": [{"queue": overflow_row.target, "after": overflow_row.after} for overflow_row in overflow],
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
        "skills": stored(item.lane),
        "priority": item.priority,
        "entered": timestamp(item.entered),
        "changed": timestamp(item.changed),
        "agent": item.agent or None,
        "token": item.token,
        "until": timestamp(item.ends) if held else None,
        "data": stored(item.data),
    }


def reservation_view(unit: Unit, item: Item) -> Document:
    """Return an item as its agent sees it: with the context of its journey as it is now."""
    journey = unit.get(Journey, item.tenant, item.journey) if item.journey else None
    return {**item_view(item), "context": stored(journey.context) if journey else None}


def agent_view(unit: Unit, agent: Agent) -> Document:
    """Return an agent as answers show it, with the items that they hold."""
    serves = unit.find(Serves, "key", agent.tenant, agent.id)
    return {
        "id": agent.id,
        "presence": agent.presence,
        "since": timestamp(agent.since),
        "serves": [{"queue": row.queue, "rank": row.rank} for row in serves],
        "skills": stored(agent.skills),
        "capacity": stored(agent.capacity),
        "blend": agent.blend,
        "holds": [item_view(row) for row in unit.find(Item, "held", agent.tenant, agent.id)],
    }


def queue(request: Request, unit: Unit) -> Answer:
    """Show a queue."""
    return json_answer(queue_view(unit, the_queue(unit, request.tenant, request.names["queue"])))


def queues(request: Request, unit: Unit) -> Answer:
    """Show queues by name."""
    query = Page.read(request)
    rows = query.rows(unit, Queue, "key", request.tenant)
    return query.answer(rows, lambda row: write(queue_view(unit, row)), "name")


def item(request: Request, unit: Unit) -> Answer:
    """Show an item; with the journey's context while an agent has it."""
    row = the_item(unit, request.tenant, request.names["item"])
    return json_answer(reservation_view(unit, row) if row.state in HELD else {**item_view(row), "context": None})


def items(request: Request, unit: Unit) -> Answer:
    """Show the items of a queue in a state, in the order of their arrival."""
    name = request.names["queue"]
    the_queue(unit, request.tenant, name)
    query = ItemsQuery.read(request)
    rows = query.rows(unit, Item, "states", request.tenant, name, query.state)
    return query.answer(rows, lambda row: write(item_view(row)))


def items_of_journey(request: Request, unit: Unit) -> Answer:
    """Show the items of a journey, in the order of their arrival."""
    journey = the_journey(unit, request.tenant, request.names["journey"])
    query = Page.read(request)
    rows = query.rows(unit, Item, "journeys", request.tenant, journey.id)
    return query.answer(rows, lambda row: write(item_view(row)))


def agent(request: Request, unit: Unit) -> Answer:
    """Show an agent, with their items."""
    return json_answer(agent_view(unit, the_agent(unit, request.tenant, request.names["agent"])))


def agents(request: Request, unit: Unit) -> Answer:
    """Show agents by name."""
    query = Page.read(request)
    rows = query.rows(unit, Agent, "key", request.tenant)
    return query.answer(rows, lambda row: write(agent_view(unit, row)))


def statistics_of_queue(request: Request, unit: Unit, now: float) -> Answer:
    """Show the statistics of a queue."""
    row = the_queue(unit, request.tenant, request.names["queue"])
    return json_answer(queue_statistics(unit, row, *SpanQuery.read(request).span(now), now))


def statistics_of_all(request: Request, unit: Unit, now: float) -> Answer:
    """Show the statistics of every queue, without its intervals."""
    query = StatisticsQuery.read(request)
    since, until = query.span(now)
    rows = query.rows(unit, Queue, "key", request.tenant)
    return query.answer(
        rows, lambda row: write(_without_intervals(queue_statistics(unit, row, since, until, now))), "name"
    )


def statistics_of_agent(request: Request, unit: Unit, now: float) -> Answer:
    """Show how long an agent was present, and busy."""
    row = the_agent(unit, request.tenant, request.names["agent"])
    return json_answer(agent_statistics(unit, row, *SpanQuery.read(request).span(now), now))


def _without_intervals(shown: Document) -> Document:
    return {name: value for name, value in shown.items() if name != "intervals"}
