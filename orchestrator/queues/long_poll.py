"""Long polls: agents who ask for work are answered as soon as there is some, and hold nothing meanwhile.

An agent who gets nothing is noted as asking, in the database; whoever commits the next item, in whatever process,
reserves it for them. Here they only wait to be told: at once of what this process commits, and by a look each second of
what others do. Leases that end and items whose turn comes are seen to at their instants.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from weakref import WeakKeyDictionary

from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.queues.commands import Reserve, Tidy
from orchestrator.queues.handlers import NOTHING
from orchestrator.queues.rows import HELD, NEVER, RESERVED, Item
from orchestrator.queues.views import answer, reservation_view
from orchestrator.service.executor import Executor
from orchestrator.service.group_commit import Committed
from orchestrator.store.errors import NotApplied, Unsure
from orchestrator.store.unit import Unit

__all__ = ["Waiters", "keep_time", "reserve", "tell", "waiters_of"]

LOOK_EVERY = 1.0
"""Seconds between two looks at what other processes have committed."""

SHORTEST = 0.01
"""Seconds to sleep at least, so that a clock that is a little slow is not asked again and again."""

Who = tuple[str, str]


class Waiters:
    """The agents who wait in this process, and what is due in it."""

    def __init__(self) -> None:
        self._waiting: dict[Who, set[asyncio.Event]] = defaultdict(set)
        self._due: dict[str, float] = {}
        self._sooner = asyncio.Event()

    @contextmanager
    def waiter(self, who: Who) -> Iterator[asyncio.Event]:
        """Provide an event that is set when an agent has got something."""
        woken = asyncio.Event()
        self._waiting[who].add(woken)
        try:
            yield woken
        finally:
            self._waiting[who].discard(woken)
            if not self._waiting[who]:
                del self._waiting[who]

    def wake(self, who: Who) -> None:
        """Wake an agent."""
        for woken in self._waiting.get(who, ()):
            woken.set()

    def wake_all(self) -> None:
        """Wake everybody, such as when the service ends."""
        for who in list(self._waiting):
            self.wake(who)

    def tenants(self) -> set[str]:
        """Return whose agents wait."""
        return {tenant for tenant, _ in self._waiting}

    def expect(self, tenant: str, at: float) -> None:
        """Note that something is due for a tenant at an instant."""
        if at < self._due.get(tenant, NEVER):
            self._due[tenant] = at
            self._sooner.set()

    def due(self, now: float) -> list[str]:
        """Return the tenants for whom something is due, and forget that."""
        found = [tenant for tenant, at in self._due.items() if at <= now]
        for tenant in found:
            del self._due[tenant]
        return found

    async def sleep(self, now: float) -> None:
        """Sleep until something may be due, or it is time to look around."""
        self._sooner.clear()
        left = min([at - now for at in self._due.values()], default=LOOK_EVERY)
        await wait_for(self._sooner, max(SHORTEST, min(left, LOOK_EVERY)))


_WAITERS: WeakKeyDictionary[Executor, Waiters] = WeakKeyDictionary()


def waiters_of(executor: Executor) -> Waiters:
    """Return the agents who wait in a service."""
    return _WAITERS.setdefault(executor, Waiters())


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event; return whether it came in time."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False


async def reserve(executor: Executor, request: Request) -> Answer:
    """Answer an agent who asks for work, when there is some or their time is over."""
    command = Reserve.read(request)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + command.wait
    with waiters_of(executor).waiter((command.tenant, command.agent)) as woken:
        given = await executor.submit(command)
        while given.status == 204 and not executor.stopping.is_set() and (left := deadline - loop.time()) > 0:
            if not await wait_for(woken, left):
                break
            woken.clear()
            given = await executor.look(lambda unit: _offered(unit, command.tenant, command.agent))
    return given


def _offered(unit: Unit, tenant: str, agent: str) -> Answer:
    """Return the answer that shows what is reserved for an agent."""
    items = unit.find(Item, "offered", tenant, agent, limit=1)
    return answer(reservation_view(unit, items[0])) if items else NOTHING


def tell(executor: Executor, committed: Committed) -> None:
    """Wake the agents for whom something was committed, and note what is due."""
    waiters = waiters_of(executor)
    for item in committed.rows.get(Item, ()):
        if item.state == RESERVED:
            waiters.wake((item.tenant, item.agent))
        if item.state in HELD:
            waiters.expect(item.tenant, item.ends)
        elif item.turning:
            waiters.expect(item.tenant, item.turns)


async def keep_time(executor: Executor) -> None:
    """See to what is due while the service runs, and look for what other processes have done."""
    waiters = waiters_of(executor)
    try:
        while True:
            await waiters.sleep(executor.clock())
            for tenant in waiters.due(executor.clock()):
                await _tidy(executor, waiters, tenant)
            for tenant in waiters.tenants():
                await _look_around(executor, waiters, tenant)
    finally:
        waiters.wake_all()


async def _tidy(executor: Executor, waiters: Waiters, tenant: str) -> None:
    """Let what is due be done, and note what is due next."""
    try:
        await executor.submit(Tidy(tenant))
    except Refused:  # the service has too much to do; this can wait a little
        waiters.expect(tenant, executor.clock() + LOOK_EVERY)
    else:
        await _look_around(executor, waiters, tenant)


async def _look_around(executor: Executor, waiters: Waiters, tenant: str) -> None:
    """Note what is due next, and wake the agents who have something that they may not know of."""
    try:
        at, agents = await executor.look(partial(_around, tenant=tenant))
    except (NotApplied, Unsure):  # the database is away; whoever waits goes on waiting
        at, agents = executor.clock() + LOOK_EVERY, []
    waiters.expect(tenant, at)
    for agent in agents:
        waiters.wake((tenant, agent))


def _around(unit: Unit, tenant: str) -> tuple[float, list[str]]:
    """Return when something is due for a tenant next, and the agents who have not accepted what they were given."""
    leases = unit.find(Item, "leases", tenant, limit=1)
    turns = unit.find(Item, "turns", tenant, limit=1)
    due = min([it.ends for it in leases] + [it.turns for it in turns], default=NEVER)
    return due, [it.agent for it in unit.find(Item, "offered", tenant)]
