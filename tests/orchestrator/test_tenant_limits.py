"""Limits of a tenant: what is beyond them is refused with what is left, and other tenants do not notice."""

import asyncio
import json
import re
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from itertools import count, takewhile
from typing import Any

import pytest

from orchestrator import open_database
from orchestrator.admin import retention
from orchestrator.admin.retention import Before, forget
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.journeys.rows import Journey
from orchestrator.monitoring.usage import Usage, recount
from orchestrator.service.idempotency import KEPT, AnswerCount, StoredAnswer
from orchestrator.service.limits import Limits
from orchestrator.service.service import Service
from orchestrator.service.tenants import NOBODY, Token, add_token, token_hash
from orchestrator.store import Database
from orchestrator.store.memory import MemoryDatabase
from tests.support.asgi_requests import Reply
from tests.support.asgi_requests import request as send_request
from tests.support.attacks import ATTACKS, quantile
from tests.support.dear_rules import DEAR, documents
from tests.support.service_client import Client
from tests.support.service_process import Start

pytestmark = pytest.mark.attack

Send = Callable[..., Awaitable[Reply]]
JOURNEY = {"intent": "loan", "channel": "web"}


def ask(database: Database, limits: Limits, *requests: tuple[str, str, Any]) -> list[Reply]:
    """Send requests one by one to a service with limits; return the replies."""
    service = Service(database, FEATURES)
    service.limits = limits
    app = App(service)

    async def send() -> list[Reply]:
        return [
            await send_request(app, method, path, body, idempotency_key=f"{method} {path} {body}")
            for method, path, body in requests
        ]

    return asyncio.run(send())


def beyond(reply: Reply, noun: str, limit: float) -> None:
    """Assert that a reply says which limit was reached, and what is left."""
    assert (reply.status, reply.json["type"]) == (429, "/problems/limit")
    assert (reply.json["of"], reply.json["limit"], reply.json["left"]) == (noun, limit, 0)


def start(customer: str) -> tuple[str, str, Any]:
    return "POST", "/v1/journeys", {"customer": customer, **JOURNEY}


def test_requests_beyond_the_rate_are_refused_until_a_second_has_passed() -> None:
    replies = ask(MemoryDatabase(), Limits(requests=5), *[("GET", "/v1/active-rules", None)] * 40)
    assert [reply.status for reply in replies[:5]] == [404] * 5
    refused = next(reply for reply in replies if reply.status == 429)
    beyond(refused, "requests", 5)
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit"] == '"requests";r=0;t=1'
    assert refused.headers["ratelimit-policy"] == '"requests";q=5;w=1'


def test_health_and_page_are_answered_whatever_the_rate() -> None:
    replies = ask(MemoryDatabase(), Limits(requests=1), *[("GET", "/health/live", None)] * 10)
    assert {reply.status for reply in replies} == {200}


def test_queues_beyond_the_limit_are_refused_and_those_there_are_can_be_changed(database: Database) -> None:
    put = [("PUT", f"/v1/queues/q{number}", {"channel": "voice"}) for number in (1, 2, 3, 1)]
    replies = ask(database, Limits(queues=2), *put)
    assert [reply.status for reply in replies] == [201, 201, 429, 200]
    beyond(replies[2], "queues", 2)


def test_overflows_beyond_the_limit_are_refused_and_fewer_are_not(database: Database) -> None:
    """An agent who asks for work may have to look at each of them."""
    plain = [("PUT", f"/v1/queues/{name}", {}) for name in ("a", "b")]

    def over(source: str, *targets: str) -> tuple[str, str, Any]:
        return "PUT", f"/v1/queues/{source}", {"overflow": [{"queue": name, "after": 60} for name in targets]}

    puts = [
        over("c", "a", "b"),
        over("d", "a", "b"),
        over("d", "a"),
        over("c", "b", "a"),
        over("c", "b"),
        over("b", "a"),
    ]
    *_, first, many, third, same, fewer, room = ask(database, Limits(overflows=3), *plain, *puts)
    assert (first.status, third.status, same.status, fewer.status, room.status) == (201, 201, 200, 200, 200)
    assert (many.status, many.json["of"], many.json["limit"], many.json["left"]) == (429, "overflows", 3, 1)


def test_webhooks_beyond_the_limit_are_refused_until_one_is_removed(database: Database) -> None:
    make = [("PUT", f"/v1/webhooks/w{number}", {"url": f"https://example.org/{number}"}) for number in (1, 2)]
    replies = ask(database, Limits(webhooks=1), *make, ("DELETE", "/v1/webhooks/w1", None), make[1])
    assert [reply.status for reply in replies] == [201, 429, 204, 201]
    beyond(replies[1], "webhooks", 1)


def test_journeys_beyond_the_limit_are_refused_until_one_is_completed(database: Database) -> None:
    first, second = ask(database, Limits(journeys=1), start("a"), start("b"))
    assert first.status == 201
    beyond(second, "open journeys", 1)
    complete = ("POST", f"/v1/journeys/{first.json['id']}/complete", {"outcome": "done"})
    again = ask(database, Limits(journeys=1), start("a"), complete, start("b"))
    assert [reply.status for reply in again] == [201, 200, 201], "the refusal is not kept as the answer to its key"


