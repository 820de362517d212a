"""Durability of the endpoint: acknowledged events are kept, applied once and in order."""

import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from itertools import count
from typing import Any

import pytest

from orchestrator import open_database
from tests.support.service_client import Client, Reply
from tests.support.service_process import ServiceProcess, Start

pytestmark = pytest.mark.load

WRITERS = 16


@dataclass
class Writer:
    """Sends events to its own journey and to one that all share, and writes down what became of each."""

    name: str
    own: str
    shared: str
    acknowledged: dict[tuple[str, str], int] = field(default_factory=dict)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    refused: int = 0
    numbers: Iterator[int] = field(default_factory=count)

    def write(self, endpoint: ServiceProcess, enough: Callable[[], bool] = lambda: False) -> None:
        """Send until the endpoint is gone, or it is enough."""
        client = endpoint.client()
        while not enough():
            number = next(self.numbers)
            journey = self.own if number % 2 else self.shared
            event = (journey, f"{self.name}-{number}")
            try:
                reply = client.event(*event, context={self.name: number})
            except (OSError, HTTPException):
                self.unknown.add(event)
                return
            if reply.status == 503:
                assert reply.headers["retry-after"] == "1"
                self.refused += 1
            else:
                assert (reply.status, reply.json["applied"]) == (201, True)
                self.acknowledged[event] = reply.json["version"]


def writers_at(endpoint: ServiceProcess) -> list[Writer]:
    """Return writers with a journey each."""
    client = endpoint.client()
    shared = client.start("everybody").json["id"]
    return [
        Writer(f"w{n}", client.start(f"w{n}", context={"canary": f"w{n}"}).json["id"], shared) for n in range(WRITERS)
    ]


def check(endpoint: ServiceProcess, writers: list[Writer]) -> None:
    """Read everything back and compare it with what the writers know."""
    client = endpoint.client()
    acknowledged = {event: version for writer in writers for event, version in writer.acknowledged.items()}
    unknown = set().union(*(writer.unknown for writer in writers))
    journeys = {journey["id"]: journey for journey in client.pages("/v1/journeys")}
    assert journeys.keys() == {writers[0].shared, *(writer.own for writer in writers)}
    versions: dict[tuple[str, str], int] = {}
    for journey, shown in journeys.items():
        history = client.history(journey)
        assert [entry["version"] for entry in history] == list(range(1, shown["version"] + 1)), "no gaps"
        context: dict[str, Any] = {}
        for entry in history:
            context |= entry["data"].get("context", {})
        assert shown["context"] == context, "every event's context was merged with it"
        versions |= {(journey, entry["id"]): entry["version"] for entry in history[1:]}
    assert acknowledged.items() <= versions.items(), "nothing acknowledged is lost or has moved"
    assert versions.keys() - acknowledged.keys() <= unknown, "nothing is there that nobody sent"
    for writer in writers:
        assert set(journeys[writer.own]["context"]) <= {"canary", writer.name}, "nobody else's context"
        assert journeys[writer.own]["context"]["canary"] == writer.name


def test_a_graceful_stop_answers_what_it_accepted(start: Start) -> None:
    endpoint = start()
    writers = writers_at(endpoint)
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(writer.write, endpoint) for writer in writers]
        threading.Timer(0.3, endpoint.process.terminate).start()
        for future in running:
            future.result()
    assert endpoint.stop() == 0
    for writer in writers:
        writer.unknown.clear()  # what was not answered was not accepted, so none of it may be there
    check(start(), writers)


def test_an_interrupt_stops_it_as_gracefully(start: Start) -> None:
    assert start().stop(signal.SIGINT) == 0


def test_a_full_queue_refuses_before_it_accepts_anything(start: Start) -> None:
    endpoint = start("--queue-limit", "2")
    writers = writers_at(endpoint)
    enough = threading.Event()
    threading.Timer(0.5, enough.set).start()
    with ThreadPoolExecutor(WRITERS) as pool:
        for future in [pool.submit(writer.write, endpoint, enough.is_set) for writer in writers]:
            future.result()
    assert sum(writer.refused for writer in writers) > 0
    assert sum(len(writer.acknowledged) for writer in writers) > 0
    check(endpoint, writers)


def at_once(endpoint: ServiceProcess, send: Callable[[Client, int], Reply]) -> list[Reply]:
    """Let all writers send at the same moment; return the replies."""
    together = threading.Barrier(WRITERS)
    clients = [endpoint.client() for _ in range(WRITERS)]

    def wait_and_send(number: int) -> Reply:
        clients[number].send("GET", "/health/live")  # the connection is open before
        together.wait()
        return send(clients[number], number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(wait_and_send, range(WRITERS)))


def test_the_same_event_from_many_at_once_is_applied_once(endpoint: ServiceProcess, client: Client) -> None:
    journey = client.start("same event").json["id"]
    replies = at_once(endpoint, lambda sender, _: sender.event(journey, "the same", context={"n": 1}))
    assert sorted(reply.status for reply in replies) == [200] * (WRITERS - 1) + [201]
    assert {reply.json["version"] for reply in replies} == {2}
    assert sum(reply.json["applied"] for reply in replies) == 1
    assert len(client.history(journey)) == 2


def test_the_same_key_from_many_at_once_is_applied_once(endpoint: ServiceProcess, client: Client) -> None:
    replies = at_once(endpoint, lambda sender, _: sender.start("same key"))
    assert {(reply.status, reply.body) for reply in replies} == {(201, replies[0].body)}
    assert len(client.history(replies[0].json["id"])) == 1


def test_many_starts_of_one_journey_make_one_journey(endpoint: ServiceProcess, client: Client) -> None:
    replies = at_once(endpoint, lambda sender, number: sender.start("one journey", f"start {number}"))
    assert sorted(reply.status for reply in replies) == [200] * (WRITERS - 1) + [201]
    assert len({reply.json["id"] for reply in replies}) == 1
    assert sorted(reply.json["version"] for reply in replies) == list(range(1, WRITERS + 1))
    assert len(client.history(replies[0].json["id"])) == WRITERS


def test_only_one_of_many_patches_of_a_version_is_applied(endpoint: ServiceProcess, client: Client) -> None:
    path = f"/v1/journeys/{client.start('patches').json['id']}/context"
    media = "application/merge-patch+json"
    replies = at_once(endpoint, lambda sender, number: sender.send("PATCH", path, {"n": number}, media, if_match='"1"'))
    assert sorted(reply.status for reply in replies) == [200] + [412] * (WRITERS - 1)


def test_every_commit_is_synced(tmp_path: Any) -> None:
    with closing(open_database(tmp_path / "journeys.db")) as database:
        assert database._writer.execute("PRAGMA synchronous").fetchone() == (2,)
        assert database._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_identifiers_ascend_across_a_restart(start: Start) -> None:
    first = start()
    before = first.client().start("a").json["id"]
    first.stop()
    with closing(sqlite3.connect(first.database)) as database, database:
        # As if an earlier process had lived at a clock that was years ahead.
        database.execute("UPDATE journeys SET id = 'f' || substr(id, 2)")
    after = start().client().start("b").json["id"]
    assert after > "f" + before[1:]
