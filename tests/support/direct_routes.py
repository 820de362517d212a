"""Requests to the routes of chosen features, without a network, on a clock that the test moves."""

import asyncio
import itertools
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from orchestrator import customers, journeys, notifications, queues, rules
from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.hooks import rule_decided
from orchestrator.http.router import Router
from orchestrator.service.feature import Feature
from orchestrator.service.service import Service, tables_of
from orchestrator.store.database import Database
from orchestrator.store.memory import MemoryDatabase

__all__ = ["FEATURES", "Clock", "DirectRoutes", "Reply", "run"]

T = TypeVar("T")

FEATURES = (
    customers.FEATURE, journeys.FEATURE, queues.FEATURE, rules.FEATURE, rule_decided.FEATURE, notifications.FEATURE,
)  # fmt: skip

MEDIA = {"events": b"application/cloudevents+json", "context": b"application/merge-patch+json"}


class Clock:
    """Clock that stands still until the test moves it."""

    def __init__(self, now: float = 1_772_443_800.0) -> None:  # 2026-03-02T09:30:00Z, a Monday
        self.now = now

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Reply:
    """Decoded answer."""

    status: int
    body: Any


class DirectRoutes:
    """Client of a service's routes."""

    def __init__(
        self, database: Database | None = None, clock: Clock | None = None, features: Sequence[Feature] = FEATURES
    ) -> None:
        self.clock = clock or Clock()
        self.database = database or MemoryDatabase(tables_of(features))
        self.service = Service(self.database, features, clock=self.clock)
        self._router = Router(route for feature in features for route in feature.routes)
        self._count = itertools.count()

    async def ask(self, method: str, path: str, body: Any = None, *, tenant: str = "default", key: str = "") -> Reply:
        """Send a request; without a key it gets a new one."""
        where, _, query = path.partition("?")
        try:
            route, names = self._router.find(method, where)
            media = MEDIA.get(where.rpartition("/")[2], b"application/json")
            headers = {b"content-type": media, b"idempotency-key": (key or f"key-{next(self._count)}").encode()}
            data = b"" if body is None else json.dumps(body).encode()
            request = Request(method, where, query.encode(), headers, data, tenant, names)
            answer: Answer = await route.handle(self.service, request)
        except Refused as refusal:
            answer = refusal.answer()
        return Reply(answer.status, json.loads(answer.body) if answer.body else None)

    async def start(self, customer: str = "c", tenant: str = "default", **context: Any) -> str:
        """Start a journey; return its id."""
        body = {"customer": customer, "intent": "lost_card", "channel": "chat", "context": context}
        return str((await self.ask("POST", "/v1/journeys", body, tenant=tenant)).body["id"])

    async def event(self, journey: str, event_type: str = "step", tenant: str = "default", **data: Any) -> Reply:
        """Record an event."""
        event = {
            "specversion": "1.0",
            "id": f"e{next(self._count)}",
            "source": "/test",
            "type": event_type,
            "data": data,
        }
        return await self.ask("POST", f"/v1/journeys/{journey}/events", event, tenant=tenant)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)
