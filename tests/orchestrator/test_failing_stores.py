"""Stores that fail under a running endpoint: full, damaged, locked, cut off. Clients are told, and nothing is lost."""

from __future__ import annotations

import asyncio
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.postgres import Postgres
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.service.group_commit import LONGEST_WAIT
from orchestrator.service.service import Service
from orchestrator.store.memory import MemoryDatabase
from tests.support.asgi_requests import request
from tests.support.attacks import ATTACKS, quantile
from tests.support.service_client import Client, Reply
from tests.support.service_process import ServiceProcess, Start
from tests.support.store_faults import (
    advisory_lock,
    full_server,
    limited_files,
    locked_file,
    size_of_log,
    terminate_connections,
)

pytestmark = [pytest.mark.load, pytest.mark.attack]

INNER = (b"127.0.0.1", b"postgres", b"/tmp", b"journeys.db", b"sqlite", b"Traceback", b"port ")
"""What no client is told of a store."""


def fill(client: Client, journey: str, megabytes: float) -> None:
    """Store some megabytes of history."""
    rng = random.Random(1)
    for number in range(int(megabytes * 22)):
        batch = [
            {
                "specversion": "1.0", "id": f"{number} {i}", "source": "fill", "type": "t",
                "data": {"text": rng.randbytes(240).hex()},
            }
            for i in range(90)
        ]  # fmt: skip
        reply = client.send("POST", f"/v1/journeys/{journey}/events", batch, "application/cloudevents-batch+json")
        assert {item["status"] for item in reply.json["items"]} == {201}


def judge_failure(reply: Reply) -> None:
    """Assert that a reply says that the store has failed, and nothing about it."""
    assert reply.status in {500, 503, 507}, reply
    assert reply.json["type"] in {"/problems/storage", "/problems/stalled", "/problems/no-room"}
    assert not [word for word in INNER if word in reply.body], reply.body


def judge_history(client: Client, journey: str, kept: dict[str, int], unknown: set[str]) -> None:
    """Assert that all acknowledged events are there once, and nothing but them and those of unknown outcome."""
    entries = [entry for entry in client.history(journey)[1:] if entry["source"] != "fill"]
    versions = {entry["id"]: entry["version"] for entry in entries}
    assert len(versions) == len(entries), "none is there twice"
    assert kept.items() <= versions.items(), "nothing acknowledged is lost or has moved"
    assert versions.keys() <= kept.keys() | unknown, "nothing is there that was refused"


