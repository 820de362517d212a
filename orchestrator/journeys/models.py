"""Request models of journeys: the commands that requests ask for, and the JSON schemas."""

import re
from typing import Any
from urllib.parse import unquote

from orchestrator.core.problems import Refused, invalid
from orchestrator.core.request import Request
from orchestrator.http.fields import Fields
from orchestrator.http.schemas import NAME, TIME, nullable, objects
from orchestrator.journeys.commands import HandOff, Merge, Move, Record, Records, Start, Verb
from orchestrator.journeys.rows import OWN

__all__ = [
    "BATCH_TYPE", "CHANNEL", "COMPLETE", "ENTRY", "EVENT", "EVENT_TYPE", "HANDOFF", "JOURNEY", "MOST_EVENTS",
    "OBJECT", "PATCH_TYPE", "PAUSE", "RECORDED", "RECORDS", "START", "SUBJECT_EVENT", "batch_of", "events",
    "hand_off", "merge", "move", "start",
]  # fmt: skip

EVENT_TYPE = "application/cloudevents+json"
BATCH_TYPE = "application/cloudevents-batch+json"
PATCH_TYPE = "application/merge-patch+json"

MOST_EVENTS = 100
"""Events in one batch, so that others do not wait for it."""

_TAG = re.compile(r'"(\d{1,18})"')


OBJECT = {"type": "object"}
TEXT = {"type": "string"}
VERSION = {"type": "integer", "minimum": 1}

JOURNEY = objects({
    "id": TEXT, "customer": TEXT, "intent": TEXT, "state": {"enum": ["active", "paused", "completed"]},
    "channel": TEXT, "version": VERSION, "context": OBJECT, "next": nullable(OBJECT), "started": TIME, "updated": TIME,
})  # fmt: skip
ENTRY = objects(
    {
        "version": VERSION, "id": TEXT, "source": TEXT, "type": TEXT, "time": {"type": ["string", "number"]},
        "at": TIME, "channel": TEXT, "data": OBJECT,
    },
    {"traceparent": TEXT},
)  # fmt: skip
START = objects(
    {"customer": NAME, "intent": NAME, "channel": NAME},
    {"context": OBJECT, "at": {"anyOf": [{"type": "number"}, TIME]}},
)
_DATA = objects({}, {"channel": NAME, "step": NAME, "context": OBJECT}, more=True)
_EVENT = {
    "specversion": {"const": "1.0"},
    "id": NAME,
    "source": {**NAME, "not": {"pattern": f"^{OWN}"}},
    "type": NAME,
}
EVENT = objects(_EVENT, {"time": TIME, "data": _DATA}, more=True)
SUBJECT_EVENT = objects({**_EVENT, "subject": NAME}, {"time": TIME, "data": _DATA}, more=True)
RECORDED = objects({"journey": TEXT, "version": VERSION, "applied": {"type": "boolean"}})
RECORDS = objects({"items": {"type": "array", "items": objects({"status": {"type": "integer"}, "body": OBJECT})}})
PAUSE = objects({}, {"channel": NAME})
CHANNEL = objects({"channel": NAME})
COMPLETE = objects({"outcome": NAME})
HANDOFF = objects({"channel": NAME}, {"queue": NAME, "reason": NAME})


def batch_of(event: object) -> dict[str, object]:
    """Return the schema of a batch of events."""
    return {"type": "array", "items": event, "minItems": 1, "maxItems": MOST_EVENTS}


def start(request: Request) -> Start:
    """Read the request that starts a journey."""
    key = request.key()
    fields = Fields(request.json("application/json"))
    command = Start(
        request.tenant, key, fields.text("customer"), fields.text("intent"), fields.text("channel"),
        fields.mapping("context"), _at(fields), request.trace(),
    )  # fmt: skip
    fields.only("customer", "intent", "channel", "context", "at")
    fields.check()
    return command


def _at(fields: Fields) -> float | str | None:
    """Return when the client says it was: seconds on its own clock, or a time."""
    at = fields.members.get("at")
    if isinstance(at, int | float) and not isinstance(at, bool):
        return at
    return fields.timestamp("at")


