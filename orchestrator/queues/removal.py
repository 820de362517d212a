"""Removal of queues and agents. Items that are over stay, and so do counters: a queue that is made anew has them."""

import asyncio
from math import inf

from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.queues import counters, transitions
from orchestrator.queues.commands import DropAgent, DropQueue
from orchestrator.queues.handlers import NOTHING, add_to_history
from orchestrator.queues.long_poll import wait_for
from orchestrator.queues.rows import HELD, OVER, WAITING, Item, Overflow, Serves, the_agent, the_item, the_queue
from orchestrator.service.command_context import CommandContext
from orchestrator.service.executor import Executor
from orchestrator.store.unit import Unit, savepoint

__all__ = ["drop_agent", "drop_queue", "remove_agent", "remove_queue"]

LONGEST = 20.0
"""Seconds for which a request empties a queue before it is refused."""

_MORE = Answer(202, b"")
"""There are more items than one command moves; clients never see it."""

_WAIT = 429
"""Status of a part for which the tenant has to wait."""


async def remove_queue(executor: Executor, request: Request) -> Answer:
    """Answer who removes a queue."""
    return await _repeated(executor, DropQueue.read(request))


async def remove_agent(executor: Executor, request: Request) -> Answer:
    """Answer who removes an agent."""
    return await _repeated(executor, DropAgent.read(request))


async def _repeated(executor: Executor, command: DropQueue | DropAgent) -> Answer:
    """Apply a command until nothing is left, so that other commands have their turns between its parts.

    Each part keeps what it has done. Where the tenant's rules have used up their budget, the next one waits for it.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LONGEST
    while (answer := await executor.submit(command)).status in (_MORE.status, _WAIT):
        if answer.status == _WAIT:
            seconds = float(dict(answer.headers).get(b"retry-after", inf))
            if loop.time() + seconds > deadline or await wait_for(executor.stopping, seconds):
                break
        elif loop.time() > deadline:
            detail = "there still are items, because others come meanwhile or there are very many; send this again"
            return Refused("work-state", detail).answer()
    return answer


def drop_queue(command: DropQueue, unit: Unit, context: CommandContext) -> Answer:
    """Remove a queue that nothing uses; its items that are not over are abandoned first, if that is wanted."""
    queue = the_queue(unit, command.tenant, command.queue)
    if uses := list(_uses(unit, command)):
        raise Refused("work-state", f"the queue {queue.name} cannot be removed: {'; '.join(uses)}")
    if command.abandon and not _abandon_some(unit, command, context):
        return _MORE
    for row in unit.find(Overflow, "key", command.tenant, command.queue):
        unit.delete(row)
    unit.delete(queue)
    return NOTHING


def _uses(unit: Unit, command: DropQueue) -> list[str]:
    """Return what uses a queue, each with what to do."""
    tenant, name = command.tenant, command.queue
    totals = counters.totals_of(unit, tenant, name)
    held = totals.reserved + totals.serving
    agents = unit.find(Serves, "of", tenant, name, limit=1)
    into = unit.find(Overflow, "into", tenant, name, limit=1)
    sentences = {
        f"{totals.waiting} items wait in it, let them be answered, or abandon them with ?abandon=true": totals.waiting,
        f"agents have {held} of its items, let them be completed, or abandon them with ?abandon=true": held,
    }
    uses = [sentence for sentence, count in sentences.items() if count and not command.abandon]
    uses += [f"agents such as {row.agent} serve it, take it from their lists or remove them" for row in agents]
    return uses + [f"items of {row.queue} flow over into it, take it from that queue's overflow" for row in into]


def _abandon_some(unit: Unit, command: DropQueue, context: CommandContext) -> bool:
    """Abandon as many items as one command may, and rules allow; return whether none is left.

    Raises
    ------
    Refused
        When not even one could be abandoned; what comes before a refusal is kept.
    """
    left = transitions.AT_ONCE
    for state in (WAITING, *HELD):
        for item in unit.find(Item, "states", command.tenant, command.queue, state, limit=left):
            try:
                with savepoint(unit):
                    _abandon(item, unit, context)
            except Refused:
                if left == transitions.AT_ONCE:
                    raise
                return False
            left -= 1
        if not left:
            return False
    return True


def _abandon(item: Item, unit: Unit, context: CommandContext) -> None:
    """Abandon an item as it is now: rules on those before may have let others have their turns or be over."""
    item = the_item(unit, item.tenant, item.id)
    if item.state not in OVER:
        add_to_history(unit, context, transitions.abandon(unit, item, context.now), "abandoned")


def drop_agent(command: DropAgent, unit: Unit, context: CommandContext) -> Answer:
    """Remove an agent; their items go back to their places, as at the end of a lease."""
    agent = counters.count_time(unit, the_agent(unit, command.tenant, command.agent), context.now)
    transitions.stop_asking(unit, agent)
    held = unit.find(Item, "held", agent.tenant, agent.id, limit=transitions.AT_ONCE)
    for item in held:
        transitions.give_back(unit, item, context.now)
    if len(held) == transitions.AT_ONCE:
        return _MORE
    for row in unit.find(Serves, "key", agent.tenant, agent.id):
        unit.delete(row)
    unit.delete(agent)
    return NOTHING
