"""Handlers of the commands of queues, agents, and items."""

from dataclasses import replace

from orchestrator.core.answer import Answer, json_answer
from orchestrator.core.json_codec import Document, write
from orchestrator.core.problems import Refused, invalid
from orchestrator.journeys.handlers import append
from orchestrator.journeys.rows import Journey, State, the_journey
from orchestrator.queues import counters, transitions
from orchestrator.queues.commands import (
    Abandon,
    Accept,
    ApplyTimeouts,
    Complete,
    Enter,
    Extend,
    PutAgent,
    PutQueue,
    Reject,
    Reserve,
    SetPresence,
    UseReservation,
)
from orchestrator.queues.rows import (
    ABANDONED,
    AVAILABLE,
    COMPLETED,
    HELD,
    OFFLINE,
    RESERVED,
    SERVING,
    WAITING,
    Agent,
    Item,
    Overflow,
    Queue,
    Serves,
    Visited,
    the_agent,
    the_item,
    the_queue,
)  # fmt: skip
from orchestrator.queues.views import agent_view, item_view, queue_view, reservation_view
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Unit

__all__ = [
    "MOST_OPEN", "NOTHING", "abandon", "add_to_history", "apply_timeouts", "enter", "put_agent", "put_queue",
    "remove_from_queues", "reserve", "set_presence", "use_reservation",
]  # fmt: skip

NOTHING = Answer(204, b"")

MOST_OPEN = 20
"""Items of a journey that may wait or be with agents: what changes all of them in one command is soon done."""


def put_queue(command: PutQueue, unit: Unit, context: CommandContext) -> Answer:
    """Make a queue, or change its settings; waiting items keep their positions."""
    body = command.body
    _check(unit, command.tenant, "overflow", [overflow.queue for overflow in body.overflow])
    is_new = unit.get(Queue, command.tenant, command.queue) is None
    if is_new:
        allowed = context.limits.queues
        context.limits.check("queues", unit.count(Queue, "key", command.tenant), allowed)
    replaced = unit.find(Overflow, "key", command.tenant, command.queue)
    if len(body.overflow) > len(replaced):
        others = unit.count(Overflow, "key", command.tenant) - len(replaced)
        context.limits.check("overflows", others, context.limits.overflows, len(body.overflow))
    queue = Queue(
        command.tenant, command.queue, body.channel, body.policy, body.priority, body.weight,
        write(sorted(body.skills)), body.capacity, body.within, body.target, body.short_abandon,
        float(body.interval), body.lease, body.hold,
    )  # fmt: skip
    unit.put(queue)
    for row in replaced:
        unit.delete(row)
    for position, overflow in enumerate(body.overflow, start=1):
        unit.put(Overflow(command.tenant, command.queue, position, overflow.queue, overflow.after))
    return json_answer(queue_view(unit, queue), 201 if is_new else 200)


def put_agent(command: PutAgent, unit: Unit, context: CommandContext) -> Answer:
    """Make an agent, who is offline at first, or change their settings; agents keep their items."""
    body, ranks = command.body, command.body.ranks()
    _check(unit, command.tenant, "serves", list(ranks))
    before = unit.get(Agent, command.tenant, command.agent)
    if before is not None:
        before = counters.count_time(unit, before, context.now)
    now = context.now
    agent = Agent(
        command.tenant, command.agent, write(body.skills), write(body.capacity), body.blend,
        before.presence if before else OFFLINE, before.since if before else now,
        before.freed if before else now, before.counted if before else now,
    )  # fmt: skip
    unit.put(agent)
    until = transitions.asks_until(unit, agent)
    for row in unit.find(Serves, "key", command.tenant, command.agent):
        unit.delete(row)
    for position, (queue, rank) in enumerate(ranks.items()):
        unit.put(Serves(command.tenant, command.agent, position, queue, rank, asking=until > now, until=until))
    transitions.serve_asking(unit, command.tenant, command.agent, now)
    return json_answer(agent_view(unit, agent), 200 if before else 201)


def _check(unit: Unit, tenant: str, field: str, names: list[str]) -> None:
    """Refuse unknown queues, all of them at once."""
    wrong = [
        (f"/{field}/{position}", f'is "{name}"; there is no such queue, put it first')
        for position, name in enumerate(names) if unit.get(Queue, tenant, name) is None
    ]  # fmt: skip
    if wrong:
        raise invalid(wrong)


