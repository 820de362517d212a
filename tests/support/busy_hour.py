"""An hour of journeys at a small company, for tests of monitoring."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from orchestrator.http.app import App
from orchestrator.service.service import Service
from tests.support.asgi_requests import Reply, request

EVENT = "application/cloudevents+json"
HOSTILE = "<img src=x onerror=alert(1)>\"'><script>window.hurt=1</script>"
STEPS = {"web": ("search", "form", "confirm"), "app": ("login", "card menu"), "voice": ("ivr menu", "agent call")}
FIRST = ("Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Femi", "Greta", "Hana", "Ivo", "Jun")
LAST = ("Okafor", "Lindqvist", "Marchetti", "Nakamura", "Petrov", "Quist", "Rossi", "Schneider")


@dataclass
class Clock:
    """Clock that the test moves."""

    now: float

    def __call__(self) -> float:
        return self.now


@dataclass
class Client:
    """Client of an application, with a new key for each request."""

    app: App
    token: str = ""
    keys: Any = field(default_factory=lambda: count(1))

    async def send(self, method: str, path: str, body: Any = None, media: str = "application/json") -> Reply:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return await request(
            self.app, method, path, body, media, idempotency_key=f"{self.token[:4]}k{next(self.keys)}", **headers
        )

    async def start(self, customer: str, intent: str = "lost card", channel: str = "web") -> str:
        reply = await self.send("POST", "/v1/journeys", {"customer": customer, "intent": intent, "channel": channel})
        assert reply.status in (200, 201), reply
        return str(reply.json["id"])

    async def event(self, journey: str, step: str, channel: str = "web", event_type: str = "step.entered") -> Reply:
        event = {
            "specversion": "1.0", "id": str(next(self.keys)), "source": "/shop", "type": event_type,
            "data": {"channel": channel, "step": step, "context": {"seen": step}},
        }  # fmt: skip
        return await self.send("POST", f"/v1/journeys/{journey}/events", event, EVENT)

    async def move(self, journey: str, verb: str, body: Any = None) -> Reply:
        reply = await self.send("POST", f"/v1/journeys/{journey}/{verb}", body)
        assert reply.status == 200, reply
        return reply


async def an_hour(service: Service, clock: Clock, *, per_minute: int = 6, seed: int = 7) -> AsyncIterator[int]:
    """Run an hour of journeys that ends at the clock's time; yield at each minute."""
    client, draws, end = Client(App(service)), random.Random(seed), clock.now
    await _staff(client)
    paused: list[str] = []
    for minute in range(60):
        for _ in range(draws.randrange(per_minute // 2, per_minute + minute // 10)):
            clock.now = end - 3600 + 60 * minute + draws.uniform(0, 59)
            await _visit(client, draws, paused)
        yield minute
    clock.now = end


async def _staff(client: Client) -> None:
    """Open two queues with agents."""
    for queue, channel in (("cards", "voice"), ("mortgages", "chat")):
        path = f"/v1/queues/{queue}"
        reply = await client.send("PUT", path, {"channel": channel, "within": 20, "target": 0.8})
        assert reply.status in (200, 201), reply
    for agent in ("mira", "noor", "oskar"):
        body = {"serves": ["cards", "mortgages"], "capacity": {"voice": 1, "chat": 2}}
        assert (await client.send("PUT", f"/v1/agents/{agent}", body)).status in (200, 201)
        assert (await client.send("PUT", f"/v1/agents/{agent}/presence", {"presence": "available"})).status == 200


async def _visit(client: Client, draws: random.Random, paused: list[str]) -> None:
    """Let a customer start a journey, and end it in one of several ways."""
    channel = draws.choice(list(STEPS))
    name = f"{draws.choice(FIRST)} {draws.choice(LAST)}"
    journey = await client.start(name, draws.choice(("lost card", "mortgage quote", "address change")), channel)
    for step in STEPS[channel][: draws.randint(1, 3)]:
        await client.event(journey, step, channel)
    fate = draws.random()
    if fate < 0.25:
        await client.move(journey, "pause", {"channel": channel})
        paused.append(journey)
    elif fate < 0.75:
        outcome = "resolved" if draws.random() < 0.7 else "gave_up"
        await client.move(journey, "complete", {"outcome": outcome})
    elif fate < 0.9:
        await _queue(client, draws, journey, name)
    if paused and draws.random() < 0.12:
        await client.send("POST", f"/v1/journeys/{paused.pop(0)}/resume", {"channel": "voice"})


async def _queue(client: Client, draws: random.Random, journey: str, name: str) -> None:
    """Let a customer wait for an agent."""
    queue = draws.choice(("cards", "mortgages"))
    body = {"journey": journey, "customer": name}
    item = (await client.send("POST", f"/v1/queues/{queue}/items", body)).json
    fate = draws.random()
    if fate < 0.2:
        await client.send("POST", f"/v1/items/{item['id']}/abandon")
    elif fate < 0.8:
        agent = draws.choice(("mira", "noor", "oskar"))
        taken = await client.send("POST", f"/v1/agents/{agent}/reserve")
        if taken.status == 200:
            settle = {"agent": agent, "token": taken.json["token"]}
            await client.send("POST", f"/v1/items/{taken.json['id']}/accept", settle)
            await client.send("POST", f"/v1/items/{taken.json['id']}/complete", settle)
