"""The Grafana dashboard asks for metrics and labels that the endpoint exports, and for all of them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from orchestrator import Service
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.store.memory import MemoryDatabase
from tests.support.busy_hour import Client, Clock

DASHBOARD = Path(__file__).parents[2] / "docs" / "grafana-endpoint.json"
BY_PROMETHEUS = {"instance"}
"""Labels that Prometheus adds to what it reads."""
SELECTOR = re.compile(r"(sojourn_\w+)(?:\{([^}]*)\})?")


def dashboard() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return content


def queries() -> Iterator[tuple[str, str, str]]:
    """Yield each panel's title, and the query and legend of its targets."""
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"], target["legendFormat"]


async def _exported() -> dict[str, set[str]]:
    client = Client(App(Service(MemoryDatabase(), FEATURES, clock=Clock(1e9))))
    journey = await client.start("ada")
    event = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "t", "data": {}}
    await client.send("POST", f"/v1/journeys/{journey}/events", event, "application/cloudevents+json")
    await client.send("POST", "/v1/journeys/nobody/events", event, "application/cloudevents+json")
    await client.send("PUT", "/v1/queues/cards", {"channel": "voice"})
    reply = await client.send("GET", "/metrics")
    return {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(reply.body.decode())
        for sample in family.samples
    }


def test_each_panel_asks_for_what_metrics_really_exports() -> None:
    exported = asyncio.run(_exported())
    for title, query, legend in queries():
        selectors = SELECTOR.findall(query)
        assert selectors, title
        labels = set.intersection(*(exported.get(name, set()) for name, _ in selectors)) | BY_PROMETHEUS
        for name, selector in selectors:
            assert name in exported, (title, name)
            assert set(re.findall(r"(\w+)\s*=~?", selector)) <= labels, (title, selector)
        grouped = re.findall(r"by \(([^)]*)\)", query)
        assert {label.strip() for each in grouped for label in each.split(",")} <= labels, (title, query)
        kept = {label.strip() for each in grouped for label in each.split(",")} if "by (" in query else BY_PROMETHEUS
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= kept, (title, legend)


def test_every_metric_has_a_panel() -> None:
    """A histogram has one when one of its series is asked for."""
    exported = asyncio.run(_exported())
    families = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in exported}
    asked = {
        re.sub(r"_(bucket|sum|count)$", "", name) for _, query, _ in queries() for name, _ in SELECTOR.findall(query)
    }
    assert asked == families


def test_panels_do_not_overlap_and_have_numbers_of_their_own() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
