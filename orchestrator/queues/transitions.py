"""Transitions of items between states; all counters change here, so that none can be forgotten."""

from dataclasses import replace
from typing import Any

from orchestrator.journeys.rows import Journey, State
from orchestrator.queues import counters
from orchestrator.queues.matching import Desk, best_agent, best_item, next_turn
from orchestrator.queues.rows import (
    ABANDONED,
    COMPLETED,
    HELD,
    NEVER,
    RESERVED,
    SERVING,
    WAITING,
    Agent,
    Item,
    Lane,
    Queue,
    Serves,
)  # fmt: skip
from orchestrator.store.unit import Unit

__all__ = [
    "abandon", "accept", "apply_timeouts", "ask", "asks_until", "complete", "enter", "extend", "give_back", "offer",
    "queue_of", "serve_asking", "stop_asking", "take",
]  # fmt: skip

DECLINED = 60.0
"""Seconds for which an item is not offered again to the agent who rejected it last."""

AT_ONCE = 100
"""Leases and overflows that one command handles at most, so that none takes long."""


def _transition(unit: Unit, item: Item, state: str, now: float, **changes: Any) -> Item:
    """Put an item into a state, and count it."""
    changes = {"ends": NEVER, "next_offer": NEVER, "has_next_offer": False} | changes
    after = replace(item, state=state, changed=now, **changes)
    if item.agent and item.state in HELD and (agent := unit.get(Agent, item.tenant, item.agent)):
        agent = counters.count_time(unit, agent, now)
        if state not in HELD:
            unit.put(replace(agent, freed=now))
    counters.changed_state(unit, item, item.state, state)
    _count_in_lane(unit, item, (state == WAITING) - (item.state == WAITING))
    unit.put(after)
    return after


def _count_in_lane(unit: Unit, item: Item, change: int) -> None:
    """Count an item in or out of its lane."""
    key = item.tenant, item.queue, item.lane
    lane = unit.get(Lane, *key) or Lane(*key, 0, empty=True)
    waiting = lane.waiting + change
    if change and waiting:
        unit.put(replace(lane, waiting=waiting, empty=False))
    elif change:
        unit.delete(lane)


def queue_of(unit: Unit, item: Item) -> Queue:
    """Return the queue of an item that is not over; a queue that has one is never removed."""
    queue = unit.get(Queue, item.tenant, item.queue)
    assert queue is not None, f"the queue {item.queue} of item {item.id} is gone"
    return queue


# Transitions by customers


def enter(unit: Unit, item: Item, now: float) -> Item:
    """Let a new item into its queue, and offer it."""
    counters.changed_state(unit, item, "", WAITING)
    counters.arrived(unit, item)
    _count_in_lane(unit, item, 1)
    unit.put(item)
    return offer(unit, item, now)


def abandon(unit: Unit, item: Item, now: float) -> Item:
    """Note that the customer has given up; an agent who had the item is free again, and gets the next one if asking."""
    gone = _transition(unit, item, ABANDONED, now)
    counters.abandoned(unit, item, queue_of(unit, item), now)
    if item.state in HELD:
        serve_asking(unit, item.tenant, item.agent, now)
    return gone


# Transitions by agents


def take(unit: Unit, agent: Agent, now: float) -> Item | None:
    """Give an agent their next item, if there is one."""
    best = best_item(unit, Desk.current(unit, agent), now)
    return _reserve(unit, best[0], best[1], agent, now) if best else None


def accept(unit: Unit, item: Item, now: float) -> Item:
    """Let the agent begin; the customer is answered now."""
    queue = queue_of(unit, item)
    if not item.answered:
        counters.answered(unit, item, queue, now)
    return _transition(unit, item, SERVING, now, ends=now + queue.hold, accepted=now, answered=True)


def extend(unit: Unit, item: Item, seconds: float | None, now: float) -> Item:
    """Extend the lease of an item, counted from now."""
    queue = queue_of(unit, item)
    longer = replace(item, ends=now + (seconds or (queue.lease if item.state == RESERVED else queue.hold)))
    unit.put(longer)
    return longer


def complete(unit: Unit, item: Item, now: float) -> Item:
    """Let the agent complete an item, and take the next one if they are asking."""
    counters.completed(unit, item, now)
    done = _transition(unit, item, COMPLETED, now)
    serve_asking(unit, item.tenant, item.agent, now)
    return done


def give_back(unit: Unit, item: Item, now: float) -> Item:
    """Put an item back into its lane, in its old position, and offer it to other agents, unless its journey is over."""
    if _is_over(unit, item):
        return abandon(unit, item, now)
    back = _transition(
        unit, item, WAITING, now, agent="", declined_by=item.agent, declined_until=now + DECLINED,
    )  # fmt: skip
    back = offer(unit, back, now)
    serve_asking(unit, item.tenant, item.agent, now)
    return back


def _is_over(unit: Unit, item: Item) -> bool:
    """Tell whether the journey of an item is completed, so that nobody waits any more."""
    journey = unit.get(Journey, item.tenant, item.journey) if item.linked else None
    return journey is not None and journey.state == State.COMPLETED


def serve_asking(unit: Unit, tenant: str, name: str, now: float) -> None:
    """Give an agent who has room again the next item, if they are asking."""
    agent = unit.get(Agent, tenant, name)
    if agent is not None and (until := asks_until(unit, agent)) > now and take(unit, agent, now) is None:
        ask(unit, agent, until)  # the desk now has more room


# Matching


def offer(unit: Unit, item: Item, now: float) -> Item:
    """Reserve a waiting item for the best asking agent; if there is none, note when to try again."""
    queue = queue_of(unit, item)
    agent = best_agent(unit, item, queue, now)
    if agent is not None:
        return _reserve(unit, item, queue, agent, now)
    at = next_turn(unit, item, now)
    item = replace(item, next_offer=at, has_next_offer=at < NEVER)
    unit.put(item)
    return item


def _reserve(unit: Unit, item: Item, queue: Queue, agent: Agent, now: float) -> Item:
    """Reserve an item for an agent, under a token that is greater than all before."""
    agent = counters.count_time(unit, agent, now)
    stop_asking(unit, agent)
    return _transition(unit, item, RESERVED, now, agent=agent.id, token=item.token + 1, ends=now + queue.lease)


def ask(unit: Unit, agent: Agent, until: float) -> None:
    """Note that an agent is asking for work until an instant, with their desk."""
    desk = Desk.current(unit, agent).write()
    for serves in unit.find(Serves, "key", agent.tenant, agent.id):
        unit.put(replace(serves, asking=True, until=until, desk=desk))


def asks_until(unit: Unit, agent: Agent) -> float:
    """Return the instant until which an agent is asking for work; 0 if they are not."""
    serves = unit.find(Serves, "key", agent.tenant, agent.id)
    return max((served.until for served in serves if served.asking), default=0.0)


def stop_asking(unit: Unit, agent: Agent) -> None:
    """Note that an agent is no longer asking for work."""
    for serves in unit.find(Serves, "key", agent.tenant, agent.id):
        if serves.asking:
            unit.put(replace(serves, asking=False))


def apply_timeouts(unit: Unit, tenant: str, now: float) -> None:
    """Take back items whose lease has ended, and offer items that have waited long enough to further agents."""
    for item in unit.find(Item, "leases", tenant, limit=AT_ONCE):
        if item.ends > now:
            break
        give_back(unit, item, now)
    for item in unit.find(Item, "turns", tenant, limit=AT_ONCE):
        if item.next_offer > now:
            break
        offer(unit, item, now)
