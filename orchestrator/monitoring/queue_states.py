"""States of the queues for the page and the metrics, read by key or by index."""

from dataclasses import fields, replace
from typing import Final

from orchestrator.core.json_codec import Document
from orchestrator.queues.counters import CONTACT
from orchestrator.queues.rows import AVAILABLE, Agent, Interval, Item, Queue, Serves, Totals
from orchestrator.queues.statistics import levels
from orchestrator.store.unit import Unit

__all__ = ["queues"]

QUEUES: Final = 100
"""Queues that are shown; agents are read once for all of them."""

DAY: Final = 86_400

_COUNTERS: Final = tuple(field.name for field in fields(Interval))[4:]


def queues(unit: Unit, tenant: str, now: float) -> list[Document]:
    """Return the state of each queue now, and the outcomes of the contacts that arrived today (UTC).

    Parameters
    ----------
    unit
        Shows what is committed.
    tenant
        Of the queues.
    now
        Seconds since the epoch.
    """
    present = {agent.id for agent in unit.find(Agent, "key", tenant) if agent.presence == AVAILABLE}
    return [_queue(unit, queue, now, present) for queue in unit.find(Queue, "key", tenant, limit=QUEUES)]


def _queue(unit: Unit, queue: Queue, now: float, present: set[str]) -> Document:
    """Return the state of a queue, as its statistics define it."""
    totals = unit.get(Totals, queue.tenant, queue.name) or Totals(queue.tenant, queue.name)
    oldest = unit.find(Item, "oldest", queue.tenant, queue.name, limit=1)
    day = _day(unit, queue, now // DAY * DAY)
    serving = {row.agent for row in unit.find(Serves, "of", queue.tenant, queue.name)}
    return {
        "name": queue.name,
        "channel": queue.channel,
        "waiting": totals.waiting,
        "oldest": round(max(0.0, now - oldest[0].entered), 3) if oldest else None,
        "with_agents": totals.reserved + totals.serving,
        "agents_available": len(serving & present),
        "offered": day.offered,
        "answered": day.answered,
        "abandoned": day.abandoned,
        "asa": round(day.answered_wait / day.answered, 3) if day.answered else None,
        "service_level": levels(day)["service_level"],
        "within": queue.within,
        "target": queue.target,
    }


def _day(unit: Unit, queue: Queue, began: float) -> Interval:
    """Return the counters of all intervals of a day."""
    total = Interval(queue.tenant, queue.name, CONTACT, began)
    for row in unit.find(Interval, "key", queue.tenant, queue.name, CONTACT, after=(began - 0.5,)):
        total = replace(total, **{name: getattr(total, name) + getattr(row, name) for name in _COUNTERS})
    return total
