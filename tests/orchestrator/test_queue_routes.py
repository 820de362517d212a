"""Queues and agents over HTTP: long polls, problems, and answers that match the OpenAPI document."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from orchestrator import Service, open_database
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.http.openapi import document
from orchestrator.queues import FEATURE
from orchestrator.queues.rows import Serves
from orchestrator.store import Unit
from tests.support.asgi_requests import Reply, request
from tests.support.stalls import again_after_a_stall

Story = Callable[["Client"], Awaitable[None]]
DOCUMENT = document(FEATURES)
ROUTES = {(route.method, route.path): route for route in FEATURE.routes}


class Client:
    """Sends requests, and holds each answer against what its route says of it."""

    def __init__(self, service: Service, keys: Iterator[int]) -> None:
        self.service, self._app, self._keys = service, App(service), keys

    async def ask(self, method: str, target: str, body: Any = None) -> Reply:
        reply = await request(self._app, method, target, body, idempotency_key=f"key-{next(self._keys)}")
        route = _route_of(method, target)
        if reply.status < 300:
            documented = DOCUMENT["paths"][route.path][method.lower()]["responses"][str(reply.status)]
            if "content" not in documented:
                assert not reply.body
            else:
                schema = documented["content"]["application/json"]["schema"]
                Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(reply.json)
        else:
            problem = reply.json["type"].removeprefix("/problems/")
            assert problem in route.problems, (method, target, reply.json)
        return reply

    async def made(self, method: str, target: str, body: Any = None) -> Any:
        reply = await self.ask(method, target, body)
        assert reply.status < 300, reply.json
        return reply.json if reply.body else None

    async def begin(self, *, lease: float = 30.0, **settings: Any) -> None:
        await self.made("PUT", "/v1/queues/helpers", {})
        await self.made("PUT", "/v1/queues/calls", {"lease": lease, **settings})
        await self.made("PUT", "/v1/agents/ada", {"serves": ["calls"]})
        await self.made("PUT", "/v1/agents/ada/presence", {"presence": "available"})


def _route_of(method: str, target: str) -> Any:
    parts = target.partition("?")[0].split("/")
    for (known, path), route in ROUTES.items():
        names = path.split("/")
        fits = all(name.startswith("{") or name == part for name, part in zip(names, parts, strict=False))
        if known == method and len(names) == len(parts) and fits:
            return route
    raise AssertionError(f"no route {method} {target}")


@asynccontextmanager
async def serving(path: Path, keys: Iterator[int] | None = None) -> AsyncIterator[Client]:
    with Service(open_database(path), FEATURES) as service:
        service.run()
        try:
            yield Client(service, keys or count())
        finally:
            await service.stop()


def run_story(path: Path, story: Story) -> None:
    async def tell() -> None:
        async with serving(path) as client:
            await story(client)

    asyncio.run(tell())


def test_a_contact_is_served_from_entering_to_done(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.begin()
        item = await client.made("POST", "/v1/queues/calls/items", {"customer": "anna", "data": {"why": "card"}})
        offered = await client.made("POST", "/v1/agents/ada/reserve")
        assert (offered["id"], offered["data"]) == (item["id"], {"why": "card"})
        token = {"agent": "ada", "token": offered["token"]}
        for verb in ("extend", "accept", "complete"):
            await client.made("POST", f"/v1/items/{item['id']}/{verb}", token)
        shown = await client.made("GET", "/v1/queues/calls/statistics")
        assert (shown["now"]["completed"], shown["all"]["answered"], shown["all"]["service_level"]) == (1, 1, 1.0)
        assert (await client.made("GET", "/v1/agents/ada/statistics"))["busy"] > 0
        assert (await client.made("GET", "/v1/agents/ada"))["holds"] == []
        assert [row["queue"] for row in (await client.made("GET", "/v1/statistics"))["items"]] == ["calls", "helpers"]
        done = await client.made("GET", "/v1/queues/calls/items?state=completed")
        assert [row["id"] for row in done["items"]] == [item["id"]]
        assert (await client.made("GET", f"/v1/items/{item['id']}"))["state"] == "completed"

    run_story(tmp_path / "work.db", story)


@again_after_a_stall
def test_a_long_poll_is_answered_as_soon_as_somebody_comes(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.begin()
        asked = asyncio.ensure_future(client.ask("POST", "/v1/agents/ada/reserve?wait=20"))
        await is_parked(client)
        assert not asked.done()
        began = time.monotonic()
        item = await client.made("POST", "/v1/queues/calls/items", {})
        reply = await asyncio.wait_for(asked, 10)
        assert time.monotonic() - began < 5
        assert (reply.status, reply.json["id"], reply.json["token"]) == (200, item["id"], 1)

    run_story(tmp_path / "work.db", story)


async def is_parked(client: Client) -> None:
    """Wait until the agent is noted as asking."""

    def asking(unit: Unit) -> bool:
        return any(row.asking for row in unit.find(Serves, "key", "default", "ada"))

    while not await client.service.look(asking):  # noqa: ASYNC110 - what is waited for is a row
        await asyncio.sleep(0.005)


def test_a_long_poll_ends_with_nothing_when_its_time_is_over(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.begin()
        began = time.monotonic()
        reply = await client.ask("POST", "/v1/agents/ada/reserve?wait=0.2")
        assert (reply.status, reply.body) == (204, b"")
        assert time.monotonic() - began >= 0.2

    run_story(tmp_path / "work.db", story)


def test_a_lease_that_ends_wakes_the_next_agent(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.begin(lease=0.3)
        item = await client.made("POST", "/v1/queues/calls/items", {})
        first = await client.made("POST", "/v1/agents/ada/reserve")
        await client.made("PUT", "/v1/agents/ben", {"serves": ["calls"]})
        await client.made("PUT", "/v1/agents/ben/presence", {"presence": "available"})
        second = await client.made("POST", "/v1/agents/ben/reserve?wait=20")
        assert (second["id"], second["token"], second["entered"]) == (item["id"], 2, first["entered"])
        late = await client.ask("POST", f"/v1/items/{item['id']}/accept", {"agent": "ada", "token": 1})
        assert (late.status, late.json["type"]) == (409, "/problems/lease")

    run_story(tmp_path / "work.db", story)


def test_what_overflows_wakes_the_agents_of_the_other_queue_in_time(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.begin(overflow=[{"queue": "helpers", "after": 0.3}])
        await client.made("PUT", "/v1/agents/sam", {"serves": ["helpers"]})
        await client.made("PUT", "/v1/agents/sam/presence", {"presence": "available"})
        item = await client.made("POST", "/v1/queues/calls/items", {})
        assert (await client.made("POST", "/v1/agents/sam/reserve?wait=20"))["id"] == item["id"]

    run_story(tmp_path / "work.db", story)


def test_two_services_on_one_database_wake_each_others_agents(tmp_path: Path) -> None:
    async def tell() -> None:
        keys = count()
        async with serving(tmp_path / "work.db", keys) as first, serving(tmp_path / "work.db", keys) as other:
            await first.begin()
            asked = asyncio.ensure_future(first.ask("POST", "/v1/agents/ada/reserve?wait=20"))
            await is_parked(first)
            item = await other.made("POST", "/v1/queues/calls/items", {})
            assert (await asyncio.wait_for(asked, 10)).json["id"] == item["id"]

    asyncio.run(tell())


def test_of_many_who_accept_at_once_one_does(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.begin()
        item = await client.made("POST", "/v1/queues/calls/items", {})
        await client.made("POST", "/v1/agents/ada/reserve")
        tries = [
            client.ask("POST", f"/v1/items/{item['id']}/accept", {"agent": agent, "token": token})
            for agent in ("ada", "ben", "eve") for token in (0, 1, 2)
        ]  # fmt: skip
        replies = await asyncio.gather(*tries)
        assert sorted(reply.status for reply in replies) == [200] + [409] * 8

    run_story(tmp_path / "work.db", story)


def test_a_stop_answers_those_who_wait(tmp_path: Path) -> None:
    async def tell() -> None:
        async with serving(tmp_path / "work.db") as client:
            await client.begin()
            asked = asyncio.ensure_future(client.ask("POST", "/v1/agents/ada/reserve?wait=60"))
            await is_parked(client)
            await client.service.stop()
            assert (await asyncio.wait_for(asked, 5)).status == 204

    asyncio.run(tell())


def test_entering_again_with_the_same_key_enters_once(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.begin()
        app = App(client.service)
        replies = [
            await request(app, "POST", "/v1/queues/calls/items", {"customer": "anna"}, idempotency_key="k")
            for _ in range(2)
        ]
        assert replies[0].json == replies[1].json
        assert len((await client.made("GET", "/v1/queues/calls/items"))["items"]) == 1

    run_story(tmp_path / "work.db", story)


def test_lists_are_paged(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.begin()
        made = [(await client.made("POST", "/v1/queues/calls/items", {}))["id"] for _ in range(3)]
        page = await client.made("GET", "/v1/queues/calls/items?limit=2")
        rest = await client.made("GET", f"/v1/queues/calls/items?limit=2&after={page['next']}")
        assert [row["id"] for row in page["items"] + rest["items"]] == made
        assert rest["next"] is None
        names = await client.made("GET", "/v1/queues?limit=1")
        assert ([row["name"] for row in names["items"]], names["next"]) == (["calls"], "calls")

    run_story(tmp_path / "work.db", story)


@pytest.mark.parametrize(
    ("method", "target", "body", "wrong"),
    [
        ("PUT", "/v1/queues/calls", {"policy": "best", "lease": 0, "weight": "x", "more": 1, "skills": ["a", "a", 3]},
         {"/policy", "/lease", "/weight", "/more", "/skills/1", "/skills/2"}),
        ("PUT", "/v1/queues/calls",
         {"overflow": [{"queue": "calls"}, {"after": -1}, 3], "interval": 60, "capacity": -1},
         {"/overflow/0/queue", "/overflow/1/queue", "/overflow/1/after", "/overflow/2", "/overflow/2/queue",
          "/interval", "/capacity"}),
        ("PUT", "/v1/queues/no%20good", {}, {"queue"}),
        ("PUT", "/v1/agents/ada", {"skills": {"a b": 1, "law": 0}, "capacity": {"chat": 1.5}, "blend": 1},
         {"/serves", "/skills/a b", "/skills/law", "/capacity/chat", "/blend"}),
        ("PUT", "/v1/agents/ada", {"serves": ["none", "nil"]}, {"/serves/0", "/serves/1"}),
        ("PUT", "/v1/agents/ada/presence", {"presence": "here"}, {"/presence"}),
        ("POST", "/v1/queues/calls/items", {"priority": 1.5, "data": [], "journey": ""},
         {"/priority", "/data", "/journey"}),
        ("POST", "/v1/items/x/accept", {"seconds": 3}, {"/agent", "/token", "/seconds"}),
        ("POST", "/v1/items/x/extend", {"agent": "ada", "token": 1, "seconds": True}, {"/seconds"}),
        ("POST", "/v1/agents/ada/reserve?wait=61", None, {"wait"}),
        ("POST", "/v1/agents/ada/reserve?wait=nan", None, {"wait"}),
        ("GET", "/v1/queues/calls/statistics?from=today&to=2026-03-02", None, {"from", "to"}),
        ("GET", "/v1/queues/calls/items?state=gone", None, {"state"}),
    ],
)  # fmt: skip
def test_everything_wrong_is_told_at_once(tmp_path: Path, method: str, target: str, body: Any, wrong: set[str]) -> None:
    async def story(client: Client) -> None:
        await client.begin()
        reply = await client.ask(method, target, body)
        assert reply.status == 422
        assert {error["pointer"] for error in reply.json["errors"]} == wrong

    run_story(tmp_path / "work.db", story)


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.begin()
        token = {"agent": "ada", "token": 1}
        for method, target, body in (
            ("GET", "/v1/queues/none", None), ("POST", "/v1/queues/none/items", {}), ("GET", "/v1/items/none", None),
            ("GET", "/v1/queues/none/statistics", None), ("GET", "/v1/queues/none/items", None),
            ("POST", "/v1/items/none/accept", token), ("POST", "/v1/items/none/abandon", None),
            ("GET", "/v1/agents/none", None), ("POST", "/v1/agents/none/reserve", None),
            ("PUT", "/v1/agents/none/presence", {"presence": "away"}), ("GET", "/v1/agents/none/statistics", None),
        ):  # fmt: skip
            assert (await client.ask(method, target, body)).status == 404, (method, target)

    run_story(tmp_path / "work.db", story)


def test_a_journey_that_is_handed_over_to_a_queue_enters_it(tmp_path: Path) -> None:
    async def story(client: Client) -> None:
        await client.begin(capacity=1)
        app, json = App(client.service), {"customer": "anna", "intent": "card", "channel": "chat", "context": {"a": 1}}
        journey = (await request(app, "POST", "/v1/journeys", json, idempotency_key="one")).json["id"]
        over = {"channel": "voice", "queue": "calls"}
        reply = await request(app, "POST", f"/v1/journeys/{journey}/handoff", over, idempotency_key="over")
        assert (reply.status, reply.json["channel"], reply.json["version"]) == (
            200,
            "voice",
            3,
        )  # handed off, and entered
        (item,) = (await client.made("GET", f"/v1/journeys/{journey}/items"))["items"]
        assert (item["queue"], item["journey"], item["customer"]) == ("calls", journey, "anna")
        bob = await request(app, "POST", "/v1/journeys", json | {"customer": "bob"}, idempotency_key="two")
        other = bob.json["id"]
        full = await request(app, "POST", f"/v1/journeys/{other}/handoff", over, idempotency_key="too")
        assert (full.status, full.json["type"]) == (409, "/problems/full")
        assert (await request(app, "GET", f"/v1/journeys/{other}")).json["channel"] == "chat"
        assert (await client.made("POST", "/v1/agents/ada/reserve"))["context"] == {"a": 1}

    run_story(tmp_path / "work.db", story)
