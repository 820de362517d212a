"""The JSON schemas of what the watch answers, for the OpenAPI document."""

from typing import Any, Final

from orchestrator.http.schemas import TIME, nullable, objects, query

__all__ = ["CSV", "EVENTS", "FILE", "METRICS", "OCEL", "OVERVIEW", "READY", "WINDOW"]

Schema = dict[str, Any]

# What is no JSON names its media type (JSON Schema 2020-12, 8.4).
METRICS: Final[Schema] = {"type": "string", "contentMediaType": "text/plain"}
EVENTS: Final[Schema] = {"type": "string", "contentMediaType": "text/event-stream"}
CSV: Final[Schema] = {"type": "string", "contentMediaType": "text/csv"}


def FILE(media: bytes) -> Schema:  # noqa: N802 - a schema like the others
    """Return the schema of a file."""
    return {"type": "string", "contentMediaType": media.partition(b";")[0].decode()}


_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_SECONDS: Final = {"type": "number", "minimum": 0}

READY: Final = objects({"status": {"const": "ready"}, "waiting": _COUNT})


def _list(**members: Any) -> Schema:
    """Return the schema of a list of objects that have all of some members."""
    return {"type": "array", "items": objects(members)}


OVERVIEW: Final = objects({
    "at": TIME,
    "journeys": objects({"active": _COUNT, "paused": _COUNT, "completed": _COUNT}),
    "today": objects({"since": TIME, "started": _COUNT, "completed": _COUNT, "gave_up": _COUNT, "paused": _COUNT,
                      "resumed": _COUNT}),
    "minutes": _list(at=TIME, started=_COUNT, completed=_COUNT),
    "drops": _list(step=_TEXT, gave_up=_COUNT, paused=_COUNT, returned=_COUNT, away=_COUNT),
    "queues": _list(
        name=_TEXT, channel=_TEXT, waiting=_COUNT, oldest=nullable(_SECONDS), with_agents=_COUNT,
        agents_available=_COUNT, offered=_COUNT, answered=_COUNT, abandoned=_COUNT, asa=nullable(_SECONDS),
        service_level=nullable(_SECONDS), within=_SECONDS, target=_SECONDS,
    ),
    "recent": _list(id=_TEXT, customer=_TEXT, intent=_TEXT, state=_TEXT, channel=_TEXT, last=nullable(_TEXT),
                    started=TIME, updated=TIME),
})  # fmt: skip

_ATTRIBUTE_TYPE: Final = {"enum": ["string", "time", "integer", "float", "boolean"]}
_TYPES: Final = _list(name=_TEXT, attributes=_list(name=_TEXT, type=_ATTRIBUTE_TYPE))
_RELATED: Final = _list(objectId=_TEXT, qualifier=_TEXT)

OCEL: Final = objects({
    "eventTypes": _TYPES,
    "objectTypes": _TYPES,
    "events": _list(id=_TEXT, type=_TEXT, time=TIME, attributes=_list(name=_TEXT, value={}), relationships=_RELATED),
    "objects": _list(id=_TEXT, type=_TEXT, attributes=_list(name=_TEXT, time=TIME, value={}), relationships=_RELATED),
})  # fmt: skip
"""A log as https://www.ocel-standard.org/specification/formats/json/ describes it."""

WINDOW: Final = (
    query("from", TIME, "Journeys that started then or later"),
    query("to", TIME, "Journeys that started before then; now, where it is not given"),
)
