"""SIGKILL at random moments: acknowledged changes are there afterwards, once, in order, for their tenant only.

Writers of two tenants, with the same customers, keys and event ids on purpose, change journeys until the service is
killed. It is started again, everything that was touched is read back and compared with what the writers know, each
writer asks again for the answer that it missed, and the next kill is prepared. In the end everything is read once more.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.postgres import Postgres
from orchestrator.features import open_database
from orchestrator.service.tenants import add_token
from tests.support.client_ledger import Ledger
from tests.support.http_connection import Wire
from tests.support.journey_clients import Send, Writer
from tests.support.queue_agents import Agent, Items, judge_queue
from tests.support.service_process import Launch, ServiceProcess, launching

pytestmark = pytest.mark.load

WRITERS, AGENTS = 12, 4  # of each tenant
KILLS = int(os.environ.get("SOJOURN_KILLS", "10"))
AT_ONCE = 8  # reads at the same time


@dataclass
class Tenant:
    """One tenant's writers and what they know."""

    name: str
    headers: dict[str, str]
    ledger: Ledger
    writers: list[Writer]
    items: Items
    agents: list[Agent]
    faults: list[bytes] = field(default_factory=list)

    @classmethod
    def named(cls, name: str, seed: int, **headers: str) -> Tenant:
        """Return a tenant; all tenants' writers have the same names."""
        ledger = Ledger(name)
        writers = [Writer(f"w{number}", ledger, random.Random(f"{seed} {name} {number}")) for number in range(WRITERS)]
        items = Items(name)
        agents = [Agent(f"a{number}", items, random.Random(f"{seed} {name} a{number}")) for number in range(AGENTS)]
        return cls(name, headers, ledger, writers, items, agents)

    def wire(self, port: int) -> Wire:
        return Wire(port, self.headers, self.faults)

    async def begin(self, port: int) -> None:
        """Start the journey that all share."""
        first = Writer("everybody", self.ledger, random.Random(0))
        async with self.wire(port) as wire:
            await first.run(wire.send, lambda: bool(first.own))
            for agent in self.agents:
                await agent.begin(wire.send)
        for writer in self.writers:
            writer.shared = first.own

    async def load(self, port: int) -> None:
        """Send until the service is gone."""
        await self._each(port, lambda writer, send: writer.run(send))

    async def ask_again(self, port: int) -> None:
        """Find out what became of what was not answered."""
        await self._each(port, lambda writer, send: writer.ask_again(send))

    async def _each(self, port: int, do: Callable[[Writer | Agent, Send], Awaitable[None]]) -> None:
        """Let everybody do something over a connection of their own."""

        async def act(client: Writer | Agent) -> None:
            async with self.wire(port) as wire:
                await do(client, wire.send)

        await asyncio.gather(*(act(client) for client in (*self.writers, *self.agents)))

    async def read_touched(self, port: int) -> list[str]:
        """Read back what was touched since the last time; return what is wrong with it."""
        wrong = await self._read(port, sorted(self.ledger.touched), self.ledger)
        self.ledger.settle()
        async with self.wire(port) as wire:
            return wrong + await judge_queue(wire.send, self.items, everything=False)

    async def read_everything(self, port: int) -> list[str]:
        """Read back all journeys from their beginning; return what is wrong."""
        async with self.wire(port) as wire:
            listed = await listing(wire.send)
            wrong = await judge_queue(wire.send, self.items, everything=True)
        wrong += [f"lost: journey {journey}" for journey in self.ledger.known.keys() - set(listed)]
        return wrong + await self._read(port, listed, self.ledger.afresh())

    async def _read(self, port: int, journeys: list[str], ledger: Ledger) -> list[str]:
        """Read journeys over several connections."""
        left, wrong = iter(journeys), []

        async def read_on() -> None:
            async with self.wire(port) as wire:
                for journey in left:
                    wrong.extend(await read(wire.send, ledger, journey))

        await asyncio.gather(*(read_on() for _ in range(AT_ONCE)))
        return wrong

    async def pry(self, port: int, journeys: list[str]) -> list[str]:
        """Ask for another tenant's journeys; return what is told of them."""
        wrong = []
        async with self.wire(port) as wire:
            for journey in journeys:
                for part in ("", "/history"):
                    reply = await wire.send("GET", f"/v1/journeys/{journey}{part}")
                    if reply.status != 404:
                        wrong.append(f"leak: {self.name} was told {reply.body!r}")
        return wrong


