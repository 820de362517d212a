"""Completed journeys leave their queues, and queues and agents are removed, over memory, SQLite and PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import pytest

from orchestrator import Service
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.queues import handlers, removal, transitions
from orchestrator.queues.commands import Reserve
from orchestrator.service import budget
from orchestrator.service.tenants import add_token
from orchestrator.store import Database
from orchestrator.store.memory import MemoryDatabase
from tests.support.asgi_requests import Reply, request
from tests.support.dear_rules import DEAR, documents

START = 1_767_225_600.0


class Desk:
    """Sends requests to a service on a clock that the test moves."""

    def __init__(self, database: Database) -> None:
        self.now, self._keys = START, count()
        self.service = Service(database, FEATURES, clock=lambda: self.now)
        self._app = App(self.service)
        self.token: dict[str, str] = {}

    async def ask(self, method: str, target: str, body: Any = None) -> Reply:
        return await request(self._app, method, target, body, idempotency_key=f"key-{next(self._keys)}", **self.token)

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

    async def use_up_the_budget(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Activate rules of which each evaluation takes the whole budget, which is there again after 2 s."""
        monkeypatch.setattr(budget, "BURST", 100.0)
        self.service.budget = budget.Budget(50.0, clock=lambda: self.now)
        await self.made("POST", "/v1/rules", {"activate": True, "rules": documents(DEAR[1])})

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


@pytest.mark.attack
def test_a_journey_has_so_many_items_at_most_that_wait_or_are_with_agents(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "MOST_OPEN", 3)

    async def story(desk: Desk) -> None:
        own = await desk.journey("anna")
        items = [await desk.enter(own) for _ in range(3)]
        await desk.made("POST", "/v1/agents/ada/reserve")
        another = ("POST", "/v1/queues/calls/items", {"journey": own})
        refused = await desk.ask(*another)
        assert (refused.status, refused.json["type"], refused.json["state"]) == (409, "/problems/state", "active")
        assert refused.json["detail"].startswith("3 items of the journey wait or are with agents")
        await desk.made("POST", f"/v1/items/{items[1]}/abandon", {})
        assert [(await desk.ask(*another)).status for _ in range(2)] == [201, 409]
        await desk.enter(await desk.journey("bob"))

    run_story(database, story)


@pytest.mark.attack
def test_a_completion_is_never_refused_for_what_rules_on_its_items_cost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(desk: Desk) -> None:
        own, other = await desk.journey("anna"), await desk.journey("bob")
        items = [await desk.enter(own) for _ in range(4)]
        await desk.use_up_the_budget(monkeypatch)
        await desk.complete(own)
        assert {await desk.state(item) for item in items} == {"abandoned"}
        pause: tuple[str, str, Any] = ("POST", f"/v1/journeys/{other}/pause", {})
        assert (await desk.ask(*pause)).headers["retry-after"] == "4", "2 s for this one, and 2 s that are owed"
        desk.now += 4
        assert (await desk.ask(*pause)).status == 200

    run_story(database, story)


async def _refused(desk: Desk, target: str) -> str:
    """Return why a removal was refused."""
    reply = await desk.ask("DELETE", target)
    assert (reply.status, reply.json["type"]) == (409, "/problems/work-state"), reply.body
    detail: str = reply.json["detail"]
    return detail


def test_a_queue_that_is_in_use_stays_and_everything_that_uses_it_is_named_at_once() -> None:
    async def story(desk: Desk) -> None:
        await desk.made("PUT", "/v1/queues/others", {"overflow": [{"queue": "calls", "after": 60}]})
        first, second = await desk.enter(), await desk.enter()
        assert (await desk.made("POST", "/v1/agents/ada/reserve"))["id"] == first
        detail = await _refused(desk, "/v1/queues/calls")
        for use in ("1 items wait", "agents have 1 of its", "agents such as ada serve", "items of others flow over"):
            assert use in detail
        assert "wait" not in await _refused(desk, "/v1/queues/calls?abandon=true"), "but agents serve it"
        assert [await desk.state(item) for item in (first, second)] == ["reserved", "waiting"]
        assert (await desk.made("GET", "/v1/queues/calls"))["name"] == "calls"
        wrong = await desk.ask("DELETE", "/v1/queues/calls?abandon=perhaps")
        assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "abandon")

    run_story(MemoryDatabase(), story)


