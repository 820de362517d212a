"""Steady load for a long time on a service whose store fails, whose process ends, and whose clients hang up."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.support.asgi_requests import Reply
from tests.support.http_connection import Wire
from tests.support.journey_clients import Gone, Send, Writer
from tests.support.process_samples import Sample, Sampler, sample_of
from tests.support.queue_agents import Agent
from tests.support.store_faults import RESTARTS, Fault, Service
from tests.support.tenants_under_load import Tenant

__all__ = ["Soak"]

RATE = 200.0
"""Requests per second of all clients together."""

HANG_UPS = 0.003
"""Share of the writing requests whose client hangs up, after half of the request or all of it."""

ANSWER = 30.0
"""Seconds within which every request has an answer, or its connection ends."""

READY = 30.0
"""Seconds within which the service must be ready again after a fault."""


class SteadyWire(Wire):
    """Connection of a client that waits between requests, comes back when it is told to, and sometimes hangs up."""

    def __init__(self, soak: Soak, tenant: Tenant, rng: random.Random) -> None:
        super().__init__(soak.service.process.port, tenant.headers, soak.failures)
        self._soak, self._rng = soak, rng

    async def send(
        self, method: str, target: str, body: Any = None, media: str = "application/json", **headers: str
    ) -> Reply:
        """Send a request; return its reply, also a refusal of a write, or raise `Gone`."""
        while True:
            await asyncio.sleep(self._rng.expovariate(RATE / self._soak.clients))
            self._port = self._soak.service.process.port
            self._soak.keyed += "idempotency_key" in headers
            if method != "GET" and self._rng.random() < HANG_UPS:
                await self._hang_up(method, target, body, media, **headers)
            async with asyncio.timeout(ANSWER):
                reply = await super().send(method, target, body, media, **headers)
            self._soak.statuses[reply.status] += 1
            if reply.status not in {503, 507}:
                return reply
            await asyncio.sleep(float(reply.headers["retry-after"]))
            if method != "GET":
                return reply

    async def _hang_up(self, method: str, target: str, body: Any, media: str, **headers: str) -> None:
        """Send a request or half of it, and close the connection."""
        raw = self._written(method, target, body, media, **headers)
        with suppress(OSError):
            _, writer = await self._open()
            writer.write(raw if self._rng.random() < 0.5 else raw[: len(raw) // 2])
            await writer.drain()
        await self._close()
        self._soak.hang_ups += 1
        raise Gone

    def _is_fault(self, reply: Reply) -> bool:
        return reply.status == 500


@dataclass
class Soak:
    """Clients under load beside faults at random instants.

    In the first half all faults come, so that the service is often another process; in the second half those that leave
    it running, so that one process can be watched for long.

    Parameters
    ----------
    service, tenants
        The service, and its clients.
    faults
        By name; those of `RESTARTS` only in the first half.
    seconds
        How long.
    rng
        Of the instants and the choices.
    """

    service: Service
    tenants: list[Tenant]
    faults: Mapping[str, Fault]
    seconds: float
    rng: random.Random
    clients: int = 0
    failures: list[bytes] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)
    hang_ups: int = 0
    keyed: int = 0
    acknowledged: int = 0
    wrong: list[str] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    idle: list[Sample] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._going, self._all_parked, self._parked, self._over = asyncio.Event(), asyncio.Event(), 0, False
        self.keyed = len(self.tenants)  # the start of the journey that all share
        self.clients = sum(len(tenant.writers) + len(tenant.agents) for tenant in self.tenants)
        self.sampler = Sampler(
            lambda: (self.service.process.process.pid, self.service.process.port), max(0.2, self.seconds / 1800)
        )

    async def run(self) -> None:
        """Soak the service, and read everything back."""
        for tenant in self.tenants:
            await tenant.begin(self.service.process.port)
        self._going.set()
        with self.sampler:
            async with asyncio.TaskGroup() as group:
                for tenant in self.tenants:
                    for client in (*tenant.writers, *tenant.agents):
                        group.create_task(self._work(tenant, client))
                await self._happen()
                await self._check()
                self._over = True
                self._going.set()
        for tenant in self.tenants:
            self.wrong += await tenant.read_everything(self.service.process.port)

    async def _work(self, tenant: Tenant, client: Writer | Agent) -> None:
        """Let a client work, and ask again for what was not answered, until all is over."""
        rng = random.Random(f"{tenant.name} {client.name}")
        async with SteadyWire(self, tenant, rng) as wire:
            while not self._over:
                await client.run(wire.send, lambda: not self._going.is_set())
                await self._ask_again(client, wire.send)
                if not self._going.is_set():
                    self._parked += 1
                    if self._parked == self.clients:
                        self._all_parked.set()
                    await self._going.wait()

    async def _ask_again(self, client: Writer | Agent, send: Send) -> None:
        while True:
            try:
                await client.ask_again(send)
            except Gone:
                await asyncio.sleep(0.05)
            else:
                return

    async def _happen(self) -> None:
        """Let faults happen, each as often as the others; read back now and then what was changed."""
        began = checked = time.monotonic()
        gap, longest = min(10.0, self.seconds / 40), min(7.0, self.seconds / 15)
        deck: list[str] = []
        while (elapsed := time.monotonic() - began) < self.seconds or self.faults.keys() - self.happened:
            await asyncio.sleep(self.rng.expovariate(1 / gap))
            first = elapsed < self.seconds / 2
            names = [name for name in self.faults if first or name not in RESTARTS or not self.happened[name]]
            deck = [name for name in deck if name in names] or self.rng.sample(names, len(names))
            name = deck.pop()
            await self.faults[name](self.service, self.rng.uniform(longest / 10, longest))
            self.happened[name] += 1
            await self._recover()
            if time.monotonic() - checked > min(60.0, self.seconds / 3):
                await self._check()
                checked = time.monotonic()

    async def _recover(self) -> None:
        """Wait until the service is ready."""
        began = time.monotonic()
        async with Wire(self.service.process.port) as wire:
            while True:
                with suppress(Gone):
                    if (await wire.send("GET", "/health/ready")).status == 200:
                        break
                assert time.monotonic() - began < READY, self.service.process.error_output()
                await asyncio.sleep(0.05)
        self.recoveries.append(time.monotonic() - began)

    async def _check(self) -> None:
        """Let all clients wait, and compare what was changed with what they know."""
        self._parked = 0
        self._going.clear()
        await self._all_parked.wait()
        self._all_parked.clear()
        self.idle.append(sample_of(self.service.process.process.pid))
        for tenant in self.tenants:
            self.acknowledged += sum(len(names) for names in tenant.ledger.acknowledged.values())
            self.wrong += await tenant.read_touched(self.service.process.port)
        assert self.wrong == []
        memory = self.idle[-1].memory >> 20
        sys.stdout.write(f"{self.acknowledged} acknowledged, {self.happened.total()} faults, {memory} MB\n")
        sys.stdout.flush()
        self._going.set()
