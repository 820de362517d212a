"""SIGKILL at any moment: what was acknowledged is there afterwards, once, in order, and nobody else's.

Writers of two tenants, with the same customers, keys and event ids on purpose, change journeys until the service is
killed. It is started again, everything that was touched is read back and compared with what the writers know, each
writer asks again for the answer that it missed, and the next kill is prepared. In the end everything is read once more.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from loadtests.orchestrator.opening import open_database
from loadtests.orchestrator.tenants import add_token
from tests.orchestrator.ledger import Ledger
from tests.orchestrator.process import Launch, Service, launching
from tests.orchestrator.wire import Wire
from tests.orchestrator.workload import Send, Writer

pytestmark = pytest.mark.load

WRITERS = 16  # of each tenant
KILLS = int(os.environ.get("SOJOURN_KILLS", "10"))
AT_ONCE = 8  # reads at the same time


@dataclass
class Tenant:
    """One tenant's writers and what they know."""

    name: str
    headers: dict[str, str]
    ledger: Ledger
    writers: list[Writer]

    @classmethod
    def of(cls, name: str, seed: int, **headers: str) -> Tenant:
        """Return a tenant; all tenants' writers have the same names."""
        ledger = Ledger(name)
        writers = [Writer(f"w{number}", ledger, random.Random(f"{seed} {name} {number}")) for number in range(WRITERS)]
        return cls(name, headers, ledger, writers)

    def wire(self, port: int) -> Wire:
        return Wire(port, self.headers)

    async def begin(self, port: int) -> None:
        """Start the journey that all share."""
        first = Writer("everybody", self.ledger, random.Random(0))
        async with self.wire(port) as wire:
            await first.run(wire.send, lambda: bool(first.own))
        for writer in self.writers:
            writer.shared = first.own

    async def load(self, port: int) -> None:
        """Send until the service is gone."""
        await self._each(port, Writer.run)

    async def ask_again(self, port: int) -> None:
        """Find out what became of what was not answered."""
        await self._each(port, Writer.ask_again)

    async def _each(self, port: int, do: Callable[[Writer, Send], Awaitable[None]]) -> None:
        """Let every writer do something over a connection of their own."""

        async def one(writer: Writer) -> None:
            async with self.wire(port) as wire:
                await do(writer, wire.send)

        await asyncio.gather(*(one(writer) for writer in self.writers))

    async def read_touched(self, port: int) -> list[str]:
        """Read back what was touched since the last time; return what is wrong with it."""
        wrong = await self._read(port, sorted(self.ledger.touched), self.ledger)
        self.ledger.settle()
        return wrong

    async def read_everything(self, port: int) -> list[str]:
        """Read back all journeys from their beginning; return what is wrong."""
        async with self.wire(port) as wire:
            listed = await listing(wire.send)
        wrong = [f"lost: journey {journey}" for journey in self.ledger.known.keys() - set(listed)]
        return wrong + await self._read(port, listed, self.ledger.afresh())

    async def _read(self, port: int, journeys: list[str], ledger: Ledger) -> list[str]:
        """Read journeys over several connections."""
        left, wrong = iter(journeys), []

        async def some() -> None:
            async with self.wire(port) as wire:
                for journey in left:
                    wrong.extend(await read(wire.send, ledger, journey))

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))
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
    found: list[str] = []
    after = ""
    while True:
        page = (await send("GET", f"/v1/journeys?limit=1000{after}")).json
        found += [journey["id"] for journey in page["items"]]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


@dataclass
class Proof:
    """Rounds of load, kill, restart and reading back."""

    launch: Launch
    options: tuple[str, ...]
    tenants: list[Tenant]
    rng: random.Random
    wrong: list[str] = field(default_factory=list)
    acknowledged: int = 0

    async def round(self, service: Service) -> Service:
        """Kill a service under load; return the one that was started afterwards, and read back."""
        asyncio.get_running_loop().call_later(self.rng.uniform(0.03, 0.3), service.process.kill)
        await asyncio.gather(*(tenant.load(service.port) for tenant in self.tenants))
        assert service.end(signal.SIGKILL) == -signal.SIGKILL
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
        for _ in range(kills):
            service = await self.round(service)
            assert self.wrong == []
        await self.check(service.port)
        for tenant in self.tenants:
            self.wrong += await tenant.read_everything(service.port)
        assert service.end(signal.SIGTERM) == 0, service.said()


def tenants_of(store: str) -> list[Tenant]:
    """Give two tenants their tokens; return them."""
    with closing(open_database(store)) as database:
        tokens = {name: add_token(database, name, time.time()) for name in ("acorn", "birch")}
    return [Tenant.of(name, 1, authorization=f"Bearer {token}") for name, token in tokens.items()]


def test_what_was_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    store = str(tmp_path / "journeys.db")
    with launching() as launch:
        proof = Proof(launch, ("--store", store), tenants_of(store), random.Random(1))
        asyncio.run(proof.run(KILLS))
    assert proof.wrong == []
    assert proof.acknowledged > 50 * KILLS, "there was something to lose"
