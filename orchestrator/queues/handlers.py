"""Items enter, are reserved, settled, and abandoned: what the commands that do so read and write."""

from __future__ import annotations

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import Document, write
from orchestrator.core.problems import Refused
from orchestrator.journeys.handlers import append, the_journey
from orchestrator.journeys.rows import Journey, State
from orchestrator.queues import counters, transitions
from orchestrator.queues.commands import Abandon, Enter, Reserve, Settle, Tidy, Verb
from orchestrator.queues.rows import (
    ABANDONED,
    AVAILABLE,
    COMPLETED,
    HELD,
    RESERVED,
    SERVING,
    WAITING,
    Item,
    Queue,
    Visited,
)  # fmt: skip
from orchestrator.queues.settings import the_agent, the_queue
from orchestrator.queues.views import answer, item_view, reservation_view
from orchestrator.service.command_context import Moment
from orchestrator.store.unit import Unit

__all__ = ["NOTHING", "abandon", "enter", "leave", "reserve", "settle", "the_item", "tidy"]

NOTHING = Answer(204, b"")


def the_item(unit: Unit, tenant: str, name: str) -> Item:
    """Return an item that must be there."""
    item = unit.get(Item, tenant, name)
    if item is None:
        raise Refused("unknown", f"there is no item {name[:80]}")
    return item


def enter(command: Enter, unit: Unit, moment: Moment) -> Answer:
    """Let a contact enter a queue, and reserve it at once if an agent is asking."""
    queue = the_queue(unit, command.tenant, command.queue)
    journey = the_journey(unit, command.tenant, command.journey) if command.journey else None
    if journey is not None and journey.state == State.COMPLETED:
        raise Refused("state", "a journey that is completed cannot enter a queue", state=journey.state)
    transitions.tidy(unit, command.tenant, moment.now)
    mark = unit.mark()
    item = transitions.enter(unit, _item(command, unit, moment, queue, journey), moment.now)
    waiting = counters.totals_of(unit, command.tenant, command.queue).waiting
    if item.state == WAITING and queue.capacity is not None and waiting > queue.capacity:
        unit.undo(mark)
        counters.blocked(unit, queue, moment.now)  # answered, not raised, so that it is kept
        detail = f"{queue.capacity} wait in {queue.name} already, which is all that it takes"
        return Refused("full", detail, capacity=queue.capacity).answer()
    _tell(unit, moment, item, "entered", queue=item.queue)
    return answer(item_view(the_item(unit, item.tenant, item.id)), 201)  # the rules may have changed its priority


def _item(command: Enter, unit: Unit, moment: Moment, queue: Queue, journey: Journey | None) -> Item:
    """Return the item of a contact that has just come."""
    priority = queue.priority if command.priority is None else command.priority
    visited = journey is not None and unit.get(Visited, command.tenant, command.queue, journey.id) is not None
    customer = command.customer or (journey.customer if journey else "")
    return Item(
        command.tenant, moment.fresh(), command.queue, write(sorted(set(command.skills))), command.journey,
        journey is not None, customer, command.data, priority, moment.now,
        counters.interval_of(moment.now, queue.interval), not visited, WAITING, moment.now,
    )  # fmt: skip


def abandon(command: Abandon, unit: Unit, moment: Moment) -> Answer:
    """Let a customer give up waiting; once an agent has accepted, it is the agent who completes."""
    transitions.tidy(unit, command.tenant, moment.now)
    item = the_item(unit, command.tenant, command.item)
    if item.state == ABANDONED:
        return answer(item_view(item))
    if item.state not in (WAITING, RESERVED):
        raise _not_now(item, "be abandoned")
    item = transitions.abandon(unit, item, moment.now)
    _tell(unit, moment, item, "abandoned")
    return answer(item_view(item))


