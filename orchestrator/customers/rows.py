"""Rows of customers: their names, and the merges that made several names one customer's."""

from orchestrator.store.unit import table

__all__ = ["Identity", "Merged"]


@table("identities", key=("tenant", "name"), indexes={"person": ("tenant", "person")})
class Identity:
    """A name of a person, who is identified by the oldest of their names."""

    tenant: str
    name: str
    person: str
    since: float


@table("merges", key=("tenant", "id"), indexes={"person": ("tenant", "person", "id")})
class Merged:
    """The event that two persons are one: the names of each (JSON lists), and the reason."""

    tenant: str
    id: str
    person: str
    names: str
    others: str
    reason: str | None
    at: float
