"""Long polls: agents who ask for work are answered as soon as there is an item for them.

An agent without an item is stored as asking; the process that commits the next item reserves it for them. Here agents
only wait for the news: at once of items that this process commits, within a second of those of other processes. Leases
and overflows are applied when they are due.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from weakref import WeakKeyDictionary

from orchestrator.core.answer import Answer, json_answer
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.queues.commands import ApplyTimeouts, Reserve
from orchestrator.queues.handlers import NOTHING
from orchestrator.queues.rows import HELD, NEVER, RESERVED, Item
from orchestrator.queues.views import reservation_view
from orchestrator.service.executor import Executor
from orchestrator.service.group_commit import Committed
from orchestrator.store.unit import Unit

__all__ = ["Waiters", "reserve", "run_timeouts", "waiters_of", "wake_agents"]

LOOK_EVERY = 1.0
"""Seconds between two looks at the commits of other processes."""

SHORTEST = 0.01
"""Seconds to sleep at least, so that a slow clock is not read again and again."""

AgentKey = tuple[str, str]


class Waiters:
    """The agents who wait in this process, and the instants of due timeouts."""

    def __init__(self) -> None:
        self._waiting: dict[AgentKey, set[asyncio.Event]] = defaultdict(set)
        self._due: dict[str, float] = {}
        self._sooner = asyncio.Event()

    @contextmanager
    def waiter(self, agent: AgentKey) -> Iterator[asyncio.Event]:
        """Provide an event that is set when an agent has got an item."""
        woken = asyncio.Event()
        self._waiting[agent].add(woken)
        try:
            yield woken
        finally:
            self._waiting[agent].discard(woken)
            if not self._waiting[agent]:
                del self._waiting[agent]

    def wake(self, agent: AgentKey) -> None:
        """Wake an agent."""
        for woken in self._waiting.get(agent, ()):
            woken.set()

    def wake_all(self) -> None:
        """Wake all agents, such as when the service ends."""
        for agent in list(self._waiting):
            self.wake(agent)

    def tenants(self) -> set[str]:
        """Return the tenants of the waiting agents."""
        return {tenant for tenant, _ in self._waiting}

    def expect(self, tenant: str, at: float) -> None:
        """Note that a timeout of a tenant is due at an instant."""
        if at < self._due.get(tenant, NEVER):
            self._due[tenant] = at
            self._sooner.set()

    def due(self, now: float) -> list[str]:
        """Remove and return the tenants with due timeouts."""
        due_tenants = [tenant for tenant, at in self._due.items() if at <= now]
        for tenant in due_tenants:
            del self._due[tenant]
        return due_tenants

    async def sleep(self, now: float) -> None:
        """Sleep until a timeout may be due, or it is time to look for commits of others."""
        self._sooner.clear()
        left = min([at - now for at in self._due.values()], default=LOOK_EVERY)
        await wait_for(self._sooner, max(SHORTEST, min(left, LOOK_EVERY)))


_WAITERS: WeakKeyDictionary[Executor, Waiters] = WeakKeyDictionary()


def waiters_of(executor: Executor) -> Waiters:
    """Return the waiting agents of a service."""
    return _WAITERS.setdefault(executor, Waiters())


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, for some seconds; return whether it was set in time."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


async def reserve(executor: Executor, request: Request) -> Answer:
    """Answer an agent who asks for work, as soon as there is an item or their time is over."""
    command = Reserve.read(request)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + command.wait
    with waiters_of(executor).waiter((command.tenant, command.agent)) as woken:
        reply = await executor.submit(command)
        while reply.status == 204 and not executor.stopping.is_set() and (left := deadline - loop.time()) > 0:
            if not await wait_for(woken, left):
                break
            woken.clear()
            reply = await executor.look(lambda unit: _offered(unit, command.tenant, command.agent))
    return reply


def _offered(unit: Unit, tenant: str, agent: str) -> Answer:
    """Return the answer that shows an agent's reservation."""
    items = unit.find(Item, "offered", tenant, agent, limit=1)
    return json_answer(reservation_view(unit, items[0])) if items else NOTHING


def wake_agents(executor: Executor, committed: Committed) -> None:
    """Wake the agents for whom items were reserved, and note the due instants."""
    waiters = waiters_of(executor)
    for item in committed.rows.get(Item, ()):
        if item.state == RESERVED:
            waiters.wake((item.tenant, item.agent))
        if item.state in HELD:
            waiters.expect(item.tenant, item.ends)
        elif item.has_next_offer:
            waiters.expect(item.tenant, item.next_offer)


async def run_timeouts(executor: Executor) -> None:
    """Apply timeouts while the service runs, and look for commits of other processes."""
    waiters = waiters_of(executor)
    try:
        while True:
            await waiters.sleep(executor.clock())
            for tenant in waiters.due(executor.clock()):
                await _apply_timeouts(executor, waiters, tenant)
            for tenant in waiters.tenants():
                await _look_around(executor, waiters, tenant)
    finally:
        waiters.wake_all()


async def _apply_timeouts(executor: Executor, waiters: Waiters, tenant: str) -> None:
    """Apply a tenant's timeouts, and note the next one."""
    try:
        await executor.submit(ApplyTimeouts(tenant))
    except Refused:  # the service is overloaded; the timeouts can wait a little
        waiters.expect(tenant, executor.clock() + LOOK_EVERY)
    else:
        await _look_around(executor, waiters, tenant)


async def _look_around(executor: Executor, waiters: Waiters, tenant: str) -> None:
    """Note the next timeout, and wake the agents with reservations that they may not know of."""
    try:
        at, agents = await executor.look(partial(_around, tenant=tenant))
    except Refused:  # the database does not answer; the agents go on waiting
        at, agents = executor.clock() + LOOK_EVERY, []
    waiters.expect(tenant, at)
    for agent in agents:
        waiters.wake((tenant, agent))


def _around(unit: Unit, tenant: str) -> tuple[float, list[str]]:
    """Return the instant of a tenant's next timeout, and the agents who have not accepted their reservation."""
    leases = unit.find(Item, "leases", tenant, limit=1)
    turns = unit.find(Item, "turns", tenant, limit=1)
    due = min([item.ends for item in leases] + [item.next_offer for item in turns], default=NEVER)
    return due, [item.agent for item in unit.find(Item, "offered", tenant)]
