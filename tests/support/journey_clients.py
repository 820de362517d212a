"""Clients that change journeys at random and record the outcome of each request.

They are given a function that sends a request, so the same clients load a process over sockets and an application
inside this one. Clients of different tenants use the same customers, keys and event ids on purpose.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from tests.support.client_ledger import Change, Ledger

EVENT, PATCH = "application/cloudevents+json", "application/merge-patch+json"
LENGTH = 60
"""Changes of a journey before it is completed and another one started."""


class Reply(Protocol):
    status: int
    body: bytes

    @property
    def json(self) -> Any: ...


Send = Callable[..., Awaitable[Reply]]


class Gone(Exception):  # noqa: N818 - what happened to the service
    """The connection ended before the answer came."""


def insisting(send: Send) -> Send:
    """Return a function that sends a request until it is not refused with 503, or 507.

    Such a refusal of a repeated request says nothing of the first one, whose answer did not come.
    """

    async def send_again(*request: Any, **headers: str) -> Reply:
        reply = await send(*request, **headers)
        while reply.status in {503, 507}:
            await asyncio.sleep(0.05)
            reply = await send(*request, **headers)
        return reply

    return send_again


@dataclass(frozen=True, slots=True)
class Request:
    """Request that is sent again unchanged when its answer did not come."""

    action: str
    name: str
    method: str
    target: str
    body: Any
    media: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    change: Change | None = None


@dataclass
class Writer:
    """Customer with a journey of their own, who also adds to a journey that all customers of the tenant share."""

    name: str
    ledger: Ledger
    rng: random.Random
    shared: str = ""
    own: str = ""
    version: int = 0
    state: str = ""
    refused: int = 0
    unanswered: Request | None = None
    numbers: Iterator[int] = field(default_factory=count)

    async def run(self, send: Send, until: Callable[[], bool] = lambda: False) -> None:
        """Send requests until the service is gone or the condition holds."""
        try:
            while not until():
                await self._deliver(send, self._next())
        except Gone:
            pass

    async def ask_again(self, send: Send) -> None:
        """Send the unanswered request again, which its key, the event's id or the patch's version allows."""
        if self.unanswered is not None:
            await self._deliver(insisting(send), self.unanswered, again=True)
        if self.own:
            self._learn((await insisting(send)("GET", f"/v1/journeys/{self.own}")).json)

    def _next(self) -> Request:
        """Choose the next request."""
        name = f"{self.name}-{next(self.numbers)}"
        chance = self.rng.random()
        if not self.own:
            body = {"customer": self.name, "intent": "loan", "channel": "web", "context": self._canary()}
            return Request("start", name, "POST", "/v1/journeys", body, headers={"idempotency_key": name})
        if self.version >= LENGTH and self.state == "active":
            return self._move("complete", name, outcome="resolved")
        if chance < 0.75:
            return self._event(self.shared if self.shared and chance < 0.25 else self.own, name)
        if chance < 0.85:
            return self._patch(name)
        if self.state == "active":
            return self._move("pause", name)
        return self._move("resume", name, channel=self.rng.choice(("voice", "chat", "web")))

    def _canary(self) -> dict[str, str]:
        return {"canary": self.ledger.tenant, "writer": self.name}

    def _event(self, journey: str, name: str) -> Request:
        patch = {self.name: f"{self.ledger.tenant} {name}"}
        body = {"specversion": "1.0", "id": name, "source": "proof", "type": "step.entered", "data": {"context": patch}}
        target = f"/v1/journeys/{journey}/events"
        return Request("event", name, "POST", target, body, EVENT, change=Change(journey, name, patch))

    def _patch(self, name: str) -> Request:
        patch = {"by": name, f"patched {self.rng.randrange(3)}": self.rng.choice((None, name))}
        target, headers = f"/v1/journeys/{self.own}/context", {"if_match": f'"{self.version}"'}
        return Request("patch", name, "PATCH", target, patch, PATCH, headers, Change(self.own, name, patch))

    def _move(self, verb: str, name: str, **body: str) -> Request:
        target, headers = f"/v1/journeys/{self.own}/{verb}", {"idempotency_key": name}
        return Request(verb, name, "POST", target, body, headers=headers, change=Change(self.own, name, {}))

    async def _deliver(self, send: Send, request: Request, *, again: bool = False) -> None:
        """Send a request, perhaps again, and record its outcome."""
        self.unanswered = request
        if request.change is None:
            self.ledger.start(request.name, self._canary())
        else:
            self.ledger.send(request.change)
        reply = await send(request.method, request.target, request.body, request.media, **request.headers)
        self.unanswered = None
        if reply.status in {503, 507}:  # it had too much to do, and so did nothing
            self.refused += 1
            self.ledger.refuse(request.change or request.name)
            return
        if again and reply.status == 412:  # it was applied; its place in the history will be read
            return
        assert reply.status in {200, 201}, (self, request, reply.status, reply.body)
        change = request.change or Change(reply.json["id"], request.name, self._canary())
        self.ledger.acknowledge(change, reply.json["version"])
        if change.journey == self.own or request.change is None:
            self.own = change.journey
            self._learn(reply.json)

    def _learn(self, answer: Any) -> None:
        """Remember the version and the state of the own journey from an answer."""
        self.version, self.state = answer["version"], answer.get("state", self.state)
        if self.state == "completed":
            self.own = ""
