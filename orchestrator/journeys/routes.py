"""Routes of journeys."""

from orchestrator.http.command import JSON, Body
from orchestrator.http.parameters import KEY, PAGE, query
from orchestrator.http.types import page_of
from orchestrator.journeys import commands, handlers, models, views
from orchestrator.journeys.rows import Entry, Journey, last_id
from orchestrator.service.feature import Feature, Route, command_route, query_route

__all__ = ["FEATURE"]

_IF_MATCH = {
    "name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"},
    "description": 'The ETag of the journey as the client saw it, such as "3"; * for any.',
}  # fmt: skip
_SHOWN = {200: ("The journey, with its whole context and its next step.", models.JourneyView)}
_CHANGES = ("unknown", "state", "invalid", "malformed", "media-type", "key-reused")
_EVENTS = ("unknown", "state", "elsewhere", "invalid", "malformed", "media-type", "too-large")
_RECORDED = {
    200: ("It was applied before; or, of a batch, what became of each event.",
          models.RecordedEvent | models.RecordedEvents),
    201: ("It was applied.", models.RecordedEvent),
}  # fmt: skip


def _move(command: type[commands.Move], summary: str, body: type[Body]) -> Route:
    """Return the route of a move."""
    return Route(
        "POST", f"/v1/journeys/{{journey}}/{command.verb}", command_route(command.read), summary,
        {JSON: body}, _SHOWN, (KEY,), _CHANGES,
    )  # fmt: skip


FEATURE = Feature(
    last_id=last_id,
    tables=(Journey, Entry),
    commands=handlers.COMMANDS,
    needs=handlers.NEEDS,
    routes=(
        Route(
            "GET", "/v1/journeys", query_route(views.journeys), "List journeys in the order of their creation.",
            answers={200: ("A page.", page_of(models.JourneyView))},
            parameters=(query("customer", {"type": "string"}, "Any name of a customer."), *PAGE,
                        query("after", {"type": "string"})),
            problems=("invalid",),
        ),
        Route(
            "POST", "/v1/journeys", command_route(commands.Start.read),
            "Start a journey, or resume the open one of the same intent.",
            {JSON: models.NewJourney},
            {**_SHOWN, 201: ("The journey, which is new.", models.JourneyView)},
            (KEY,), ("invalid", "malformed", "media-type", "key-reused", "too-large"),
        ),
        Route(
            "GET", "/v1/journeys/{journey}", query_route(views.journey), "Show a journey.",
            answers=_SHOWN, problems=("unknown",),
        ),
        Route(
            "POST", "/v1/journeys/{journey}/events", command_route(commands.record_events),
            "Record events of a journey, each once.",
            {commands.EVENT_TYPE: models.Event, commands.BATCH_TYPE: models.EventBatch}, _RECORDED, (), _EVENTS,
        ),
        Route(
            "POST", "/v1/events", command_route(commands.record_events),
            "Record events of the journeys that are their subjects.",
            {commands.EVENT_TYPE: models.SubjectEvent, commands.BATCH_TYPE: models.SubjectEventBatch},
            _RECORDED, (), _EVENTS,
        ),
        Route(
            "PATCH", "/v1/journeys/{journey}/context", command_route(commands.Merge.read),
            "Merge a patch into the context.",
            {commands.PATCH_TYPE: models.ContextPatch}, _SHOWN, (_IF_MATCH,),
            ("unknown", "state", "invalid", "malformed", "media-type", "mismatch", "precondition", "too-large"),
        ),
        _move(commands.Pause, "Pause a journey.", models.Pause),
        _move(commands.Resume, "Resume a journey on any channel.", models.Resumption),
        _move(commands.Complete, "Complete a journey.", models.Completion),
        Route(
            "POST", "/v1/journeys/{journey}/handoff", command_route(commands.HandOff.read),
            "Hand a journey over to another channel or queue, with its context.",
            {JSON: models.HandingOff}, _SHOWN, (KEY,), _CHANGES,
        ),
        Route(
            "GET", "/v1/journeys/{journey}/history", query_route(views.history),
            "List what happened, version by version.",
            answers={200: ("A page.", page_of(models.EntryView, int))},
            parameters=(*PAGE, query("after", {"type": "integer", "minimum": 0, "maximum": 10**18 - 1})),
            problems=("unknown", "invalid"),
        ),
    ),
)  # fmt: skip
