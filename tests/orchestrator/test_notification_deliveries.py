"""Notifications are due on time, sent at least once with one id, and respect quiet hours; on a fake clock."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from orchestrator.notifications import backoff
from orchestrator.notifications.dispatcher import EACH, LEASE, MOST, Dispatcher
from orchestrator.notifications.signing import signature
from orchestrator.notifications.transport import Response, Unanswered
from orchestrator.store.database import Database
from tests.support.direct_routes import Clock, DirectRoutes, run

HOUR = 3600.0
URL = "https://receiver.example/hook"


class Receiver:
    """A transport that notes what it is given, and answers what it is told to."""

    def __init__(self, *answers: int | Response | Exception) -> None:
        self.got: list[tuple[str, Mapping[str, str], Any]] = []
        self._answers = list(answers)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        self.got.append((url, headers, json.loads(body)))
        answer = self._answers.pop(0) if self._answers else 204
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else Response(answer)

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.got]


def dispatcher(routes: DirectRoutes, receiver: Any) -> Dispatcher:
    return Dispatcher(routes.service.submit, receiver, routes.clock, jitter=lambda *_: 0.0)


async def pump(sender: Dispatcher) -> None:
    while await sender.step():
        pass
    await sender.drain()


async def ready(database: Database | None = None, clock: Clock | None = None) -> tuple[DirectRoutes, str]:
    """A service with a webhook, and a journey that is paused."""
    routes = DirectRoutes(database, clock)
    made = await routes.ask("PUT", "/v1/webhooks/main", {"url": URL})
    assert made.status in (200, 201), made
    journey = await routes.start()
    assert (await routes.ask("POST", f"/v1/journeys/{journey}/pause")).status == 200
    return routes, journey


async def remind(routes: DirectRoutes, journey: str, **more: Any) -> str:
    body = {"template": "come_back", "after": HOUR, **more}
    reply = await routes.ask("POST", f"/v1/journeys/{journey}/notifications", body)
    assert reply.status == 201, reply
    return str(reply.body["id"])


async def state(routes: DirectRoutes, notification: str) -> tuple[str, str]:
    reply = await routes.ask("GET", f"/v1/notifications/{notification}")
    return reply.body["state"], reply.body["reason"]


async def delivery(routes: DirectRoutes, notification: str) -> Any:
    (row,) = (await routes.ask("GET", f"/v1/notifications/{notification}")).body["deliveries"]
    return row


def test_a_notification_is_sent_signed_when_it_is_due_and_not_before() -> None:
    async def story() -> None:
        routes = DirectRoutes()
        secret = (await routes.ask("PUT", "/v1/webhooks/main", {"url": URL})).body["secret"]
        journey = await routes.start()
        notification = await remind(routes, journey, data={"amount": 12})
        receiver = Receiver()
        sender = dispatcher(routes, receiver)
        routes.clock.now += HOUR - 1
        await pump(sender)
        assert receiver.got == []
        routes.clock.now += 1
        await pump(sender)
        ((url, headers, body),) = receiver.got
        assert url == URL
        assert body == {
            "type": "notification.due",
            "timestamp": "2026-03-02T10:30:00.000+00:00",
            "data": {
                "notification": notification, "journey": journey, "template": "come_back", "data": {"amount": 12},
            },
        }  # fmt: skip
        assert headers["webhook-id"] == notification
        raw = json.dumps(body, separators=(",", ":")).encode()
        assert headers["webhook-signature"] == signature(secret, notification, int(routes.clock.now), raw)
        assert await state(routes, notification) == ("released", "")
        assert (await delivery(routes, notification))["state"] == "sent"
        routes.clock.now += 1000 * HOUR
        await pump(sender)
        assert len(receiver.got) == 1

    run(story())


async def resumed(routes: DirectRoutes, journey: str) -> None:
    assert (await routes.ask("POST", f"/v1/journeys/{journey}/resume", {"channel": "app"})).status == 200


async def resumed_and_paused_again(routes: DirectRoutes, journey: str) -> None:
    await resumed(routes, journey)
    assert (await routes.ask("POST", f"/v1/journeys/{journey}/pause")).status == 200


async def completed(routes: DirectRoutes, journey: str) -> None:
    await resumed(routes, journey)
    assert (await routes.ask("POST", f"/v1/journeys/{journey}/complete", {"outcome": "done"})).status == 200


async def event(routes: DirectRoutes, journey: str) -> None:
    assert (await routes.event(journey)).status == 201


BACK = [resumed, resumed_and_paused_again, completed, event]


@pytest.mark.parametrize("comes", BACK)
def test_a_customer_who_already_came_back_gets_none(comes: Callable[[DirectRoutes, str], Any]) -> None:
    async def story() -> None:
        routes, journey = await ready()
        notification = await remind(routes, journey)
        told_anyway = await remind(routes, journey, unless_back=False)
        await comes(routes, journey)
        routes.clock.now += HOUR
        receiver = Receiver()
        await pump(dispatcher(routes, receiver))
        assert receiver.ids == [told_anyway]
        after, reason = await state(routes, notification)
        assert after == "cancelled"
        assert reason.startswith("the customer came back: the journey is")

    run(story())


def test_who_comes_back_between_two_tries_gets_no_further_one() -> None:
    async def story() -> None:
        routes, journey = await ready()
        notification = await remind(routes, journey)
        receiver = Receiver(500)
        sender = dispatcher(routes, receiver)
        routes.clock.now += HOUR
        await pump(sender)
        assert (await delivery(routes, notification))["reason"] == "try 1: the receiver answered 500"
        await resumed(routes, journey)
        routes.clock.now += HOUR
        await pump(sender)
        assert len(receiver.got) == 1
        assert (await delivery(routes, notification))["state"] == "cancelled"

    run(story())


def test_retries_have_the_same_id_a_new_signature_and_waits_that_grow_until_given_up() -> None:
    async def story() -> None:
        routes, journey = await ready()
        notification = await remind(routes, journey, after=0)
        failures = [500, 302, 404, Unanswered("nobody is there"), *[503] * backoff.TRIES]
        receiver = Receiver(*failures)
        sender = dispatcher(routes, receiver)
        waits = []
        for _ in range(backoff.TRIES):
            await pump(sender)
            row = await delivery(routes, notification)
            if row["state"] == "waiting":
                waits.append(due(routes))
                routes.clock.now += waits[-1]
        assert waits == [backoff.wait(tries, 0.0) for tries in range(1, backoff.TRIES)]
        assert receiver.ids == [notification] * backoff.TRIES
        stamps = [headers["webhook-signature"] for _, headers, _ in receiver.got]
        assert len(set(stamps)) == backoff.TRIES
        assert (row["state"], row["tries"]) == ("dead", backoff.TRIES)
        assert row["reason"] == "try 10: the receiver answered 503"
        routes.clock.now += 1000 * HOUR
        await pump(sender)
        assert len(receiver.got) == backoff.TRIES

        listed = (await routes.ask("GET", "/v1/deliveries")).body["items"]
        assert [dead["id"] for dead in listed] == [row["id"]]
        assert (await routes.ask("POST", f"/v1/deliveries/{row['id']}/requeue")).body["state"] == "waiting"
        receiver._answers.clear()
        await pump(sender)
        assert receiver.ids[-1] == notification
        assert (await delivery(routes, notification))["state"] == "sent"
        assert (await routes.ask("POST", f"/v1/deliveries/{row['id']}/requeue")).status == 409

    run(story())


def due(routes: DirectRoutes) -> float:
    """Seconds until something is due."""
    from orchestrator.notifications.rows import Due

    return float(routes.database.look(lambda unit: unit.find(Due, "key", "", limit=1))[0].at - routes.clock.now)


def test_a_receiver_that_asks_to_wait_is_obeyed() -> None:
    async def story() -> None:
        routes, journey = await ready()
        await remind(routes, journey, after=0)
        sender = dispatcher(routes, Receiver(Response(429, retry_after=600)))
        await pump(sender)
        assert due(routes) == 600

    run(story())


def test_a_receiver_that_is_gone_is_sent_nothing_more_until_it_is_put_again() -> None:
    async def story() -> None:
        routes, journey = await ready()
        first, second = await remind(routes, journey, after=0), await remind(routes, journey, after=HOUR)
        receiver = Receiver(410)
        sender = dispatcher(routes, receiver)
        await pump(sender)
        assert (await delivery(routes, first))["state"] == "dead"
        webhook = (await routes.ask("GET", "/v1/webhooks/main")).body
        assert (webhook["enabled"], webhook["reason"]) == (False, "it answered 410 Gone")
        routes.clock.now += HOUR
        await pump(sender)
        assert await state(routes, second) == ("dead", "no webhook was enabled")
        assert (await routes.ask("PUT", "/v1/webhooks/main", {"url": URL})).body["enabled"] is True
        assert (await routes.ask("POST", f"/v1/notifications/{second}/requeue")).body["state"] == "waiting"
        await pump(sender)
        assert receiver.ids == [first, second]

    run(story())


def test_a_notification_due_in_quiet_hours_waits_until_they_end_and_who_comes_back_meanwhile_gets_none() -> None:
    async def story() -> None:
        routes, journey = await ready()  # at 10:30 in Berlin
        quiet = {"zone": "Europe/Berlin", "windows": [{"from": "11:00", "until": "14:00"}]}
        assert (await routes.ask("PUT", "/v1/quiet-hours", quiet)).body == quiet
        other = await routes.start("other")
        waits, back = await remind(routes, journey), await remind(routes, other)
        receiver = Receiver()
        sender = dispatcher(routes, receiver)
        routes.clock.now += HOUR
        await pump(sender)
        assert receiver.got == []
        assert due(routes) == 2.5 * HOUR
        await event(routes, other)
        routes.clock.now += 2.5 * HOUR
        await pump(sender)
        assert receiver.ids == [waits]
        assert (await state(routes, back))[0] == "cancelled"

    run(story())


def test_a_retry_waits_for_the_end_of_quiet_hours_too() -> None:
    async def story() -> None:
        routes, journey = await ready()
        quiet = {"zone": "UTC", "windows": [{"from": "10:30", "until": "14:00"}]}
        await routes.ask("PUT", "/v1/quiet-hours", quiet)
        await remind(routes, journey, after=HOUR - 1)
        receiver = Receiver(500)
        sender = dispatcher(routes, receiver)
        routes.clock.now += HOUR - 1
        await pump(sender)
        routes.clock.now += 5
        await pump(sender)
        assert len(receiver.got) == 1
        routes.clock.now += 4 * HOUR
        await pump(sender)
        assert len(receiver.got) == 2

    run(story())


class Killed(BaseException):
    """The process ends here."""


class Deadly(Receiver):
    """A receiver during whose answer the process is killed: nothing after is done."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        await super().post(url, headers, body)
        raise Killed