def test_entries_beyond_the_limit_are_refused_until_journeys_are_deleted(database: Database) -> None:
    limits = Limits(entries=3)
    first, *_ = replies = ask(database, limits, start("a"), start("b"), start("c"), start("d"))
    assert [reply.status for reply in replies] == [201, 201, 201, 429]
    beyond(replies[3], "entries of journeys", 3)
    complete = ("POST", f"/v1/journeys/{first.json['id']}/complete", {"outcome": "done"})
    assert [reply.status for reply in ask(database, limits, complete, start("d"))] == [200, 429]
    assert forget(database, time.time() + 1) == 1
    usage = database.look(lambda unit: unit.get(Usage, "default"))
    assert usage == Usage("default", 2)
    assert ask(database, limits, start("d"))[0].status == 201


def test_journeys_that_wait_are_completed_and_their_queue_is_removed_beyond_the_limit_of_entries(
    database: Database,
) -> None:
    queue: tuple[str, str, Any] = ("PUT", "/v1/queues/q", {})
    _, first, second = ask(database, Limits(), queue, start("a"), start("b"))
    enter = [("POST", "/v1/queues/q/items", {"journey": reply.json["id"]}) for reply in (first, second)]
    assert [reply.status for reply in ask(database, Limits(entries=4), *enter)] == [201, 201]
    complete = ("POST", f"/v1/journeys/{first.json['id']}/complete", {"outcome": "done"})
    ends = (complete, ("DELETE", "/v1/queues/q?abandon=true", None), start("c"))
    assert [reply.status for reply in ask(database, Limits(entries=4), *ends)] == [200, 204, 429]


def test_entries_are_counted_anew_when_the_limit_is_set(database: Database) -> None:
    ask(database, Limits(), start("a"), start("b"))
    assert database.look(lambda unit: unit.get(Usage, "default")) is None, "without a limit counting costs nothing"
    recount(database)
    assert database.look(lambda unit: unit.get(Usage, "default")) == Usage("default", 2)


def test_answers_beyond_the_limit_are_refused_until_the_oldest_has_been_kept_for_a_day(database: Database) -> None:
    clock = [1_000_000.0]
    service = Service(database, (*FEATURES, retention.feature(None)), clock=lambda: clock[0])
    service.limits = Limits(answers=3)
    app = App(service)

    async def send(customer: str, key: str) -> Reply:
        return await send_request(app, "POST", "/v1/journeys", {"customer": customer, **JOURNEY}, idempotency_key=key)

    async def pause(journey: str, key: str) -> Reply:
        return await send_request(app, "POST", f"/v1/journeys/{journey}/pause", {}, idempotency_key=key)

    async def story() -> None:
        first = await send("a", "1")
        clock[0] += 10
        assert (await send("b", "2")).status == 201
        assert (await pause("nowhere", "3")).status == 404, "a refusal takes as much room"
        refused = await send("c", "4")
        beyond(refused, "answers for Idempotency-Keys", 3)
        assert int(refused.headers["retry-after"]) == KEPT - 10
        assert (await send("a", "1")).body == first.body, "what is kept is answered beyond the limit"
        clock[0] = 1_000_000.0 + KEPT
        assert (await send("c", "4")).status == 429, "a day is not over yet"
        clock[0] += 1
        assert (await send("c", "4")).status == 201, "the oldest has made room"
        assert (await send("c", "5")).status == 429, "and for one only"
        keys = await service.look(lambda unit: [row.key for row in unit.find(StoredAnswer, "key", "default")])
        assert keys == ["2", "3", "4"]
        clock[0] += KEPT
        await retention._forget_of(service, "default", Before(0.0, clock[0] - KEPT))
        assert await service.look(lambda unit: unit.get(AnswerCount, "default")) == AnswerCount("default", 1)
        assert [(await send(name, name)).status for name in "xyz"] == [201, 201, 429]

    asyncio.run(story())
    service._commits.close()
    recount(database)
    assert database.look(lambda unit: unit.get(AnswerCount, "default")) == AnswerCount("default", 3)


def test_without_a_limit_answers_are_not_counted_and_forgotten_after_a_day(database: Database) -> None:
    clock = [1_000_000.0]
    service = Service(database, (*FEATURES, retention.feature(None)), clock=lambda: clock[0])
    app = App(service)

    async def keys() -> list[str]:
        return await service.look(lambda unit: [row.key for row in unit.find(StoredAnswer, "key", "default")])

    async def story() -> None:
        for number in range(250):  # more than are deleted in one transaction
            body = {"customer": str(number), **JOURNEY}
            await send_request(app, "POST", "/v1/journeys", body, idempotency_key=f"{number:03}")
            clock[0] += 1
        assert await service.look(lambda unit: unit.get(AnswerCount, "default")) is None
        clock[0] = 1_000_240.5 + KEPT
        task = asyncio.create_task(retention.keep_forgetting(service, None))
        deadline = time.monotonic() + 60
        while len(await keys()) > 9:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        task.cancel()
        assert await keys() == [f"{number:03}" for number in range(241, 250)]
        journeys = await service.look(lambda unit: unit.count(Journey, "key", "default"))
        assert journeys == 250, "journeys are kept"

    asyncio.run(story())
    service._commits.close()


