"""A PostgreSQL server that is frozen, gone, or started anew: nothing waits for it that need not, nothing is lost."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from benchmarks.postgres import Postgres
from orchestrator import open_database
from orchestrator.journeys.rows import Journey
from orchestrator.service.executor import CLOSING
from orchestrator.service.group_commit import LONGEST_WAIT
from orchestrator.store.errors import NotApplied, Unsure
from orchestrator.store.postgres_connection import IDLE, NETWORK
from tests.support.service_client import Client, Reply
from tests.support.service_process import ServiceProcess, Start
from tests.support.store_faults import frozen

pytestmark = [pytest.mark.postgres, pytest.mark.load, pytest.mark.attack]

STOP = 10.0
"""Seconds within which the endpoint ends, whatever its store does (docs/orchestrator.md)."""


def together(*sends: Callable[[], Reply | None]) -> list[Any]:
    """Send requests at once, each on a thread; return the replies, once all have come."""
    replies: list[Any] = [None] * len(sends)

    def keep(number: int) -> None:
        replies[number] = sends[number]()

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(len(sends))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def ready_again(service: ServiceProcess) -> Client:
    """Wait until the endpoint says that it is ready; return a client (unused connections are closed after 5 s)."""
    client = service.client()
    deadline = time.monotonic() + 6 * LONGEST_WAIT
    while client.send("GET", "/health/ready").status != 200:
        assert time.monotonic() < deadline, "the endpoint is not ready, although the server goes on"
        time.sleep(0.1)
    return client


def test_requests_are_answered_while_the_server_is_frozen_and_all_goes_on_afterwards(
    start: Start, postgres: Postgres, postgres_url: str
) -> None:
    service = start("--store", postgres_url)
    client = service.client()
    journey = client.start("before").json["id"]
    writers = [service.client() for _ in range(12)]
    readers = [service.client() for _ in range(4)]
    stop, lives, readies = threading.Event(), list[float](), list[int]()

    def look() -> None:
        watcher = Client(service.port)
        while not stop.is_set():
            began = time.perf_counter()
            assert watcher.send("GET", "/health/live").status == 200
            lives.append(time.perf_counter() - began)
            time.sleep(0.01)
        readies.append(watcher.send("GET", "/health/ready").status)
        watcher.connection.close()

    with frozen(postgres):
        watch = threading.Thread(target=look)
        watch.start()
        began = time.monotonic()
        writes = [lambda number=number: writers[number].start(f"c{number}") for number in range(len(writers))]
        reads = [lambda reader=reader: reader.send("GET", f"/v1/journeys/{journey}") for reader in readers]
        replies = together(*writes, *reads)
        waited = time.monotonic() - began
        stop.set()
        watch.join()
    assert waited < 2 * LONGEST_WAIT, "documented: a request that waits is answered within 5 s"
    assert statistics.median(lives) < 0.1
    assert max(lives) < LONGEST_WAIT / 2, "no answer waits for the server"
    assert readies == [503]
    for reply in replies:
        assert reply.status in (500, 503)
        assert "retry-after" in reply.headers
        assert not any(word in reply.body for word in (b"127.0.0.1", b"postgres", b"port"))
    assert {reply.status for reply in replies[len(writes) :]} == {503}, "a read does nothing, so its outcome is known"
    client = ready_again(service)
    refused = {f"c{number}" for number, reply in enumerate(replies[: len(writes)]) if reply.status == 503}
    kept = {shown["customer"] for shown in client.pages("/v1/journeys")}
    assert "before" in kept
    assert not kept & refused, "503 promises that nothing was done"
    for number in range(len(writes)):
        assert client.start(f"c{number}").status == 201, "the same answer for what was done, else it is done now"
    assert len(client.pages("/v1/journeys")) == 1 + len(writes)
    log = service.error_output()
    assert log.count("cannot be written to") == log.count("can be written to again") == 1, log
    assert log.count("cannot be read") == log.count("can be read again") == 1, log
    assert service.stop() == 0


def end(service: ServiceProcess) -> tuple[int, float]:
    """End a service by SIGTERM; return its exit code, and how long that took."""
    began = time.monotonic()
    return service.stop(), time.monotonic() - began


def test_it_ends_within_its_bound_while_the_server_is_frozen(
    start: Start, postgres: Postgres, postgres_url: str
) -> None:
    service = start("--store", postgres_url, "--keep-days", "90")
    client, writer, reader = service.client(), service.client(), service.client()
    journey = client.start("acknowledged").json["id"]
    assert client.event(journey, "e1").status == 201
    with frozen(postgres):
        replies: list[Any] = []
        threads = [
            threading.Thread(target=lambda: replies.append(writer.event(journey, "unknown"))),
            threading.Thread(target=lambda: replies.append(reader.send("GET", f"/v1/journeys/{journey}"))),
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.3)  # the write is under way
        code, seconds = end(service)
        for thread in threads:
            thread.join()
    assert seconds < 2 * STOP
    assert (code, sorted(reply.status for reply in replies)) == (3, [500, 503]), "who waits is answered before the end"
    log = service.error_output()
    *failing, last = log.splitlines()
    assert "the store has not answered for" in last
    assert all(" cannot be " in line for line in failing), log
    again = start("--store", postgres_url).client()
    assert again.event(journey, "unknown").status in (200, 201)
    assert [entry["version"] for entry in again.history(journey)] == [1, 2, 3]


def test_without_requests_it_ends_as_soon(start: Start, postgres: Postgres, postgres_url: str) -> None:
    service = start("--store", postgres_url)
    service.client().start("acknowledged")
    with frozen(postgres):
        code, seconds = end(service)
    assert code in (0, 3), "its tasks may be reading"
    assert seconds < STOP + CLOSING


def test_a_server_that_was_started_anew_is_used_at_once(start: Start, postgres: Postgres, postgres_url: str) -> None:
    service = start("--store", postgres_url)
    client = service.client()
    journey = client.start("before").json["id"]
    postgres.kill()
    postgres.start()
    client = service.client()
    assert client.event(journey, "after").status == 201
    assert client.send("GET", f"/v1/journeys/{journey}").json["version"] == 2


def test_a_server_that_is_gone_is_logged_once_and_told_to_nobody(
    start: Start, postgres: Postgres, postgres_url: str
) -> None:
    service = start("--store", postgres_url)
    client = service.client()
    journey = client.start("before").json["id"]
    postgres.kill()
    try:
        replies = [client.event(journey, f"lost {number}") for number in range(20)]
        replies += [client.send("GET", f"/v1/journeys/{journey}") for _ in range(20)]
        assert client.send("GET", "/health/ready").status == 503
        assert client.send("GET", "/health/live").status == 200
    finally:
        postgres.start()
    for reply in replies:
        assert reply.status == 503
        assert "retry-after" in reply.headers
        assert not any(word in reply.body for word in (b"127.0.0.1", b"onnection", str(postgres.port).encode()))
    client = ready_again(service)
    assert client.send("GET", f"/v1/journeys/{journey}").status == 200
    log = service.error_output()
    assert "refused" in log
    assert 1 <= log.count("cannot be written to") <= 3, "once for each cause: lost, refused, starting"
    assert 1 <= log.count("cannot be read") <= 3
    assert log.count("can be written to again") == log.count("can be read again") == 1
    assert len(client.history(journey)) == 1


@pytest.mark.parametrize(
    ("state", "status"), [("53100", 507), ("58030", 503), ("XX001", 503), ("25006", 503), ("57014", 503)]
)
def test_what_a_server_says_about_itself_is_told_by_the_status_alone(
    start: Start, postgres_url: str, state: str, status: int
) -> None:
    """A trigger says it: a full disk, an error of it, a damaged page, a standby server, an operator."""
    import psycopg

    service = start("--store", postgres_url)
    client = service.client()
    journey = client.start("before").json["id"]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION 'disk of host alpha' USING ERRCODE = '{state}'; END $$"
        )
        connection.execute("CREATE TRIGGER fails BEFORE INSERT ON history EXECUTE FUNCTION fails()")
        replies = [client.event(journey, f"e{number}") for number in range(10)]
        connection.execute("DROP TRIGGER fails ON history")
    assert {reply.status for reply in replies} == {status}
    assert all("retry-after" in reply.headers and b"alpha" not in reply.body for reply in replies)
    assert client.event(journey, "e0").json["version"] == 2, "nothing that was refused is kept"
    lines = service.error_output().splitlines()
    assert ["disk of host alpha" in lines[0], "can be written to again" in lines[1], len(lines)] == [True, True, 2], (
        lines
    )


def test_a_process_that_hangs_in_a_transaction_does_not_stop_the_others(postgres_url: str) -> None:
    with closing(open_database(postgres_url)) as hanging, closing(open_database(postgres_url)) as other:
        unit = hanging.begin(())
        writer: Any = hanging
        assert writer._writer.execute("SHOW idle_in_transaction_session_timeout").fetchone() == (f"{IDLE}s",)
        writer._writer.execute("SET idle_in_transaction_session_timeout = '100ms'")
        journey = Journey("default", "j", "anna", "loan", "active", "web", 1, "{}", None, 0.0, 0.0)
        unit.put(journey)
        other.begin(())  # waits until the server has ended the first transaction
        other.rollback()
        with pytest.raises((NotApplied, Unsure)):
            hanging.commit()
        hanging.rollback()
        assert hanging.look(lambda unit: unit.get(Journey, "default", "j")) is None
        hanging.begin(()).put(journey)
        hanging.flush()
        hanging.commit()
        assert other.look(lambda unit: unit.get(Journey, "default", "j")) == journey


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the options are those of Linux")
def test_a_machine_that_is_gone_is_noticed_within_seconds(postgres_url: str) -> None:
    """The kernel closes a connection whose other end says nothing; no packet is lost in a test, so read its options."""
    for query, patience in (("", NETWORK["tcp_user_timeout"]), ("?tcp_user_timeout=2500", 2500)):
        with closing(open_database(postgres_url + query)) as database:
            writer: Any = database
            database.look(lambda unit: unit.find(Journey, "key", "default"))
            for connection in (writer._writer, writer._reader):
                sock = socket.socket(fileno=connection.fileno())
                try:
                    options = [
                        sock.getsockopt(level, option)
                        for level, option in (
                            (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
                            (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                            (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                        )
                    ]
                finally:
                    sock.detach()
                assert options == [patience, 1, NETWORK["keepalives_idle"]]
