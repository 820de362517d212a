"""Identities of a customer (phone, e-mail, cookie, customer number): the names that belong together.

A name that was never merged is a customer of its own and needs no row. Journeys keep the name that they were started
under. A merge changes only which names belong together, so that both histories stay as they were.
"""

from collections.abc import Sequence

from orchestrator.customers.rows import Identity
from orchestrator.store.unit import Need, Unit

__all__ = ["names_needed", "names_of", "person_of"]


def names_of(unit: Unit, tenant: str, name: str) -> list[str]:
    """Return all names of the customer with a name, itself included."""
    identity = unit.get(Identity, tenant, name)
    if identity is None:
        return [name]
    return [other.name for other in unit.find(Identity, "person", tenant, identity.person)]


def names_needed(tenant: str, name: str) -> Sequence[Need]:
    """Return the rows that `names_of` reads of a name that was never merged."""
    return (Need(Identity, "key", (tenant, name)),)


def person_of(unit: Unit, tenant: str, name: str) -> str:
    """Return the name that stands for the customer with a name."""
    identity = unit.get(Identity, tenant, name)
    return name if identity is None else identity.person