def test_tokens_are_found_by_their_hash_so_that_time_tells_nothing_of_a_nearly_right_one() -> None:
    database = MemoryDatabase()
    token = add_token(database, "acme", 0.0)
    almost = token[:-1] + ("A" if token[-1] != "A" else "B")
    stored = database.look(lambda unit: unit.get(Token, NOBODY, token_hash(token.encode())))
    assert stored is not None
    digits = zip(token_hash(token.encode()), token_hash(almost.encode()), strict=True)
    shared = list(takewhile(lambda pair: pair[0] == pair[1], digits))
    assert len(shared) < 12, "of 64 hexadecimal digits the first 12 agree by chance once in 16^12"


ROUNDS, SECONDS = 4 * ATTACKS, 0.5
"""The reads are timed in turns alone and beside the attack, so that a noisy machine slows down both."""


def times_of(reader: Client, path: str, until: Callable[[], bool] = lambda: True) -> list[float]:
    """Read again and again for a while, and until a condition holds; return how long each answer took."""
    reader.connection.close()  # the service closes one that was not used for 5 s
    times = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end or not (until() or time.monotonic() > end + 20):
        began = time.perf_counter()
        assert reader.send("GET", path).status == 200
        times.append(time.perf_counter() - began)
        time.sleep(0.005)
    return times


def started(client: Client, authorization: str, context: Any) -> str:
    """Start a journey of a tenant; return its path."""
    body = {"customer": "c", **JOURNEY, "context": context}
    reply = client.send("POST", "/v1/journeys", body, authorization=authorization, idempotency_key="start")
    return f"/v1/journeys/{reply.json['id']}"


BATCH = json.dumps(
    [{"specversion": "1.0", "id": f"NUMBER {i}", "source": "s", "type": "t", "data": {}} for i in range(100)]
).encode()
batches = count()


def flood(port: int, authorization: str, path: str, stop: threading.Event, statuses: set[int]) -> None:
    """Send batches of 100 events until told to stop, with little work in this process, which also reads."""
    client = Client(port)
    while not stop.is_set():
        batch = BATCH.replace(b"NUMBER", b"%d" % next(batches))
        reply = client.send(
            "POST", f"{path}/events", batch, "application/cloudevents-batch+json", authorization=authorization
        )
        statuses |= {reply.status, *map(int, set(re.findall(rb'"status":(\d+)', reply.body)))}
    client.connection.close()


class Reader(Client):
    """Client that sends a tenant's token with each request."""

    token = ""

    def send(self, method: str, path: str, *body: Any, **headers: str) -> Reply:
        return super().send(method, path, *body, authorization=self.token, **headers)


@pytest.mark.load
def test_the_dearest_rules_of_one_tenant_do_not_keep_the_reads_of_another_waiting(
    start: Start, served_store: str
) -> None:
    """95 % of the reads take 50 ms at most; on a busy machine, twice what they take beside events without rules.

    Both floods take all that the machine leaves to the service, so its noise is in both times.
    """
    with closing(open_database(served_store)) as database:
        dear, plain, quiet = (f"Bearer {add_token(database, name, time.time())}" for name in ("dear", "plain", "quiet"))
    service = start("--store", served_store)
    attacker = service.client()
    rules = {"activate": True, "rules": documents(*[f"{condition} && false" for condition in DEAR[:1] * 3])}
    assert attacker.send("POST", "/v1/rules", rules, authorization=dear).status == 201
    context = {"lists": [["a" * 100] * 7] * 31}
    paths = {token: started(attacker, token, context) for token in (dear, plain)}
    reader = Reader(service.port)
    reader.token = quiet
    mine = started(service.client(), quiet, {})
    alone: list[float] = []
    beside: dict[str, list[float]] = {dear: [], plain: []}
    statuses: dict[str, set[int]] = {dear: set(), plain: set()}
    for _ in range(ROUNDS):
        alone += times_of(reader, mine)
        for token, path in paths.items():
            stop = threading.Event()
            attack = (service.port, token, path, stop, statuses[token])
            threads = [threading.Thread(target=flood, args=attack) for _ in range(4)]
            for thread in threads:
                thread.start()
            try:
                beside[token] += times_of(reader, mine, lambda token=token: token == plain or 429 in statuses[token])
            finally:
                stop.set()
                for thread in threads:
                    thread.join()
    reader.connection.close()
    figures = [quantile(times, 0.95) for times in (alone, beside[plain], beside[dear])]
    figures_in_ms = ", ".join(f"{seconds * 1e3:.1f} ms" for seconds in figures)
    sys.stdout.write(f"95 % of reads: {figures_in_ms} alone, beside events, beside events with rules\n")
    assert {201, 429} <= statuses[dear], "the attack did not reach the budget"
    assert 429 not in statuses[plain]
    assert figures[2] < max(0.05, 2 * figures[1])
