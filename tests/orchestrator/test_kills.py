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
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.postgres import Postgres
from tests.support.service_process import Launch, ServiceProcess, launching
from tests.support.tenants_under_load import Tenant, tenants_of

pytestmark = pytest.mark.load

KILLS = int(os.environ.get("SOJOURN_KILLS", "10"))


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
    with launching(forked=True) as launch:
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
