"""Agents who enter, reserve, accept, complete and abandon items, and record what they know.

Each agent sends one request after the other, and may have one item at a time. What may be read back of an item is what
the last acknowledged request made of it, or what the one request without an answer would have made of it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.support.journey_clients import Gone, Send, insisting

QUEUE = "calls"
LONG = 86400
STATES = ("waiting", "reserved", "serving", "completed", "abandoned")
FOLLOWS = {"accept": "serving", "complete": "completed", "abandon": "abandoned"}


@dataclass(slots=True)
class Items:
    """Items of a tenant: their last acknowledged states, and the states that unanswered requests may have made."""

    tenant: str
    known: dict[str, str] = field(default_factory=dict)
    maybe: dict[str, str] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)
    places: dict[str, str] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)

    def learn(self, shown: dict[str, Any]) -> None:
        """Record an acknowledged state; "waiting" and "reserved" change as agents ask."""
        self.known[shown["id"]] = shown["state"]
        self.touched.add(shown["id"])
        self.maybe.pop(shown["id"], None)

    def judge(self, shown: dict[str, Any]) -> list[str]:
        """Return the faults of an item that is read back."""
        item, state = shown["id"], shown["state"]
        wrong = []
        name = shown["data"]["name"]
        if shown["data"]["tenant"] != self.tenant:
            wrong.append(f"leak: item {item} of {self.tenant} has {shown['data']}")
        if name not in self.sent:
            wrong.append(f"phantom: nobody of {self.tenant} let {name} enter, item {item}")
        if self.places.setdefault(name, item) != item:
            wrong.append(f"duplicate: {name} is item {self.places[name]} and {item}")
        known = self.known[item]
        allowed = {known, self.maybe.get(item, known)}
        if known in {"waiting", "reserved"}:
            allowed |= {"waiting", "reserved"}
        if state not in allowed:
            wrong.append(f"lost: item {item} is {state}; {' or '.join(sorted(allowed))} was acknowledged")
        self.known[item] = state
        self.maybe.pop(item, None)
        return wrong


@dataclass
class Agent:
    """Agent who also lets items enter."""

    name: str
    items: Items
    rng: random.Random
    entering: str = ""
    held: dict[str, Any] | None = None
    numbers: Iterator[int] = field(default_factory=count)

    async def begin(self, send: Send) -> None:
        """Create the queue if it is missing, and sign on."""
        queue = {"channel": "voice", "lease": LONG, "hold": LONG}
        agent = {"serves": [QUEUE], "capacity": {"voice": 1}}
        for target, body in (
            (f"/v1/queues/{QUEUE}", queue),
            (f"/v1/agents/{self.name}", agent),
            (f"/v1/agents/{self.name}/presence", {"presence": "available"}),
        ):
            reply = await send("PUT", target, body)
            assert reply.status in {200, 201}, reply.body

    async def run(self, send: Send, until: Callable[[], bool] = lambda: False) -> None:
        """Work until the service is gone or the condition holds."""
        try:
            while not until():
                await self._step(send)
        except Gone:
            pass

    async def ask_again(self, send: Send) -> None:
        """Send the unanswered request again: its key still counts, and a reservation is still there."""
        again = insisting(send)
        if self.entering:
            await self._enter(again, self.entering)
        await self._reserve(again)

    async def _step(self, send: Send) -> None:
        if self.held is None:
            await self._enter(send, f"{self.name}-{next(self.numbers)}")
            await self._reserve(send)
        elif self.held["state"] == "reserved":
            await self._settle(send, "accept" if self.rng.random() < 0.9 else "abandon")
        else:
            await self._settle(send, "complete")

    async def _enter(self, send: Send, name: str) -> None:
        self.entering = name
        self.items.sent.add(name)
        body = {"data": {"name": name, "tenant": self.items.tenant}}
        reply = await send("POST", f"/v1/queues/{QUEUE}/items", body, idempotency_key=name)
        self.entering = ""
        if reply.status in {503, 507}:
            return
        assert reply.status == 201, reply.body
        shown = reply.json
        if shown["id"] not in self.items.known:  # a repeated answer tells how it was then
            self.items.learn(shown)

    async def _reserve(self, send: Send) -> None:
        reply = await send("POST", f"/v1/agents/{self.name}/reserve")
        if reply.status == 200:
            self.held = reply.json
            self.items.learn(self.held)
        else:
            assert reply.status in {204, 409, 503, 507}, reply.body
            self.held = await self._holds(insisting(send))

    async def _holds(self, send: Send) -> dict[str, Any] | None:
        """Return the item that the agent holds, if any."""
        holds: list[dict[str, Any]] = (await send("GET", f"/v1/agents/{self.name}")).json["holds"]
        assert len(holds) <= 1, "an agent with one place holds one item"
        return holds[0] if holds else None

    async def _settle(self, send: Send, verb: str) -> None:
        assert self.held is not None
        item = self.held["id"]
        body = None if verb == "abandon" else {"agent": self.name, "token": self.held["token"]}
        self.items.touched.add(item)
        self.items.maybe[item] = FOLLOWS[verb]
        held, self.held = self.held, None
        reply = await send("POST", f"/v1/items/{item}/{verb}", body)
        if reply.status in {503, 507}:
            self.held = held
            return
        assert reply.status == 200, (verb, held, reply.body)
        self.items.learn(reply.json)
        self.held = reply.json if reply.json["state"] == "serving" else None


async def judge_queue(send: Send, items: Items, *, everything: bool) -> list[str]:
    """Read back the touched items, or all; return those that are missing, wrong or in two states."""
    wrong: list[str] = []
    for item in sorted(items.known if everything else items.touched):
        if item in items.known:
            reply = await send("GET", f"/v1/items/{item}")
            wrong += items.judge(reply.json) if reply.status == 200 else [f"lost: item {item}: {reply.body!r}"]
    items.touched.clear()
    now = (await send("GET", f"/v1/queues/{QUEUE}/statistics")).json["now"]
    if now["entered"] != sum(now[state] for state in STATES):
        wrong.append(f"conservation: {now}")
    if everything:
        counts = {state: sum(known == state for known in items.known.values()) for state in STATES}
        if counts != {state: now[state] for state in STATES}:
            wrong.append(f"conservation: {counts} were read back, {now} are counted")
    return wrong
