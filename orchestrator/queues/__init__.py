"""Queues and agents: items wait, agents reserve, accept, and complete them.

A request becomes a command (`reading`) that `settings` and `handling` do with `moves`, which alone changes the state of
an item; `matching` asks the `policies` who gets what, `tally` counts, `statistics` divides, and `waiting` lets agents
wait for work.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from orchestrator.http.schemas import KEY, paged
from orchestrator.queues import handlers, lists, long_poll, models, schemas, settings
from orchestrator.queues.commands import (
    Abandon,
    Enter,
    PutAgent,
    PutQueue,
    Reserve,
    SetPresence,
    Settle,
    Tidy,
    Verb,
)  # fmt: skip
from orchestrator.queues.rows import TABLES
from orchestrator.service.feature import Handle, Part, Route, asks, shows

__all__ = ["PART"]

Schema = Mapping[str, Any]

_JSON = "application/json"
_BODY = ("invalid", "malformed", "media-type")


def _page(path: str, handle: Handle, summary: str, item: Schema, *more: Schema, unknown: bool = False) -> Route:
    """Return the route of a list."""
    return Route(
        "GET", path, handle, summary, answers={200: ("A page.", paged(item, {"type": "string"}))},
        parameters=(*more, *schemas.AFTER), problems=("unknown", "invalid") if unknown else ("invalid",),
    )  # fmt: skip


def _settle(verb: Verb, summary: str, schema: Schema) -> Route:
    """Return the route of what an agent does with a reservation."""
    return Route(
        "POST", f"/v1/items/{{item}}/{verb.value}", asks(partial(models.settle, verb=verb)), summary,
        {_JSON: schema}, {200: ("The item, as it is now.", schemas.RESERVATION)}, (),
        ("unknown", "lease", "work-state", *_BODY),
    )  # fmt: skip


_QUEUES = (
    _page("/v1/queues", shows(lists.queues), "List the queues.", schemas.QUEUE),
    Route(
        "PUT", "/v1/queues/{queue}", asks(models.put_queue), "Make a queue, or change how it is run.",
        {_JSON: schemas.QUEUE_BODY},
        {200: ("The queue, as it is now.", schemas.QUEUE), 201: ("The queue, which is new.", schemas.QUEUE)},
        (), _BODY,
    ),
    Route(
        "GET", "/v1/queues/{queue}", shows(lists.queue), "Show a queue.",
        answers={200: ("The queue.", schemas.QUEUE)}, problems=("unknown",),
    ),
    Route(
        "POST", "/v1/queues/{queue}/items", asks(models.enter), "Let a contact enter a queue.",
        {_JSON: schemas.ITEM_BODY}, {201: ("The item, which waits or is reserved.", schemas.ITEM)},
        (KEY,), ("unknown", "state", "full", "key-reused", "too-large", *_BODY),
    ),
    _page(
        "/v1/queues/{queue}/items", shows(lists.items),
        "List the items of a queue in one state: those that wait, if none is given.",
        schemas.ITEM, *schemas.STATE, unknown=True,
    ),
    Route(
        "GET", "/v1/queues/{queue}/statistics", lists.shows_now(lists.statistics_of_queue),
        "Show the statistics of a queue.",
        answers={200: ("As it is now, over all, and by interval.", schemas.QUEUE_STATISTICS)},
        parameters=schemas.SPAN, problems=("unknown", "invalid"),
    ),
    _page(
        "/v1/statistics", lists.shows_now(lists.statistics_of_all), "Show the statistics of every queue.",
        schemas.STATISTICS, *schemas.SPAN,
    ),
)  # fmt: skip

_ITEMS = (
    _page(
        "/v1/journeys/{journey}/items", shows(lists.items_of_journey), "List the items of a journey.", schemas.ITEM,
        unknown=True,
    ),
    Route(
        "GET", "/v1/items/{item}", shows(lists.item), "Show an item.",
        answers={200: ("The item.", schemas.RESERVATION)}, problems=("unknown",),
    ),
    Route(
        "POST", "/v1/items/{item}/abandon", asks(models.abandon), "Let the customer give up waiting.",
        answers={200: ("The item, which is abandoned.", schemas.ITEM)}, problems=("unknown", "work-state"),
    ),
    _settle(Verb.ACCEPT, "Accept a reservation: the customer is answered.", schemas.SETTLE_BODY),
    _settle(Verb.REJECT, "Reject a reservation: the item goes back to its place in the queue.", schemas.SETTLE_BODY),
    _settle(Verb.EXTEND, "Hold an item for longer, counted from now.", schemas.EXTEND_BODY),
    _settle(Verb.COMPLETE, "Be done with an item.", schemas.SETTLE_BODY),
)  # fmt: skip

_AGENTS = (
    _page("/v1/agents", shows(lists.agents), "List the agents.", schemas.AGENT),
    Route(
        "PUT", "/v1/agents/{agent}", asks(models.put_agent), "Make an agent, or change what they can do.",
        {_JSON: schemas.AGENT_BODY},
        {200: ("The agent, as they are now.", schemas.AGENT), 201: ("The agent, who is new.", schemas.AGENT)},
        (), _BODY,
    ),
    Route(
        "GET", "/v1/agents/{agent}", shows(lists.agent), "Show an agent, with the items that they hold.",
        answers={200: ("The agent.", schemas.AGENT)}, problems=("unknown",),
    ),
    Route(
        "PUT", "/v1/agents/{agent}/presence", asks(models.set_presence), "Let an agent come, go away, or leave.",
        {_JSON: schemas.PRESENCE_BODY}, {200: ("The agent, as they are now.", schemas.AGENT)},
        (), ("unknown", *_BODY),
    ),
    Route(
        "POST", "/v1/agents/{agent}/reserve", long_poll.reserve, "Ask for the agent's next item, and wait for it.",
        answers={200: ("The item, reserved under its token.", schemas.RESERVATION), 204: ("There was nothing.", None)},
        parameters=schemas.WAIT, problems=("unknown", "work-state", "invalid"),
    ),
    Route(
        "GET", "/v1/agents/{agent}/statistics", lists.shows_now(lists.statistics_of_agent),
        "Show how busy an agent was.",
        answers={200: ("Seconds present and busy.", schemas.AGENT_STATISTICS)},
        parameters=schemas.SPAN, problems=("unknown", "invalid"),
    ),
)  # fmt: skip

PART = Part(
    tables=TABLES,
    commands={
        PutQueue: settings.put_queue,
        PutAgent: settings.put_agent,
        SetPresence: settings.set_presence,
        Enter: handlers.enter,
        Abandon: handlers.abandon,
        Reserve: handlers.reserve,
        Settle: handlers.settle,
        Tidy: handlers.tidy,
    },
    routes=(*_QUEUES, *_ITEMS, *_AGENTS),
    watchers=(long_poll.tell,),
    tasks=(long_poll.keep_time,),
)
