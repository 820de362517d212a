"""Exports for process mining: they follow the standards and hold every row."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from orchestrator import Service
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.monitoring.exports import case_pages
from orchestrator.monitoring.exports.case_pages import Window, cases, identifier
from orchestrator.monitoring.exports.csv_log import COLUMNS, without_formula
from orchestrator.queues.rows import Item
from orchestrator.store.memory import MemoryDatabase
from sim.report.workbook import safe_text
from tests.support.busy_hour import Client, Clock, an_hour

NOON = 1_782_000_000.0 // 86_400 * 86_400 + 43_200
PYTHON = {"string": str, "time": str, "integer": int, "float": float, "boolean": bool}


async def _an_hour(per_minute: int = 2) -> Service:
    clock = Clock(NOON)
    service = Service(MemoryDatabase(), FEATURES, clock=clock)
    async for _ in an_hour(service, clock, per_minute=per_minute):
        pass
    return service


async def _text(service: Service, target: str) -> str:
    reply = await Client(App(service)).send("GET", target)
    assert reply.status == 200, reply
    return reply.body.decode()


@pytest.fixture(scope="module")
def hour() -> tuple[Service, dict[str, Any], list[dict[str, str]]]:
    async def story() -> Any:
        service = await _an_hour()
        log = json.loads(await _text(service, "/v1/export/ocel"))
        table = list(csv.DictReader(io.StringIO(await _text(service, "/v1/export/csv"), newline="")))
        return service, log, table

    return asyncio.run(story())  # type: ignore[no-any-return]


def _rows(service: Service, row_type: type) -> list[Any]:
    return service.database.look(lambda unit: unit.find(row_type, "key", "default"))


def test_every_type_is_declared_once_and_every_value_has_its_type(hour: Any) -> None:
    _, log, _ = hour
    for element in ("event", "object"):
        declared = {
            record["name"]: {a["name"]: a["type"] for a in record["attributes"]} for record in log[f"{element}Types"]
        }
        assert len(declared) == len(log[f"{element}Types"])
        assert {record["type"] for record in log[f"{element}s"]} <= declared.keys()
        for record in log[f"{element}s"]:
            for value in record["attributes"]:
                assert type(value["value"]) is PYTHON[declared[record["type"]][value["name"]]], value


def test_identifiers_are_unique_and_every_relationship_leads_to_an_object(hour: Any) -> None:
    _, log, _ = hour
    objects = Counter(record["id"] for record in log["objects"])
    assert set(objects.values()) == {1}
    assert set(Counter(record["id"] for record in log["events"]).values()) == {1}
    for record in log["events"] + log["objects"]:
        for relation in record["relationships"]:
            assert relation["objectId"] in objects
            assert relation["qualifier"]


def test_every_time_is_a_date_and_time_with_its_zone(hour: Any) -> None:
    _, log, _ = hour
    times = [event["time"] for event in log["events"]]
    times += [value["time"] for record in log["objects"] for value in record["attributes"]]
    times += [v["value"] for record in log["objects"] for v in record["attributes"] if v["name"] == "started"]
    assert all(datetime.fromisoformat(time).tzinfo == UTC for time in times)


def test_no_object_is_without_an_event(hour: Any) -> None:
    _, log, _ = hour
    met = {relation["objectId"] for event in log["events"] for relation in event["relationships"]}
    assert {record["id"] for record in log["objects"]} == met


def _steps(item: Item) -> list[str]:
    """Return the steps that a work item shows."""
    over = [item.state] if item.state in {"completed", "abandoned"} else []
    return ["entered", *(["accepted"] if item.answered else []), *over]


def test_a_step_of_a_work_item_is_one_event_with_its_item_queue_and_agent(hour: Any) -> None:
    _, log, table = hour
    moves = [event for event in log["events"] if event["type"].startswith("sojourn.item.")]
    related = [{relation["qualifier"]: relation["objectId"] for relation in event["relationships"]} for event in moves]
    steps = Counter((objects["item"], event["type"]) for objects, event in zip(related, moves, strict=True))
    assert set(steps.values()) == {1}  # nothing in this hour is accepted twice
    for objects, event in zip(related, moves, strict=True):
        assert {"item", "queue", "case", "who"} <= objects.keys()
        assert ("resource" in objects) == event["type"].endswith((".accepted", ".completed"))
    rows = [row for row in table if row["activity"].startswith("sojourn.item.")]
    assert Counter((row["case_id"], row["activity"], row["timestamp"]) for row in rows).most_common(1)[0][1] == 1
    assert all(row["queue"] for row in rows)


def test_a_step_that_no_entry_told_comes_once_after_a_long_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent completes an item after its journey has ended, so the history does not have that."""
    monkeypatch.setattr(case_pages, "ENTRIES", 2)

    async def story() -> list[str]:
        clock = Clock(NOON)
        service = Service(MemoryDatabase(), FEATURES, clock=clock)
        client = Client(App(service))
        journey = await client.start("ada")
        for method, target, body in (
            ("PUT", "/v1/queues/cards", {"channel": "voice"}),
            ("PUT", "/v1/agents/mira", {"serves": ["cards"], "capacity": {"voice": 1}}),
            ("PUT", "/v1/agents/mira/presence", {"presence": "available"}),
            ("POST", "/v1/queues/cards/items", {"customer": "ada", "journey": journey}),
        ):
            assert (await client.send(method, target, body)).status in {200, 201}
        held = (await client.send("POST", "/v1/agents/mira/reserve")).json
        for step in ("accept", "end of the journey", "complete"):
            clock.now += 1.0
            if step == "end of the journey":
                await client.move(journey, "complete", {"outcome": "done"})
            else:
                body = {"agent": "mira", "token": held["token"]}
                assert (await client.send("POST", f"/v1/items/{held['id']}/{step}", body)).status == 200
        table = csv.DictReader(io.StringIO(await _text(service, "/v1/export/csv"), newline=""))
        log = json.loads(await _text(service, "/v1/export/ocel"))
        activities = [row["activity"].removeprefix("sojourn.") for row in table]
        assert sorted(activities) == sorted(event["type"].removeprefix("sojourn.") for event in log["events"])
        return activities

    assert asyncio.run(story()) == [
        "journey.started",
        "item.entered",
        "item.accepted",
        "journey.completed",
        "item.completed",
    ]


