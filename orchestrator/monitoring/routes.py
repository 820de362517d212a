"""The routes of the watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write
from orchestrator.core.request import Request
from orchestrator.monitoring.exports.csv_log import csv_log
from orchestrator.monitoring.exports.ocel import ocel
from orchestrator.monitoring.gauges import gauges
from orchestrator.monitoring.live import live
from orchestrator.monitoring.metrics import CONTENT, Gauge
from orchestrator.monitoring.models import window
from orchestrator.monitoring.overview import overview
from orchestrator.monitoring.page_files import FILES, page_file
from orchestrator.monitoring.process_state import watch_of
from orchestrator.monitoring.schemas import CSV, EVENTS, FILE, METRICS, OCEL, OVERVIEW, WINDOW
from orchestrator.service.feature import Route

if TYPE_CHECKING:
    from orchestrator.service.service import Service

__all__ = ["ROUTES"]


async def _metrics(service: Service, request: Request) -> Answer:
    """Answer with the process's figures and the tenant's."""
    found = await service.look(lambda unit: gauges(unit, request.tenant, service.clock()))
    backlog = Gauge("sojourn_commit_backlog", "Commands that wait for the disk", (), {(): service.waiting()})
    return Answer(200, watch_of(service).metrics.text([backlog, *found]), media=CONTENT)


async def _overview(service: Service, request: Request) -> Answer:
    """Answer with what the page shows."""
    seen = await service.look(lambda unit: overview(unit, request.tenant, service.clock()))
    return Answer(200, write(seen).encode(), headers=((b"cache-control", b"no-store"),))


async def _ocel(service: Service, request: Request) -> Answer:
    """Answer with an object-centric event log."""
    return _download("journeys.jsonocel", b"application/json", ocel(service.look, window(request)))


async def _csv(service: Service, request: Request) -> Answer:
    """Answer with a CSV event log."""
    return _download("journeys.csv", b"text/csv; charset=utf-8; header=present", csv_log(service.look, window(request)))


def _download(name: str, media: bytes, pieces: Any) -> Answer:
    """Return an answer that a browser keeps as a file."""
    headers = ((b"content-disposition", b'attachment; filename="%s"' % name.encode()), (b"cache-control", b"no-store"))
    return Answer(200, b"", media=media, headers=headers, stream=pieces)


ROUTES: Final = (
    Route("GET", "/metrics", _metrics, "Show the figures of the process, and those of the tenant, to Prometheus.",
          answers={200: ("In the text format of Prometheus.", METRICS)}),
    Route("GET", "/v1/overview", _overview, "Show journeys, queues and drop-outs as they are now.",
          answers={200: ("What the page shows.", OVERVIEW)}),
    Route("GET", "/v1/live", live, "Follow the journeys as server-sent events.",
          answers={200: ("Events hello, reset and entry, until the client leaves.", EVENTS)},
          parameters=({"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"},
                       "description": "The last event seen; the feed goes on after it, or says reset."},),
          problems=("overloaded",)),
    Route("GET", "/v1/export/ocel", _ocel, "Export the journeys of a time as an object-centric event log (OCEL 2.0).",
          answers={200: ("The log.", OCEL)}, parameters=WINDOW, problems=("invalid",)),
    Route("GET", "/v1/export/csv", _csv, "Export the journeys of a time as a CSV event log.",
          answers={200: ("The log, one event a row.", CSV)}, parameters=WINDOW, problems=("invalid",)),
    *(Route("GET", path, page_file(path), f"Show the page: {name}.", answers={200: ("The file.", FILE(media))},
            free=True) for path, (name, media) in FILES.items()),
)  # fmt: skip
"""Every route of this part."""
