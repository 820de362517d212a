"""Live view of a tenant's journeys as server-sent events (HTML Living Standard, 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from orchestrator.core.answer import Answer
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.monitoring.feed import Feed, PositionLost
from orchestrator.monitoring.process_state import ProcessState, state_of
from orchestrator.service.executor import Executor

__all__ = ["HEARTBEAT", "WATCHERS", "live", "stream"]

HEARTBEAT: Final = 15.0
"""Seconds of silence after which a comment shows that the connection is alive."""

RETRY: Final = 2000
"""Milliseconds after which a disconnected client reconnects."""

LATER: Final = 5000
"""Milliseconds after which one reconnects who came while there were too many."""

WATCHERS: Final = 64
"""Clients that may watch a tenant at one time."""

AT_ONCE: Final = 200
"""Entries in one piece, so that a watcher who is behind delays nobody."""

HEADERS: Final = ((b"cache-control", b"no-store"), (b"x-accel-buffering", b"no"))


async def live(executor: Executor, request: Request) -> Answer:
    """Answer with the feed, from the position that the client gives as ``Last-Event-ID``."""
    state = state_of(executor)
    if state.watchers.get(request.tenant, 0) >= WATCHERS:
        raise Refused("overloaded", f"{WATCHERS} clients are watching already", ((b"retry-after", b"5"),))
    last = request.headers.get(b"last-event-id", b"").decode("latin-1")
    pieces = _counted(state, request.tenant, stream(state.feed(request.tenant), last))
    return Answer(200, b"retry: %d\n\n" % RETRY, media=b"text/event-stream", headers=HEADERS, stream=pieces)


async def _counted(state: ProcessState, tenant: str, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Count a watcher while it is connected; those who came at the same instant as too many others are sent away."""
    if state.watchers.get(tenant, 0) >= WATCHERS:
        yield b"retry: %d\n\n" % LATER
        return
    state.watchers[tenant] = state.watchers.get(tenant, 0) + 1
    try:
        async for piece in pieces:
            yield piece
    finally:
        state.watchers[tenant] -= 1
        if not state.watchers[tenant]:
            del state.watchers[tenant]


async def stream(feed: Feed, last: str = "", heartbeat: float = HEARTBEAT) -> AsyncIterator[bytes]:
    """Yield entries as server-sent events, until the reader falls too far behind.

    Parameters
    ----------
    feed
        Of the tenant.
    last
        The id of the last event that the client has seen; empty for a client that begins now.
    heartbeat
        Seconds of silence after which a comment is sent.

    Yields
    ------
    bytes
        An event ``hello`` for a client that begins, or ``reset`` for one whose position is lost (it must read
        everything anew), then an ``entry`` for each entry of a journey.
    """
    position = feed.end
    if last:
        try:
            position = feed.position(last)
        except PositionLost:
            yield _event(feed, position, "reset", "{}")
    else:
        yield _event(feed, position, "hello", "{}")
    while True:
        try:
            entries = feed.since(position, AT_ONCE)
        except PositionLost:
            return  # It reconnects with its position, and gets a reset.
        if entries:
            yield b"".join(_event(feed, at, "entry", entry.json()) for at, entry in entries)
            position = entries[-1][0]
        elif not await feed.news(heartbeat):
            yield b": still here\n\n"


def _event(feed: Feed, position: int, name: str, data: str) -> bytes:
    """Return an event; JSON written compactly has no line ends that would break it."""
    return f"id: {feed.name(position)}\nevent: {name}\ndata: {data}\n\n".encode()
