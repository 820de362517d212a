"""Models of monitoring: the window of an export, and what answers show."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field, WithJsonSchema

from orchestrator.core.json_codec import Document
from orchestrator.core.problems import invalid
from orchestrator.core.request import Request
from orchestrator.http.parameters import query
from orchestrator.http.types import TIME, Time, view, views
from orchestrator.journeys.models import JourneyView
from orchestrator.monitoring.exports.case_pages import Window

__all__ = [
    "CSV", "EVENTS", "METRICS", "WINDOW", "CustomerAnswers", "Health", "Ocel", "Overview", "text_of", "window",
]  # fmt: skip

LATEST: Final = 4_000_000_000.0
"""Seconds since the epoch (2096) up to which a window reaches."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def text_of(media: bytes) -> Any:
    """Return the type of a text that is no JSON, which names its media type (JSON Schema 2020-12, 8.4)."""
    return Annotated[str, WithJsonSchema({"type": "string", "contentMediaType": media.partition(b";")[0].decode()})]


METRICS: Final = text_of(b"text/plain")
EVENTS: Final = text_of(b"text/event-stream")
CSV: Final = text_of(b"text/csv")

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


Health: Final = view("Health", status=str)
Overview: Final = view(
    "Overview", at=Time,
    journeys=view("JourneyCounts", active=Count, paused=Count, completed=Count),
    today=view("Today", since=Time, started=Count, completed=Count, gave_up=Count, paused=Count, resumed=Count),
    minutes=views("Minute", at=Time, started=Count, completed=Count),
    drops=views("DropOut", step=str, gave_up=Count, paused=Count, returned=Count, away=Count),
    queues=views(
        "QueueState", name=str, channel=str, waiting=Count, oldest=Seconds | None, with_agents=Count,
        agents_available=Count, offered=Count, answered=Count, abandoned=Count, asa=Seconds | None,
        service_level=Seconds | None, within=Seconds, target=Seconds,
    ),
    recent=views(
        "RecentJourney", id=str, customer=str, intent=str, state=str, channel=str, last=str | None, started=Time,
        updated=Time,
    ),
)  # fmt: skip

_OcelKind = Literal["string", "time", "integer", "float", "boolean"]
_TYPES: Final = views("OcelType", name=str, attributes=views("OcelAttribute", name=str, type=_OcelKind))
_RELATED: Final = views("OcelRelation", objectId=str, qualifier=str)
Ocel: Final = view(
    "Ocel", eventTypes=_TYPES, objectTypes=_TYPES,
    events=views(
        "OcelEvent", id=str, type=str, time=Time, attributes=views("OcelValue", name=str, value=Any),
        relationships=_RELATED,
    ),
    objects=views(
        "OcelObject", id=str, type=str, attributes=views("OcelChange", name=str, time=Time, value=Any),
        relationships=_RELATED,
    ),
)  # fmt: skip
"""A log as https://www.ocel-standard.org/specification/formats/json/ describes it."""

_MERGES: Final = views("Merge", id=str, at=Time, reason=str | None, identities=list[str], **{"with": list[str]})
_TOUCHPOINTS: Final = views(
    "Touchpoint", journey=str, intent=str, version=int, type=str, channel=str, step=str | None, at=Time
)  # fmt: skip
CustomerAnswers: Final = view(
    "CustomerAnswers",
    who=view("Who", customer=str, identities=list[str], merges=_MERGES),
    how=view("How", touchpoints=_TOUCHPOINTS),
    what=view("What", journeys=list[JourneyView]),
    where=views("Where", journey=str, intent=str, because=Literal["work", "rule", "state"], next=Document),
)  # fmt: skip

WINDOW: Final = (
    query("from", TIME, "Journeys that started then or later"),
    query("to", TIME, "Journeys that started before then; now, where it is not given"),
)


def window(request: Request) -> Window:
    """Return the window between ``from`` and ``to``; all journeys that there are, where these are not given.

    Raises
    ------
    Refused
        When one is no time.
    """
    parameters = request.parameters()
    errors: list[tuple[str, str]] = []
    since = _instant(parameters.get("from"), 0.0, "from", errors)
    # Identifiers are made by the machine's clock, whatever clock a test gives to the service.
    until = _instant(parameters.get("to"), time.time() + 1.0, "to", errors)
    if errors:
        raise invalid(errors)
    return Window(request.tenant, since, until)


def _instant(text: str | None, missing: float, name: str, errors: list[tuple[str, str]]) -> float:
    """Return an instant in seconds, within those that identifiers can have; note what is wrong with it."""
    if text is None:
        return missing
    try:
        # A plus sign in a query is read as a space.
        moment = datetime.fromisoformat(text.strip().replace(" ", "+").upper())
        if len(text) > len("2026-03-02") and moment.tzinfo is not None:
            return min(max(0.0, (moment - _EPOCH).total_seconds()), LATEST)
    except (ValueError, OverflowError):
        pass
    errors.append((name, f'is "{text[:40]}"; a time with its zone is needed, such as 2026-03-02T09:30:00Z'))
    return missing
