"""A store that does not answer: the service stays alive, says so within its limit, and goes on by itself."""

import asyncio
import json
import resource
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orchestrator import Service, open_database
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.service import executor, group_commit
from orchestrator.service.idempotency import StoredAnswer
from orchestrator.service.outage import QUIET, Outage
from orchestrator.store.errors import Unavailable
from orchestrator.store.memory import MemoryDatabase
from tests.support.asgi_requests import Reply, request
from tests.support.service_process import Start

pytestmark = pytest.mark.attack

BODY = {"intent": "loan", "channel": "web"}


@pytest.mark.load
def test_it_ends_within_its_bound_while_another_process_locks_the_file(start: Start) -> None:
    service = start()
    service.client().start("before")
    replies: list[Any] = []
    writer = service.client()
    thread = threading.Thread(target=lambda: replies.append(writer.start("locked out")))
    with closing(sqlite3.connect(service.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        thread.start()
        time.sleep(0.3)  # the write is under way
        began = time.monotonic()
        code = service.stop()
        seconds = time.monotonic() - began
        thread.join()
        other.execute("ROLLBACK")
    assert (code, [reply.status for reply in replies]) == (0, [503]), service.error_output()
    assert seconds < 20.0, "documented: within 10 s"
    assert [shown["customer"] for shown in start().client().pages("/v1/journeys")] == ["before"]


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits the files of another process, as Linux can")
@pytest.mark.load
def test_a_disk_that_takes_no_more_is_logged_once_and_makes_the_endpoint_not_ready(start: Start) -> None:
    service = start()
    client = service.client()
    journey = client.start("before").json["id"]
    _, hard = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
    log = service.database.with_name(f"{service.database.name}-wal").stat().st_size
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (log, hard))
    replies = [client.event(journey, f"e{number}") for number in range(20)]
    assert {(reply.status, reply.json["type"], reply.headers["retry-after"]) for reply in replies} == {
        (503, "/problems/stalled", "2")
    }
    assert client.send("GET", f"/v1/journeys/{journey}").status == 200, "reads need no room"
    for _ in range(2):
        ready = client.send("GET", "/health/ready")
        assert (ready.status, "the last write failed" in ready.json["detail"]) == (503, True)
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    deadline = time.monotonic() + 20
    while client.send("GET", "/health/ready").status != 200:
        assert time.monotonic() < deadline, "it is not ready, although there is room"
        time.sleep(0.05)
    assert client.event(journey, "room again").json["version"] == 2, "nothing that was refused is kept"
    lines = service.error_output().splitlines()
    assert ["cannot be written to" in lines[0], "can be written to again" in lines[1], len(lines)] == [True, True, 2]


@pytest.mark.load
def test_a_file_that_is_damaged_meanwhile_is_told_by_the_status_alone(start: Start) -> None:
    service = start()
    client = service.client()
    journeys = [client.start(f"c{number}", context={"text": "x" * 5000}).json["id"] for number in range(40)]
    with closing(sqlite3.connect(service.database)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = other.execute("PRAGMA page_size").fetchone()
    with service.database.open("r+b") as file:
        file.seek(size)
        file.write(b"\xff" * (service.database.stat().st_size - size))
    replies = [client.send("GET", f"/v1/journeys/{journey}") for journey in journeys]
    replies += [client.event(journey, f"e {journey}") for journey in journeys]
    refused = [reply for reply in replies if reply.status == 503]
    assert refused
    assert {reply.status for reply in replies} <= {200, 201, 503}
    assert all("retry-after" in reply.headers and b"malformed" not in reply.body for reply in refused)
    assert client.send("GET", "/health/live").status == 200
    assert client.send("GET", "/health/ready").status == 503
    log = service.error_output()
    assert 1 <= log.count("malformed") <= 2, "once for reads, once for writes"
    assert "Traceback" not in log


def test_a_full_disk_has_a_status_of_its_own(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "journeys.db")) as database:
        sqlite: Any = database

        async def story() -> list[Reply]:
            service = Service(database, FEATURES)
            app = App(service)

            async def write(customer: str) -> Reply:
                body = {**BODY, "customer": customer, "context": {"text": "x" * 20_000}}
                return await request(app, "POST", "/v1/journeys", body, idempotency_key=customer)

            replies = [await write("before")]
            (pages,) = sqlite._writer.execute("PRAGMA page_count").fetchone()
            sqlite._writer.execute(f"PRAGMA max_page_count = {pages + 4}")  # SQLite's own words for a full disk
            replies += [await write(f"c{number}") for number in range(3)]
            sqlite._writer.execute("PRAGMA max_page_count = 1000000")
            replies += [await write(f"c{number}") for number in range(3)]
            assert len(await service.look(lambda unit: unit.find(Journey, "key", "default"))) == 4
            service._commits.close()
            return replies

        replies = asyncio.run(story())
    assert [reply.status for reply in replies] == [201, 507, 507, 507, 201, 201, 201]
    assert [reply.json["type"] for reply in replies[1:4]] == ["/problems/no-room"] * 3
    assert all("retry-after" in reply.headers for reply in replies[1:4])


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="limits the size of files, as Unix can")
def test_nothing_is_kept_of_a_commit_that_the_disk_took_in_part(tmp_path: Path) -> None:
    """The disk takes ever more of a commit; after each try the files are opened as after a power cut."""
    path = tmp_path / "journeys.db"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    kept, refused = list[int](), 0
    with closing(open_database(path)) as database:
        for number in range(0, 40_000, 1009):
            unit = database.begin(())
            for part in range(3):
                text = f"{number} {part} " * 300
                unit.put(Entry("t", f"j{part}", number, f"{number} {part}", "s", "t", "0", 0.0, "web", text, None))
            database.flush()
            room = path.with_name("journeys.db-wal").stat().st_size + number
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
            try:
                database.commit()
                kept.append(number)
            except Unavailable:
                refused += 1
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
                crashed = tmp_path / f"crashed {number}"
                crashed.mkdir()
                for file in ("journeys.db", "journeys.db-wal"):
                    shutil.copy(tmp_path / file, crashed)
                database.rollback()
            with closing(open_database(crashed / "journeys.db")) as copy:
                entries = copy.look(lambda unit: unit.find(Entry, "key", "t", "j2"))
            assert [entry.version for entry in entries] == kept
    assert kept
    assert refused > 5


