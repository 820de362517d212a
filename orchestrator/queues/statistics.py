"""Statistics of queues and agents: ratios of counters, as the simulator defines them.

A contact counts in the interval in which it arrived. Each definition of the service level has its own name, because on
the same day they differ by several points. "In time" means within the queue's limit, the limit included. Short
abandonments count in no rate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import partial

from orchestrator.core.json_codec import Document
from orchestrator.core.timestamps import timestamp
from orchestrator.queues import counters
from orchestrator.queues.rows import AVAILABLE, WAITING, Agent, AgentTime, Interval, Item, Queue, Serves
from orchestrator.store.unit import Unit

__all__ = ["agent_statistics", "kpis", "levels", "queue_statistics"]

_COUNTERS = tuple(field.name for field in fields(Interval))[4:]
Times = dict[float, tuple[float, float]]


def levels(row: Interval) -> dict[str, float | None]:
    """Return the four service levels of an interval; ``None`` if no contact counts."""
    good, gone = row.answered_in_time, row.abandoned_in_time
    offered = row.offered - row.short_abandoned
    return {
        "service_level": _ratio(good, offered - gone),
        "service_level_with_abandoned": _ratio(good + gone, offered),
        "service_level_of_offered": _ratio(good, offered),
        "service_level_of_answered": _ratio(good, row.answered),
    }


def kpis(contacts: Interval, customers: Interval) -> Document:
    """Return counters with their ratios."""
    counted = ("offered", "answered", "abandoned", "short_abandoned", "blocked", "completed")
    return {
        **{name: getattr(contacts, name) for name in counted},
        "asa": _ratio(contacts.answered_wait, contacts.answered),
        "mean_wait_abandoned": _ratio(contacts.abandoned_wait, contacts.abandoned),
        "abandonment_rate": _ratio(contacts.abandoned, contacts.offered - contacts.short_abandoned),
        "handling_time": _ratio(contacts.handled_time, contacts.completed),
        **levels(contacts),
        **{f"{name}_per_customer": value for name, value in levels(customers).items()},
    }


def _ratio(above: float, below: float) -> float | None:
    return above / below if below > 0 else None


def queue_statistics(unit: Unit, queue: Queue, since: float, until: float, now: float) -> Document:
    """Return the statistics of a queue: as it is now, over a time span, and over each interval in it.

    Parameters
    ----------
    unit
        Of the counters.
    queue
        The queue.
    since, until
        The time span in which intervals begin.
    now
        The instant up to which agents' times are counted.
    """
    agents = _agents_of(unit, queue)
    times = _added(_times(unit, agent, since, until, now) for agent in agents)
    contacts, customers = (_rows(unit, queue, per, since, until) for per in (counters.CONTACT, counters.CUSTOMER))
    begins = sorted({counters.interval_of(began, queue.interval) for began in times} | contacts.keys())
    blank = partial(Interval, queue.tenant, queue.name)
    listed = []
    for began in begins:
        row, per = contacts.get(began, blank("", began)), customers.get(began, blank("", began))
        occupancy = _occupancy(times, began, began + queue.interval)
        listed.append({"began": timestamp(began), **kpis(row, per), "occupancy": occupancy})
    total = kpis(_sum(contacts.values(), blank("", since)), _sum(customers.values(), blank("", since)))
    return {
        "queue": queue.name,
        "within": queue.within,
        "target": queue.target,
        "from": timestamp(since),
        "to": timestamp(until),
        "now": _now(unit, queue, agents, now),
        "all": {**total, "occupancy": _occupancy(times, since, until)},
        "intervals": listed,
    }


def _now(unit: Unit, queue: Queue, agents: Sequence[Agent], now: float) -> Document:
    """Return the state of a queue at this instant."""
    totals = counters.totals_of(unit, queue.tenant, queue.name)
    oldest = unit.find(Item, "oldest", queue.tenant, queue.name, limit=1)
    places = ("entered", WAITING, "reserved", "serving", "completed", "abandoned")
    return {
        **{name: getattr(totals, name) for name in places},
        "oldest": max(0.0, now - oldest[0].entered) if oldest else None,
        "last_wait": totals.last_wait,
        "agents_available": sum(agent.presence == AVAILABLE for agent in agents),
        "agents_busy": sum(_is_busy(unit, agent) for agent in agents),
    }


def agent_statistics(unit: Unit, agent: Agent, since: float, until: float, now: float) -> Document:
    """Return how long an agent was present, and had an item."""
    times = _times(unit, agent, since, until, now)
    present, busy = sum(grain[0] for grain in times.values()), sum(grain[1] for grain in times.values())
    return {
        "agent": agent.id,
        "from": timestamp(since),
        "to": timestamp(until),
        "present": present,
        "busy": busy,
        "occupancy": _ratio(busy, present),
    }


def _agents_of(unit: Unit, queue: Queue) -> list[Agent]:
    """Return the agents who serve a queue."""
    agents = (unit.get(Agent, queue.tenant, row.agent) for row in unit.find(Serves, "of", queue.tenant, queue.name))
    return [agent for agent in agents if agent is not None]


def _is_busy(unit: Unit, agent: Agent) -> bool:
    return bool(unit.find(Item, "held", agent.tenant, agent.id, limit=1))


def _times(unit: Unit, agent: Agent, since: float, until: float, now: float) -> Times:
    """Return, by grain, how long an agent was present and busy, up to this instant."""
    times: Times = defaultdict(lambda: (0.0, 0.0))
    for row in _until(unit.find(AgentTime, "key", agent.tenant, agent.id, after=(since - counters.GRAIN,)), until):
        times[row.began] = row.present, row.busy
    busy = _is_busy(unit, agent)
    if agent.presence == AVAILABLE or busy:
        for began, seconds in counters.spread(agent.counted, now):
            present, worked = times[began]
            times[began] = present + seconds, worked + seconds * busy
    return {began: grain for began, grain in times.items() if since <= began < until}


def _until(rows: Iterable[AgentTime], until: float) -> Iterator[AgentTime]:
    return (row for row in rows if row.began < until)


def _added(times: Iterable[Times]) -> Times:
    """Return the sum of the agents' times, by grain."""
    added: Times = {}
    for grains in times:
        for began, (present, busy) in grains.items():
            before = added.get(began, (0.0, 0.0))
            added[began] = before[0] + present, before[1] + busy
    return added


def _occupancy(times: Times, since: float, until: float) -> float | None:
    """Return the share of their present time in a time span that agents were busy."""
    within = [grain for began, grain in times.items() if since <= began < until]
    return _ratio(sum(busy for _, busy in within), sum(present for present, _ in within))


def _rows(unit: Unit, queue: Queue, per: str, since: float, until: float) -> dict[float, Interval]:
    """Return the counters of the intervals that begin in a time span."""
    rows = unit.find(Interval, "key", queue.tenant, queue.name, per, after=(since - 0.5,))
    return {row.began: row for row in rows if row.began < until}


def _sum(rows: Iterable[Interval], nothing: Interval) -> Interval:
    """Return the counters of several intervals, added up."""
    total = nothing
    for row in rows:
        total = replace(total, **{name: getattr(total, name) + getattr(row, name) for name in _COUNTERS})
    return total
