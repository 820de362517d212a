"""Guarantees for journeys, over memory, SQLite and PostgreSQL."""

import asyncio
import json
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from orchestrator import Service
from orchestrator.core.json_codec import merge
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.service.tenants import Token, add_token, remove_tokens, rotate_token, tenants
from orchestrator.store import Database
from tests.support.asgi_requests import request
from tests.support.journey_requests import BATCH, EVENT, Send, event, history, move, record, run_story, start

PATCH = "application/merge-patch+json"


def test_versions_are_1_to_n_without_a_gap(database: Database) -> None:
    async def story(send: Send) -> None:
        journeys = [(await start(send, f"c{n}"))["id"] for n in range(3)]
        rng = random.Random(1)
        names = [(rng.choice(journeys), f"e{n % 40}") for n in range(60)]
        replies = await asyncio.gather(*(record(send, journey, name, context={name: 1}) for journey, name in names))
        applied = [reply.json["version"] for reply in replies if reply.status == 201]
        shown = [(await send("GET", f"/v1/journeys/{journey}")).json for journey in journeys]
        assert sum(shown_journey["version"] for shown_journey in shown) == len(applied) + 3
        for shown_journey in shown:
            entries = await history(send, shown_journey["id"])
            assert [entry["version"] for entry in entries] == list(range(1, shown_journey["version"] + 1))
            assert shown_journey["context"] == {entry["id"]: 1 for entry in entries[1:]}

    run_story(database, story)


def test_the_same_event_is_applied_once_in_one_batch_and_ever_after(database: Database) -> None:
    async def story(send: Send) -> None:
        journey = (await start(send, "anna"))["id"]
        for _ in range(2):
            replies = await asyncio.gather(*(record(send, journey, "same", context={"n": 1}) for _ in range(8)))
            assert {reply.json["version"] for reply in replies} == {2}
        keys = await asyncio.gather(*(move(send, journey, "pause", "same") for _ in range(8)))
        assert {reply.body for reply in keys} == {keys[0].body}
        assert len(await history(send, journey)) == 3

    run_story(database, story)


def test_resume_returns_exactly_the_context_at_pause_plus_later_merges_and_the_next_step(database: Database) -> None:
    async def story(send: Send) -> None:
        rng = random.Random(7)

        def patch() -> dict[str, Any]:
            return {rng.choice("abc"): rng.choice((None, rng.random(), {"x": rng.choice((None, "é", [1]))}))}

        expected = {"canary": "anna", "deep": {"one": 1, "two": [1, {"three": None}]}}
        journey = (await start(send, "anna", context=expected))["id"]
        for number in range(20):
            change = patch()
            await record(send, journey, str(number), context=change)
            expected = merge(expected, change)
        assert (await move(send, journey, "pause", "p")).json["context"] == expected
        for number in range(20, 30):
            change = patch()
            await record(send, journey, str(number), context=change)
            expected = merge(expected, change)
        resumed = (await move(send, journey, "resume", "r", channel="voice")).json
        assert (resumed["context"], resumed["channel"], resumed["state"]) == (expected, "voice", "active")
        assert "next" in resumed

    run_story(database, story)


