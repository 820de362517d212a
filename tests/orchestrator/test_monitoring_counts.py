"""Counts of journeys, against what was done and what the page is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator import Service, open_database
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.journeys.commands import Complete
from orchestrator.journeys.handlers import _TRANSITIONS
from orchestrator.journeys.rows import Journey, State
from orchestrator.monitoring.handlers import NOWHERE, OTHERS, STEPS
from orchestrator.monitoring.rows import Drop, Span, Totals
from orchestrator.store.memory import MemoryDatabase
from tests.support.busy_hour import Client, Clock, an_hour

NOON = 1_782_000_000.0 // 86_400 * 86_400 + 43_200


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(story)


def overview_of(client: Client) -> Coroutine[Any, Any, Any]:
    async def ask() -> Any:
        reply = await client.send("GET", "/v1/overview")
        assert reply.status == 200, reply
        return reply.json

    return ask()


def test_totals_follow_a_journey_through_its_states() -> None:
    async def story() -> None:
        clock = Clock(NOON)
        client = Client(App(Service(MemoryDatabase(), FEATURES, clock=clock)))
        journey = await client.start("ada")
        seen = []
        for act in ("pause", "resume", "complete"):
            seen.append((await overview_of(client))["journeys"])
            await client.move(journey, act, {"outcome": "resolved"} if act == "complete" else {"channel": "app"})
        seen.append((await overview_of(client))["journeys"])
        assert [(totals["active"], totals["paused"], totals["completed"]) for totals in seen] == [
            (1, 0, 0), (0, 1, 0), (1, 0, 0), (0, 0, 1),
        ]  # fmt: skip

    run(story())


def test_a_journey_that_ends_while_paused_is_taken_from_the_paused_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    ends_paused = _TRANSITIONS[Complete]._replace(before=(State.ACTIVE, State.PAUSED))
    monkeypatch.setitem(cast("dict[Any, Any]", _TRANSITIONS), Complete, ends_paused)

    async def story() -> None:
        client = Client(App(Service(MemoryDatabase(), FEATURES, clock=Clock(NOON))))
        for outcome in ("cancelled", "gave_up"):
            journey = await client.start(outcome)
            await client.event(journey, "form")
            await client.move(journey, "pause")
            await client.move(journey, "complete", {"outcome": outcome})
        seen = await overview_of(client)
        assert seen["journeys"] == {"active": 0, "paused": 0, "completed": 2}
        assert seen["drops"] == [{"step": "form", "gave_up": 1, "paused": 2, "returned": 0, "away": 0}]

    run(story())


def test_starting_again_what_is_active_counts_nothing_and_what_is_paused_as_coming_back() -> None:
    async def story() -> None:
        client = Client(App(Service(MemoryDatabase(), FEATURES, clock=Clock(NOON))))
        journey = await client.start("ada")
        assert await client.start("ada") == journey
        await client.event(journey, "form")
        await client.move(journey, "pause")
        assert await client.start("ada") == journey
        seen = await overview_of(client)
        assert (seen["journeys"]["active"], seen["journeys"]["paused"]) == (1, 0)
        assert (seen["today"]["started"], seen["today"]["paused"], seen["today"]["resumed"]) == (1, 1, 1)
        assert seen["drops"] == [{"step": "form", "gave_up": 0, "paused": 1, "returned": 1, "away": 0}]

    run(story())


def test_a_client_cannot_count_with_an_event_of_its_own() -> None:
    async def story() -> None:
        client = Client(App(Service(MemoryDatabase(), FEATURES, clock=Clock(NOON))))
        journey = await client.start("ada")
        await client.event(journey, "form", event_type="sojourn.journey.completed")
        assert (await overview_of(client))["journeys"] == {"active": 1, "paused": 0, "completed": 0}

    run(story())


def test_the_last_step_is_the_one_where_the_customer_left() -> None:
    async def story() -> None:
        client = Client(App(Service(MemoryDatabase(), FEATURES, clock=Clock(NOON))))
        first, second, third = [await client.start(name) for name in ("ada", "bo", "cy")]
        for step in ("search", "form"):
            await client.event(first, step)
        await client.move(first, "complete", {"outcome": "gave_up"})
        await client.move(second, "pause")
        await client.event(third, "search")
        await client.move(third, "complete", {"outcome": "resolved"})
        drops = {drop["step"]: (drop["gave_up"], drop["paused"]) for drop in (await overview_of(client))["drops"]}
        assert drops == {"form": (1, 0), NOWHERE: (0, 1)}

    run(story())


def test_midnight_begins_the_day_anew_but_not_who_is_away() -> None:
    async def story() -> None:
        clock = Clock(NOON)
        client = Client(App(Service(MemoryDatabase(), FEATURES, clock=clock)))
        journey = await client.start("ada")
        await client.event(journey, "form")
        await client.move(journey, "pause")
        clock.now += 86_400
        seen = await overview_of(client)
        assert seen["today"]["started"] == seen["today"]["paused"] == 0
        assert seen["journeys"]["paused"] == 1
        assert seen["drops"] == [{"step": "form", "gave_up": 0, "paused": 0, "returned": 0, "away": 1}]

    run(story())


def test_steps_without_end_are_counted_together() -> None:
    async def story() -> None:
        database = MemoryDatabase()
        client = Client(App(Service(database, FEATURES, clock=Clock(NOON))))
        for number in range(STEPS + 5):
            journey = await client.start(f"c{number}")
            await client.event(journey, f"step {number}")
            await client.move(journey, "pause")
        rows = database.unit.find(Drop, "key", "default", 0)
        assert len(rows) == STEPS + 1
        assert {row.step: row.paused for row in rows}[OTHERS] == 5

    run(story())


def test_minutes_older_than_a_day_are_forgotten() -> None:
    async def story() -> None:
        database, clock = MemoryDatabase(), Clock(NOON)
        client = Client(App(Service(database, FEATURES, clock=clock)))
        for number in range(3):
            await client.start(f"c{number}")
            clock.now += 60
        clock.now += 2 * 86_400
        await client.start("later")
        clock.now += 60
        await client.start("later still")
        assert len(database.unit.find(Span, "key", "default", 60)) == 2

    run(story())


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_an_hour_is_counted_as_the_rows_say(store: str, tmp_path: Path) -> None:
    async def story() -> None:
        clock = Clock(NOON)
        database = MemoryDatabase() if store == "memory" else open_database(tmp_path / "journeys.db")
        with Service(database, FEATURES, clock=clock) as service:
            async for _ in an_hour(service, clock, per_minute=2):
                pass
            journeys = await service.look(lambda unit: unit.find(Journey, "key", "default"))
            totals = await service.look(lambda unit: unit.get(Totals, "default"))
            seen = await overview_of(Client(App(service)))
        for state in ("active", "paused", "completed"):
            assert getattr(totals, state) == sum(journey.state == state for journey in journeys), state
        assert sum(drop["away"] for drop in seen["drops"]) == totals.paused > 0
        assert seen["today"]["started"] == len(journeys)
        shown = sum(journey.started >= NOON - 59 * 60 for journey in journeys)  # the minute that runs is the sixtieth
        assert sum(minute["started"] for minute in seen["minutes"]) == shown > 0
        assert len(seen["minutes"]) == 60
        assert {queue["name"] for queue in seen["queues"]} == {"cards", "mortgages"}
        for queue in seen["queues"]:
            assert queue["offered"] == queue["answered"] + queue["abandoned"] + queue["waiting"] > 0

    run(story())


def test_counts_survive_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        seen = []
        for name in ("ada", "bo"):
            with Service(open_database(tmp_path / "journeys.db"), FEATURES, clock=Clock(NOON)) as service:
                client = Client(App(service), token=f"{name}...")
                await client.start(name)
                seen.append((await overview_of(client))["journeys"]["active"])
        assert seen == [1, 2]

    run(story())


def test_a_refused_move_counts_nothing() -> None:
    async def story() -> None:
        client = Client(App(Service(MemoryDatabase(), FEATURES, clock=Clock(NOON))))
        journey = await client.start("ada")
        assert (await client.send("POST", f"/v1/journeys/{journey}/resume", {"channel": "web"})).status == 409
        seen = await overview_of(client)
        assert seen["journeys"] == {"active": 1, "paused": 0, "completed": 0}
        assert seen["today"]["resumed"] == 0

    run(story())
