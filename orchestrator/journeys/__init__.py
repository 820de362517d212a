"""Journeys: started, changed by events, paused and resumed on any channel, handed over and completed."""

from collections.abc import Mapping
from functools import partial

from orchestrator.http.schemas import KEY, PAGE, paged, query
from orchestrator.journeys import handlers, models, schemas, views
from orchestrator.journeys.commands import Verb
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.service.feature import Part, Route, asks, shows

__all__ = ["PART"]

_JSON = "application/json"
_IF_MATCH = {
    "name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"},
    "description": 'The ETag of the journey as the client saw it, such as "3"; * for any.',
}  # fmt: skip
_SHOWN = {200: ("The journey, with its whole context and its next step.", schemas.JOURNEY)}
_CHANGES = ("unknown", "state", "invalid", "malformed", "media-type", "key-reused")
_EVENTS = ("unknown", "state", "elsewhere", "invalid", "malformed", "media-type", "too-large")
_RECORDED = {
    200: ("It was applied before; or, of a batch, what became of each event.",
          {"anyOf": [schemas.RECORDED, schemas.RECORDS]}),
    201: ("It was applied.", schemas.RECORDED),
}  # fmt: skip


def _move(verb: Verb, summary: str, schema: Mapping[str, object]) -> Route:
    """Return the route of a verb."""
    return Route(
        "POST", f"/v1/journeys/{{journey}}/{verb.value}", asks(partial(models.move, verb=verb)), summary,
        {_JSON: schema}, _SHOWN, (KEY,), _CHANGES,
    )  # fmt: skip


PART = Part(
    tables=(Journey, Entry),
    commands=handlers.COMMANDS,
    needs=handlers.NEEDS,
    routes=(
        Route(
            "GET", "/v1/journeys", shows(views.journeys), "List journeys in the order of their creation.",
            answers={200: ("A page.", paged(schemas.JOURNEY, {"type": "string"}))},
            parameters=(query("customer", {"type": "string"}, "Any name of a customer."), *PAGE,
                        query("after", {"type": "string"})),
            problems=("invalid",),
        ),
        Route(
            "POST", "/v1/journeys", asks(models.start), "Start a journey, or resume the open one of the same intent.",
            {_JSON: schemas.START},
            {**_SHOWN, 201: ("The journey, which is new.", schemas.JOURNEY)},
            (KEY,), ("invalid", "malformed", "media-type", "key-reused", "too-large"),
        ),
        Route(
            "GET", "/v1/journeys/{journey}", shows(views.journey), "Show a journey.",
            answers=_SHOWN, problems=("unknown",),
        ),
        Route(
            "POST", "/v1/journeys/{journey}/events", asks(models.events), "Record events of a journey, each once.",
            {models.EVENT: schemas.EVENT, models.BATCH: schemas.events(schemas.EVENT)}, _RECORDED, (), _EVENTS,
        ),
        Route(
            "POST", "/v1/events", asks(models.events), "Record events of the journeys that are their subjects.",
            {models.EVENT: schemas.SUBJECT_EVENT, models.BATCH: schemas.events(schemas.SUBJECT_EVENT)},
            _RECORDED, (), _EVENTS,
        ),
        Route(
            "PATCH", "/v1/journeys/{journey}/context", asks(models.merge), "Merge a patch into the context.",
            {models.PATCH: schemas.OBJECT}, _SHOWN, (_IF_MATCH,),
            ("unknown", "state", "invalid", "malformed", "media-type", "mismatch", "precondition", "too-large"),
        ),
        _move(Verb.PAUSE, "Pause a journey.", schemas.PAUSE),
        _move(Verb.RESUME, "Resume a journey on any channel.", schemas.CHANNEL),
        _move(Verb.COMPLETE, "Complete a journey.", schemas.COMPLETE),
        Route(
            "POST", "/v1/journeys/{journey}/handoff", asks(models.hand_off),
            "Hand a journey over to another channel or queue, with its context.",
            {_JSON: schemas.HANDOFF}, _SHOWN, (KEY,), _CHANGES,
        ),
        Route(
            "GET", "/v1/journeys/{journey}/history", shows(views.history), "List what happened, version by version.",
            answers={200: ("A page.", paged(schemas.ENTRY, {"type": "integer"}))},
            parameters=(*PAGE, query("after", {"type": "integer", "minimum": 0, "maximum": 10**18 - 1})),
            problems=("unknown", "invalid"),
        ),
    ),
)  # fmt: skip