def set_presence(command: SetPresence, unit: Unit, context: CommandContext) -> Answer:
    """Change an agent's presence; items not accepted yet go back, the others stay with the agent."""
    agent = the_agent(unit, command.tenant, command.agent)
    presence = command.body.presence
    if agent.presence == presence:
        return json_answer(agent_view(unit, agent))
    agent = counters.count_time(unit, agent, context.now)
    comes = presence == AVAILABLE
    freed = context.now if comes else agent.freed
    unit.put(replace(agent, presence=presence, since=context.now, freed=freed))
    if not comes:
        transitions.stop_asking(unit, agent)
        for item in unit.find(Item, "offered", agent.tenant, agent.id):
            transitions.give_back(unit, item, context.now)
    return json_answer(agent_view(unit, the_agent(unit, command.tenant, command.agent)))


def enter(command: Enter, unit: Unit, context: CommandContext) -> Answer:
    """Let a contact enter a queue, and reserve it at once if an agent is asking."""
    queue = the_queue(unit, command.tenant, command.queue)
    journey = the_journey(unit, command.tenant, command.body.journey) if command.body.journey else None
    if journey is not None:
        _check_may_enter(journey, unit)
    transitions.apply_timeouts(unit, command.tenant, context.now)
    mark = unit.mark()
    item = transitions.enter(unit, _item(command, unit, context, queue, journey), context.now)
    waiting = counters.totals_of(unit, command.tenant, command.queue).waiting
    if item.state == WAITING and queue.capacity is not None and waiting > queue.capacity:
        unit.undo(mark)
        counters.blocked(unit, queue, context.now)  # answered, not raised, so that the count is kept
        detail = f"{queue.capacity} wait in {queue.name} already, which is all that it takes"
        return Refused("full", detail, capacity=queue.capacity).answer()
    add_to_history(unit, context, item, "entered", queue=item.queue)
    return json_answer(item_view(the_item(unit, item.tenant, item.id)), 201)  # the rules may have changed its priority


def _check_may_enter(journey: Journey, unit: Unit) -> None:
    """Refuse a journey that is completed, or has as many items as it may."""
    if journey.state == State.COMPLETED:
        raise Refused("state", "a journey that is completed cannot enter a queue", state=journey.state)
    if len(unit.find(Item, "open", journey.tenant, journey.id, limit=MOST_OPEN)) == MOST_OPEN:
        detail = f"{MOST_OPEN} items of the journey wait or are with agents, which is all that it may have"
        raise Refused("state", detail, state=journey.state)


def _item(command: Enter, unit: Unit, context: CommandContext, queue: Queue, journey: Journey | None) -> Item:
    """Return the item of a new contact."""
    body = command.body
    priority = queue.priority if body.priority is None else body.priority
    visited = journey is not None and unit.get(Visited, command.tenant, command.queue, journey.id) is not None
    customer = body.customer or (journey.customer if journey else "")
    return Item(
        command.tenant, context.new_id(), command.queue, write(sorted(set(body.skills))), body.journey or "",
        journey is not None, customer, write(body.data), priority, context.now,
        counters.interval_of(context.now, queue.interval), not visited, WAITING, context.now,
    )  # fmt: skip


def abandon(command: Abandon, unit: Unit, context: CommandContext) -> Answer:
    """Let a customer give up waiting; an item that an agent has accepted is completed by the agent."""
    transitions.apply_timeouts(unit, command.tenant, context.now)
    item = the_item(unit, command.tenant, command.item)
    if item.state == ABANDONED:
        return json_answer(item_view(item))
    if item.state not in (WAITING, RESERVED):
        raise _not_now(item, "be abandoned")
    item = transitions.abandon(unit, item, context.now)
    add_to_history(unit, context, item, "abandoned")
    return json_answer(item_view(item))