def test_a_removed_queue_is_gone_and_its_history_stays(database: Database) -> None:
    async def story(desk: Desk) -> None:
        await desk.made("PUT", "/v1/queues/spare", {})
        await desk.made("PUT", "/v1/queues/calls", {"overflow": [{"queue": "spare", "after": 5}]})
        own = await desk.journey("anna")
        item = await desk.enter(own)
        desk.now += 7
        held = {"agent": "ada", "token": (await desk.made("POST", "/v1/agents/ada/reserve"))["token"]}
        for verb in ("accept", "complete"):
            await desk.made("POST", f"/v1/items/{item}/{verb}", held)
        assert (await desk.ask("DELETE", "/v1/agents/ada")).status == 204
        assert (await desk.ask("DELETE", "/v1/queues/calls")).status == 204
        for method, target in (
            ("DELETE", "/v1/queues/calls"), ("GET", "/v1/queues/calls"), ("GET", "/v1/queues/calls/statistics"),
            ("DELETE", "/v1/agents/ada"), ("POST", "/v1/agents/ada/reserve"),
        ):  # fmt: skip
            assert (await desk.ask(method, target)).status == 404
        assert [row["name"] for row in (await desk.made("GET", "/v1/queues"))["items"]] == ["spare"]
        assert [row["queue"] for row in (await desk.made("GET", "/v1/statistics"))["items"]] == ["spare"]
        assert (await desk.made("GET", "/v1/agents"))["items"] == []
        assert (await desk.made("GET", f"/v1/journeys/{own}/items"))["items"][0]["state"] == "completed"
        assert (await desk.made("POST", f"/v1/items/{item}/complete", held))["state"] == "completed", "repeated"
        assert (
            await desk.ask("POST", f"/v1/journeys/{own}/handoff", {"queue": "calls", "channel": "voice"})
        ).status == 404
        assert (await desk.ask("DELETE", "/v1/queues/spare")).status == 204, "nothing flows over into it any more"
        await desk.begin()
        assert (await desk.made("GET", "/v1/queues/calls"))["overflow"] == []
        assert (await desk.statistics())["all"]["asa"] == 7, "a queue that is made anew has its counters"

    run_story(database, story)


def test_items_of_a_removed_agent_go_back_to_their_places_and_then_to_others() -> None:
    async def story(desk: Desk) -> None:
        await desk.made("PUT", "/v1/agents/ada", {"serves": ["calls"], "capacity": {"voice": 2}})
        items = [await desk.enter(), await desk.enter(), await desk.enter()]
        for item in items[:2]:  # one accepted, one not
            got = await desk.made("POST", "/v1/agents/ada/reserve?wait=0")
            if item == items[0]:
                await desk.made("POST", f"/v1/items/{item}/accept", {"agent": "ada", "token": got["token"]})
        await desk.made("PUT", "/v1/agents/ben", {"serves": ["calls"]})
        await desk.made("PUT", "/v1/agents/ben/presence", {"presence": "available"})
        assert (await desk.ask("DELETE", "/v1/agents/ada")).status == 204
        assert [await desk.state(item) for item in items] == ["waiting"] * 3
        assert (await desk.made("POST", "/v1/agents/ben/reserve"))["id"] == items[0]
        await desk.statistics()  # which add up

    run_story(MemoryDatabase(), story)


def test_a_full_queue_is_emptied_in_parts_and_its_journeys_go_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transitions, "AT_ONCE", 2)

    async def story(desk: Desk) -> None:
        own = await desk.journey("anna")
        items = [await desk.enter(own), *[await desk.enter() for _ in range(5)]]
        await desk.made("POST", "/v1/agents/ada/reserve")
        await desk.made("PUT", "/v1/queues/spare", {})
        await desk.made("PUT", "/v1/agents/ada", {"serves": ["spare"]})  # and has an item of the first queue
        assert "5 items wait" in await _refused(desk, "/v1/queues/calls")
        assert (await desk.ask("DELETE", "/v1/queues/calls?abandon=true")).status == 204
        assert [await desk.state(item) for item in items] == ["abandoned"] * 6
        assert (await desk.made("GET", "/v1/agents/ada"))["holds"] == []
        assert (await desk.history(own))[-1] == ("sojourn.item.abandoned", {"item": items[0]})
        assert (await desk.made("GET", f"/v1/journeys/{own}"))["state"] == "active"
        await desk.begin()
        assert (await desk.statistics())["now"]["abandoned"] == 6

    run_story(database, story)


def test_a_queue_that_fills_faster_than_it_is_emptied_is_refused_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transitions, "AT_ONCE", 1)
    monkeypatch.setattr(removal, "LONGEST", 0.0)

    async def story(desk: Desk) -> None:
        await desk.made("DELETE", "/v1/agents/ada")
        for _ in range(3):
            await desk.enter()
        assert "send this again" in await _refused(desk, "/v1/queues/calls?abandon=true")
        assert (await desk.made("GET", "/v1/queues/calls"))["name"] == "calls"

    run_story(MemoryDatabase(), story)