def test_a_due_notification_is_delivered_at_least_once_with_one_id_also_when_killed_between_send_and_mark(
    open_again: Callable[[], Database],
) -> None:
    async def story() -> None:
        routes, journey = await ready(open_again())
        notification = await remind(routes, journey)
        routes.clock.now += HOUR
        first = Deadly()
        sender = dispatcher(routes, first)
        await sender.step()
        with pytest.raises(Killed):
            await sender.drain()
        assert first.ids == [notification]
        # What the process knew is gone; what was durable is not.

        again = DirectRoutes(open_again(), routes.clock)
        second = Receiver()
        sender = dispatcher(again, second)
        await pump(sender)
        assert second.ids == []  # the lease of the dead process still runs
        again.clock.now += LEASE
        await pump(sender)
        assert second.ids == [notification]
        assert (await delivery(again, notification))["tries"] == 2
        assert (await delivery(again, notification))["state"] == "sent"

    run(story())


def test_two_processes_do_not_send_the_same_at_once(open_again: Callable[[], Database]) -> None:
    async def story() -> None:
        clock = Clock()
        first, journey = await ready(open_again(), clock)
        other = DirectRoutes(open_again(), clock)
        wanted = {await remind(first, journey, after=0) for _ in range(100)}
        receivers = Receiver(), Receiver()
        senders = [dispatcher(routes, got) for routes, got in zip((first, other), receivers, strict=True)]
        for _ in range(10):
            for sender in senders:
                await sender.step()
            for sender in senders:
                await pump(sender)
            clock.now += LEASE / 4  # what waited while its webhook was busy
        got = [name for receiver in receivers for name in receiver.ids]
        assert sorted(got) == sorted(wanted)
        assert all(receiver.ids for receiver in receivers)

    run(story())


