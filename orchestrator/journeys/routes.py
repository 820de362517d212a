"""Routes of journeys."""

from orchestrator.http.command import write_route
from orchestrator.http.paging import Versions, page_of
from orchestrator.journeys import commands, handlers, models, views
from orchestrator.journeys.rows import Entry, Journey, last_id
from orchestrator.service.feature import Feature, Route, command_route, query_route

__all__ = ["FEATURE"]

_SHOWN = {200: ("The journey, with its whole context and its next step.", models.JourneyView)}
_EVENTS = ("unknown", "state", "elsewhere", "invalid", "malformed", "media-type", "too-large")
_RECORDED = {
    200: ("It was applied before; or, of a batch, what became of each event.",
          models.RecordedEvent | models.RecordedEvents),
    201: ("It was applied.", models.RecordedEvent),
}  # fmt: skip


def _move(command: type[commands.Move], summary: str) -> Route:
    """Return the route of a move."""
    return write_route("POST", f"/v1/journeys/{{journey}}/{command.verb}", command, summary, _SHOWN, "unknown", "state")


FEATURE = Feature(
    last_id=last_id,
    tables=(Journey, Entry),
    commands=handlers.COMMANDS,
    needs=handlers.NEEDS,
    routes=(
        Route(
            "GET", "/v1/journeys", query_route(views.journeys), "List journeys in the order of their creation.",
            answers={200: ("A page.", page_of(models.JourneyView))},
            query=models.JourneysQuery,
            problems=("invalid",),
        ),
        write_route(
            "POST", "/v1/journeys", commands.Start, "Start a journey, or resume the open one of the same intent.",
            {**_SHOWN, 201: ("The journey, which is new.", models.JourneyView)}, "too-large",
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
        write_route(
            "PATCH", "/v1/journeys/{journey}/context", commands.Merge, "Merge a patch into the context.",
            _SHOWN, "unknown", "state", "mismatch", "precondition", "too-large",
        ),
        _move(commands.Pause, "Pause a journey."),
        _move(commands.Resume, "Resume a journey on any channel."),
        _move(commands.Complete, "Complete a journey."),
        write_route(
            "POST", "/v1/journeys/{journey}/handoff", commands.HandOff,
            "Hand a journey over to another channel or queue, with its context.", _SHOWN, "unknown", "state",
        ),
        Route(
            "GET", "/v1/journeys/{journey}/history", query_route(views.history),
            "List what happened, version by version.",
            answers={200: ("A page.", page_of(models.EntryView, int))},
            query=Versions,
            problems=("unknown", "invalid"),
        ),
    ),
)  # fmt: skip