def test_nobody_reads_or_changes_anothers_data(database: Database) -> None:
    tokens = {name: add_token(database, name, 0.0) for name in ("acme", "bank")}

    async def story(send: Send) -> None:
        acme, bank = (partial(send, authorization=f"Bearer {tokens[name]}") for name in ("acme", "bank"))
        theirs = (await start(acme, "anna", "k", context={"canary": "acme"}))["id"]
        own = (await start(bank, "anna", "k", context={"canary": "bank"}))["id"]
        assert own != theirs, "the same customer, intent and key, and yet another journey"
        await record(acme, theirs, "e", context={"n": 1})
        assert (await record(bank, own, "e", context={"n": 2})).status == 201, "the same event id"
        for reply in (
            await bank("GET", f"/v1/journeys/{theirs}"),
            await bank("GET", f"/v1/journeys/{theirs}/history"),
            await record(bank, theirs, "x"),
            await move(bank, theirs, "pause", "x"),
            await bank("POST", f"/v1/journeys/{theirs}/handoff", {"channel": "voice"}, idempotency_key="y"),
            await bank("PATCH", f"/v1/journeys/{theirs}/context", {}, PATCH, if_match="*"),
            await bank("POST", "/v1/events", {**event("z"), "subject": theirs}, EVENT),
        ):
            assert (reply.status, reply.json["type"]) == (404, "/problems/unknown"), reply.body
        assert [listed["id"] for listed in (await bank("GET", "/v1/journeys")).json["items"]] == [own]
        answers = (await bank("GET", "/v1/customers/anna/answers")).json
        assert {touchpoint["journey"] for touchpoint in answers["how"]["touchpoints"]} == {own}
        shown = (await acme("GET", f"/v1/journeys/{theirs}")).json
        assert (shown["version"], shown["context"]) == (2, {"canary": "acme", "n": 1})

    run_story(database, story)


@pytest.mark.parametrize("scheme", ["", "Bearer wrong", "Basic YTpi", "bearer", "Bearer \x00", "Bearer " + "x" * 8000])
def test_with_tokens_every_request_needs_one(database: Database, scheme: str) -> None:
    token = add_token(database, "acme", 0.0)

    async def story(send: Send) -> None:
        headers = {"authorization": scheme} if scheme else {}
        for path in ("/v1/journeys", "/v1/journeys/x", "/nothing"):
            reply = await send("GET", path, **headers)
            assert (reply.status, reply.json["type"]) == (401, "/problems/unauthorized")
            assert reply.headers["www-authenticate"].startswith("Bearer")
            assert token not in reply.body.decode()
        assert (await send("GET", "/health/live")).status == 200
        assert (await send("GET", "/v1/journeys", authorization=f"bearer {token}")).status == 200

    run_story(database, story)
    rows = repr(database.look(lambda unit: unit.find(Token, "key", "")))
    assert token not in rows, "only its hash is kept"


def test_removing_the_last_token_lets_nobody_in(database: Database) -> None:
    token = add_token(database, "acme", 0.0)
    assert remove_tokens(database, "acme", 1.0) == 1
    assert database.look(tenants) == {}

    async def story(send: Send) -> None:
        for headers in ({}, {"authorization": f"Bearer {token}"}, {"authorization": "Bearer "}):
            reply = await send("GET", "/v1/journeys", **headers)
            assert reply.status == 401

    run_story(database, story)
    again = add_token(database, "bank", 2.0)

    async def bank(send: Send) -> None:
        assert (await send("GET", "/v1/journeys", authorization=f"Bearer {again}")).status == 200

    run_story(database, bank)


def test_a_rotated_token_is_replaced_at_once(database: Database) -> None:
    old = add_token(database, "acme", 0.0)
    other = add_token(database, "bank", 0.0)
    new = rotate_token(database, "acme", 1.0)
    with pytest.raises(ValueError, match='no tenant "nobody" has a token'):
        rotate_token(database, "nobody", 1.0)

    async def story(send: Send) -> None:
        for token, status in ((old, 401), (new, 200), (other, 200)):
            assert (await send("GET", "/v1/journeys", authorization=f"Bearer {token}")).status == status

    run_story(database, story)
    assert database.look(tenants) == {"acme": 1, "bank": 1}


def test_what_other_machines_can_reach_needs_a_token_even_in_a_new_database(database: Database) -> None:
    async def story() -> list[int]:
        service = Service(database, FEATURES)
        apps = [App(service, public=public) for public in (False, True)]
        statuses = [(await request(app, "GET", "/v1/journeys")).status for app in apps]
        service._commits.close()
        return statuses

    assert asyncio.run(story()) == [200, 401]


