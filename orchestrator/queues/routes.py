"""Routes of queues, agents, and items."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.request import Request
from orchestrator.http.schemas import KEY, paged
from orchestrator.queues import handlers, long_poll, models, views
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
from orchestrator.service.executor import Executor
from orchestrator.service.feature import Feature, Route, RouteHandler, command_route, query_route
from orchestrator.store.unit import Unit

__all__ = ["FEATURE"]

Schema = Mapping[str, Any]

_JSON = "application/json"
_BODY = ("invalid", "malformed", "media-type")


def _page(path: str, handle: RouteHandler, summary: str, item: Schema, *more: Schema, unknown: bool = False) -> Route:
    """Return the route of a list."""
    return Route(
        "GET", path, handle, summary, answers={200: ("A page.", paged(item, {"type": "string"}))},
        parameters=(*more, *models.AFTER), problems=("unknown", "invalid") if unknown else ("invalid",),
    )  # fmt: skip


def _query_now(query: Callable[[Request, Unit, float], Answer]) -> RouteHandler:
    """Return the handler of a read that depends on the instant."""

    async def handle(executor: Executor, request: Request) -> Answer:
        return await executor.look(lambda unit: query(request, unit, executor.clock()))

    return handle


def _settle(verb: Verb, summary: str, schema: Schema) -> Route:
    """Return the route of what an agent does with a reservation."""
    return Route(
        "POST", f"/v1/items/{{item}}/{verb.value}", command_route(partial(models.settle, verb=verb)), summary,
        {_JSON: schema}, {200: ("The item, as it is now.", models.RESERVATION)}, (),
        ("unknown", "lease", "work-state", *_BODY),
    )  # fmt: skip


_QUEUES = (
    _page("/v1/queues", query_route(views.queues), "List the queues.", models.QUEUE),
    Route(
        "PUT", "/v1/queues/{queue}", command_route(models.put_queue), "Make a queue, or change how it is run.",
        {_JSON: models.QUEUE_BODY},
        {200: ("The queue, as it is now.", models.QUEUE), 201: ("The queue, which is new.", models.QUEUE)},
        (), _BODY,
    ),
    Route(
        "GET", "/v1/queues/{queue}", query_route(views.queue), "Show a queue.",
        answers={200: ("The queue.", models.QUEUE)}, problems=("unknown",),
    ),
    Route(
        "POST", "/v1/queues/{queue}/items", command_route(models.enter), "Let a contact enter a queue.",
        {_JSON: models.ITEM_BODY}, {201: ("The item, which waits or is reserved.", models.ITEM)},
        (KEY,), ("unknown", "state", "full", "key-reused", "too-large", *_BODY),
    ),
    _page(
        "/v1/queues/{queue}/items", query_route(views.items),
        "List the items of a queue in one state: those that wait, if none is given.",
        models.ITEM, *models.STATE, unknown=True,
    ),
    Route(
        "GET", "/v1/queues/{queue}/statistics", _query_now(views.statistics_of_queue),
        "Show the statistics of a queue.",
        answers={200: ("As it is now, over all, and by interval.", models.QUEUE_STATISTICS)},
        parameters=models.SPAN, problems=("unknown", "invalid"),
    ),
    _page(
        "/v1/statistics", _query_now(views.statistics_of_all), "Show the statistics of every queue.",
        models.STATISTICS, *models.SPAN,
    ),
)  # fmt: skip

_ITEMS = (
    _page(
        "/v1/journeys/{journey}/items", query_route(views.items_of_journey),
        "List the items of a journey.", models.ITEM, unknown=True,
    ),
    Route(
        "GET", "/v1/items/{item}", query_route(views.item), "Show an item.",
        answers={200: ("The item.", models.RESERVATION)}, problems=("unknown",),
    ),
    Route(
        "POST", "/v1/items/{item}/abandon", command_route(models.abandon), "Let the customer give up waiting.",
        answers={200: ("The item, which is abandoned.", models.ITEM)}, problems=("unknown", "work-state"),
    ),
    _settle(Verb.ACCEPT, "Accept a reservation: the customer is answered.", models.SETTLE_BODY),
    _settle(Verb.REJECT, "Reject a reservation: the item goes back to its place in the queue.", models.SETTLE_BODY),
    _settle(Verb.EXTEND, "Hold an item for longer, counted from now.", models.EXTEND_BODY),
    _settle(Verb.COMPLETE, "Be done with an item.", models.SETTLE_BODY),
)  # fmt: skip

_AGENTS = (
    _page("/v1/agents", query_route(views.agents), "List the agents.", models.AGENT),
    Route(
        "PUT", "/v1/agents/{agent}", command_route(models.put_agent), "Make an agent, or change what they can do.",
        {_JSON: models.AGENT_BODY},
        {200: ("The agent, as they are now.", models.AGENT), 201: ("The agent, who is new.", models.AGENT)},
        (), _BODY,
    ),
    Route(
        "GET", "/v1/agents/{agent}", query_route(views.agent), "Show an agent, with the items that they hold.",
        answers={200: ("The agent.", models.AGENT)}, problems=("unknown",),
    ),
    Route(
        "PUT", "/v1/agents/{agent}/presence", command_route(models.set_presence),
        "Let an agent come, go away, or leave.",
        {_JSON: models.PRESENCE_BODY}, {200: ("The agent, as they are now.", models.AGENT)},
        (), ("unknown", *_BODY),
    ),
    Route(
        "POST", "/v1/agents/{agent}/reserve", long_poll.reserve, "Ask for the agent's next item, and wait for it.",
        answers={200: ("The item, reserved under its token.", models.RESERVATION), 204: ("There was nothing.", None)},
        parameters=models.WAIT, problems=("unknown", "work-state", "invalid"),
    ),
    Route(
        "GET", "/v1/agents/{agent}/statistics", _query_now(views.statistics_of_agent),
        "Show how busy an agent was.",
        answers={200: ("Seconds present and busy.", models.AGENT_STATISTICS)},
        parameters=models.SPAN, problems=("unknown", "invalid"),
    ),
)  # fmt: skip

FEATURE = Feature(
    tables=TABLES,
    commands={
        PutQueue: handlers.put_queue,
        PutAgent: handlers.put_agent,
        SetPresence: handlers.set_presence,
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