def test_a_receiver_that_never_answers_is_not_in_the_way_of_others() -> None:
    class Stuck(Receiver):
        async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Response:
            answer = await super().post(url, headers, body)
            if url == URL:
                await asyncio.Event().wait()
            return answer

    async def story() -> None:
        routes, journey = await ready()
        for _ in range(300):
            await remind(routes, journey, after=0)
        await routes.ask("PUT", "/v1/webhooks/other", {"url": "https://other.example/"}, tenant="z")
        other = await routes.start(tenant="z")
        body = {"template": "t", "after": 0}
        asked = await routes.ask("POST", f"/v1/journeys/{other}/notifications", body, tenant="z")
        receiver = Stuck()
        sender = dispatcher(routes, receiver)
        for _ in range(300):  # more than enough to look at all that is due
            await sender.step()
            await asyncio.sleep(0)
        assert asked.body["id"] in receiver.ids  # though all of the other tenant were due before
        assert len(receiver.got) <= 2 * EACH + MOST
        await sender.close()

    run(story())


def test_a_late_failure_of_a_lost_lease_changes_nothing_and_a_late_success_does() -> None:
    from orchestrator.notifications.commands import RecordOutcome

    async def story(status: int, expected: str) -> None:
        routes, journey = await ready()
        notification = await remind(routes, journey, after=0)
        slow = dispatcher(routes, Deadly())
        await slow.step()
        with pytest.raises(Killed):
            await slow.drain()
        routes.clock.now += LEASE
        slow = dispatcher(routes, Deadly())
        await slow.step()
        with pytest.raises(Killed):
            await slow.drain()
        row = await delivery(routes, notification)
        await routes.service.submit(RecordOutcome("default", row["id"], 1, status, "late", 5.0))
        assert (await delivery(routes, notification))["state"] == expected

    run(story(500, "waiting"))
    run(story(200, "sent"))