def test_what_is_refused_within_a_batch_leaves_nothing_and_spares_the_others(database: Database) -> None:
    async def story(send: Send) -> None:
        journey = (await start(send, "anna"))["id"]
        other = (await start(send, "bert"))["id"]
        await record(send, other, "elsewhere")
        large = "x" * 40_000
        items = [
            event("1", context={"a": 1}), event("2", context={"large": large}), {"specversion": "0.3"}, event("1"),
            event("elsewhere"), event("3", context={"b": 2}),
        ]  # fmt: skip
        reply = await send("POST", f"/v1/journeys/{journey}/events", items, BATCH)
        items = reply.json["items"]
        assert [item["status"] for item in items] == [201, 413, 422, 200, 409, 201]
        assert items[5]["body"] == {"journey": journey, "version": 3, "applied": True}
        shown = (await send("GET", f"/v1/journeys/{journey}")).json
        assert (shown["version"], shown["context"]) == (3, {"a": 1, "b": 2})

    run_story(database, story)


def test_what_was_answered_is_there_when_the_service_comes_back(open_again: Callable[[], Database]) -> None:
    left: dict[str, Any] = {}

    async def work(send: Send) -> None:
        left["journey"] = (await start(send, "anna", context={"a": 1}))["id"]
        await move(send, left["journey"], "pause", "p")

    async def again(send: Send) -> None:
        resumed = await start(send, "anna", "another key", channel="voice")
        assert (resumed["id"], resumed["context"], resumed["version"]) == (left["journey"], {"a": 1}, 3)
        assert (await start(send, "anna", context={"a": 1}))["version"] == 1, "the first key's answer, as it was"

    run_story(open_again(), work)
    run_story(open_again(), again)


# Events in every mode


def test_events_come_structured_batched_and_binary(database: Database) -> None:
    async def story(send: Send) -> None:
        journey = (await start(send, "anna"))["id"]
        binary = {
            "ce-specversion": "1.0", "ce-id": "n%C3%A4hm", "ce-source": "app", "ce-type": "step.entered",
            "ce-time": "2026-03-02T09:30:00Z", "ce-subject": journey,
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        }  # fmt: skip
        reply = await send("POST", "/v1/events", {"channel": "chat", "context": {"b": 1}}, **binary)
        assert (reply.status, reply.json["version"]) == (201, 2), reply.body
        assert (await send("POST", f"/v1/journeys/{journey}/events", {}, **binary)).status == 200
        batch = [{**event(str(n)), "subject": journey} for n in range(3)]
        assert [item["status"] for item in (await send("POST", "/v1/events", batch, BATCH)).json["items"]] == [201] * 3
        entry = (await history(send, journey))[1]
        assert (entry["id"], entry["time"], entry["channel"]) == ("nähm", "2026-03-02T09:30:00Z", "chat")
        assert entry["traceparent"] == binary["traceparent"]

    run_story(database, story)


def test_a_hand_off_keeps_the_context_and_is_refused_in_other_states(database: Database) -> None:
    async def story(send: Send) -> None:
        journey = (await start(send, "anna", context={"a": 1}))["id"]
        path = f"/v1/journeys/{journey}/handoff"
        handed = await send("POST", path, {"channel": "voice", "reason": "stuck"}, idempotency_key="h")
        assert (handed.status, handed.json["channel"], handed.json["context"]) == (200, "voice", {"a": 1})
        entry = (await history(send, journey))[1]
        assert entry["data"] == {"channel": "voice", "from": "web", "reason": "stuck"}
        lost = await send("POST", path, {"channel": "voice", "queue": "nowhere"}, idempotency_key="q")
        assert (lost.status, len(await history(send, journey))) == (404, 2), "nothing was handed over"
        await move(send, journey, "pause", "p")
        reply = await send("POST", path, {"channel": "voice"}, idempotency_key="h2")
        assert (reply.status, reply.json["state"]) == (409, "paused")

    run_story(database, story)


# Customers


