"""Requests that change one journey, and stories against the whole application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from orchestrator import Service
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.store import Database
from tests.support.asgi_requests import Reply, request

EVENT, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
Send = Callable[..., Awaitable[Reply]]
Story = Callable[[Send], Awaitable[None]]


def run_story(database: Database, story: Story) -> None:
    """Run a story against the whole application over a database."""

    async def run() -> None:
        service = Service(database, FEATURES)
        await story(partial(request, App(service)))
        service._commits.close()

    asyncio.run(run())


def event(name: str, source: str = "test", **data: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": name, "source": source, "type": "step.entered", "data": data}


async def start(send: Send, customer: str, key: str = "", **more: Any) -> Any:
    body = {"customer": customer, "intent": "loan", "channel": "web", **more}
    reply = await send("POST", "/v1/journeys", body, idempotency_key=key or f"start {customer}")
    assert reply.status in {200, 201}, reply.body
    return reply.json


async def record(send: Send, journey: str, name: str, **data: Any) -> Reply:
    return await send("POST", f"/v1/journeys/{journey}/events", event(name, **data), EVENT)


async def move(send: Send, journey: str, verb: str, key: str, **body: Any) -> Reply:
    return await send("POST", f"/v1/journeys/{journey}/{verb}", body, idempotency_key=key)


async def history(send: Send, journey: str) -> list[Any]:
    return (await send("GET", f"/v1/journeys/{journey}/history")).json["items"]
