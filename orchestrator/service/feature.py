"""Feature: one value that lists the tables, handlers, routes, hooks, and tasks of a part of the service.

Each feature is a package whose ``routes.py`` has ``FEATURE = Feature(...)``; `orchestrator.features` lists them. A
write is read from the request into a command (a pydantic model), which a handler applies within a transaction. A read
looks at rows through a unit of its own.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.request import Request
from orchestrator.service.command_context import Hook
from orchestrator.service.executor import Executor, Handler, Needs, Watcher
from orchestrator.store.unit import Unit

__all__ = ["Feature", "Route", "RouteHandler", "command_route", "query_route"]

RouteHandler = Callable[[Executor, Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """A method of a resource.

    Attributes
    ----------
    method, path
        Such as ``POST`` and ``/v1/queues/{queue}/items``; ``request.names`` has the values of the names in braces.
    handle
        Made by `command_route` or `query_route`, or a coroutine function of the executor and the request.
    summary
        One sentence, for the OpenAPI document.
    request
        Media types of the body, each with its model.
    answers
        Statuses, each with a sentence and the type of its body (``None`` for no body).
    parameters
        OpenAPI parameter objects of headers; those of the path follow from the path.
    problems
        Kinds of problems that it may answer beside those of every route.
    query
        The model of the parameters of its query.
    free
        Whether it is answered without a token.
    """

    method: str
    path: str
    handle: RouteHandler
    summary: str
    request: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[int, tuple[str, Any]] = field(default_factory=dict)
    parameters: Sequence[Mapping[str, Any]] = ()
    problems: Sequence[str] = ()
    query: Any = None
    free: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """A part of the service.

    Attributes
    ----------
    tables
        The classes of its rows.
    commands
        The handler of each class of commands.
    needs
        Rows that a command reads in any case, so that a store can fetch those of a whole batch at once.
    routes
        Its routes.
    hooks
        Called for each entry of a journey, see `Hook`.
    watchers
        Called with the executor and each batch that is durable.
    measures
        Called with the executor, the route (``None`` for an unknown path), the status and the seconds of each request,
        as its answer is sent; they must be quick and raise nothing.
    tasks
        Coroutine functions of the executor that run while it serves, such as one that fires timers.
    last_id
        Returns the greatest identifier among a tenant's rows, so that new ones are greater.
    """

    tables: Sequence[type] = ()
    commands: Mapping[type, Handler] = field(default_factory=dict)
    needs: Mapping[type, Needs] = field(default_factory=dict)
    routes: Sequence[Route] = ()
    hooks: Sequence[Hook] = ()
    watchers: Sequence[Watcher] = ()
    measures: Sequence[Callable[[Executor, Route | None, int, float], None]] = ()
    tasks: Sequence[Callable[[Executor], Coroutine[Any, Any, None]]] = ()
    last_id: Callable[[Unit, str], str | None] | None = None


def command_route(read: Callable[[Request], Any]) -> RouteHandler:
    """Return the handler of a route that writes.

    Parameters
    ----------
    read
        Makes a command of the request, or raises `Refused`. A command names its tenant: ``request.tenant``.
    """

    async def handle(executor: Executor, request: Request) -> Answer:
        return await executor.submit(read(request))

    return handle


def query_route(query: Callable[[Request, Unit], Answer]) -> RouteHandler:
    """Return the handler of a route that reads.

    Parameters
    ----------
    query
        Answers the request from a unit, which shows what is committed and is never written to.
    """

    async def handle(executor: Executor, request: Request) -> Answer:
        return await executor.look(lambda unit: query(request, unit))

    return handle
