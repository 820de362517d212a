"""JSON schemas of journeys, for the OpenAPI document."""

from orchestrator.http.schemas import NAME, TIME, nullable, objects
from orchestrator.journeys.handlers import OWN
from orchestrator.journeys.models import MOST_EVENTS

__all__ = [
    "CHANNEL", "COMPLETE", "ENTRY", "EVENT", "HANDOFF", "JOURNEY", "OBJECT", "PAUSE", "RECORDED", "RECORDS",
    "START", "SUBJECT_EVENT", "events",
]  # fmt: skip

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


def events(event: object) -> dict[str, object]:
    """Return the schema of a batch of events."""
    return {"type": "array", "items": event, "minItems": 1, "maxItems": MOST_EVENTS}
