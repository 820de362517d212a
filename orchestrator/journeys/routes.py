"""Routes of journeys."""

from collections.abc import Mapping
from functools import partial

from orchestrator.http.schemas import KEY, PAGE, paged, query
from orchestrator.journeys import handlers, models, views
from orchestrator.journeys.commands import Verb
from orchestrator.journeys.rows import Entry, Journey, last_id
from orchestrator.service.feature import Feature, Route, command_route, query_route

__all__ = ["FEATURE"]

_JSON = "application/json"
_IF_MATCH = {
    "name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"},
    "description": 'The ETag of the journey as the client saw it, such as "3"; * for any.',
}  # fmt: skip
_SHOWN = {200: ("The journey, with its whole context and its next step.", models.JOURNEY)}
_CHANGES = ("unknown", "state", "invalid", "malformed", "media-type", "key-reused")
_EVENTS = ("unknown", "state", "elsewhere", "invalid", "malformed", "media-type", "too-large")
_RECORDED = {
    200: ("It was applied before; or, of a batch, what became of each event.",
          {"anyOf": [models.RECORDED, models.RECORDS]}),
    201: ("It was applied.", models.RECORDED),
}  # fmt: skip


def _move(verb: Verb, summary: str, schema: Mapping[str, object]) -> Route:
    """Return the route of a verb."""
    return Route(
        "POST", f"/v1/journeys/{{journey}}/{verb.value}", command_route(partial(models.move, verb=verb)), summary,
        {_JSON: schema}, _SHOWN, (KEY,), _CHANGES,
    )  # fmt: skip


FEATURE = Feature(
    last_id=last_id,
    tables=(Journey, Entry),
    commands=handlers.COMMANDS,
    needs=handlers.NEEDS,
    routes=(
        Route(
            "GET", "/v1/journeys", query_route(views.journeys), "List journeys in the order of their creation.",
            answers={200: ("A page.", paged(models.JOURNEY, {"type": "string"}))},
            parameters=(query("customer", {"type": "string"}, "Any name of a customer."), *PAGE,
                        query("after", {"type": "string"})),
            problems=("invalid",),
        ),
        Route(
            "POST", "/v1/journeys", command_route(models.start),
            "Start a journey, or resume the open one of the same intent.",
            {_JSON: models.START},
            {**_SHOWN, 201: ("The journey, which is new.", models.JOURNEY)},
            (KEY,), ("invalid", "malformed", "media-type", "key-reused", "too-large"),
        ),
        Route(
            "GET", "/v1/journeys/{journey}", query_route(views.journey), "Show a journey.",
            answers=_SHOWN, problems=("unknown",),
        ),
        Route(
            "POST", "/v1/journeys/{journey}/events", command_route(models.events),
            "Record events of a journey, each once.",
            {models.EVENT_TYPE: models.EVENT, models.BATCH_TYPE: models.batch_of(models.EVENT)}, _RECORDED, (), _EVENTS,
        ),
        Route(
            "POST", "/v1/events", command_route(models.events),
            "Record events of the journeys that are their subjects.",
            {models.EVENT_TYPE: models.SUBJECT_EVENT, models.BATCH_TYPE: models.batch_of(models.SUBJECT_EVENT)},
            _RECORDED, (), _EVENTS,
        ),
        Route(
            "PATCH", "/v1/journeys/{journey}/context", command_route(models.merge), "Merge a patch into the context.",
            {models.PATCH_TYPE: models.OBJECT}, _SHOWN, (_IF_MATCH,),
            ("unknown", "state", "invalid", "malformed", "media-type", "mismatch", "precondition", "too-large"),
        ),
        _move(Verb.PAUSE, "Pause a journey.", models.PAUSE),
        _move(Verb.RESUME, "Resume a journey on any channel.", models.CHANNEL),
        _move(Verb.COMPLETE, "Complete a journey.", models.COMPLETE),
        Route(
            "POST", "/v1/journeys/{journey}/handoff", command_route(models.hand_off),
            "Hand a journey over to another channel or queue, with its context.",
            {_JSON: models.HANDOFF}, _SHOWN, (KEY,), _CHANGES,
        ),
        Route(
            "GET", "/v1/journeys/{journey}/history", query_route(views.history),
            "List what happened, version by version.",
            answers={200: ("A page.", paged(models.ENTRY, {"type": "integer"}))},
            parameters=(*PAGE, query("after", {"type": "integer", "minimum": 0, "maximum": 10**18 - 1})),
            problems=("unknown", "invalid"),
        ),
    ),
)  # fmt: skip
