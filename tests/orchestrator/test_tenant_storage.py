"""Limit of the bytes that a tenant keeps: what is beyond it is refused with what is left, and the count is exact."""

import asyncio
import time
from typing import Any
from zlib import crc32

import pytest

from orchestrator.admin.retention import forget
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.monitoring.usage import recount
from orchestrator.service.idempotency import KEPT
from orchestrator.service.limits import Limits
from orchestrator.service.service import Service, tables_of
from orchestrator.service.storage import StoredBytes
from orchestrator.store import Database
from tests.support.asgi_requests import Reply
from tests.support.asgi_requests import request as send_request

pytestmark = pytest.mark.attack

EVENT = "application/cloudevents+json"
Request = tuple[str, str, Any]


def ask(database: Database, most: int, *requests: Request) -> list[Reply]:
    """Send requests to a service with a limit of bytes, each with a key of its own."""
    service = Service(database, FEATURES)
    service.limits = Limits(bytes=most)
    app = App(service)

    async def send() -> list[Reply]:
        return [
            await send_request(
                app,
                method,
                path,
                body,
                EVENT if path.endswith("/events") else "application/json",
                idempotency_key=f"{method} {path} {crc32(str(body).encode())}",
            )
            for method, path, body in requests
        ]

    return asyncio.run(send())


def start(customer: str, **context: Any) -> Request:
    return "POST", "/v1/journeys", {"customer": customer, "intent": "loan", "channel": "web", "context": context}


def event(number: int, **data: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": f"e{number}", "source": "s", "type": "t", "data": data}


def kept(database: Database) -> int:
    """Return the bytes that are written down for the tenant."""
    row = database.look(lambda unit: unit.get(StoredBytes, "default"))
    return row.size if row else 0


def counted_anew(database: Database) -> int:
    recount(database, tables_of(FEATURES))
    return kept(database)


def test_bytes_beyond_the_limit_are_refused_with_what_is_left(database: Database) -> None:
    first, second = ask(database, 150_000, start("a", text="x" * 20_000), start("b", text="é" * 10_000))
    assert (first.status, second.status) == (201, 201)
    before = kept(database)
    assert 120_000 < before < 150_000, "a context is in the journey, its entry, and the answer"
    (refused,) = ask(database, 150_000, start("c", text="x" * 20_000))
    assert (refused.status, refused.json["type"]) == (429, "/problems/limit")
    assert (refused.json["of"], refused.json["limit"]) == ("bytes", 150_000)
    assert refused.json["left"] == 150_000 - before
    assert kept(database) == before, "nothing of it is kept, and no answer for its key"
    small = ask(database, 150_000, start("d"))
    assert small[0].status == 201, "what is left can be used"
    assert ask(database, 150_000, start("a", text="x" * 20_000))[0].body == first.body, "a repeated key adds nothing"


def test_a_journey_can_be_completed_beyond_the_limit_and_makes_room_when_it_is_deleted(database: Database) -> None:
    (first,) = ask(database, 0, start("a", text="x" * 20_000))
    assert kept(database) == 0, "without a limit counting costs nothing"
    most = counted_anew(database)
    complete = ("POST", f"/v1/journeys/{first.json['id']}/complete", {"outcome": "done"})
    assert [reply.status for reply in ask(database, most, start("b"), complete, start("c"))] == [429, 200, 429]
    assert kept(database) > most
    assert forget(database, time.time() + 1) == 1
    assert kept(database) < most, "answers are kept for a day"
    assert forget(database, 0.0, time.time() + 10 + KEPT) == 0
    assert kept(database) < 2_000
    assert ask(database, most, start("d"))[0].status == 201


def test_the_count_is_that_of_all_rows_whatever_was_written_changed_refused_and_deleted(database: Database) -> None:
    (first,) = ask(database, 10**9, start("a", text="x" * 99))
    path = f"/v1/journeys/{first.json['id']}"
    rule = {"name": "r", "when": "true", "action": "prioritise", "with": {"priority": 1}}
    requests: list[Request] = [
        ("PUT", "/v1/queues/calls", {"channel": "voice"}),
        ("PUT", "/v1/queues/calls", {"channel": "voice", "capacity": 5, "skills": ["law"]}),
        ("POST", "/v1/rules", {"activate": True, "rules": [rule]}),
        ("POST", f"{path}/events", event(1, context={"text": "é" * 50})),
        ("POST", f"{path}/events", event(1)),
        ("POST", f"{path}/pause", {}),
        ("POST", f"{path}/pause", {}),
        ("POST", f"{path}/resume", {"channel": "app"}),
        ("POST", "/v1/journeys/none/pause", {}),
        ("PUT", "/v1/agents/ada", {"queues": ["calls"], "capacity": {"voice": 1}}),
        ("PUT", "/v1/agents/ada/presence", {"presence": "available"}),
        ("POST", "/v1/queues/calls/items", {"customer": "a", "journey": first.json["id"]}),
        ("PUT", "/v1/webhooks/w", {"url": "https://example.org/1"}),
        ("PUT", "/v1/webhooks/w", {"url": "https://example.org/longer"}),
        ("DELETE", "/v1/webhooks/w", None),
        ("PUT", "/v1/quiet-hours", {"zone": "UTC", "windows": []}),
        ("POST", f"{path}/notifications", {"after": 60, "template": "reminder"}),
        ("POST", f"{path}/complete", {"outcome": "done"}),
    ]
    replies = ask(database, 10**9, *requests)
    assert not [reply for reply in replies if reply.status >= 500]
    assert sum(reply.status in {200, 201, 202, 204} for reply in replies) >= 14, [
        (each.status, each.body[-200:]) for each in replies if each.status >= 400
    ]
    assert kept(database) == counted_anew(database) > 2_000


def test_a_batch_that_does_not_fit_is_refused_as_a_whole(database: Database) -> None:
    (first,) = ask(database, 10**9, start("a"))
    before = kept(database)
    service = Service(database, FEATURES)
    service.limits = Limits(bytes=before + 5_000)

    async def send(events: int) -> int:
        batch = [event(number, text="x" * 500) for number in range(events)]
        path = f"/v1/journeys/{first.json['id']}/events"
        return (await send_request(App(service), "POST", path, batch, "application/cloudevents-batch+json")).status

    async def story() -> None:
        assert await send(20) == 429
        assert kept(database) == before
        assert await send(2) == 200

    asyncio.run(story())
    service._commits.close()
    assert before < kept(database) <= before + 5_000
