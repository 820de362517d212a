"""The HTTP face: an ASGI application over a store.

It is plain ASGI: the routes are few and the work of a request is some 100 us, of which a framework would be a third.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from loadtests.orchestrator import reading
from loadtests.orchestrator.documents import write
from loadtests.orchestrator.model import Answer, Entry, Journey, Verb
from loadtests.orchestrator.problems import Refused, unknown_journey
from loadtests.orchestrator.reading import Request
from loadtests.orchestrator.store import Store

__all__ = ["LARGEST_BODY", "App"]

LARGEST_BODY = 64 * 1024
"""Bytes that the body of a request may have."""

LARGEST_PAGE = 1000

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handler = Callable[[Request, str], Awaitable[Answer]]


class App:
    """The service as an ASGI application.

    Parameters
    ----------
    store
        Where journeys are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        # The third part of a path, where there is one, is a journey's identifier, and stands here as "*".
        self._routes: Mapping[tuple[str, ...], Mapping[str, Handler]] = {
            ("v1", "journeys"): {"GET": self._journeys, "POST": self._start},
            ("v1", "journeys", "*"): {"GET": self._journey},
            ("v1", "journeys", "*", "events"): {"POST": self._record},
            ("v1", "journeys", "*", "context"): {"PATCH": self._merge},
            ("v1", "journeys", "*", "history"): {"GET": self._history},
            **{("v1", "journeys", "*", verb.value): {"POST": self._mover(verb)} for verb in Verb},
            ("health", "live"): {"GET": self._live},
            ("health", "ready"): {"GET": self._ready},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        assert scope["type"] == "http", "the server is configured without lifespan and websockets"
        try:
            handler, journey = self._route(scope["method"], scope["path"])
            answer = await handler(await _request(scope, receive), journey)
        except Refused as refusal:
            answer = refusal.answer()
        headers = [(b"content-type", answer.media), (b"content-length", b"%d" % len(answer.body)), *answer.headers]
        if answer.etag:
            headers.append((b"etag", answer.etag))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _route(self, method: str, path: str) -> tuple[Handler, str]:
        """Return what handles a request, and the journey that its path names."""
        parts = path.split("/")[1:]
        journey = parts[2] if len(parts) > 2 else ""
        methods = self._routes.get((*parts[:2], "*", *parts[3:]) if journey else tuple(parts))
        if methods is None:
            raise Refused("unknown", f"there is nothing at {path[:80]}")
        if method not in methods:
            allowed = ", ".join(methods)
            raise Refused("method", f"{path[:80]} has {allowed}, not {method[:20]}", ((b"allow", allowed.encode()),))
        return methods[method], journey

    # Writing

    async def _start(self, request: Request, _: str) -> Answer:
        return await self._store.submit(reading.start(request))

    async def _record(self, request: Request, journey: str) -> Answer:
        return await self._store.submit(reading.record(request, journey))

    async def _merge(self, request: Request, journey: str) -> Answer:
        return await self._store.submit(reading.merge(request, journey))

    def _mover(self, verb: Verb) -> Handler:
        """Return what handles a verb."""

        async def move(request: Request, journey: str) -> Answer:
            return await self._store.submit(reading.move(request, journey, verb))

        return move

    # Reading

    async def _journey(self, _: Request, journey: str) -> Answer:
        return (await self._found(journey)).answer(200)

    async def _journeys(self, request: Request, _: str) -> Answer:
        parameters, after, limit = reading.page(request, LARGEST_PAGE, cursor=str)
        found = await self._store.journeys(parameters.get("customer"), after, limit + 1)
        return _page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    async def _history(self, request: Request, journey: str) -> Answer:
        _, after, limit = reading.page(request, LARGEST_PAGE, cursor=int)
        found = await self._store.history(journey, after, limit + 1)
        if not found:
            await self._found(journey)
        return _page(found[:limit], found[limit - 1].version if len(found) > limit else None)

    async def _found(self, name: str) -> Journey:
        """Return a journey that must be there."""
        journey = await self._store.journey(name)
        if journey is None:
            raise unknown_journey(name)
        return journey

    # Health

    async def _live(self, _: Request, __: str) -> Answer:
        return Answer(200, b'{"status":"live"}')

    async def _ready(self, _: Request, __: str) -> Answer:
        if not self._store.ready():
            raise Refused("overloaded", "the queue is full", ((b"retry-after", b"1"),))
        return Answer(200, b'{"status":"ready"}')


def _page(items: Iterable[Journey | Entry], following: str | int | None) -> Answer:
    """Return one page of a list, and where the next one begins."""
    return Answer(200, f'{{"items":[{",".join(item.json() for item in items)}],"next":{write(following)}}}'.encode())


async def _request(scope: Scope, receive: Receive) -> Request:
    """Read a request to the end of its body, unless that is too large."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"")
    announced = int(length) if length.isdigit() else 0
    chunks: list[bytes] = []
    received, more = 0, True
    while more and max(announced, received) <= LARGEST_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":  # nobody will see this answer, but half a request must do nothing
            raise Refused("malformed", "the client went away before the body was complete")
        chunks.append(message.get("body", b""))
        received += len(chunks[-1])
        more = message.get("more_body", False)
    if max(announced, received) > LARGEST_BODY:
        raise Refused("too-large", f"the body has more than {LARGEST_BODY} bytes", limit=LARGEST_BODY)
    return Request(scope["method"], scope["path"], scope["query_string"], headers, b"".join(chunks))