def test_a_log_has_a_cause_once_however_often_the_store_fails_and_works_again(caplog: Any) -> None:
    now = [0.0]
    outage = Outage("written to", lambda: now[0])
    for _ in range(5):
        for _ in range(3):
            outage.failed("it is locked")
        outage.worked()
        now[0] += 1
    assert [record.getMessage() for record in caplog.records] == [
        "the store cannot be written to: it is locked; this is logged once until it works again",
        "the store can be written to again, after 0.0 s and 3 failures",
    ]
    outage.failed("it is\n  damaged")
    outage.failed("it is damaged")
    for process in range(3):
        outage.failed(f"process {process} locks it")
    now[0] += QUIET
    outage.failed("it is locked")
    outage.worked()
    outage.worked()
    assert [record.getMessage() for record in caplog.records[2:]] == [
        "the store cannot be written to: it is damaged; this is logged once until it works again",
        "the store cannot be written to: process 0 locks it; this is logged once until it works again",
        "the store cannot be written to: it is locked; this is logged once until it works again",
        f"the store can be written to again, after {QUIET:.1f} s and 6 failures",
    ]


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
        assert not service.read_outage.lasts, "a health check is less patient than other requests"
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


def test_reads_of_a_frozen_database_are_refused_at_once_when_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "READS", 10)
    monkeypatch.setattr(executor.Executor.look, "__defaults__", (0.05,))
    database = Frozen()

    async def story() -> None:
        service = Service(database, FEATURES)
        database.thawed.clear()
        for _ in range(5):
            looks = [service.look(lambda unit: unit.count(Journey, "key", "default")) for _ in range(10)]
            results = await asyncio.gather(*looks, return_exceptions=True)
            assert {str(result) for result in results} == {"the storage does not answer now; nothing was read"}
        assert service._reader.waiting() <= 10, "a frozen store does not let what waits grow without end"
        database.thawed.set()
        deadline = time.monotonic() + 20
        while service._reader.waiting():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        assert await service.look(lambda unit: unit.count(Journey, "key", "default"), 20.0) == 0
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
