"""Models of journeys: what requests send, and what answers show."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from orchestrator.core.json_codec import Document
from orchestrator.http.command import Body
from orchestrator.http.paging import Page
from orchestrator.http.schemas import view, views
from orchestrator.http.types import TIME, Maybe, Name, Text, Time, checked_by, instant
from orchestrator.journeys.rows import OWN

__all__ = [
    "MOST_EVENTS", "Completion", "ContextPatch", "EntryView", "Event", "EventBatch", "HandingOff", "JourneyView",
    "JourneysQuery", "NewJourney", "Pause", "RecordedEvent", "RecordedEvents", "Resumption", "SubjectEvent",
    "SubjectEventBatch",
]  # fmt: skip

MOST_EVENTS = 100
"""Events in one batch, so that others do not wait for it."""


def _client_time(value: Any) -> float | str:
    """Return seconds on a client's own clock as they are, or the text of an instant."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    instant(value)
    return str(value)


ClientTime = Annotated[
    float | str, PlainValidator(_client_time), WithJsonSchema({"anyOf": [{"type": "number"}, {**TIME}]})
]


class NewJourney(Body):
    """Start of a journey."""

    customer: Name
    intent: Name
    channel: Name
    context: Document = Field({})
    at: Maybe[ClientTime] = None


class EventData(Body):
    """Data of an event, as far as the journey follows it."""

    model_config = ConfigDict(extra="ignore")

    channel: Maybe[Name] = None
    step: Maybe[Name] = None
    context: Document = Field({})


def _clients(source: str) -> str:
    """Return a source that is a client's."""
    if source.startswith(OWN):
        raise ValueError(f"begins with {OWN}, as the endpoint's own events do; name the client instead")
    return source


def _refused(_: Any) -> Any:
    """Refuse binary data."""
    raise ValueError("is not taken; give data as an object")


class Event(Body):
    """CloudEvent (1.0) of a journey."""

    model_config = ConfigDict(extra="ignore")

    specversion: Literal["1.0"]
    id: Name
    source: Annotated[Name, AfterValidator(_clients), Field(json_schema_extra={"not": {"pattern": f"^{OWN}"}})]
    type: Name
    time: Maybe[Time] = None
    data: Annotated[Document, checked_by(EventData)] = Field({})
    data_base64: Annotated[None, BeforeValidator(_refused), WithJsonSchema({"not": {}})] = None


class SubjectEvent(Event):
    """CloudEvent (1.0) whose subject is its journey."""

    subject: Name


EventBatch = Annotated[list[Event], Field(min_length=1, max_length=MOST_EVENTS)]
SubjectEventBatch = Annotated[list[SubjectEvent], Field(min_length=1, max_length=MOST_EVENTS)]


class ContextPatch(Body):
    """JSON merge patch (RFC 7396) of a journey's context."""

    model_config = ConfigDict(extra="allow")


class Pause(Body):
    """Pause of a journey."""

    channel: Maybe[Name] = None


class Resumption(Body):
    """Resumption of a journey on a channel."""

    channel: Name


class Completion(Body):
    """Completion of a journey."""

    outcome: Name


class HandingOff(Body):
    """Hand-off of a journey to another channel or queue."""

    channel: Name
    queue: Maybe[Name] = None
    reason: Maybe[Name] = None


class JourneysQuery(Page):
    """Page of journeys: of all, or of a customer."""

    customer: Annotated[Text | None, Field(description="Any name of a customer.")] = None


Version = Annotated[int, Field(ge=1)]

JourneyView = view(
    "JourneyView", id=str, customer=str, intent=str, state=Literal["active", "paused", "completed"], channel=str,
    version=Version, context=Document, next=Document | None, started=Time, updated=Time,
)  # fmt: skip
EntryView = view(
    "EntryView", "traceparent", version=Version, id=str, source=str, type=str, time=str | float, at=Time, channel=str,
    data=Document, traceparent=str,
)  # fmt: skip
RecordedEvent = view("RecordedEvent", journey=str, version=Version, applied=bool)
RecordedEvents = view("RecordedEvents", items=views("EventAnswer", status=int, body=Document))