@pytest.mark.attack
def test_a_queue_is_emptied_whatever_the_rules_on_its_items_cost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    async def story(desk: Desk) -> None:
        async def wait(_: asyncio.Event, seconds: float) -> bool:
            waits.append(seconds)
            desk.now += seconds
            return False

        await desk.made("DELETE", "/v1/agents/ada")
        items = [await desk.enter(await desk.journey(name)) for name in "abcde"]
        await desk.use_up_the_budget(monkeypatch)
        monkeypatch.setattr(removal, "wait_for", wait)
        monkeypatch.setattr(removal, "LONGEST", 0.0)
        empty = ("DELETE", "/v1/queues/calls?abandon=true")
        first, second = await desk.ask(*empty), await desk.ask(*empty)
        assert [await desk.state(item) for item in items] == ["abandoned", *["waiting"] * 4], "what was paid for stays"
        assert (first.status, second.status, second.headers["retry-after"]) == (409, 429, "2")
        assert not waits, "there is no time left"
        monkeypatch.setattr(removal, "LONGEST", 20.0)
        assert (await desk.ask(*empty)).status == 204
        assert waits == [2.0] * 4
        assert {await desk.state(item) for item in items} == {"abandoned"}

    run_story(database, story)


def test_an_agent_whose_item_goes_with_its_queue_gets_the_next_one_they_ask_for(database: Database) -> None:
    async def story(desk: Desk) -> None:
        await desk.made("PUT", "/v1/queues/spare", {})
        held = await desk.enter()
        token = (await desk.made("POST", "/v1/agents/ada/reserve"))["token"]
        await desk.made("POST", f"/v1/items/{held}/accept", {"agent": "ada", "token": token})
        await desk.made("PUT", "/v1/agents/ada", {"serves": ["spare"]})
        assert (await desk.service.submit(Reserve(tenant="default", agent="ada", wait=20))).status == 204
        assert (await desk.ask("DELETE", "/v1/queues/calls?abandon=true")).status == 204
        assert await desk.state(await desk.enter(queue="spare")) == "reserved"

    run_story(database, story)


def test_an_item_that_has_its_turn_while_its_queue_is_emptied_is_counted_once() -> None:
    back = {"name": "back", "when": 'event.type == "sojourn.item.abandoned"', "action": "escalate"}

    async def story(desk: Desk) -> None:
        for queue in ("spare", "care"):
            await desk.made("PUT", f"/v1/queues/{queue}", {})
        await desk.made("PUT", "/v1/queues/calls", {"overflow": [{"queue": "spare", "after": 60}]})
        await desk.made("PUT", "/v1/agents/ada", {"serves": ["spare"]})
        items = [await desk.enter(await desk.journey(name)) for name in "ab"]
        await desk.made("POST", "/v1/rules", {"activate": True, "rules": [{**back, "with": {"queue": "care"}}]})
        desk.now += 50
        assert (await desk.service.submit(Reserve(tenant="default", agent="ada", wait=20))).status == 204
        desk.now += 15  # the second item is for ada, as soon as the first one enters the next queue
        assert (await desk.ask("DELETE", "/v1/queues/calls?abandon=true")).status == 204
        assert [await desk.state(item) for item in items] == ["abandoned"] * 2
        await desk.begin()
        now = (await desk.statistics())["now"]
        assert (now["waiting"], now["reserved"], now["abandoned"]) == (0, 0, 2)

    run_story(MemoryDatabase(), story)


def test_nobody_removes_what_another_tenant_has() -> None:
    async def story(desk: Desk) -> None:
        owner, thief = (
            {"authorization": f"Bearer {add_token(desk.service.database, name, START)}"} for name in ("owner", "thief")
        )
        desk._app = App(desk.service, public=True)  # which has not seen the time without tokens
        desk.token = owner
        await desk.begin()
        item = await desk.enter()
        desk.token = thief
        assert (await desk.ask("DELETE", "/v1/queues/calls?abandon=true")).status == 404
        assert (await desk.ask("DELETE", "/v1/agents/ada")).status == 404
        await desk.begin()  # names of its own
        for target in ("/v1/agents/ada", "/v1/queues/calls?abandon=true"):
            assert (await desk.ask("DELETE", target)).status == 204
        desk.token = owner
        assert await desk.state(item) == "waiting"
        assert (await desk.made("GET", "/v1/agents/ada"))["serves"] == [{"queue": "calls", "rank": 0.0}]

    run_story(MemoryDatabase(), story)
