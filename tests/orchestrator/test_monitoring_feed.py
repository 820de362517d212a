"""The live feed: resuming from a position, late readers, and tenants."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from orchestrator import Service
from orchestrator.core.problems import Refused
from orchestrator.core.request import Request
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.journeys.rows import Entry
from orchestrator.monitoring import live
from orchestrator.monitoring.feed import Feed, FeedEntry, PositionLost
from orchestrator.monitoring.process_state import state_of
from orchestrator.store.memory import MemoryDatabase
from tests.support.busy_hour import HOSTILE, Client, Clock


def entry(number: int, tenant: str = "default") -> FeedEntry:
    return FeedEntry(Entry(tenant, "j", number, str(number), "s", "t", "0", 0.0, "web", "{}", None), None)


def filled(count: int, size: int = 4) -> Feed:
    feed = Feed("abc", size)
    for number in range(count):
        feed.add(entry(number + 1))
    return feed


def messages(piece: bytes) -> list[tuple[str, str, Any]]:
    """Return the events in a piece: id, kind, data."""
    events = []
    for block in piece.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n"))
        events.append((fields["id"], fields["event"], json.loads(fields["data"])))
    return events


async def first(pieces: AsyncIterator[bytes]) -> bytes:
    return await asyncio.wait_for(anext(pieces), 5)


def test_a_ring_gives_what_came_after_a_place() -> None:
    feed = filled(6)
    assert [(position, notice.entry.version) for position, notice in feed.since(3, 10)] == [(4, 4), (5, 5), (6, 6)]
    assert [position for position, _ in feed.since(3, 2)] == [4, 5]
    assert list(feed.since(6, 10)) == []


def test_a_place_that_has_gone_round_is_lost() -> None:
    feed = filled(6)
    assert len(feed.since(2, 10)) == 4
    with pytest.raises(PositionLost):
        feed.since(1, 10)


@pytest.mark.parametrize("name", ["abc-1", "abc-7", "xyz-5", "abc", "abc--5", "abc-5x", "", "abc-" + "9" * 20])
def test_a_name_of_no_place_is_lost(name: str) -> None:
    with pytest.raises(PositionLost):
        filled(6).position(name)


def test_a_place_has_the_name_it_came_with() -> None:
    feed = filled(6)
    assert [feed.position(feed.name(position)) for position in (2, 5, 6)] == [2, 5, 6]


def test_one_that_comes_back_goes_on_where_it_was() -> None:
    async def story() -> None:
        feed = filled(6)
        received = messages(await first(live.stream(feed, "abc-4")))
        assert [(name, event, data["version"]) for name, event, data in received] == [
            ("abc-5", "entry", 5), ("abc-6", "entry", 6),
        ]  # fmt: skip

    asyncio.run(story())


def test_one_that_comes_back_too_late_is_told_to_start_over_and_goes_on_from_now() -> None:
    async def story() -> None:
        feed = filled(6)
        pieces = live.stream(feed, "abc-1")
        assert messages(await first(pieces)) == [("abc-6", "reset", {})]
        feed.add(entry(7))
        assert [data["version"] for _, _, data in messages(await first(pieces))] == [7]

    asyncio.run(story())


def test_one_that_falls_behind_is_dropped() -> None:
    async def story() -> None:
        feed = filled(0)
        pieces = live.stream(feed)
        assert messages(await first(pieces))[0][1] == "hello"
        for number in range(5):
            feed.add(entry(number + 1))
        assert await anext(pieces, None) is None

    asyncio.run(story())


def test_silence_is_broken_by_a_heartbeat() -> None:
    async def story() -> None:
        pieces = live.stream(filled(0), heartbeat=0.001)
        await first(pieces)
        assert (await first(pieces)).startswith(b":")

    asyncio.run(story())


def test_news_wakes_all_who_wait() -> None:
    async def story() -> None:
        feed = filled(0)
        readers = [live.stream(feed, heartbeat=60) for _ in range(3)]
        for reader in readers:
            await first(reader)
        waiting = [asyncio.ensure_future(first(reader)) for reader in readers]
        await asyncio.sleep(0)
        feed.add(entry(1))
        feed.wake()
        assert len(set(await asyncio.gather(*waiting))) == 1

    asyncio.run(story())


def test_a_watcher_who_leaves_as_news_comes_has_left() -> None:
    async def story() -> None:
        for _ in range(20):
            feed = filled(0)
            watcher = asyncio.ensure_future(feed.news(60))
            await asyncio.sleep(0)
            feed.wake()
            watcher.cancel()
            await asyncio.wait({watcher})
            assert watcher.cancelled()

    asyncio.run(story())


def request_of(tenant: str, last: str = "") -> Request:
    headers = {b"last-event-id": last.encode()} if last else {}
    return Request("GET", "/v1/live", b"", headers, b"", tenant)


def test_a_tenant_is_told_of_what_is_committed_and_of_nothing_of_another() -> None:
    async def story() -> None:
        service = Service(MemoryDatabase(), FEATURES, clock=Clock(1e9))
        mine, other = [(await live.live(service, request_of(tenant))).stream for tenant in ("default", "other")]
        assert mine is not None
        assert other is not None
        for pieces in (mine, other):
            await first(pieces)
        journey = await Client(App(service)).start(HOSTILE)
        ((_, event, data),) = messages(await first(mine))
        assert (event, data["journey"], data["customer"], data["state"]) == ("entry", journey, HOSTILE, "active")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(other), 0.05)

    asyncio.run(story())


def test_a_refused_command_is_no_news() -> None:
    async def story() -> None:
        service = Service(MemoryDatabase(), FEATURES, clock=Clock(1e9))
        client = Client(App(service))
        journey = await client.start("ada")
        before = state_of(service).feed("default").end
        await client.send("POST", f"/v1/journeys/{journey}/resume", {"channel": "web"})
        assert state_of(service).feed("default").end == before

    asyncio.run(story())


def test_watchers_are_bounded_and_leave_their_place_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WATCHERS", 1)

    async def story() -> None:
        service = Service(MemoryDatabase(), FEATURES, clock=Clock(1e9))
        stream: Any = (await live.live(service, request_of("default"))).stream
        await first(stream)
        with pytest.raises(Refused, match="watching already"):
            await live.live(service, request_of("default"))
        await live.live(service, request_of("other"))
        await stream.aclose()
        assert state_of(service).watchers == {}
        await live.live(service, request_of("default"))

    asyncio.run(story())
