"""Who is who: names of one customer (phone, e-mail, cookie, customer number), merged when they turn out to be one.

A name that was never merged is a customer of its own and needs no row. Journeys keep the name that they were started
under; merging changes only which names belong together, so that both histories stay as they were.
"""

from collections.abc import Sequence

from orchestrator.store.unit import Need, Unit, table

__all__ = ["Identity", "Merged", "names_needed", "names_of"]


@table("identities", key=("tenant", "name"), indexes={"person": ("tenant", "person")})
class Identity:
    """A name, and the person whose it is: the oldest of the person's names."""

    tenant: str
    name: str
    person: str
    since: float


@table("merges", key=("tenant", "id"), indexes={"person": ("tenant", "person", "id")})
class Merged:
    """The event that two persons are one: which names each had (JSON lists), and what says so."""

    tenant: str
    id: str
    person: str
    names: str
    others: str
    reason: str | None
    at: float


def names_of(unit: Unit, tenant: str, name: str) -> list[str]:
    """Return all names of the customer with a name; the one asked for is among them."""
    identity = unit.get(Identity, tenant, name)
    if identity is None:
        return [name]
    return [one.name for one in unit.find(Identity, "person", tenant, identity.person)]


def names_needed(tenant: str, name: str) -> Sequence[Need]:
    """Return what `names_of` reads of a name that was never merged."""
    return (Need(Identity, "key", (tenant, name)),)
