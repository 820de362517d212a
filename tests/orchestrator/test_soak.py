"""Soak: hours of steady load beside kills, stops, locks, full disks, lost connections and clients that hang up.

In the end every acknowledged change is there once, nothing is there that nobody sent, and no version is missing.
Memory, descriptors and threads of the service stay where they were, and its database is as large as its rows explain.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import pytest

from benchmarks.postgres import Postgres
from orchestrator.features import open_database
from orchestrator.service.tenants import add_token
from orchestrator.store.sqlite import CACHE
from tests.support.process_samples import growth
from tests.support.service_client import Client
from tests.support.service_process import Launch, ServiceProcess, launching
from tests.support.soak import Soak
from tests.support.store_faults import Fault, Service, postgres_faults, sqlite_faults
from tests.support.tenants_under_load import tenants_of

pytestmark = pytest.mark.load

SECONDS = float(os.environ.get("SOJOURN_SOAK", "10"))
SEED = int(os.environ.get("SOJOURN_SEED", "1"))

KEPT = 50
"""Bytes: less than the least that Python keeps for a request of which it keeps anything, such as its key."""

ROOM = 8_000_000
"""Bytes by which the resident memory of a process may differ without a cause: arenas of Python and of libc."""

SPARSE = 3.0
"""A B-tree whose pages are two thirds full, and as much again for rows that have changed and are not yet reused."""

CONNECTIONS = 2
"""Connections of a store, and their threads, which may not have been there yet when all clients waited first."""

COUNTED = ("journeys", "history", "work_items", "answers")
COUNT = "SELECT count(*) FROM {} WHERE tenant IN ('acorn', 'birch')"


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows of the clients by table, the bytes of a database, and its bytes when it is written anew without a gap."""

    rows: Mapping[str, int]
    size: int
    compact: int


def stored_in_sqlite(path: Path) -> Stored:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = path.stat().st_size
        rows = {name: connection.execute(COUNT.format(name)).fetchone()[0] for name in COUNTED}
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Stored(rows, size, path.stat().st_size)


def stored_in_postgres(url: str) -> Stored:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        rows = {name: connection.execute(COUNT.format(name)).fetchone()[0] for name in COUNTED}
        sizes = []
        for statement in ("SELECT 1", "VACUUM FULL"):
            connection.execute(statement)
            sizes.append(connection.execute("SELECT pg_database_size(current_database())").fetchone()[0])
        return Stored(rows, *sizes)


def judge_rows(soak: Soak, stored: Stored) -> None:
    """Compare the rows with what the clients know, and the size with the rows."""
    known = [journey for tenant in soak.tenants for journey in tenant.ledger.known.values()]
    items = sum(len(tenant.items.known) for tenant in soak.tenants)
    counts = {"journeys": len(known), "history": sum(journey.version for journey in known), "work_items": items}
    assert {name: stored.rows[name] for name in counts} == counts
    assert stored.rows["answers"] <= soak.keyed
    assert stored.size < SPARSE * stored.compact, "it has grown by more than its rows"


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of the processes under load: of the one that lived longest, and from life to life."""

    processes: int
    longest_life_seconds: float
    requests_of_longest_life: float
    memory: float
    memory_growth: float
    memory_growth_from_life_to_life: float
    descriptor_growth: int
    thread_growth: int
    health_99: float
    health_longest: float


def figures_of(soak: Soak) -> Figures:
    lives = [list(life) for _, life in groupby(soak.sampler.samples, lambda sample: sample.pid)]
    longest = max(lives, key=len)
    seconds = longest[-1].at - longest[0].at
    young = [statistics.median(sample.memory for sample in life[2:12]) for life in lives if len(life) > 12]
    idle = [list(life) for _, life in groupby(soak.idle, lambda sample: sample.pid)]
    health = sorted(sample.health for sample in soak.sampler.samples)
    return Figures(
        len(lives), seconds, sum(soak.statuses.values()) * seconds / soak.seconds,
        statistics.median(sample.memory for sample in longest), growth([sample.memory for sample in longest]),
        growth(young) if len(young) >= 4 else 0.0,
        max(life[-1].descriptors - life[0].descriptors for life in idle),
        max(life[-1].threads - life[0].threads for life in idle),
        health[int(0.99 * len(health))], health[-1],
    )  # fmt: skip


def judge_processes(figures: Figures, pages: int) -> None:
    """Assert that a process stays as it is, but for the pages that it keeps, and begins as the last one did."""
    assert figures.memory_growth < ROOM + pages + KEPT * figures.requests_of_longest_life / 2
    assert figures.memory_growth_from_life_to_life < ROOM, "a process that starts later needs more memory"
    assert figures.descriptor_growth <= CONNECTIONS
    assert figures.thread_growth <= CONNECTIONS
    assert figures.health_99 < 1, "99 % of the health checks take less than a second"


def outgrow_log(client: Client, store: str) -> None:
    """Store more than a megabyte of history, for another tenant, so that no file of the server's log is larger."""
    with closing(open_database(store)) as database:
        token = f"Bearer {add_token(database, 'cedar', 0.0)}"
    body = {"customer": "c", "intent": "loan", "channel": "web"}
    journey = client.send("POST", "/v1/journeys", body, authorization=token, idempotency_key="start").json["id"]
    for number in range(22):
        batch = [
            {
                "specversion": "1.0", "id": f"{number} {i}", "source": "s", "type": "t",
                "data": {"text": random.Random(i).randbytes(240).hex()},
            }
            for i in range(90)
        ]  # fmt: skip
        media = "application/cloudevents-batch+json"
        reply = client.send("POST", f"/v1/journeys/{journey}/events", batch, media, authorization=token)
        assert {item["status"] for item in reply.json["items"]} == {201}