def test_a_merge_keeps_both_histories_and_all_names_find_them(database: Database) -> None:
    async def story(send: Send) -> None:
        web = (await start(send, "cookie:7", context={"page": 3}))["id"]
        call = (await start(send, "phone:+49 30/1", intent="card"))["id"]
        same = {"identity": "phone:+49 30/1", "reason": "logged in"}
        reply = await send("POST", "/v1/customers/cookie%3A7/identities", same, idempotency_key="m")
        assert (reply.status, reply.json["customer"]) == (201, "cookie:7")
        third = await send(
            "POST", "/v1/customers/e%40x.org/identities", {"identity": "cookie:7"}, idempotency_key="m2"
        )  # fmt: skip
        assert third.json["identities"] == ["cookie:7", "e@x.org", "phone:+49 30/1"]
        again = await send("POST", "/v1/customers/cookie%3A7/identities", same, idempotency_key="m3")
        assert again.status == 200
        resumed = await start(send, "phone:+49 30/1", "back", channel="voice")
        assert (resumed["id"], resumed["context"]) == (web, {"page": 3}), "started under another name"
        for name in ("cookie%3A7", "phone%3A%2B49%2030%2F1", "e%40x.org"):
            answers = (await send("GET", f"/v1/customers/{name}/answers")).json
            assert answers["who"]["identities"] == ["cookie:7", "e@x.org", "phone:+49 30/1"]
            assert [merge["with"] for merge in answers["who"]["merges"]] == [
                ["phone:+49 30/1"], ["cookie:7", "phone:+49 30/1"],
            ]  # fmt: skip
            assert [item["type"].rpartition(".")[2] for item in answers["how"]["touchpoints"]] == [
                "resumed", "started", "started",
            ]  # fmt: skip
            assert {item["intent"] for item in answers["what"]["journeys"]} == {"loan", "card"}
            assert {item["journey"] for item in answers["where"]} == {web, call}
            assert {item["because"] for item in answers["where"]} == {"state"}
            listed = (await send("GET", f"/v1/journeys?customer={name}")).json["items"]
            assert [item["id"] for item in listed] == [web, call]
        assert (await send("GET", "/v1/customers/nobody/answers")).status == 404

    run_story(database, story)


def test_a_customer_has_a_bounded_number_of_names(database: Database) -> None:
    async def story(send: Send) -> None:
        for number in range(49):
            body = {"identity": f"cookie:{number}"}
            reply = await send("POST", "/v1/customers/anna/identities", body, idempotency_key=str(number))
            assert reply.status == 201
        reply = await send("POST", "/v1/customers/anna/identities", {"identity": "one more"}, idempotency_key="x")
        assert (reply.status, reply.json["limit"]) == (413, 50)

    run_story(database, story)


# Several processes


def test_two_services_on_one_postgresql_database_are_as_one(postgres_url: str) -> None:
    from orchestrator import open_database

    async def story() -> None:
        with (
            Service(open_database(postgres_url), FEATURES) as first,
            Service(open_database(postgres_url), FEATURES) as second,
        ):
            sends = [partial(request, App(service)) for service in (first, second)]
            starts = await asyncio.gather(*(start(sends[n % 2], "anna", f"s{n}") for n in range(10)))
            assert len({journey["id"] for journey in starts}) == 1
            journey = starts[0]["id"]
            replies = await asyncio.gather(
                *(record(sends[n % 2], journey, f"e{n % 30}", context={f"e{n % 30}": 1}) for n in range(60))
            )
            assert sorted(reply.status for reply in replies) == [200] * 30 + [201] * 30
            await record(sends[0], journey, "first", context={"n": 1})
            await record(sends[1], journey, "second", context={"n": 2})
            shown = (await sends[0]("GET", f"/v1/journeys/{journey}")).json
            assert (shown["context"]["n"], shown["version"]) == (2, 42)
            entries = await history(sends[1], journey)
            assert [entry["version"] for entry in entries] == list(range(1, 43))
            replies = await asyncio.gather(*(move(sends[n % 2], journey, "pause", "same key") for n in range(6)))
            assert {reply.body for reply in replies} == {replies[0].body}
            assert json.loads(replies[0].body)["version"] == 43

    asyncio.run(story())