def test_tenants_see_and_are_sent_nothing_of_each_other() -> None:
    async def story() -> None:
        routes, journey = await ready()
        notification = await remind(routes, journey, after=0)
        assert (await routes.ask("GET", f"/v1/notifications/{notification}", tenant="b")).status == 404
        assert (await routes.ask("DELETE", f"/v1/notifications/{notification}", tenant="b")).status == 404
        assert (await routes.ask("GET", "/v1/webhooks/main", tenant="b")).status == 404
        body = {"template": "x"}
        assert (await routes.ask("POST", f"/v1/journeys/{journey}/notifications", body, tenant="b")).status == 404
        assert (await routes.ask("GET", f"/v1/journeys/{journey}/notifications", tenant="b")).status == 404
        await routes.ask("PUT", "/v1/webhooks/theirs", {"url": "https://other.example/"}, tenant="b")
        receiver = Receiver(500)
        await pump(dispatcher(routes, receiver))
        assert [url for url, *_ in receiver.got] == [URL]
        row = await delivery(routes, notification)
        assert (await routes.ask("POST", f"/v1/deliveries/{row['id']}/requeue", tenant="b")).status == 404
        assert (await routes.ask("GET", "/v1/deliveries?state=waiting", tenant="b")).body["items"] == []

    run(story())


