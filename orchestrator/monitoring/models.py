"""Models of monitoring: the window of an export, and what answers show."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from orchestrator.core.json_codec import Document
from orchestrator.core.request import Request
from orchestrator.http.command import Query
from orchestrator.http.schemas import view, views
from orchestrator.http.types import TIME, Maybe, Time, instant
from orchestrator.journeys.models import JourneyView
from orchestrator.monitoring.exports.case_pages import Window

__all__ = ["CSV", "EVENTS", "METRICS", "CustomerAnswers", "Health", "Ocel", "Overview", "WindowQuery", "text_of"]

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


def _clamped(text: Any) -> float:
    """Return the seconds since the epoch of an instant, within those that identifiers can have."""
    try:
        # A plus sign in a query is read as a space.
        moment = instant(text.strip().replace(" ", "+").upper())
        return min(max(0.0, (moment - _EPOCH).total_seconds()), LATEST)
    except OverflowError:
        raise ValueError from None


_Instant = Annotated[float, BeforeValidator(_clamped), WithJsonSchema(TIME)]


class WindowQuery(Query):
    """Window of an export: journeys that started in a time."""

    since: _Instant = Field(0.0, alias="from", description="Journeys that started then or later.")
    until: Maybe[_Instant] = Field(
        None, alias="to", description="Journeys that started before then; now, where it is not given."
    )

    @classmethod
    def window(cls, request: Request) -> Window:
        """Return the window that a request asks for."""
        query = cls.read(request)
        # Identifiers are made by the machine's clock, whatever clock a test gives to the service.
        return Window(request.tenant, query.since, time.time() + 1.0 if query.until is None else query.until)