def test_the_log_has_what_the_rows_have(hour: Any) -> None:
    service, log, table = hour
    journeys, entries, items = (_rows(service, row_type) for row_type in (Journey, Entry, Item))
    kinds = Counter(record["type"] for record in log["objects"])
    assert kinds["journey"] == len(journeys)
    assert kinds["customer"] == len({journey.customer for journey in journeys})
    assert kinds["work item"] == len(items) > 0
    recorded = {(json.loads(e.data)["item"], e.type) for e in entries if e.type.startswith("sojourn.item.")}
    steps = {(item.id, f"sojourn.item.{step}") for item in items for step in _steps(item)}
    assert recorded
    assert len(log["events"]) == len(table) == len(entries) + len(steps - recorded)  # each step once
    assert Counter(row["case_id"] for row in table).keys() == {row.id for row in journeys}
    assert Counter(record["activity"] for record in table) == Counter(record["type"] for record in log["events"])


def test_the_table_has_the_columns_and_each_case_is_in_order(hour: Any) -> None:
    _, _, table = hour
    assert tuple(table[0]) == COLUMNS
    last: dict[str, str] = {}
    for row in table:
        assert row["timestamp"] >= last.get(row["case_id"], "")
        last[row["case_id"]] = row["timestamp"]
    agents = {row["resource"] for row in table if row["activity"] == "sojourn.item.completed" and row["queue"]}
    assert agents & {"mira", "noor", "oskar"}


