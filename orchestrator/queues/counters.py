"""Counters of items and of agents' time, kept in the transaction of each change, so that statistics need no history."""

from collections.abc import Iterator
from dataclasses import replace
from math import floor

from orchestrator.queues.rows import AVAILABLE, Agent, AgentTime, Interval, Item, Queue, Totals, Visited
from orchestrator.store.unit import Unit

__all__ = [
    "CONTACT", "CUSTOMER", "GRAIN", "abandoned", "answered", "arrived", "blocked", "changed_state", "completed",
    "count_time", "interval_of", "spread", "totals_of",
]  # fmt: skip

CONTACT, CUSTOMER = "contact", "customer"

GRAIN = 900.0
"""Seconds of a grain, over which agents' times are added up; every interval of a queue is a multiple of it."""

_DAY = 86400.0


def interval_of(now: float, length: float) -> float:
    """Return the begin of the interval of an instant."""
    return floor(now / length) * length


def totals_of(unit: Unit, tenant: str, queue: str) -> Totals:
    """Return how many items of a queue are in each state."""
    return unit.get(Totals, tenant, queue) or Totals(tenant, queue)


def changed_state(unit: Unit, item: Item, before: str, after: str) -> None:
    """Count the change of an item's state; ``before`` is empty for a new item."""
    totals = totals_of(unit, item.tenant, item.queue)
    left = {"entered": totals.entered + 1} if not before else {before: getattr(totals, before) - 1}
    unit.put(replace(totals, **left, **{after: getattr(totals, after) + 1}))


def arrived(unit: Unit, item: Item) -> None:
    """Count an item that enters its queue."""
    if item.journey and item.first:
        unit.put(Visited(item.tenant, item.queue, item.journey))
    _add(unit, item, offered=1)


def blocked(unit: Unit, queue: Queue, now: float) -> None:
    """Count a contact that was blocked by a full queue."""
    key = queue.tenant, queue.name, CONTACT, interval_of(now, queue.interval)
    row = unit.get(Interval, *key) or Interval(*key)
    unit.put(replace(row, blocked=row.blocked + 1))


def answered(unit: Unit, item: Item, queue: Queue, now: float) -> None:
    """Count an item that an agent accepts for the first time."""
    waited = max(0.0, now - item.entered)
    unit.put(replace(totals_of(unit, item.tenant, item.queue), last_wait=waited))
    _add(unit, item, answered=1, answered_in_time=int(waited <= queue.within), answered_wait=waited)


def abandoned(unit: Unit, item: Item, queue: Queue, now: float) -> None:
    """Count an abandoned item, unless it was answered before; a short abandonment counts in no rate."""
    waited = max(0.0, now - item.entered)
    if item.answered:
        return
    if waited < queue.short:
        _add(unit, item, short_abandoned=1)
        if item.journey and item.first:  # so that the journey's next contact counts as its first
            unit.delete(Visited(item.tenant, item.queue, item.journey))
        return
    _add(unit, item, abandoned=1, abandoned_in_time=int(waited <= queue.within), abandoned_wait=waited)


def completed(unit: Unit, item: Item, now: float) -> None:
    """Count a completed item."""
    _add(unit, item, completed=1, handled_time=max(0.0, now - item.accepted))


def _add(unit: Unit, item: Item, **numbers: float) -> None:
    """Add to the counters of the interval in which an item arrived."""
    for per in (CONTACT, CUSTOMER) if item.first else (CONTACT,):
        key = item.tenant, item.queue, per, item.interval
        row = unit.get(Interval, *key) or Interval(*key)
        unit.put(replace(row, **{name: getattr(row, name) + number for name, number in numbers.items()}))


def count_time(unit: Unit, agent: Agent, now: float) -> Agent:
    """Count the time since an agent's last change, just before the next one; return the agent with the new instant."""
    busy = bool(unit.find(Item, "held", agent.tenant, agent.id, limit=1))
    if agent.presence == AVAILABLE or busy:
        for began, seconds in spread(agent.counted, now):
            key = agent.tenant, agent.id, began
            row = unit.get(AgentTime, *key) or AgentTime(*key)
            unit.put(replace(row, present=row.present + seconds, busy=row.busy + seconds * busy))
    agent = replace(agent, counted=max(now, agent.counted))
    unit.put(agent)
    return agent


def spread(since: float, now: float) -> Iterator[tuple[float, float]]:
    """Yield the grains of a time span, each with its number of seconds in the span; at most of the last day."""
    since = max(since, now - _DAY)
    while since < now:
        began = interval_of(since, GRAIN)
        until = min(began + GRAIN, now)
        yield began, until - since
        since = until