@dataclass
class Store:
    """A store that can be made to fail."""

    name: str
    server: Postgres | None
    start: Start

    def launch(self) -> ServiceProcess:
        return self.start("--store", self.name)

    @contextmanager
    def full(self, service: ServiceProcess) -> Iterator[None]:
        if self.server is not None:
            with full_server(self.server, self.name):
                yield
        else:
            with limited_files([service.process.pid], size_of_log(Path(self.name)) + 200_000):
                yield

    @contextmanager
    def locked(self) -> Iterator[None]:
        with advisory_lock(self.name) if self.server is not None else locked_file(Path(self.name)):
            yield

    def damage(self, table: str) -> None:
        """Overwrite a table, or with SQLite most pages of the file, under the running service."""
        if self.server is None:
            path = Path(self.name)
            pages = path.stat().st_size // 4096
            with path.open("r+b") as file:
                for page in range(pages // 4, pages):
                    file.seek(page * 4096)
                    file.write(b"\xff" * 4096)
            return
        import psycopg

        with psycopg.connect(self.name, autocommit=True) as connection:
            (path,) = connection.execute("SELECT pg_relation_filepath(%s)", (table,)).fetchone() or ("",)
        self.server.stop()
        with (self.server.folder / "data" / path).open("r+b") as file:
            size = file.seek(0, 2)
            file.seek(0)
            file.write(b"\xff" * size)
        self.server.start()


@pytest.fixture
def store(start: Start, served_store: str, request: pytest.FixtureRequest) -> Store:
    server = request.getfixturevalue("postgres") if "://" in served_store else None
    return Store(served_store, server, start)


def test_a_full_disk_loses_nothing_and_is_over_when_there_is_room(store: Store) -> None:
    service = store.launch()
    client = service.client()
    journey = client.start("anna").json["id"]
    fill(client, journey, 1.3)
    kept, unknown = dict[str, int](), set[str]()
    failures = []
    with store.full(service):
        for number in range(150 * ATTACKS):
            reply = client.event(journey, str(number), context={"text": random.Random(number).randbytes(600).hex()})
            if reply.status == 201:
                kept[str(number)] = reply.json["version"]
            else:
                judge_failure(reply)
                failures.append(reply)
                if reply.status == 500 and "not applied" not in reply.json["detail"]:
                    unknown.add(str(number))
        assert client.send("GET", f"/v1/journeys/{journey}").status == 200, "reads go on"
        assert client.send("GET", "/health/live").status == 200
    assert failures, "the disk was full"
    deadline = time.monotonic() + 20
    while (reply := client.event(journey, "room again")).status != 201:
        assert time.monotonic() < deadline, reply
        time.sleep(0.1)
    kept["room again"] = reply.json["version"]
    log = service.error_output()
    assert log, "the log has the cause"
    assert "Traceback" not in log
    service.stop(signal.SIGKILL)
    judge_history(store.launch().client(), journey, kept, unknown)


def test_a_lock_of_another_process_stops_writes_alone_and_for_no_longer(store: Store) -> None:
    service = store.launch()
    client = service.client()
    journey = client.start("anna").json["id"]
    replies: dict[int, Reply] = {}

    def write(number: int) -> None:
        replies[number] = service.client().event(journey, str(number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    lives, reads, waits, ready = [], [], [], []
    with store.locked():
        began = time.monotonic()
        for thread in threads:
            thread.start()
        while time.monotonic() - began < LONGEST_WAIT + 1:
            for path, times in (("/health/live", lives), (f"/v1/journeys/{journey}", reads)):
                at = time.perf_counter()
                assert client.send("GET", path).status == 200
                times.append(time.perf_counter() - at)
            ready.append(client.send("GET", "/health/ready").status)
            if len(waits) < len(replies):
                waits += [time.monotonic() - began] * (len(replies) - len(waits))
            time.sleep(0.01)
    for thread in threads:
        thread.join()
    assert quantile(lives, 0.9) < 0.1, "no answer waits for the lock"
    assert quantile(reads, 0.9) < 0.25
    assert 503 in ready
    assert len(waits) == len(threads), "all who wait are answered within the limit, not one after the other"
    kept = {str(number): reply.json["version"] for number, reply in replies.items() if reply.status == 201}
    failed = [reply for reply in replies.values() if reply.status != 201]
    for reply in failed:
        judge_failure(reply)
        assert "retry-after" in reply.headers
    unknown = {str(number) for number, reply in replies.items() if reply.status == 500}
    for number in range(20):
        again = client.event(journey, str(number))
        assert again.status in {200, 201}
        assert again.status == 201 or str(number) in kept.keys() | unknown, "503 promises that nothing was done"
        kept[str(number)] = again.json["version"]
    judge_history(client, journey, kept, set())
    assert "Traceback" not in service.error_output()


def test_a_damaged_store_is_told_to_its_clients_without_details_and_ends_nothing(store: Store) -> None:
    service = store.launch()
    journeys = [service.client().start(name).json["id"] for name in ("anna", "bert")]
    fill(service.client(), journeys[0], 0.7)
    assert service.stop() == 0
    service = store.launch()
    store.damage("history")
    client = service.client()
    replies = [client.send("GET", f"/v1/journeys/{journeys[0]}/history?limit=1000")]
    replies += [client.event(journeys[0], str(number)) for number in range(3)]
    failed = [reply for reply in replies if reply.status not in {200, 201}]
    assert failed, "the damage is noticed"
    for reply in failed:
        judge_failure(reply)
    assert client.send("GET", "/health/live").status == 200
    log = service.error_output()
    assert any(word in log for word in ("malformed", "invalid page", "corrupt")), log
    assert "Traceback" not in log


@pytest.mark.postgres
def test_connections_that_the_server_ends_are_opened_anew_and_lose_nothing(
    start: Start, postgres_url: str, wait_until: Callable[[Callable[[], bool]], None]
) -> None:
    service = start("--store", postgres_url)
    client = service.client()
    journey = client.start("anna").json["id"]
    kept, unknown = dict[str, int](), set[str]()
    stop = threading.Event()

    def cut() -> None:
        then = -1
        while not stop.wait(0.1):
            if len(kept) > then:  # a slow machine may need longer to connect
                then = len(kept)
                terminate_connections(postgres_url)

    cutter = threading.Thread(target=cut)
    cutter.start()
    failures: list[Reply] = []
    try:
        for number in range(150 * ATTACKS):
            for _ in range(500):
                reply = client.event(journey, str(number))
                if reply.status in {200, 201}:
                    kept[str(number)] = reply.json["version"]
                    break
                judge_failure(reply)
                failures.append(reply)
    finally:
        stop.set()
        cutter.join()
    wait_until(lambda: client.send("GET", "/health/ready").status == 200)
    assert failures, "connections were ended under requests"
    assert len(kept) == 150 * ATTACKS, "each event is applied when it is sent again"
    judge_history(client, journey, kept, unknown)
    assert "Traceback" not in service.error_output()
    assert service.stop() == 0


def test_a_request_that_a_stop_cuts_off_learns_that_its_outcome_is_unknown() -> None:
    async def story() -> Reply:
        with Service(MemoryDatabase(), FEATURES) as service:
            app = App(service)
            app._answer = lambda *_: asyncio.Future()
            sent = asyncio.ensure_future(request(app, "POST", "/v1/journeys", {}, idempotency_key="k"))
            await asyncio.sleep(0)
            sent.cancel()
            return await sent

    reply = asyncio.run(story())
    judge_failure(reply)
    assert (reply.status, "not known" in reply.json["detail"]) == (500, True)