def test_no_cell_is_a_formula_and_quoting_round_trips() -> None:
    name = '=cmd|"/c calc",\r\n2'

    async def story() -> str:
        service = Service(MemoryDatabase(), FEATURES, clock=Clock(NOON))
        await Client(App(service)).start(name, intent="+1", channel="-x")
        return await _text(service, "/v1/export/csv")

    (row,) = csv.DictReader(io.StringIO(asyncio.run(story()), newline=""))
    assert (row["customer"], row["intent"], row["channel"]) == ("'" + name, "'+1", "'-x")
    assert [without_formula(cell) for cell in ("", "a=1", "@x", "\tx")] == ["", "a=1", "'@x", "'\tx"]


def test_the_simulators_tables_and_the_event_log_know_the_same_formulas() -> None:
    cells = [f"{chr(code)}1+1" for code in range(0x10000)]
    formulas = {cell for cell in cells if without_formula(cell) != cell}
    assert formulas == {cell for cell in cells if safe_text(cell) != cell}
    assert {"\n1+1", "\uff1d1+1"} <= formulas


def test_a_window_is_about_when_journeys_started() -> None:
    async def story() -> list[int]:
        service = Service(MemoryDatabase(), FEATURES, clock=Clock(NOON))
        client = Client(App(service))
        first = await client.start("ada")
        await asyncio.sleep(0.01)  # identifiers are made by the machine's clock
        second = await client.start("bo")
        between = int(second.replace("-", "")[:12], 16) / 1000
        assert int(first.replace("-", "")[:12], 16) / 1000 < between
        cut = quote(datetime.fromtimestamp(between, UTC).isoformat())
        texts = [await _text(service, f"/v1/export/csv?{bound}={cut}") for bound in ("from", "to")]
        assert second in texts[0]
        assert first in texts[1]
        return [text.count("\r\n") - 1 for text in texts]

    assert asyncio.run(story()) == [1, 1]


@pytest.mark.parametrize("query", ["from=yesterday", "from=2026-03-02T09:30:00", "to=2026-03-02", "to="])
def test_a_window_that_is_none_is_refused_with_a_sentence(query: str) -> None:
    async def story() -> Any:
        return await Client(App(Service(MemoryDatabase(), FEATURES))).send("GET", f"/v1/export/ocel?{query}")

    reply = asyncio.run(story())
    assert reply.status == 422
    assert reply.json["errors"][0]["pointer"] in {"from", "to"}


def test_it_is_read_in_pages_whatever_the_number_of_journeys_and_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_pages, "JOURNEYS", 3)
    monkeypatch.setattr(case_pages, "ENTRIES", 2)

    async def story() -> None:
        service = Service(MemoryDatabase(), FEATURES, clock=Clock(NOON))
        client = Client(App(service))
        names = [await client.start(f"c{number}") for number in range(7)]
        for step in range(4):
            await client.event(names[5], f"s{step}")
        pages = [case async for case in cases(service.look, Window("default", 0.0, 4e9))]
        assert [case.journey.id for case in pages if case.begins] == names
        assert [len(case.entries) for case in pages if case.journey.id == names[5]] == [2, 2, 1]
        assert all(len(case.entries) <= 2 for case in pages)

    asyncio.run(story())


def test_a_tenant_exports_nothing_of_another(hour: Any) -> None:
    service, _, _ = hour

    async def story() -> list[Any]:
        return [case async for case in cases(service.look, Window("another", 0.0, 4e9))]

    assert asyncio.run(story()) == []


def test_identifiers_divide_at_an_instant() -> None:
    assert identifier(0.0) < identifier(1.5) < identifier(4e9)
    assert identifier(1.0).startswith("00000000-03e8-")


def test_a_window_beyond_all_times_has_all_and_an_empty_one_nothing() -> None:
    async def story() -> list[int]:
        service = Service(MemoryDatabase(), FEATURES, clock=Clock(NOON))
        await Client(App(service)).start("ada")
        windows = (
            "from=0001-01-01T00:00:00%2B05:00&to=9999-12-31T23:59:59-20:00",
            "from=2030-01-01t00:00:00z&to=2020-01-01T00:00:00Z",
        )
        return [(await _text(service, f"/v1/export/csv?{window}")).count("\r\n") - 1 for window in windows]

    assert asyncio.run(story()) == [1, 0]