def leave(journey: Journey, unit: Unit, moment: Moment) -> None:
    """Let a journey that is over leave the queues where it waits; what agents have stays with them.

    Parameters
    ----------
    journey
        As it was put when it ended.
    unit, moment
        Of the handler that ended it.
    """
    for item in unit.find(Item, "journeys", journey.tenant, journey.id):
        if item.state == WAITING:
            gone = transitions.abandon(unit, item, moment.now)
            journey = append(journey, unit, moment, kind="sojourn.item.abandoned", data={"item": gone.id})


def reserve(command: Reserve, unit: Unit, moment: Moment) -> Answer:
    """Give an agent their next item; the one not accepted yet again, if there is one, so that no answer is lost."""
    transitions.tidy(unit, command.tenant, moment.now)
    agent = the_agent(unit, command.tenant, command.agent)
    if agent.presence != AVAILABLE:
        detail = f"the agent is {agent.presence}; set the presence to {AVAILABLE} before asking for work"
        raise Refused("work-state", detail, state=agent.presence)
    offered = unit.find(Item, "offered", command.tenant, command.agent, limit=1)
    item = offered[0] if offered else transitions.take(unit, agent, moment.now)
    if item is not None:
        return answer(reservation_view(unit, item))
    if command.wait > 0:
        transitions.ask(unit, agent, moment.now + command.wait)
    return NOTHING


def settle(command: Settle, unit: Unit, moment: Moment) -> Answer:
    """Do what an agent says about a reservation, if they still have it."""
    item = the_item(unit, command.tenant, command.item)
    if _is_repeated(command, item):
        return answer(reservation_view(unit, item))
    _check_held(command, item, moment.now)
    now, tells = moment.now, ""
    if command.verb is Verb.ACCEPT:
        item, tells = transitions.accept(unit, item, now), "accepted"
    elif command.verb is Verb.EXTEND:
        item = transitions.extend(unit, item, command.seconds, now)
    elif command.verb is Verb.REJECT:
        item = transitions.give_back(unit, item, now)
    else:
        item, tells = transitions.complete(unit, item, now), "completed"
    if tells:
        _tell(unit, moment, item, tells, agent=command.agent)
    transitions.tidy(unit, command.tenant, now)
    return answer(reservation_view(unit, the_item(unit, command.tenant, command.item)))


def _is_repeated(command: Settle, item: Item) -> bool:
    """Tell whether a request has been done before, and its answer was lost."""
    done = {Verb.ACCEPT: (SERVING, COMPLETED), Verb.COMPLETE: (COMPLETED,)}.get(command.verb, ())
    return item.state in done and (item.agent, item.token) == (command.agent, command.token)


def _check_held(command: Settle, item: Item, now: float) -> None:
    """Refuse a reservation that is not held any longer, or that cannot do this."""
    if item.state not in HELD or (item.agent, item.token) != (command.agent, command.token) or item.ends <= now:
        detail = f"{command.agent[:80]} does not hold item {item.id} under token {command.token} any longer"
        raise Refused("lease", detail, state=item.state, token=item.token)
    if command.verb is Verb.REJECT and item.state == SERVING:
        raise _not_now(item, "be rejected any more; complete it")
    if command.verb is Verb.COMPLETE and item.state == RESERVED:
        raise _not_now(item, "be completed; accept it first")


def _not_now(item: Item, doing: str) -> Refused:
    """Return the refusal of what an item's state does not allow."""
    return Refused("work-state", f"an item that is {item.state} cannot {doing}", state=item.state)


def tidy(command: Tidy, unit: Unit, moment: Moment) -> Answer:
    """Do what is due by the clock."""
    transitions.tidy(unit, command.tenant, moment.now)
    return NOTHING


def _tell(unit: Unit, moment: Moment, item: Item, happened: str, **more: str) -> None:
    """Add what happened to an item to the history of its journey, unless that is over."""
    journey = unit.get(Journey, item.tenant, item.journey) if item.journey else None
    if journey is not None and journey.state != State.COMPLETED:
        data: Document = {"item": item.id, **more}
        append(journey, unit, moment, kind=f"sojourn.item.{happened}", data=data)