def test_a_secret_is_shown_once_and_each_webhook_gets_the_same_message_with_its_own_signature() -> None:
    async def story() -> None:
        routes, journey = await ready()
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        made = await routes.ask("PUT", "/v1/webhooks/second", {"url": "https://second.example/", "secret": secret})
        assert (made.status, made.body["secret"]) == (201, secret)
        again = await routes.ask("PUT", "/v1/webhooks/second", {"url": "https://second.example/", "secret": secret})
        assert again.status == 200
        for reply in (again, await routes.ask("GET", "/v1/webhooks"), await routes.ask("GET", "/v1/webhooks/second")):
            assert "whsec_" not in json.dumps(reply.body)
        notification = await remind(routes, journey, after=0)
        receiver = Receiver()
        await pump(dispatcher(routes, receiver))
        assert receiver.ids == [notification] * 2
        assert len({headers["webhook-signature"] for _, headers, _ in receiver.got}) == 2
        assert (await routes.ask("DELETE", "/v1/webhooks/second")).status == 204
        assert (await routes.ask("DELETE", "/v1/webhooks/second")).status == 404

    run(story())


def test_a_notification_can_be_cancelled_until_it_is_released() -> None:
    async def story() -> None:
        routes, journey = await ready()
        first, second = await remind(routes, journey), await remind(routes, journey)
        for _ in range(2):
            cancelled = await routes.ask("DELETE", f"/v1/notifications/{first}")
            assert (cancelled.status, cancelled.body["state"]) == (200, "cancelled")
        routes.clock.now += HOUR
        receiver = Receiver()
        await pump(dispatcher(routes, receiver))
        assert receiver.ids == [second]
        assert (await routes.ask("DELETE", f"/v1/notifications/{second}")).status == 409
        listed = (await routes.ask("GET", f"/v1/journeys/{journey}/notifications?limit=1")).body
        assert (listed["items"][0]["id"], listed["next"]) == (first, first)
        following = (await routes.ask("GET", f"/v1/journeys/{journey}/notifications?after={first}")).body
        assert [notification["id"] for notification in following["items"]] == [second]
        assert [
            notification["id"]
            for notification in (await routes.ask("GET", "/v1/notifications?state=cancelled")).body["items"]
        ] == [first]

    run(story())


def test_the_same_request_again_is_the_same_notification() -> None:
    async def story() -> None:
        routes, journey = await ready()
        path, body = f"/v1/journeys/{journey}/notifications", {"template": "t", "at": "2026-03-02T12:00:00+01:00"}
        first, second = [await routes.ask("POST", path, body, key="once") for _ in range(2)]
        assert first.body == second.body
        assert first.body["due"] == "2026-03-02T11:00:00.000+00:00"

    run(story())


@pytest.mark.parametrize(
    ("method", "path", "body", "pointers"),
    [
        ("POST", "/v1/journeys/x/notifications", {"at": "soon", "after": -1, "data": 1, "unless_back": 1, "b": 1},
         {"/template", "/at", "/after", "/data", "/unless_back", "/b"}),
        ("POST", "/v1/journeys/x/notifications", {"template": "a", "at": "2026-03-02T12:00Z", "after": 1}, {"/after"}),
        ("POST", "/v1/journeys/x/notifications", {"template": "a", "data": {"a": "a" * 5000}}, {"/data"}),
        ("PUT", "/v1/webhooks/x", {"url": "http://127.0.0.1/", "secret": "x", "b": 1}, {"/url", "/secret", "/b"}),
        ("PUT", "/v1/webhooks/x", {}, {"/url"}),
        ("PUT", "/v1/quiet-hours", {"zone": "Mars", "windows": 1, "b": 1}, {"/zone", "/windows", "/b"}),
        ("PUT", "/v1/quiet-hours", {"zone": "../../etc/passwd", "windows": []}, {"/zone", "/windows"}),
        ("GET", "/v1/deliveries?state=lost", None, {"state"}),
    ],
)  # fmt: skip
def test_everything_wrong_with_a_request_is_told_at_once(method: str, path: str, body: Any, pointers: set[str]) -> None:
    async def story() -> None:
        reply = await DirectRoutes().ask(method, path, body)
        assert reply.status == 422, reply
        assert {error["pointer"] for error in reply.body["errors"]} == pointers

    run(story())
