"""Queues and agents are put: what the commands that do so read and write."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write
from orchestrator.core.problems import Refused, invalid
from orchestrator.queues import counters, transitions
from orchestrator.queues.commands import PutAgent, PutQueue, SetPresence
from orchestrator.queues.rows import AVAILABLE, OFFLINE, Agent, Item, Overflow, Queue, Serves
from orchestrator.queues.views import agent_view, answer, queue_view
from orchestrator.service.command_context import Moment
from orchestrator.store.unit import Unit

__all__ = ["put_agent", "put_queue", "set_presence", "the_agent", "the_queue"]


def the_queue(unit: Unit, tenant: str, name: str) -> Queue:
    """Return a queue that must be there."""
    queue = unit.get(Queue, tenant, name)
    if queue is None:
        raise Refused("unknown", f"there is no queue {name[:80]}")
    return queue


def the_agent(unit: Unit, tenant: str, name: str) -> Agent:
    """Return an agent who must be there."""
    agent = unit.get(Agent, tenant, name)
    if agent is None:
        raise Refused("unknown", f"there is no agent {name[:80]}")
    return agent


def put_queue(command: PutQueue, unit: Unit, _: Moment) -> Answer:
    """Make a queue, or change how it is run; items that wait in it keep their places."""
    _check(unit, command.tenant, "overflow", [name for name, _ in command.overflow])
    is_new = unit.get(Queue, command.tenant, command.name) is None
    queue = Queue(
        command.tenant, command.name, command.channel, command.policy, command.priority, command.weight,
        write(sorted(command.skills)), command.capacity, command.within, command.target, command.short,
        command.interval, command.lease, command.hold,
    )  # fmt: skip
    unit.put(queue)
    for row in unit.find(Overflow, "key", command.tenant, command.name):
        unit.delete(row)
    for place, (target, after) in enumerate(command.overflow, start=1):
        unit.put(Overflow(command.tenant, command.name, place, target, after))
    return answer(queue_view(unit, queue), 201 if is_new else 200)


def put_agent(command: PutAgent, unit: Unit, moment: Moment) -> Answer:
    """Make an agent, who is offline at first, or change what they can do; what they hold they keep."""
    _check(unit, command.tenant, "serves", [name for name, _ in command.serves])
    before = unit.get(Agent, command.tenant, command.agent)
    if before is not None:
        before = counters.count_time(unit, before, moment.now)
    now = moment.now
    agent = Agent(
        command.tenant, command.agent, write(dict(command.skills)), write(dict(command.capacity)), command.blend,
        before.presence if before else OFFLINE, before.since if before else now,
        before.freed if before else now, before.counted if before else now,
    )  # fmt: skip
    unit.put(agent)
    until = transitions.asks_until(unit, agent)
    for row in unit.find(Serves, "key", command.tenant, command.agent):
        unit.delete(row)
    for place, (queue, rank) in enumerate(command.serves):
        unit.put(Serves(command.tenant, command.agent, place, queue, rank, asking=until > now, until=until))
    transitions.serve_asking(unit, command.tenant, command.agent, now)
    return answer(agent_view(unit, agent), 200 if before else 201)


def _check(unit: Unit, tenant: str, field: str, names: list[str]) -> None:
    """Refuse queues that are not there, all of them at once."""
    wrong = [
        (f"/{field}/{place}", f'is "{name}"; there is no such queue, put it first')
        for place, name in enumerate(names) if unit.get(Queue, tenant, name) is None
    ]  # fmt: skip
    if wrong:
        raise invalid(wrong)


def set_presence(command: SetPresence, unit: Unit, moment: Moment) -> Answer:
    """Let an agent come, go away, or leave; what they have not accepted yet goes back, the rest they finish."""
    agent = the_agent(unit, command.tenant, command.agent)
    if agent.presence == command.presence:
        return answer(agent_view(unit, agent))
    agent = counters.count_time(unit, agent, moment.now)
    comes = command.presence == AVAILABLE
    freed = moment.now if comes else agent.freed
    unit.put(replace(agent, presence=command.presence, since=moment.now, freed=freed))
    if not comes:
        transitions.stop_asking(unit, agent)
        for item in unit.find(Item, "offered", agent.tenant, agent.id):
            transitions.give_back(unit, item, moment.now)
    return answer(agent_view(unit, the_agent(unit, command.tenant, command.agent)))
