"""Answers that show journeys and their histories."""

from orchestrator.core.answer import Answer
from orchestrator.core.request import Request
from orchestrator.customers.identities import names_of
from orchestrator.http.paging import Versions
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
    if query.customer is None:
        return query.answer(query.rows(unit, Journey, "key", request.tenant), Journey.json)
    names = names_of(unit, request.tenant, query.customer)
    rows = [row for name in names for row in query.rows(unit, Journey, "of", request.tenant, name)]
    return query.answer(sorted(rows, key=lambda row: row.id), Journey.json)


def history(request: Request, unit: Unit) -> Answer:
    """Show a journey's entries in the order of versions."""
    query, name = Versions.read(request), request.names["journey"]
    rows = query.rows(unit, Entry, "key", request.tenant, name)
    if not rows:
        the_journey(unit, request.tenant, name)
    return query.answer(rows, Entry.json, "version")
