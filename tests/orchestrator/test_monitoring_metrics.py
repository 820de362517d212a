"""Prometheus metrics, health, and what measuring costs a request."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestrator import Service
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.monitoring import health
from orchestrator.monitoring.metrics import Histogram, Metrics
from orchestrator.monitoring.process_state import count_request, state_of
from orchestrator.store.errors import Unavailable
from orchestrator.store.memory import MemoryDatabase
from tests.support.asgi_requests import request
from tests.support.busy_hour import Client, Clock

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: bytes) -> Samples:
    """Return every sample by name and labels, as Prometheus' own parser reads them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_a_tally_counts_each_value_in_its_bucket() -> None:
    tally = Histogram((1.0, 2.0))
    for value in (0.5, 1.0, 1.5, 9.0):
        tally.add(value)
    assert tally.buckets() == [("1.0", 2), ("2.0", 3), ("+Inf", 4)]
    assert tally.total == 12.0


def test_services_do_not_share_their_figures() -> None:
    first, other = Service(MemoryDatabase(), FEATURES), Service(MemoryDatabase(), FEATURES)
    state_of(first).metrics.request("GET /", 200, 0.1)
    assert ("sojourn_request_seconds_count", (("route", "GET /"), ("status", "200"))) in samples(
        state_of(first).metrics.text()
    )
    assert state_of(other).metrics.text() != state_of(first).metrics.text()


def test_the_figures_are_those_of_what_was_done() -> None:
    async def story() -> Samples:
        service = Service(MemoryDatabase(), FEATURES, clock=Clock(1e9))
        client = Client(App(service))
        journey = await client.start("ada")
        event = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "t", "data": {}}
        for _ in range(2):
            await client.send("POST", f"/v1/journeys/{journey}/events", event, "application/cloudevents+json")
        await client.send("POST", "/v1/journeys/nobody/events", event | {"id": "2"}, "application/cloudevents+json")
        batch = [event | {"id": "3"}, event | {"id": "1"}, event | {"id": ""}]
        await client.send(
            "POST", f"/v1/journeys/{journey}/events", batch, "application/cloudevents-batch+json"
        )  # fmt: skip
        await client.move(journey, "pause")
        await client.send("GET", "/v1/nothing/here")
        await client.send("PUT", "/v1/queues/cards", {"channel": "voice"})
        await client.send("POST", "/v1/queues/cards/items", {"customer": "ada"})
        service.clock.now += 7  # type: ignore[attr-defined]
        reply = await client.send("GET", "/metrics")
        assert reply.headers["content-type"].startswith("text/plain; version=0.0.4")
        return samples(reply.body)

    figures = asyncio.run(story())

    def value(name: str, **labels: str) -> float:
        return figures[name, tuple(sorted(labels.items()))]

    assert [value("sojourn_events_total", result=result) for result in ("applied", "duplicate", "refused")] == [2, 2, 2]
    assert value("sojourn_refusals_total", kind="unknown") == 1
    assert [value("sojourn_journeys", state=state) for state in ("active", "paused", "completed")] == [0, 1, 0]
    route = "POST /v1/journeys/{journey}/events"
    counts = {status: value("sojourn_request_seconds_count", route=route, status=status) for status in ("200", "201")}
    assert counts == {"200": 2, "201": 1}
    assert value("sojourn_request_seconds_count", route="none", status="404") == 1
    assert value("sojourn_batch_commands_count") == value("sojourn_commit_seconds_count") == 8
    assert value("sojourn_commit_wait_seconds_count") == 8
    assert value("sojourn_commit_backlog") == 0
    assert value("sojourn_queue_waiting", queue="cards") == 1
    assert value("sojourn_queue_oldest_seconds", queue="cards") == 7
    assert value("sojourn_queue_agents_available", queue="cards") == 0
    assert value("sojourn_outbox_waiting") == 0


def test_what_clients_make_up_becomes_no_label() -> None:
    async def story() -> bytes:
        client = Client(App(Service(MemoryDatabase(), FEATURES)))
        for number in range(20):
            await client.send("GET", f"/made-up/{number}")
            await client.send("GET", f"/v1/journeys/made-up-{number}")
        return (await client.send("GET", "/metrics")).body

    assert b"made" not in asyncio.run(story())


def test_readiness_says_why_not_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TRY_EVERY", 0.0)
    database = Failing()

    async def story() -> list[Any]:
        service = Service(MemoryDatabase(), FEATURES, queue_limit=0)
        app = App(service)
        replies = [await request(app, "GET", "/health/ready")]
        client = Client(App(Service(database, FEATURES)))
        database.fails = True
        with pytest.raises(AssertionError, match="stalled"):
            await client.start("ada")
        replies.append(await client.send("GET", "/health/ready"))
        database.fails = False
        replies += [await client.send("GET", "/health/ready"), await client.send("GET", "/health/live")]
        return replies

    full, failing, ready, lives = asyncio.run(story())
    assert (full.status, failing.status, ready.status, lives.status) == (503, 503, 200, 200)
    assert "the queue is full: 0 requests are waiting" in full.json["detail"]
    assert "the last write failed" in failing.json["detail"]
    assert full.headers["retry-after"] == "1"
    assert ready.json["status"] == "ready"


class Failing(MemoryDatabase):
    """A database that cannot be written to while it fails."""

    fails = False

    def begin(self, needs: Any) -> Any:
        if self.fails:
            raise Unavailable("it fails")
        return super().begin(needs)


def test_a_request_pays_less_than_five_microseconds() -> None:
    service = Service(MemoryDatabase(), FEATURES)
    route = service.features[0].routes[0]
    best = min(_seconds(service, route) for _ in range(5))
    assert best < 5e-6, f"{best * 1e6:.2f} us a request"


def _seconds(service: Service, route: Any, count: int = 5000) -> float:
    began = time.perf_counter()
    for _ in range(count):
        count_request(service, route, 200, 0.003)
    return (time.perf_counter() - began) / count


def test_metrics_are_a_registry_of_their_own() -> None:
    assert Metrics().text() == Metrics().text()
