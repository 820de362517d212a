"""Application: the service as plain ASGI.

There are few routes, and a framework would add a third to the time of a request (ADR 12).
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.http.connection import GONE, WHOLE
from orchestrator.http.guard import Guard
from orchestrator.http.router import Router
from orchestrator.service.limits import RequestRate
from orchestrator.service.service import Service
from orchestrator.service.tenants import NOBODY

__all__ = ["LARGEST_BODY", "App"]

LARGEST_BODY = 64 * 1024
"""Bytes that the body of a request may have."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_CLOSE = (b"connection", b"close")
_log = logging.getLogger("uvicorn.error")


class App:
    """The service as an ASGI application.

    Parameters
    ----------
    service
        The service that answers.
    public
        Whether other machines can reach it; then each request needs a token.
    """

    def __init__(self, service: Service, *, public: bool = False) -> None:
        self._service = service
        self._router = Router(route for feature in service.features for route in feature.routes)
        self._guard = Guard(public)
        self._rate = RequestRate(service.limits.requests)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert scope["type"] == "http", "the server is configured without lifespan and websockets"
        began = time.perf_counter()
        # Taken out of the scope, to which they lead back: only the garbage collector could free every request else.
        whole, gone = scope.pop(WHOLE, None), scope.pop(GONE, None)
        try:
            answer = await self._answer(scope, receive)
        except Refused as refusal:
            answer = refusal.answer()
        except asyncio.CancelledError:  # by a stop whose time is over; otherwise the server would answer in plain text
            detail = "the service stops; what became of the request is not known, so repeat it with the same key"
            answer = Refused("storage", detail, (_CLOSE,)).answer()
        except Exception:  # noqa: BLE001 - a bug must not end the connection, and is in the log
            _log.exception("a bug: %s %s", scope["method"], scope["path"][:200])
            answer = Refused("failed", "the service has a bug here; its log says more").answer()
        for measure in self._service.measures:
            measure(self._service, scope.get("sojourn.route"), answer.status, time.perf_counter() - began)
        try:
            if whole is None or not _plain(answer) or not whole(answer.status, _head(answer), answer.body):
                await self._send(answer, receive, send, head=scope["method"] == "HEAD")
        except RuntimeError as error:
            # uvloop raises it for a client that has just gone away, to which asyncio would write nothing.
            if "closed" not in str(error):
                raise
            if gone is not None:
                gone()

    async def _send(self, answer: Answer, receive: Receive, send: Send, *, head: bool) -> None:
        """Send an answer message by message; of a stream that nobody wants (HEAD), only what stands before it."""
        headers = [*answer.headers]
        if answer.status != 204:  # it has no body (RFC 9110, 8.6)
            headers.append((b"content-type", answer.media))
            if answer.stream is None:
                headers.append((b"content-length", b"%d" % len(answer.body)))
        if answer.etag:
            headers.append((b"etag", answer.etag))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        streams = answer.stream is not None and not head
        await send({"type": "http.response.body", "body": answer.body, "more_body": streams})
        if answer.stream is not None and streams:
            await self._stream(answer.stream, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        """Read a request to its end and handle it."""
        raw = scope.get("raw_path") or scope["path"].encode()
        headers = dict(scope["headers"])
        path = raw.partition(b"?")[0].decode("latin-1")
        # A client without a token learns nothing, not even whether a path exists.
        tenant = self._guard.remembered(headers, time.monotonic())
        if tenant is None:
            tenant = await self._tenant(scope["method"], path, headers)
        route, names = self._router.find(scope["method"], path)
        scope["sojourn.route"] = route
        if not route.free:
            self._rate.count(tenant)
        body = b""
        if b"content-length" in headers or b"transfer-encoding" in headers:
            body = await self._body(headers, receive)
        request = Request(scope["method"], scope["path"], scope["query_string"], headers, body, tenant, names)
        return await route.handle(self._service, request)

    async def _tenant(self, method: str, path: str, headers: dict[bytes, bytes]) -> str:
        """Look up the tenant of a request; `NOBODY` for a free route, which needs no storage for that."""
        with suppress(Refused):
            if self._router.find(method, path)[0].free:
                return NOBODY
        return await self._service.look(lambda unit: self._guard.ask(unit, headers, time.monotonic()))

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """Read a body, unless it is too large; the connection sees to its time limit."""
        length = headers.get(b"content-length", b"")
        # No body has a length of 18 digits; Python refuses to read numbers of thousands of digits.
        if length.isdigit() and (len(length) > 18 or int(length) > LARGEST_BODY):
            raise _too_large()
        chunks: list[bytes] = []
        received, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":  # nobody reads this answer, but half a request must do nothing
                raise Refused("malformed", "the client went away before the body was complete")
            chunks.append(message.get("body", b""))
            received += len(chunks[-1])
            if received > LARGEST_BODY:
                raise _too_large()
            more = message.get("more_body", False)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _stream(self, stream: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
        """Send a stream, until it ends, the client goes away, or the service stops."""
        ends = {asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(self._service.stopping.wait())}
        try:
            while True:
                step = asyncio.ensure_future(anext(stream, None))
                done, _ = await asyncio.wait({step, *ends}, return_when=asyncio.FIRST_COMPLETED)
                if step not in done or (chunk := step.result()) is None:
                    break
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            step.cancel()
            await asyncio.wait({step})
        finally:
            for end in ends:
                end.cancel()
            if (close := getattr(stream, "aclose", None)) is not None:
                await close()
        await send({"type": "http.response.body", "body": b""})


def _plain(answer: Answer) -> bool:
    """Tell whether an answer is just a body with its type, length, and tag, as nearly all are."""
    return answer.stream is None and not answer.headers and answer.status != 204


def _head(answer: Answer) -> bytes:
    """Return the headers of a plain answer as sent."""
    head = b"content-type: %s\r\ncontent-length: %d\r\n" % (answer.media, len(answer.body))
    return head + b"etag: %s\r\n" % answer.etag if answer.etag else head


async def _gone(receive: Receive) -> None:
    """Wait until the client has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _too_large() -> Refused:
    return Refused("too-large", f"the body has more than {LARGEST_BODY} bytes", (_CLOSE,), limit=LARGEST_BODY)
