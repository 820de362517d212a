"""A store that does not answer: the service stays alive, says so within its limit, and goes on by itself."""

import asyncio
import json
import sqlite3
import threading
import time
from contextlib import closing
from typing import Any

import pytest

from orchestrator import Service
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.journeys.rows import Journey
from orchestrator.service import executor, group_commit
from orchestrator.service.idempotency import StoredAnswer
from orchestrator.store.memory import MemoryDatabase
from orchestrator.store.sqlite import PATIENCE
from tests.support.asgi_requests import Reply, request
from tests.support.service_process import Start

BODY = {"intent": "loan", "channel": "web"}


@pytest.mark.load
def test_a_lock_of_another_process_stops_writes_alone_and_for_no_longer(start: Start) -> None:
    service = start()
    client = service.client()
    client.send("POST", "/v1/journeys", {**BODY, "customer": "before"}, idempotency_key="before")

    def write(number: int) -> None:
        writer = service.client()
        headers = {"idempotency_key": f"k{number}"}
        replies[number] = writer.send("POST", "/v1/journeys", {**BODY, "customer": f"c{number}"}, **headers)

    replies: dict[int, Any] = {}
    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    with closing(sqlite3.connect(service.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        for thread in threads:
            thread.start()
        lives, readies = [], []
        while any(thread.is_alive() for thread in threads):
            at = time.monotonic()
            assert client.send("GET", "/health/live").status == 200
            assert client.send("GET", "/v1/journeys").status == 200, "reads go on beside a lock of writers"
            lives.append(time.monotonic() - at)
            readies.append(client.send("GET", "/health/ready").status)
        held = time.monotonic() - began
        other.execute("ROLLBACK")
    assert max(lives) < held / 4, "no answer waits for the lock"
    assert 503 in readies
    assert held < 4 * PATIENCE, "all who wait are answered within the limit, not one after the other"
    for reply in replies.values():
        assert (reply.status, reply.json["type"], "retry-after" in reply.headers) == (503, "/problems/stalled", True)
        assert str(service.database) not in reply.body.decode()
    for number in range(20):
        again = client.send("POST", "/v1/journeys", {**BODY, "customer": f"c{number}"}, idempotency_key=f"k{number}")
        assert again.status == 201, "what was refused was not applied, and is applied when it is sent again"
    assert client.send("GET", "/health/ready").status == 200


class Frozen(MemoryDatabase):
    """A database that answers nothing while it is frozen, as a server does whose processes are stopped."""

    in_memory = False

    def __init__(self) -> None:
        super().__init__()
        self.thawed = threading.Event()
        self.thawed.set()

    def begin(self, needs: Any) -> Any:
        self.thawed.wait(30)
        return super().begin(needs)

    def look(self, query: Any) -> Any:
        self.thawed.wait(30)
        return super().look(query)


def test_a_frozen_database_is_told_within_the_limit_and_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group_commit, "LONGEST_WAIT", 0.2)
    monkeypatch.setattr("orchestrator.monitoring.health.SLOW", 0.1)
    database = Frozen()

    async def write(app: App, customer: str) -> Reply:
        body = {**BODY, "customer": customer}
        return await request(app, "POST", "/v1/journeys", body, idempotency_key=customer)

    async def story() -> None:
        service = Service(database, FEATURES)
        app = App(service)
        assert (await write(app, "before")).status == 201
        database.thawed.clear()
        first = asyncio.ensure_future(write(app, "first"))
        await asyncio.sleep(0.05)  # it is being applied, and the others wait behind it
        others = [asyncio.ensure_future(write(app, f"other {number}")) for number in range(3)]
        for path, status in (("/health/live", 200), ("/health/ready", 503)):
            assert (await request(app, "GET", path)).status == status
        waited = [(await waiting) for waiting in (first, *others)]
        assert [reply.status for reply in waited] == [500, 503, 503, 503], "503 promises that nothing was done"
        assert all("retry-after" in reply.headers for reply in waited)
        sentences = [json.loads(reply.body)["detail"] for reply in waited]
        assert ["not known" in sentences[0], *("not applied" in sentence for sentence in sentences[1:])] == [True] * 4
        database.thawed.set()
        assert (await write(app, "after")).status == 201
        assert (await write(app, "first")).status == 201, "told what was done then"
        kept = await service.look(lambda unit: unit.find(Journey, "key", "default"))
        assert sorted(journey.customer for journey in kept) == ["after", "before", "first"], "no other was applied"
        assert len(await service.look(lambda unit: unit.find(StoredAnswer, "key", "default"))) == 3
        assert (await request(app, "GET", "/health/ready")).status == 200
        service.close()

    asyncio.run(story())


def test_a_read_of_a_frozen_database_is_refused_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor.Executor.look, "__defaults__", (0.2,))
    database = Frozen()

    async def story() -> None:
        service = Service(database, FEATURES)
        app = App(service)
        assert (await request(app, "GET", "/v1/journeys")).status == 200
        database.thawed.clear()
        replies = await asyncio.gather(*(request(app, "GET", "/v1/journeys") for _ in range(5)))
        assert [reply.status for reply in replies] == [503] * 5
        database.thawed.set()
        assert (await request(app, "GET", "/v1/journeys")).status == 200
        service.close()

    asyncio.run(story())
