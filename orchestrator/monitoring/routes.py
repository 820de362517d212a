"""Routes of monitoring."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write
from orchestrator.core.request import Request
from orchestrator.journeys.commands import Complete, Resume
from orchestrator.monitoring import health
from orchestrator.monitoring.customer_answers import answers
from orchestrator.monitoring.exports.csv_log import csv_log
from orchestrator.monitoring.exports.ocel import ocel
from orchestrator.monitoring.gauges import gauges
from orchestrator.monitoring.handlers import count, count_needs
from orchestrator.monitoring.live import live
from orchestrator.monitoring.metrics import CONTENT, Gauge
from orchestrator.monitoring.models import (
    CSV,
    EVENTS,
    METRICS,
    CustomerAnswers,
    Ocel,
    Overview,
    WindowQuery,
    text_of,
)
from orchestrator.monitoring.page.files import FILES, page_file
from orchestrator.monitoring.process_state import count_batch, count_request, state_of
from orchestrator.monitoring.rows import TABLES
from orchestrator.monitoring.usage import Usage, count_entry
from orchestrator.monitoring.views import overview
from orchestrator.service.executor import Executor
from orchestrator.service.feature import Feature, Route, query_route

__all__ = ["FEATURE"]


async def _metrics(executor: Executor, request: Request) -> Answer:
    """Answer with the process's figures and the tenant's."""
    tenant_gauges = await executor.look(lambda unit: gauges(unit, request.tenant, executor.clock()))
    backlog = Gauge("sojourn_commit_backlog", "Commands that wait for the disk", (), {(): executor.waiting()})
    return Answer(200, state_of(executor).metrics.text([backlog, *tenant_gauges]), media=CONTENT)


async def _overview(executor: Executor, request: Request) -> Answer:
    """Answer with what the page shows."""
    seen = await executor.look(lambda unit: overview(unit, request.tenant, executor.clock()))
    return Answer(200, write(seen).encode(), headers=((b"cache-control", b"no-store"),))


async def _ocel(executor: Executor, request: Request) -> Answer:
    """Answer with an object-centric event log."""
    return _download("journeys.jsonocel", b"application/json", ocel(executor.look, WindowQuery.window(request)))


async def _csv(executor: Executor, request: Request) -> Answer:
    """Answer with a CSV event log."""
    return _download(
        "journeys.csv", b"text/csv; charset=utf-8; header=present", csv_log(executor.look, WindowQuery.window(request))
    )


def _download(name: str, media: bytes, pieces: Any) -> Answer:
    """Return an answer that a browser keeps as a file."""
    headers = ((b"content-disposition", b'attachment; filename="%s"' % name.encode()), (b"cache-control", b"no-store"))
    return Answer(200, b"", media=media, headers=headers, stream=pieces)


_ROUTES: Final = (
    *health.ROUTES,
    Route("GET", "/metrics", _metrics, "Show the figures of the process, and those of the tenant, to Prometheus.",
          answers={200: ("In the text format of Prometheus.", METRICS)}),
    Route("GET", "/v1/overview", _overview, "Show journeys, queues and drop-outs as they are now.",
          answers={200: ("What the page shows.", Overview)}),
    Route("GET", "/v1/live", live, "Follow the journeys as server-sent events.",
          answers={200: ("Events hello, reset and entry, until the client leaves.", EVENTS)},
          parameters=({"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"},
                       "description": "The last event seen; the feed goes on after it, or says reset."},),
          problems=("overloaded",)),
    Route("GET", "/v1/customers/{customer}/answers", query_route(answers),
          "Answer who this is, how they came so far, what they want now, and where they go next.",
          answers={200: ("The four answers.", CustomerAnswers)}, problems=("unknown",)),
    Route("GET", "/v1/export/ocel", _ocel, "Export the journeys of a time as an object-centric event log (OCEL 2.0).",
          answers={200: ("The log.", Ocel)}, query=WindowQuery, problems=("invalid",)),
    Route("GET", "/v1/export/csv", _csv, "Export the journeys of a time as a CSV event log.",
          answers={200: ("The log, one event a row.", CSV)}, query=WindowQuery, problems=("invalid",)),
    *(Route("GET", path, page_file(path), f"Show the page: {name}.", answers={200: ("The file.", text_of(media))},
            free=True) for path, (name, media) in FILES.items()),
)  # fmt: skip

FEATURE: Final = Feature(
    tables=(*TABLES, Usage),
    commands=health.COMMANDS,
    needs=dict.fromkeys((Resume, Complete), count_needs),
    routes=_ROUTES,
    hooks=(count, count_entry),
    watchers=(count_batch,),
    measures=(count_request,),
)
