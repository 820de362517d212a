"""What is read of queues, items, and agents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qs

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import Document, write
from orchestrator.core.problems import invalid
from orchestrator.core.request import LARGEST_PAGE, Request, listed, page
from orchestrator.journeys.handlers import the_journey
from orchestrator.queues.handlers import the_item
from orchestrator.queues.rows import ABANDONED, COMPLETED, HELD, RESERVED, SERVING, WAITING, Agent, Item, Queue
from orchestrator.queues.settings import the_agent, the_queue
from orchestrator.queues.statistics import agent_statistics, queue_statistics
from orchestrator.queues.views import agent_view, answer, item_view, queue_view, reservation_view
from orchestrator.store.unit import Unit

if TYPE_CHECKING:
    from orchestrator.service.feature import Handle
    from orchestrator.service.service import Service

__all__ = [
    "agent", "agents", "item", "items", "items_of_journey", "queue", "queues", "shows_now", "statistics_of_agent",
    "statistics_of_all", "statistics_of_queue",
]  # fmt: skip

R = TypeVar("R", Queue, Item, Agent)

_DAY = 86400.0
_LONGEST = 32 * _DAY
_STATES = (WAITING, RESERVED, SERVING, COMPLETED, ABANDONED)


def queue(request: Request, unit: Unit) -> Answer:
    """Show a queue."""
    return answer(queue_view(unit, the_queue(unit, request.tenant, request.names["queue"])))


def queues(request: Request, unit: Unit) -> Answer:
    """Show queues by name."""
    found, following = _page(request, unit, Queue, "key", lambda one: one.name)
    return listed((write(queue_view(unit, one)) for one in found), following)


def item(request: Request, unit: Unit) -> Answer:
    """Show an item; as its agent sees it, while one has it."""
    found = the_item(unit, request.tenant, request.names["item"])
    return answer(reservation_view(unit, found) if found.state in HELD else item_view(found) | {"context": None})


def items(request: Request, unit: Unit) -> Answer:
    """Show the items of a queue, state by state, in each in the order in which they came."""
    name, state = request.names["queue"], _query(request).get("state", WAITING)
    the_queue(unit, request.tenant, name)
    if state not in _STATES:
        raise invalid([("state", f'is "{state[:40]}"; one of {", ".join(_STATES)} is needed')])
    found, following = _page(request, unit, Item, "states", lambda one: one.id, name, state)
    return listed((write(item_view(one)) for one in found), following)


def items_of_journey(request: Request, unit: Unit) -> Answer:
    """Show the items of a journey, in the order in which they came."""
    journey = the_journey(unit, request.tenant, request.names["journey"])
    found, following = _page(request, unit, Item, "journeys", lambda one: one.id, journey.id)
    return listed((write(item_view(one)) for one in found), following)


def agent(request: Request, unit: Unit) -> Answer:
    """Show an agent, with what they hold."""
    return answer(agent_view(unit, the_agent(unit, request.tenant, request.names["agent"])))


def agents(request: Request, unit: Unit) -> Answer:
    """Show agents by name."""
    found, following = _page(request, unit, Agent, "key", lambda one: one.id)
    return listed((write(agent_view(unit, one)) for one in found), following)


def statistics_of_queue(request: Request, unit: Unit, now: float) -> Answer:
    """Show the statistics of a queue."""
    found = the_queue(unit, request.tenant, request.names["queue"])
    return answer(queue_statistics(unit, found, *_span(request, now), now))


def statistics_of_all(request: Request, unit: Unit, now: float) -> Answer:
    """Show the statistics of every queue, without its intervals."""
    since, until = _span(request, now)
    found, following = _page(request, unit, Queue, "key", lambda one: one.name)
    shown = (_without_intervals(queue_statistics(unit, one, since, until, now)) for one in found)
    return listed(map(write, shown), following)


def statistics_of_agent(request: Request, unit: Unit, now: float) -> Answer:
    """Show how long an agent was there, and busy."""
    found = the_agent(unit, request.tenant, request.names["agent"])
    return answer(agent_statistics(unit, found, *_span(request, now), now))


def shows_now(read: Callable[[Request, Unit, float], Answer]) -> Handle:
    """Return what handles a read that depends on the instant."""

    async def handle(service: Service, request: Request) -> Answer:
        return await service.look(lambda unit: read(request, unit, service.clock()))

    return handle


def _without_intervals(shown: Document) -> Document:
    return {name: value for name, value in shown.items() if name != "intervals"}


def _page(
    request: Request, unit: Unit, kind: type[R], index: str, cursor: Callable[[R], str], *values: Any
) -> tuple[Sequence[R], str | None]:
    """Return the rows of a page, and where the next begins."""
    _, after, limit = page(request, LARGEST_PAGE, cursor=str)
    found = unit.find(kind, index, request.tenant, *values, after=(after,) if after else (), limit=limit + 1)
    return found[:limit], cursor(found[limit - 1]) if len(found) > limit else None


def _query(request: Request) -> dict[str, str]:
    return {
        name: given[-1] for name, given in parse_qs(request.query.decode("latin-1"), keep_blank_values=True).items()
    }


def _span(request: Request, now: float) -> tuple[float, float]:
    """Read from when to when statistics are wanted."""
    errors: list[tuple[str, str]] = []
    query = _query(request)
    until = _instant(query, "to", now, errors)
    since = _instant(query, "from", until - _DAY, errors)
    if not errors and not 0 <= until - since <= _LONGEST:
        errors.append(("from", f"is {until - since:g} s before the end; 0 to {_LONGEST:g} are needed"))
    if errors:
        raise invalid(errors)
    return since, until


def _instant(query: dict[str, str], name: str, default: float, errors: list[tuple[str, str]]) -> float:
    """Read an instant as RFC 3339 writes it."""
    if name not in query:
        return default
    try:
        at = datetime.fromisoformat(query[name])
        seconds = at.timestamp() if at.tzinfo else -1.0
    except (ValueError, OverflowError):
        seconds = -1.0
    if seconds < 0:
        errors.append((name, f'is "{query[name][:40]}"; a time with its zone is needed, such as 2026-03-02T09:30:00Z'))
    return seconds
