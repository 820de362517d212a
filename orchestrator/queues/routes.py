"""Routes of queues, agents, and items."""

from collections.abc import Callable
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.request import Request
from orchestrator.http.command import write_route
from orchestrator.http.paging import Page, page_of
from orchestrator.queues import commands, handlers, long_poll, models, removal, views
from orchestrator.queues.rows import TABLES
from orchestrator.service.executor import Executor
from orchestrator.service.feature import Feature, Route, RouteHandler, query_route
from orchestrator.store.unit import Unit

__all__ = ["FEATURE"]


def _page(
    path: str, handle: RouteHandler, summary: str, item: Any, query: type[Page] = Page, *, unknown: bool = False
) -> Route:  # fmt: skip
    """Return the route of a list."""
    return Route(
        "GET", path, handle, summary, answers={200: ("A page.", page_of(item))}, query=query,
        problems=("unknown", "invalid") if unknown else ("invalid",),
    )  # fmt: skip


def _query_now(query: Callable[[Request, Unit, float], Answer]) -> RouteHandler:
    """Return the handler of a read that depends on the instant."""

    async def handle(executor: Executor, request: Request) -> Answer:
        return await executor.look(lambda unit: query(request, unit, executor.clock()))

    return handle


def _use_reservation(command: type[commands.UseReservation], summary: str) -> Route:
    """Return the route of what an agent does with a reservation."""
    return write_route(
        "POST", f"/v1/items/{{item}}/{command.verb}", command, summary,
        {200: ("The item, as it is now.", models.ReservationView)}, "unknown", "lease", "work-state",
    )  # fmt: skip


_QUEUES = (
    _page("/v1/queues", query_route(views.queues), "List the queues.", models.QueueView),
    write_route(
        "PUT", "/v1/queues/{queue}", commands.PutQueue, "Make a queue, or change how it is run.",
        {200: ("The queue, as it is now.", models.QueueView), 201: ("The queue, which is new.", models.QueueView)},
    ),
    Route(
        "GET", "/v1/queues/{queue}", query_route(views.queue), "Show a queue.",
        answers={200: ("The queue.", models.QueueView)}, problems=("unknown",),
    ),
    Route(
        "DELETE", "/v1/queues/{queue}", removal.remove_queue, "Remove a queue that nothing uses.",
        answers={204: ("It is removed.", None)}, query=models.RemovalQuery,
        problems=("unknown", "work-state", "invalid"),
    ),
    write_route(
        "POST", "/v1/queues/{queue}/items", commands.Enter, "Let a contact enter a queue.",
        {201: ("The item, which waits or is reserved.", models.ItemView)}, "unknown", "state", "full", "too-large",
    ),
    _page(
        "/v1/queues/{queue}/items", query_route(views.items),
        "List the items of a queue in one state: those that wait, if none is given.",
        models.ItemView, models.ItemsQuery, unknown=True,
    ),
    Route(
        "GET", "/v1/queues/{queue}/statistics", _query_now(views.statistics_of_queue),
        "Show the statistics of a queue.",
        answers={200: ("As it is now, over all, and by interval.", models.QueueStatistics)},
        query=models.SpanQuery, problems=("unknown", "invalid"),
    ),
    _page(
        "/v1/statistics", _query_now(views.statistics_of_all), "Show the statistics of every queue.",
        models.Statistics, models.StatisticsQuery,
    ),
)  # fmt: skip

_ITEMS = (
    _page(
        "/v1/journeys/{journey}/items", query_route(views.items_of_journey),
        "List the items of a journey.", models.ItemView, unknown=True,
    ),
    Route(
        "GET", "/v1/items/{item}", query_route(views.item), "Show an item.",
        answers={200: ("The item.", models.ReservationView)}, problems=("unknown",),
    ),
    write_route(
        "POST", "/v1/items/{item}/abandon", commands.Abandon, "Let the customer give up waiting.",
        {200: ("The item, which is abandoned.", models.ItemView)}, "unknown", "work-state",
    ),
    _use_reservation(commands.Accept, "Accept a reservation: the customer is answered."),
    _use_reservation(commands.Reject, "Reject a reservation: the item goes back to its place in the queue."),
    _use_reservation(commands.Extend, "Hold an item for longer, counted from now."),
    _use_reservation(commands.Complete, "Be done with an item."),
)  # fmt: skip

_AGENTS = (
    _page("/v1/agents", query_route(views.agents), "List the agents.", models.AgentView),
    write_route(
        "PUT", "/v1/agents/{agent}", commands.PutAgent, "Make an agent, or change what they can do.",
        {200: ("The agent, as they are now.", models.AgentView), 201: ("The agent, who is new.", models.AgentView)},
    ),
    Route(
        "GET", "/v1/agents/{agent}", query_route(views.agent), "Show an agent, with the items that they hold.",
        answers={200: ("The agent.", models.AgentView)}, problems=("unknown",),
    ),
    Route(
        "DELETE", "/v1/agents/{agent}", removal.remove_agent,
        "Remove an agent, whose items go back to their places in the queues.",
        answers={204: ("They are removed.", None)}, problems=("unknown", "work-state"),
    ),
    write_route(
        "PUT", "/v1/agents/{agent}/presence", commands.SetPresence, "Let an agent come, go away, or leave.",
        {200: ("The agent, as they are now.", models.AgentView)}, "unknown",
    ),
    Route(
        "POST", "/v1/agents/{agent}/reserve", long_poll.reserve, "Ask for the agent's next item, and wait for it.",
        answers={
            200: ("The item, reserved under its token.", models.ReservationView), 204: ("There was nothing.", None),
        },
        query=models.WaitQuery, problems=("unknown", "work-state", "invalid"),
    ),
    Route(
        "GET", "/v1/agents/{agent}/statistics", _query_now(views.statistics_of_agent),
        "Show how busy an agent was.",
        answers={200: ("Seconds present and busy.", models.AgentStatistics)},
        query=models.SpanQuery, problems=("unknown", "invalid"),
    ),
)  # fmt: skip

FEATURE = Feature(
    tables=TABLES,
    commands={
        commands.PutQueue: handlers.put_queue,
        commands.DropQueue: removal.drop_queue,
        commands.PutAgent: handlers.put_agent,
        commands.DropAgent: removal.drop_agent,
        commands.SetPresence: handlers.set_presence,
        commands.Enter: handlers.enter,
        commands.Abandon: handlers.abandon,
        commands.Reserve: handlers.reserve,
        **dict.fromkeys(
            (commands.Accept, commands.Reject, commands.Extend, commands.Complete), handlers.use_reservation
        ),
        commands.ApplyTimeouts: handlers.apply_timeouts,
    },
    routes=(*_QUEUES, *_ITEMS, *_AGENTS),
    watchers=(long_poll.wake_agents,),
    tasks=(long_poll.run_timeouts,),
)
