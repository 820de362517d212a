"""What is shown of journeys."""

from orchestrator.core.answer import Answer
from orchestrator.core.request import Request
from orchestrator.customers.identities import names_of
from orchestrator.http.paging import LARGEST_PAGE, listed, page
from orchestrator.journeys.rows import Entry, Journey, the_journey
from orchestrator.store.unit import Unit

__all__ = ["history", "journey", "journeys"]


def journey(request: Request, unit: Unit) -> Answer:
    """Show a journey."""
    return the_journey(unit, request.tenant, request.names["journey"]).answer(200)


def journeys(request: Request, unit: Unit) -> Answer:
    """Show journeys in the order of their creation: all, or those of a customer by whatever name."""
    parameters, after, limit = page(request, LARGEST_PAGE, cursor=str)
    beyond = (after,) if after else ()
    if "customer" in parameters:
        names = names_of(unit, request.tenant, parameters["customer"])
        each = [unit.find(Journey, "of", request.tenant, name, after=beyond, limit=limit + 1) for name in names]
        found = sorted((one for some in each for one in some), key=lambda one: one.id)
    else:
        found = unit.find(Journey, "key", request.tenant, after=beyond, limit=limit + 1)
    return listed((one.json() for one in found[:limit]), found[limit - 1].id if len(found) > limit else None)


def history(request: Request, unit: Unit) -> Answer:
    """Show a journey's entries in the order of versions."""
    _, after, limit = page(request, LARGEST_PAGE, cursor=int)
    name = request.names["journey"]
    found = unit.find(Entry, "key", request.tenant, name, after=(after,), limit=limit + 1)
    if not found:
        the_journey(unit, request.tenant, name)
    return listed((one.json() for one in found[:limit]), found[limit - 1].version if len(found) > limit else None)
