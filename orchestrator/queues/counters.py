"""Counters, kept in the transaction that changes what they count, so that no statistic looks at history."""

from collections.abc import Iterator
from dataclasses import replace
from math import floor

from orchestrator.queues.rows import AVAILABLE, Agent, AgentTime, Interval, Item, Queue, Totals, Visited
from orchestrator.store.unit import Unit

__all__ = [
    "CONTACT", "CUSTOMER", "GRAIN", "abandoned", "answered", "arrived", "blocked", "completed", "count_time",
    "interval_of", "moved", "spread", "totals_of",
]  # fmt: skip

CONTACT, CUSTOMER = "contact", "customer"

GRAIN = 900.0
"""Seconds over which agents' times are added up; every interval of a queue is a multiple of it."""

_DAY = 86400.0


def interval_of(now: float, length: float) -> float:
    """Return when the interval began in which an instant lies."""
    return floor(now / length) * length


def totals_of(unit: Unit, tenant: str, queue: str) -> Totals:
    """Return where all items of a queue are."""
    return unit.get(Totals, tenant, queue) or Totals(tenant, queue)


def moved(unit: Unit, item: Item, before: str, after: str) -> None:
    """Count an item in another state; it comes from nowhere where ``before`` is empty."""
    totals = totals_of(unit, item.tenant, item.queue)
    left = {"entered": totals.entered + 1} if not before else {before: getattr(totals, before) - 1}
    unit.put(replace(totals, **left, **{after: getattr(totals, after) + 1}))


def arrived(unit: Unit, item: Item) -> None:
    """Count an item that has entered its queue."""
    if item.journey and item.first:
        unit.put(Visited(item.tenant, item.queue, item.journey))
    _add(unit, item, offered=1)


def blocked(unit: Unit, queue: Queue, now: float) -> None:
    """Count a contact that found its queue full."""
    key = queue.tenant, queue.name, CONTACT, interval_of(now, queue.interval)
    row = unit.get(Interval, *key) or Interval(*key)
    unit.put(replace(row, blocked=row.blocked + 1))


def answered(unit: Unit, item: Item, queue: Queue, now: float) -> None:
    """Count an item that an agent has accepted for the first time."""
    waited = max(0.0, now - item.entered)
    unit.put(replace(totals_of(unit, item.tenant, item.queue), last_wait=waited))
    _add(unit, item, answered=1, answered_in_time=int(waited <= queue.within), answered_wait=waited)


def abandoned(unit: Unit, item: Item, queue: Queue, now: float) -> None:
    """Count an item that the customer has left, unless it was answered before; a short one counts in no rate."""
    waited = max(0.0, now - item.entered)
    if item.answered:
        return
    if waited < queue.short:
        _add(unit, item, short_abandoned=1)
        if item.journey and item.first:  # so that the journey's next contact is the first that counts
            unit.delete(Visited(item.tenant, item.queue, item.journey))
        return
    _add(unit, item, abandoned=1, abandoned_in_time=int(waited <= queue.within), abandoned_wait=waited)


def completed(unit: Unit, item: Item, now: float) -> None:
    """Count an item that its agent has completed."""
    _add(unit, item, completed=1, handled_time=max(0.0, now - item.accepted))


def _add(unit: Unit, item: Item, **numbers: float) -> None:
    """Add to the counters of the interval in which an item arrived."""
    for per in (CONTACT, CUSTOMER) if item.first else (CONTACT,):
        key = item.tenant, item.queue, per, item.interval
        row = unit.get(Interval, *key) or Interval(*key)
        unit.put(replace(row, **{name: getattr(row, name) + number for name, number in numbers.items()}))


def count_time(unit: Unit, agent: Agent, now: float) -> Agent:
    """Count the time since an agent's last change, just before the next one; return the agent as kept now."""
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
    """Yield the grains that a time covers, each with how many seconds of it; a day at most, the last one."""
    since = max(since, now - _DAY)
    while since < now:
        began = interval_of(since, GRAIN)
        until = min(began + GRAIN, now)
        yield began, until - since
        since = until