def soak_on(
    launch: Launch, store: str, faults: Mapping[str, Fault], stored: Callable[[], Stored], pages: int = 0
) -> None:
    """Soak a service on a store, read everything back, and judge it."""
    options = ("--store", store)
    service = Service(launch, options, launch(*options))
    outgrow_log(service.process.client(), store)
    soak = Soak(service, tenants_of(store), faults, SECONDS, random.Random(SEED))
    asyncio.run(soak.run())
    assert soak.wrong == []
    assert soak.service.process.stop() == 0
    errors = soak.service.errors + soak.service.process.error_output()
    odd = [body for body in soak.failures if b'"type":"/problems/storage"' not in body]
    assert odd == [], (odd[:3], errors[errors.find("Traceback") :][:6000])
    tell(soak, figures := figures_of(soak), rows := stored(), errors)
    assert "Traceback" not in errors, errors[:3000]
    judge_processes(figures, pages)
    judge_rows(soak, rows)


def tell(soak: Soak, figures: Figures, stored: Stored, errors: str) -> None:
    """Print what happened, for the documentation."""
    report = {
        "seconds": soak.seconds, "seed": SEED, "acknowledged": soak.acknowledged, "statuses": dict(soak.statuses),
        "failures": len(soak.failures), "hang_ups": soak.hang_ups, "faults": dict(soak.happened),
        "longest_recovery_seconds": max(soak.recoveries), **asdict(figures), **asdict(stored),
        "logged": Counter(line[:60] for line in errors.splitlines()).most_common(8), "load": os.getloadavg(),
    }  # fmt: skip
    sys.stdout.write(json.dumps(report) + "\n")


@pytest.fixture
def launch() -> Iterator[Launch]:
    with launching(forked=True) as launch:
        yield launch


@pytest.mark.timeout(300 + 2 * SECONDS)
def test_hours_of_faults_on_sqlite_lose_nothing_and_leave_the_process_as_it_was(launch: Launch, tmp_path: Path) -> None:
    path = tmp_path / "journeys.db"
    soak_on(launch, str(path), sqlite_faults(path), lambda: stored_in_sqlite(path), CACHE * 1024)


@pytest.mark.postgres
@pytest.mark.timeout(300 + 2 * SECONDS)
def test_hours_of_faults_on_postgresql_lose_nothing_and_leave_the_process_as_it_was(
    launch: Launch, postgres: Postgres, postgres_url: str
) -> None:
    soak_on(launch, postgres_url, postgres_faults(postgres, postgres_url), lambda: stored_in_postgres(postgres_url))


def test_a_service_that_mixes_contexts_does_not_pass(tmp_path: Path) -> None:
    path = tmp_path / "journeys.db"
    with launching() as launch:

        def start(*_: str) -> ServiceProcess:
            return launch("--database", str(path), "--every", "10", broken="mixes_contexts")

        async def nothing(_: Service, seconds: float) -> None:
            await asyncio.sleep(seconds)

        service = Service(start, (), start())
        soak = Soak(service, tenants_of(str(path)), {"nothing": nothing}, 6.0, random.Random(SEED))
        with pytest.raises(ExceptionGroup):
            asyncio.run(soak.run())
    assert any("context" in sentence for sentence in soak.wrong)
