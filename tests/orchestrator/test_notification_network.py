"""Webhooks over real sockets: receivers that fail, are slow, redirect, or present a wrong certificate."""

import asyncio
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from orchestrator import customers, journeys, notifications
from orchestrator.notifications import transport
from orchestrator.notifications.rows import Delivery
from orchestrator.notifications.signing import signature
from orchestrator.notifications.targets import Forbidden, Targets
from orchestrator.notifications.transport import HttpTransport, Response, Unanswered
from orchestrator.service.group_commit import Committed
from orchestrator.service.service import tables_of
from orchestrator.store.sqlite import SqliteDatabase
from tests.support.direct_routes import DirectRoutes, run
from tests.support.stalls import again_after_a_stall

LOOPBACK = Targets.parse(["127.0.0.0/8"])
CERTIFICATE = Path(__file__).with_name("receiver.pem")
"""Self-signed, for receiver.test, with its key; made by `openssl req -x509 -newkey ec ... -days 36500`."""

Answering = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def receiving(answer: Answering, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A receiver on a free port, and the requests that it got whole."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            got.append(head + await reader.readexactly(length))
            await answer(got[-1], writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1], got


def saying(*parts: bytes, pause: float = 0.0) -> Answering:
    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


async def post(port: int, **more: Any) -> Response:
    sender = HttpTransport(LOOPBACK, clock=lambda: 1_772_443_800.0, **more)
    return await sender.post(f"http://127.0.0.1:{port}/hook?a=1", {"webhook-id": "m"}, b'{"a":1}')


@pytest.mark.parametrize(
    ("answer", "response"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", Response(204)),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 1000000\r\n\r\nno more", Response(200)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n", Response(202)),
        (b"HTTP/1.1 500\r\n\r\n", Response(500)),
        (b"HTTP/1.1 410 Gone\r\n\r\n", Response(410)),
        (b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 120\r\n\r\n", Response(429, 120)),
        (b"HTTP/1.1 503 Busy\r\nretry-after: Mon, 02 Mar 2026 09:31:00 GMT\r\n\r\n", Response(503, 60)),
        (b"HTTP/1.1 503 Busy\r\nretry-after: Mon, 02 Mar 2026 09:29:00 GMT\r\n\r\n", Response(503, 0)),
        (b"HTTP/1.1 503 Busy\r\nretry-after: soon\r\n\r\n", Response(503, 0)),
        (b"HTTP/1.1 410 Gone\r\nretry-after: Mon, 1 Jan 2024 00:00:00 +" + b"9" * 30 + b"\r\n\r\n", Response(410, 0)),
        (b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n", Response(302)),
    ],
)
def test_the_status_is_read_and_nothing_else_is_waited_for_or_followed(answer: bytes, response: Response) -> None:
    async def story() -> None:
        async with receiving(saying(answer)) as (port, got):
            assert await post(port) == response
            assert len(got) == 1
            assert got[0].startswith(b"POST /hook?a=1 HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n" % port)
            assert got[0].endswith(b'\r\n\r\n{"a":1}')

    run(story())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (saying(), "IncompleteReadError"),
        (saying(b"SSH-2.0-OpenSSH\r\n\r\n"), "not HTTP/1.1"),
        (saying(b"HTTP/1.1 abc\r\n\r\n"), "not HTTP/1.1"),
        (saying(b"HTTP/1.1 200 OK\r\nx: " + b"a" * 100_000), "Limit"),
        (saying(b"HTTP/1.1 200 OK\r\n", *[b"x: y\r\n"] * 100, pause=0.05), "no answer within 0.3 s"),
        (saying(b"", pause=5), "no answer within 0.3 s"),
        (saying(*[b"HTTP/1.1 100 Continue\r\n\r\n"] * 100, pause=0.05), "no answer within 0.3 s"),
    ],
)
@again_after_a_stall
def test_a_receiver_that_babbles_drips_or_is_silent_is_given_up_in_time(answer: Answering, why: str) -> None:
    async def story() -> None:
        async with receiving(answer) as (port, _):
            with pytest.raises(Unanswered, match=why):
                await post(port, patience=0.3)

    run(story())


def test_nobody_at_the_port_and_plain_text_at_a_secure_one_are_failures() -> None:
    async def story() -> None:
        async with receiving(saying(b"HTTP/1.1 200 OK\r\n\r\n")) as (port, got):
            with pytest.raises(Unanswered):
                await HttpTransport(LOOPBACK, patience=2).post(f"https://127.0.0.1:{port}/", {}, b"")
            assert got == []
        with pytest.raises(Unanswered):
            await post(port)

    run(story())


def test_the_certificate_must_be_that_of_the_name_though_the_connection_goes_to_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[Any]:
        asked.append(f"{host}:{port}")
        return [ipaddress.ip_address("127.0.0.1")]

    async def story() -> None:
        served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        served.load_cert_chain(CERTIFICATE)
        trust = ssl.create_default_context(cafile=str(CERTIFICATE))
        async with receiving(saying(b"HTTP/1.1 200 OK\r\n\r\n"), served) as (port, got):
            sender = HttpTransport(LOOPBACK, trust=trust)
            assert await sender.post(f"https://receiver.test:{port}/", {}, b"") == Response(200)
            assert f"host: receiver.test:{port}\r\n".encode() in got[0]
            assert asked == [f"receiver.test:{port}"]  # once: nothing is resolved again on the way
            with pytest.raises(Unanswered, match="Hostname mismatch"):
                await sender.post(f"https://other.test:{port}/", {}, b"")
            with pytest.raises(Unanswered, match="self-signed"):
                await HttpTransport(LOOPBACK).post(f"https://receiver.test:{port}/", {}, b"")
            assert len(got) == 1

    monkeypatch.setattr(transport, "resolve", resolve)
    run(story())


def test_a_name_that_leads_inside_is_refused_before_anything_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(*_: object) -> list[Any]:
        return [ipaddress.ip_address(address) for address in ("8.8.8.8", "127.0.0.1")]

    async def story() -> None:
        async with receiving(saying()) as (port, got):
            with pytest.raises(Forbidden, match="not public"):
                await HttpTransport(Targets()).post(f"https://rebinding.test:{port}/", {}, b"")
            assert got == []

    monkeypatch.setattr(transport, "resolve", resolve)
    run(story())


def test_localhost_resolves_to_loopback_and_is_refused() -> None:
    async def story() -> None:
        with pytest.raises(Forbidden, match="not public"):
            await HttpTransport(Targets()).post("https://localhost/", {}, b"")

    run(story())


def test_the_service_sends_what_is_due_as_soon_as_it_is_written(tmp_path: Path) -> None:
    """From a request to a receiver, by the task that the service runs, with the clock of the machine."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    async def story() -> None:
        feature = notifications.feature(LOOPBACK)
        features = (customers.FEATURE, journeys.FEATURE, feature)
        settled = asyncio.Event()

        def watch(_: Any, committed: Committed) -> None:
            if any(delivery.state == "sent" for delivery in committed.rows.get(Delivery, ())):
                settled.set()

        async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

        async with receiving(answer) as (port, got):
            routes = DirectRoutes(SqliteDatabase(tmp_path / "kept.sqlite", tables_of(features)), features=features)
            routes.service.clock = time.time
            routes.service.watchers.append(watch)
            (task,) = (asyncio.create_task(work(routes.service)) for work in feature.tasks)
            body = {"url": f"http://127.0.0.1:{port}/", "secret": secret}
            assert (await routes.ask("PUT", "/v1/webhooks/main", body)).status == 201
            journey = await routes.start()
            due = {"template": "now", "after": 0}
            notification = (await routes.ask("POST", f"/v1/journeys/{journey}/notifications", due)).body["id"]
            async with asyncio.timeout(20):
                await settled.wait()
            assert await sent(routes, notification) == ["sent"]
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            routes.service.close()
        head, _, body = got[0].partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        assert headers["webhook-id"] == notification
        expected = signature(secret, notification, int(headers["webhook-timestamp"]), body)
        assert headers["webhook-signature"] == expected
        assert routes.service.watchers == [watch]

    run(story())


async def sent(routes: DirectRoutes, notification: str) -> list[str]:
    reply = await routes.ask("GET", f"/v1/notifications/{notification}")
    return [delivery["state"] for delivery in reply.body["deliveries"]]
