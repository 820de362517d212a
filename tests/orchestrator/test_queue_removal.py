"""A completed journey leaves its queues, over memory, SQLite and PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from orchestrator import Service
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.store import Database
from tests.support.asgi_requests import Reply, request

START = 1_767_225_600.0


class Desk:
    """Sends requests to a service on a clock that the test moves."""

    def __init__(self, database: Database) -> None:
        self.now, self._keys = START, count()
        self.service = Service(database, FEATURES, clock=lambda: self.now)
        self._app = App(self.service)

    async def ask(self, method: str, target: str, body: Any = None) -> Reply:
        return await request(self._app, method, target, body, idempotency_key=f"key-{next(self._keys)}")

    async def made(self, method: str, target: str, body: Any = None) -> Any:
        reply = await self.ask(method, target, body)
        assert reply.status < 300, reply.body
        return reply.json if reply.body else None

    async def begin(self, queue: str = "calls") -> None:
        await self.made("PUT", f"/v1/queues/{queue}", {"lease": 30, "hold": 300})
        await self.made("PUT", "/v1/agents/ada", {"serves": [queue]})
        await self.made("PUT", "/v1/agents/ada/presence", {"presence": "available"})

    async def journey(self, customer: str) -> str:
        body = {"customer": customer, "intent": "loan", "channel": "web"}
        name: str = (await self.made("POST", "/v1/journeys", body))["id"]
        return name

    async def enter(self, journey: str = "", queue: str = "calls") -> str:
        body = {"journey": journey} if journey else {"customer": "eve"}
        name: str = (await self.made("POST", f"/v1/queues/{queue}/items", body))["id"]
        return name

    async def complete(self, journey: str) -> Any:
        return await self.made("POST", f"/v1/journeys/{journey}/complete", {"outcome": "gave_up"})

    async def state(self, item: str) -> Any:
        return (await self.made("GET", f"/v1/items/{item}"))["state"]

    async def history(self, journey: str) -> list[tuple[str, Any]]:
        entries = (await self.made("GET", f"/v1/journeys/{journey}/history"))["items"]
        return [(entry["type"], entry["data"]) for entry in entries]

    async def statistics(self, queue: str = "calls") -> Any:
        shown = await self.made("GET", f"/v1/queues/{queue}/statistics")
        now = shown["now"]
        assert now["entered"] == sum(
            now[name] for name in ("waiting", "reserved", "serving", "completed", "abandoned")
        )  # fmt: skip
        return shown


def run_story(database: Database, story: Callable[[Desk], Awaitable[None]]) -> None:
    async def tell() -> None:
        desk = Desk(database)
        await desk.begin()
        await story(desk)
        desk.service._commits.close()

    asyncio.run(tell())


def test_a_journey_that_is_completed_leaves_every_queue_and_nobody_is_offered_it(database: Database) -> None:
    async def story(desk: Desk) -> None:
        await desk.begin("letters")
        await desk.begin("calls")
        own = await desk.journey("anna")
        first, second = await desk.enter(own), await desk.enter(own, "letters")
        other = await desk.enter(await desk.journey("bob"))
        nobodys = await desk.enter()
        desk.now += 40
        over = await desk.complete(own)
        assert over["state"] == "completed"
        assert [await desk.state(item) for item in (first, second, other, nobodys)] == [
            "abandoned", "abandoned", "waiting", "waiting",
        ]  # fmt: skip
        assert (await desk.made("POST", "/v1/agents/ada/reserve"))["id"] == other
        history = await desk.history(own)
        assert [entry_type for entry_type, _ in history[-3:]] == [
            "sojourn.journey.completed",
            *["sojourn.item.abandoned"] * 2,
        ]
        assert {data["item"] for _, data in history[-2:]} == {first, second}
        assert over["version"] == len(history)
        shown = await desk.statistics()
        assert (shown["now"]["waiting"], shown["now"]["abandoned"], shown["all"]["abandoned"]) == (1, 1, 1)
        assert shown["all"]["mean_wait_abandoned"] == 40
        assert (await desk.statistics("letters"))["now"]["abandoned"] == 1

    run_story(database, story)


def test_what_an_agent_has_when_the_journey_ends_they_complete(database: Database) -> None:
    async def story(desk: Desk) -> None:
        accepted, reserved = await desk.journey("anna"), await desk.journey("bob")
        for journey in (accepted, reserved):
            item = await desk.enter(journey)
            assert (await desk.made("POST", "/v1/agents/ada/reserve"))["id"] == item
            held = {"agent": "ada", "token": 1}
            if journey == accepted:  # accepted before the end; the other after it
                await desk.made("POST", f"/v1/items/{item}/accept", held)
            await desk.complete(journey)
            assert await desk.state(item) == ("serving" if journey == accepted else "reserved")
            await desk.made("POST", f"/v1/items/{item}/accept", held)
            await desk.made("POST", f"/v1/items/{item}/complete", held)
            assert (await desk.history(journey))[-1][0] == "sojourn.journey.completed"
        now = (await desk.statistics())["now"]
        assert (now["completed"], now["abandoned"]) == (2, 0)

    run_story(database, story)


def test_what_an_agent_gives_back_after_the_journey_ended_waits_no_more(database: Database) -> None:
    async def story(desk: Desk) -> None:
        for customer in ("anna", "bob"):
            journey = await desk.journey(customer)
            item = await desk.enter(journey)
            assert (await desk.made("POST", "/v1/agents/ada/reserve"))["id"] == item
            await desk.complete(journey)
            if customer == "anna":
                back = await desk.made("POST", f"/v1/items/{item}/reject", {"agent": "ada", "token": 1})
                assert back["state"] == "abandoned"
            else:
                desk.now += 31  # the lease is over
                assert await desk.made("POST", "/v1/agents/ada/reserve") is None
                assert await desk.state(item) == "abandoned"
        now = (await desk.statistics())["now"]
        assert (now["waiting"], now["reserved"], now["abandoned"]) == (0, 0, 2)

    run_story(database, story)


def test_a_completion_that_is_refused_or_repeated_abandons_nothing_more(database: Database) -> None:
    async def story(desk: Desk) -> None:
        own = await desk.journey("anna")
        item, again = await desk.enter(own), (f"/v1/journeys/{own}/complete", {"outcome": "gave_up"})
        await desk.made("POST", f"/v1/journeys/{own}/pause", {})
        assert (await desk.ask("POST", *again)).status == 409
        assert await desk.state(item) == "waiting"
        await desk.made("POST", f"/v1/journeys/{own}/resume", {"channel": "web"})
        await desk.complete(own)
        assert (await desk.ask("POST", *again)).status == 409
        assert (await desk.statistics())["now"]["abandoned"] == 1

    run_story(database, story)
