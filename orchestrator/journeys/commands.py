"""Commands of journeys."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import unquote

from orchestrator.core.answer import Key
from orchestrator.core.json_codec import Document
from orchestrator.core.problems import Refused, invalid
from orchestrator.core.request import Request
from orchestrator.http.command import JSON, Command
from orchestrator.journeys import models
from orchestrator.journeys.models import MOST_EVENTS

__all__ = [
    "BATCH_TYPE", "EVENT_TYPE", "PATCH_TYPE", "Complete", "HandOff", "Merge", "Move", "Pause", "Record", "Records",
    "Resume", "Start", "record_events",
]  # fmt: skip

EVENT_TYPE = "application/cloudevents+json"
BATCH_TYPE = "application/cloudevents-batch+json"
PATCH_TYPE = "application/merge-patch+json"

_TAG = re.compile(r'"(\d{1,18})"')


class Start(Command):
    """Start a journey, or come back to the open one of the same customer and intent."""

    key: Key
    body: models.NewJourney
    trace: str | None = None


class Record(Command):
    """Record an event, and merge its context."""

    journey: str
    body: models.Event
    trace: str | None = None

    @classmethod
    def event(cls, request: Request, value: Any) -> "Record":
        """Return the command that records an event in the journey of the path, or else in that of its subject."""
        if "journey" in request.names:
            return cls.parse(request, {"body": value})
        command = _RecordSubject.parse(request, {"body": value})
        return cls.model_construct(**dict(command), journey=command.body.subject)


class _RecordSubject(Command):
    """Record an event whose subject is its journey."""

    body: models.SubjectEvent
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """Record several events, each by itself; one that cannot even be read is refused in its place."""

    tenant: str
    items: tuple[Record | Refused, ...]


def record_events(request: Request) -> Record | Records:
    """Read one or several CloudEvents (1.0): structured, batched, or in binary mode."""
    media = request.media()
    if media == BATCH_TYPE:
        return _batch(request)
    if b"ce-specversion" in request.headers and media != EVENT_TYPE:
        return Record.event(request, _binary_event(request))
    return Record.event(request, request.json(EVENT_TYPE, BATCH_TYPE))


def _batch(request: Request) -> Records:
    """Read a batch (CloudEvents 1.0, JSON format, section 4)."""
    events = request.json(BATCH_TYPE)
    if not isinstance(events, list) or not 0 < len(events) <= MOST_EVENTS:
        problem = f"has {len(events)} events" if isinstance(events, list) else "is no list"
        raise invalid([("/", f"{problem}; a list of 1 to {MOST_EVENTS} events is needed")])
    items: list[Record | Refused] = []
    for event in events:
        try:
            items.append(Record.event(request, event))
        except Refused as refusal:
            items.append(refusal)
    return Records(request.tenant, tuple(items))


def _binary_event(request: Request) -> Document:
    """Return an event whose attributes are headers and whose data is the body (CloudEvents 1.0, HTTP binding, 3.1)."""
    event: Document = {
        name[3:].decode("latin-1"): unquote(value.decode("latin-1"))
        for name, value in request.headers.items()
        if name.startswith(b"ce-")
    }
    if any("\ufffd" in value for value in event.values()):
        raise Refused("malformed", "a ce- header is percent-encoded, but not as UTF-8")
    return {**event, "data": request.json(JSON)} if request.body else event


class Move(Command):
    """Move a journey from state to state."""

    verb: ClassVar[str]
    key: Key
    journey: str
    body: models.Pause | models.Resumption | models.Completion
    trace: str | None = None


class Pause(Move):
    """Pause a journey."""

    verb = "pause"
    body: models.Pause = models.Pause()


class Resume(Move):
    """Resume a journey on any channel."""

    verb = "resume"
    body: models.Resumption


class Complete(Move):
    """Complete a journey, even where no more bytes may be kept: then it can be deleted."""

    makes_room: ClassVar[bool] = True
    verb = "complete"
    body: models.Completion


class HandOff(Command):
    """Hand a journey over to another channel, and to a queue of it where people are to go on with it."""

    key: Key
    journey: str
    body: models.HandingOff
    trace: str | None = None


_IF_MATCH = {
    "name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"},
    "description": 'The ETag of the journey as the client saw it, such as "3"; * for any.',
}  # fmt: skip


class Merge(Command):
    """Merge a patch into the context of the version that the client has seen; ``None`` stands for any version."""

    media = PATCH_TYPE
    headers = (_IF_MATCH,)
    journey: str
    versions: frozenset[int] | None
    body: models.ContextPatch
    trace: str | None = None

    @classmethod
    def more(cls, request: Request) -> dict[str, Any]:
        """Return the versions that If-Match names."""
        header = request.headers.get(b"if-match")
        if header is None:
            detail = 'If-Match is missing; give the ETag of the journey as you saw it, such as "3"'
            raise Refused("precondition", detail)
        tags = header.decode("latin-1").strip()
        # A weak or foreign tag names no version of ours, and so matches none, as RFC 9110 (13.1.1) wants.
        versions = None if tags == "*" else frozenset(
            int(match[1]) for tag in tags.split(",") if (match := _TAG.fullmatch(tag.strip()))
        )  # fmt: skip
        return {"versions": versions}
