"""Tenants under load: their clients, the ledgers of these, and the reading back."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field

from orchestrator.features import open_database
from orchestrator.service.tenants import add_token
from tests.support.client_ledger import Ledger
from tests.support.http_connection import Wire
from tests.support.journey_clients import Send, Writer
from tests.support.queue_agents import Agent, Items, judge_queue

__all__ = ["Tenant", "tenants_of"]

WRITERS, AGENTS = 12, 4  # of each tenant
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


def tenants_of(store: str) -> list[Tenant]:
    """Give two tenants their tokens; return them."""
    with closing(open_database(store)) as database:
        tokens = {name: add_token(database, name, time.time()) for name in ("acorn", "birch")}
    return [Tenant.named(name, 1, authorization=f"Bearer {token}") for name, token in tokens.items()]