def remove_from_queues(journey: Journey, unit: Unit, context: CommandContext) -> None:
    """Remove a completed journey from its queues. Items already with an agent stay until the agent completes them.

    The tenant owes what rules on the removed items cost, so that they never refuse the completion. The hooks on the
    completion itself come before.

    Parameters
    ----------
    journey
        After its completion.
    unit, context
        Of the handler that completed it.
    """
    owing = replace(context, spend=context.owe)
    for item in unit.find(Item, "open", journey.tenant, journey.id):
        if item.state == WAITING:
            gone = transitions.abandon(unit, item, context.now)
            journey = append(journey, unit, owing, entry_type="sojourn.item.abandoned", data={"item": gone.id})


def reserve(command: Reserve, unit: Unit, context: CommandContext) -> Answer:
    """Give an agent their next item; first one that they have not accepted yet, whose answer may have been lost."""
    transitions.apply_timeouts(unit, command.tenant, context.now)
    agent = the_agent(unit, command.tenant, command.agent)
    if agent.presence != AVAILABLE:
        detail = f"the agent is {agent.presence}; set the presence to {AVAILABLE} before asking for work"
        raise Refused("work-state", detail, state=agent.presence)
    offered = unit.find(Item, "offered", command.tenant, command.agent, limit=1)
    item = offered[0] if offered else transitions.take(unit, agent, context.now)
    if item is not None:
        return json_answer(reservation_view(unit, item))
    if command.wait > 0:
        transitions.ask(unit, agent, context.now + command.wait)
    return NOTHING


def use_reservation(command: UseReservation, unit: Unit, context: CommandContext) -> Answer:
    """Accept, extend, reject, or complete a reservation, if the agent still holds it."""
    item = the_item(unit, command.tenant, command.item)
    if _is_repeated(command, item):
        return json_answer(reservation_view(unit, item))
    _check_held(command, item, context.now)
    now, tells = context.now, ""
    if isinstance(command, Accept):
        item, tells = transitions.accept(unit, item, now), "accepted"
    elif isinstance(command, Extend):
        item = transitions.extend(unit, item, command.body.seconds, now)
    elif isinstance(command, Reject):
        item = transitions.give_back(unit, item, now)
    else:
        item, tells = transitions.complete(unit, item, now), "completed"
    if tells:
        add_to_history(unit, context, item, tells, agent=command.body.agent)
    transitions.apply_timeouts(unit, command.tenant, now)
    return json_answer(reservation_view(unit, the_item(unit, command.tenant, command.item)))


def _is_repeated(command: UseReservation, item: Item) -> bool:
    """Tell whether a request repeats one that was applied."""
    done = {Accept: (SERVING, COMPLETED), Complete: (COMPLETED,)}.get(type(command), ())
    return item.state in done and (item.agent, item.token) == (command.body.agent, command.body.token)


def _check_held(command: UseReservation, item: Item, now: float) -> None:
    """Refuse to use a reservation that the agent does not hold any longer, or whose state does not allow it."""
    agent, token = command.body.agent, command.body.token
    if item.state not in HELD or (item.agent, item.token) != (agent, token) or item.ends <= now:
        detail = f"{agent[:80]} does not hold item {item.id} under token {token} any longer"
        raise Refused("lease", detail, state=item.state, token=item.token)
    if isinstance(command, Reject) and item.state == SERVING:
        raise _not_now(item, "be rejected any more; complete it")
    if isinstance(command, Complete) and item.state == RESERVED:
        raise _not_now(item, "be completed; accept it first")


def _not_now(item: Item, doing: str) -> Refused:
    """Return the refusal of a change that an item's state does not allow."""
    return Refused("work-state", f"an item that is {item.state} cannot {doing}", state=item.state)


def apply_timeouts(command: ApplyTimeouts, unit: Unit, context: CommandContext) -> Answer:
    """Apply the timeouts that are due."""
    transitions.apply_timeouts(unit, command.tenant, context.now)
    return NOTHING


def add_to_history(unit: Unit, context: CommandContext, item: Item, happened: str, **more: str) -> None:
    """Add an entry about an item to the history of its journey, unless the journey is completed."""
    journey = unit.get(Journey, item.tenant, item.journey) if item.journey else None
    if journey is not None and journey.state != State.COMPLETED:
        data: Document = {"item": item.id, **more}
        append(journey, unit, context, entry_type=f"sojourn.item.{happened}", data=data)
