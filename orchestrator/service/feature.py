"""How parts plug in: what a part of the service is, its routes, and what handles its commands.

A part is a package with ``PART = Part(...)``, named in `parts.PARTS`. A write is read from the request into a command
(a frozen dataclass) that a handler applies within a transaction; a read looks at rows through a unit of its own.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestrator.core.request import Request
from orchestrator.service.command_context import After, Moment
from orchestrator.store.unit import Need, Unit

if TYPE_CHECKING:
    from orchestrator.core.answer import Answer
    from orchestrator.service.service import Service

__all__ = ["Committed", "Handle", "Handler", "Part", "Route", "asks", "shows"]

Handler = Callable[[Any, Unit, Moment], "Answer"]
"""Applies a command: reads and writes rows, returns the answer or raises `Refused`, which undoes its writes."""

Handle = Callable[["Service", Request], Awaitable["Answer"]]


@dataclass(frozen=True, slots=True)
class Committed:
    """What a batch has done, told to watchers after it is durable.

    Attributes
    ----------
    answers
        Each command with its answer, in the order in which they were applied.
    rows
        The rows written, by class, in their last state.
    seconds
        How long the batch took, and of that the commit.
    waited
        How long the first of the batch had waited before.
    """

    answers: Sequence[tuple[Any, Answer]]
    rows: Mapping[type, Sequence[Any]]
    seconds: tuple[float, float]
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Route:
    """A method of a resource.

    Attributes
    ----------
    method, path
        Such as ``POST`` and ``/v1/queues/{queue}/items``; what stands for a name in braces is in ``request.names``.
    handle
        Made by `asks` or `shows`, or a coroutine function of the service and the request.
    summary
        One sentence, for the OpenAPI document.
    request
        Media types of the body, each with its JSON schema.
    answers
        Statuses, each with a sentence and the JSON schema of its body (``None`` where it has none).
    parameters
        OpenAPI parameter objects of query and headers; those of the path follow from it.
    problems
        Kinds of problems that it may answer beside those of every route.
    free
        Whether it is answered without a token.
    """

    method: str
    path: str
    handle: Handle
    summary: str
    request: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    answers: Mapping[int, tuple[str, Mapping[str, Any] | None]] = field(default_factory=dict)
    parameters: Sequence[Mapping[str, Any]] = ()
    problems: Sequence[str] = ()
    free: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the service.

    Attributes
    ----------
    tables
        Its rows' classes.
    commands
        What handles each class of commands.
    needs
        Rows that a command will read for sure, so that a store can fetch those of a whole batch at once.
    routes
        Its routes.
    after
        Called for each entry of a journey, see `moment.After`.
    watchers
        Called with the service and what was committed, after each batch; they must be quick and raise nothing.
    measures
        Called with the service, the route (``None`` where there is none), the status and the seconds of each request,
        as its answer is sent; they must be quick and raise nothing.
    tasks
        Coroutine functions of the service that run while it serves, such as one that fires timers.
    """

    tables: Sequence[type] = ()
    commands: Mapping[type, Handler] = field(default_factory=dict)
    needs: Mapping[type, Callable[[Any], Sequence[Need]]] = field(default_factory=dict)
    routes: Sequence[Route] = ()
    after: Sequence[After] = ()
    watchers: Sequence[Callable[[Service, Committed], None]] = ()
    measures: Sequence[Callable[[Service, Route | None, int, float], None]] = ()
    tasks: Sequence[Callable[[Service], Coroutine[Any, Any, None]]] = ()


def asks(read: Callable[[Request], Any]) -> Handle:
    """Return what handles a write.

    Parameters
    ----------
    read
        Makes a command of the request, or raises `Refused`. A command names its tenant: ``request.tenant``.

    Returns
    -------
    Handle
        For a `Route`.
    """

    async def handle(service: Service, request: Request) -> Answer:
        return await service.submit(read(request))

    return handle


def shows(answer: Callable[[Request, Unit], Answer]) -> Handle:
    """Return what handles a read.

    Parameters
    ----------
    answer
        Answers the request with what it finds in a unit, which shows what is committed and is never written to.

    Returns
    -------
    Handle
        For a `Route`.
    """

    async def handle(service: Service, request: Request) -> Answer:
        return await service.look(lambda unit: answer(request, unit))

    return handle