def events(request: Request) -> Record | Records:
    """Read one or several CloudEvents (1.0): structured, batched, or in binary mode.

    Their journey is the one that the path names, or else their ``subject``.
    """
    media = request.media()
    if media == BATCH_TYPE:
        return _batch(request)
    if b"ce-specversion" in request.headers and media != EVENT_TYPE:
        return _record(request, _binary(request))
    return _record(request, request.json(EVENT_TYPE, BATCH_TYPE))


def _batch(request: Request) -> Records:
    """Read a batch (CloudEvents 1.0, JSON format, section 4)."""
    given = request.json(BATCH_TYPE)
    if not isinstance(given, list) or not 0 < len(given) <= MOST_EVENTS:
        found = f"has {len(given)} events" if isinstance(given, list) else "is no list"
        raise invalid([("/", f"{found}; a list of 1 to {MOST_EVENTS} events is needed")])
    items: list[Record | Refused] = []
    for event in given:
        try:
            items.append(_record(request, event))
        except Refused as refusal:
            items.append(refusal)
    return Records(request.tenant, tuple(items))


def _binary(request: Request) -> dict[str, Any]:
    """Read an event whose attributes are headers and whose data is the body (CloudEvents 1.0, HTTP binding, 3.1)."""
    event: dict[str, Any] = {
        name[3:].decode("latin-1"): unquote(value.decode("latin-1"))
        for name, value in request.headers.items()
        if name.startswith(b"ce-")
    }
    if request.body:
        event["data"] = request.json("application/json")
    if any("�" in value for value in event.values() if isinstance(value, str)):
        raise Refused("malformed", "a ce- header is percent-encoded, but not as UTF-8")
    return event


def _record(request: Request, event: Any) -> Record:
    """Read an event."""
    fields = Fields(event)
    if fields.members and fields.members.get("specversion") != "1.0":
        fields.wrong("specversion", 'must be "1.0"')
    journey = request.names.get("journey") or fields.text("subject")
    command = Record(
        request.tenant, journey, fields.text("id"), fields.text("source"), fields.text("type"),
        fields.timestamp("time"), fields.mapping("data"), request.trace(),
    )  # fmt: skip
    if command.source.startswith(OWN):
        fields.wrong("source", f"begins with {OWN}, as the endpoint's own events do; name the client instead")
    if "data_base64" in fields.members:
        fields.wrong("data_base64", "is not taken; give data as an object")
    if command.data:
        data = Fields(command.data, "/data")
        data.maybe_text("channel")
        data.maybe_text("step")
        data.mapping("context")
        fields.errors.extend(data.errors)
    fields.check()
    return command


def move(request: Request, verb: Verb) -> Move:
    """Read a request that pauses, resumes or completes a journey."""
    key = request.key()
    nothing = verb is Verb.PAUSE and not request.body
    fields = Fields({} if nothing else request.json("application/json"))
    channel = outcome = None
    if verb is Verb.COMPLETE:
        fields.only("outcome")
        outcome = fields.text("outcome")
    else:
        fields.only("channel")
        channel = fields.text("channel") if verb is Verb.RESUME else fields.maybe_text("channel")
    fields.check()
    return Move(request.tenant, key, request.names["journey"], verb, channel, outcome, request.trace())


def hand_off(request: Request) -> HandOff:
    """Read a request that hands a journey over."""
    key = request.key()
    fields = Fields(request.json("application/json"))
    command = HandOff(
        request.tenant, key, request.names["journey"], fields.text("channel"), fields.maybe_text("queue"),
        fields.maybe_text("reason"), request.trace(),
    )  # fmt: skip
    fields.only("channel", "queue", "reason")
    fields.check()
    return command


def merge(request: Request) -> Merge:
    """Read a patch of a journey's context (RFC 7396), for the versions that If-Match names."""
    given = request.headers.get(b"if-match")
    if given is None:
        raise Refused("precondition", 'If-Match is missing; give the ETag of the journey as you saw it, such as "3"')
    tags = given.decode("latin-1").strip()
    # A weak or foreign tag names no version of ours, and so matches none, as RFC 9110 (13.1.1) wants.
    versions = None if tags == "*" else frozenset(
        int(found[1]) for tag in tags.split(",") if (found := _TAG.fullmatch(tag.strip()))
    )  # fmt: skip
    fields = Fields(request.json(PATCH_TYPE))
    fields.check()
    return Merge(request.tenant, request.names["journey"], versions, fields.members, request.trace())
