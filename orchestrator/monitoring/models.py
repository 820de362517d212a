"""Request models of monitoring: the window of an export, and the JSON schemas of the answers."""

import time
from datetime import UTC, datetime
from typing import Any, Final

from orchestrator.core.problems import invalid
from orchestrator.core.request import Request
from orchestrator.http.schemas import TIME, nullable, objects, query
from orchestrator.journeys.models import JOURNEY
from orchestrator.monitoring.exports.case_pages import Window

__all__ = ["CSV", "CUSTOMER_ANSWERS", "EVENTS", "FILE", "METRICS", "OCEL", "OVERVIEW", "WINDOW", "window"]

LATEST: Final = 4_000_000_000.0
"""Seconds since the epoch (2096) up to which a window reaches."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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

_TEXTS: Final = {"type": "array", "items": _TEXT}
_TOUCHPOINT: Final = {
    "journey": _TEXT, "intent": _TEXT, "version": {"type": "integer"}, "type": _TEXT, "channel": _TEXT,
    "step": nullable(_TEXT), "at": TIME,
}  # fmt: skip
CUSTOMER_ANSWERS: Final = objects({
    "who": objects({
        "customer": _TEXT, "identities": _TEXTS,
        "merges": _list(id=_TEXT, at=TIME, reason=nullable(_TEXT), identities=_TEXTS, **{"with": _TEXTS}),
    }),
    "how": objects({"touchpoints": _list(**_TOUCHPOINT)}),
    "what": objects({"journeys": {"type": "array", "items": JOURNEY}}),
    "where": _list(
        journey=_TEXT, intent=_TEXT, because={"enum": ["work", "rule", "state"]}, next={"type": "object"},
    ),
})  # fmt: skip


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