async def read(send: Send, ledger: Ledger, journey: str) -> list[str]:
    """Read a journey and what is new of its history; return what is wrong."""
    shown = await send("GET", f"/v1/journeys/{journey}")
    if shown.status != 200:
        return [f"lost: journey {journey}: {shown.body!r}"]
    version = ledger.known[journey].version if journey in ledger.known else 0
    entries = []
    while True:
        page = (await send("GET", f"/v1/journeys/{journey}/history?after={version + len(entries)}&limit=1000")).json
        entries += page["items"]
        if page["next"] is None:
            return ledger.read(shown.json, entries)


async def listing(send: Send) -> list[str]:
    """Return the identifiers of all journeys."""
    names: list[str] = []
    after = ""
    while True:
        page = (await send("GET", f"/v1/journeys?limit=1000{after}")).json
        names += [journey["id"] for journey in page["items"]]
        if page["next"] is None:
            return names
        after = f"&after={page['next']}"


@dataclass
class Proof:
    """Rounds of load, kill, restart and reading back."""

    launch: Launch
    options: tuple[str, ...]
    tenants: list[Tenant]
    rng: random.Random
    database: Postgres | None = None
    wrong: list[str] = field(default_factory=list)
    acknowledged: int = 0

    def __post_init__(self) -> None:
        self.faults = self.tenants[0].faults
        for tenant in self.tenants:
            tenant.faults = self.faults

    async def round(self, number: int, service: ServiceProcess) -> ServiceProcess:
        """Kill a service, or its database, under load; return the one started afterwards, read back."""
        other = self.database if number % 5 == 4 else None
        victim = service.process.kill if other is None else other.kill
        asyncio.get_running_loop().call_later(self.rng.uniform(0.03, 0.3), victim)
        await asyncio.gather(*(tenant.load(service.port) for tenant in self.tenants))
        assert service.stop(signal.SIGKILL) == -signal.SIGKILL
        if other is not None:
            other.start()
            self.faults.clear()  # that it does not know what became of a request is what it has to answer then
        assert self.faults == []
        service = self.launch(*self.options)
        await self.check(service.port)
        await asyncio.gather(*(tenant.ask_again(service.port) for tenant in self.tenants))
        return service

    async def check(self, port: int) -> None:
        """Read back what was touched, and try to read what belongs to others."""
        for tenant in self.tenants:
            self.acknowledged += sum(len(names) for names in tenant.ledger.acknowledged.values())
            others = [other for other in self.tenants if other is not tenant]
            journeys = [self.rng.choice(other.writers).shared for other in others]
            self.wrong += await tenant.read_touched(port) + await tenant.pry(port, journeys)

    async def run(self, kills: int) -> None:
        """Go through all kills, and read everything in the end."""
        service = self.launch(*self.options)
        for tenant in self.tenants:
            await tenant.begin(service.port)
        for number in range(kills):
            service = await self.round(number, service)
            assert self.wrong == []
        await self.check(service.port)
        for tenant in self.tenants:
            self.wrong += await tenant.read_everything(service.port)
        assert service.stop(signal.SIGTERM) == 0, service.error_output()


def tenants_of(store: str) -> list[Tenant]:
    """Give two tenants their tokens; return them."""
    with closing(open_database(store)) as database:
        tokens = {name: add_token(database, name, time.time()) for name in ("acorn", "birch")}
    return [Tenant.named(name, 1, authorization=f"Bearer {token}") for name, token in tokens.items()]


def prove(launch: Launch, store: str, database: Postgres | None = None) -> None:
    """Go through all kills on a store."""
    proof = Proof(launch, ("--store", store), tenants_of(store), random.Random(1), database)
    began = time.monotonic()
    asyncio.run(proof.run(KILLS))
    assert proof.wrong == []
    assert proof.acknowledged > 20 * KILLS, "there was something to lose"
    items = sum(len(tenant.items.known) for tenant in proof.tenants)
    seconds = time.monotonic() - began
    sys.stdout.write(f"{KILLS} kills in {seconds:.0f} s, {proof.acknowledged} acknowledged changes, {items} items\n")


@pytest.fixture
def launch() -> Iterator[Launch]:
    with launching() as launch:
        yield launch


@pytest.mark.timeout(300 + 5 * KILLS)
def test_what_was_acknowledged_survives_sigkill_on_sqlite(launch: Launch, tmp_path: Path) -> None:
    database = tmp_path / "journeys.db"
    prove(launch, str(database))
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.timeout(300 + 5 * KILLS)
def test_what_was_acknowledged_survives_sigkill_on_postgresql(launch: Launch, postgres: Postgres) -> None:
    """In every fifth round it is the database server that is killed, all its processes at once."""
    prove(launch, postgres.create("kills"), postgres)
