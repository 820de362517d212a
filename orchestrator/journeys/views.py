"""Answers that show journeys and their histories."""

from orchestrator.core.answer import Answer
from orchestrator.core.request import Request
from orchestrator.customers.identities import names_of
from orchestrator.http.paging import Versions, listed
from orchestrator.journeys.models import JourneysQuery
from orchestrator.journeys.rows import Entry, Journey, the_journey
from orchestrator.store.unit import Unit

__all__ = ["history", "journey", "journeys"]


def journey(request: Request, unit: Unit) -> Answer:
    """Show a journey."""
    return the_journey(unit, request.tenant, request.names["journey"]).answer(200)


def journeys(request: Request, unit: Unit) -> Answer:
    """Show journeys in the order of their creation: all, or those of a customer under any name."""
    query = JourneysQuery.read(request)
    limit, beyond = query.limit, (query.after,) if query.after else ()
    if query.customer is not None:
        names = names_of(unit, request.tenant, query.customer)
        pages = [unit.find(Journey, "of", request.tenant, name, after=beyond, limit=limit + 1) for name in names]
        rows = sorted((row for rows_of_name in pages for row in rows_of_name), key=lambda row: row.id)
    else:
        rows = unit.find(Journey, "key", request.tenant, after=beyond, limit=limit + 1)
    return listed((row.json() for row in rows[:limit]), rows[limit - 1].id if len(rows) > limit else None)


def history(request: Request, unit: Unit) -> Answer:
    """Show a journey's entries in the order of versions."""
    query = Versions.read(request)
    limit = query.limit
    name = request.names["journey"]
    rows = unit.find(Entry, "key", request.tenant, name, after=(query.after,), limit=limit + 1)
    if not rows:
        the_journey(unit, request.tenant, name)
    return listed((entry.json() for entry in rows[:limit]), rows[limit - 1].version if len(rows) > limit else None)
