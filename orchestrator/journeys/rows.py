"""Rows of journeys: the journeys themselves, and the entries of their histories."""

from enum import StrEnum

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write
from orchestrator.core.problems import unknown_journey
from orchestrator.core.timestamps import timestamp
from orchestrator.store.unit import Index, Unit, table

__all__ = ["OPEN", "OWN", "Entry", "Journey", "State", "last_id", "the_journey"]


class State(StrEnum):
    """State of a journey."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"


OWN = "/v1/journeys/"
"""Beginning of the source of the events that the endpoint itself makes; clients may not use it."""

OPEN = (State.ACTIVE.value, State.PAUSED.value)


@table(
    "journeys",
    key=("tenant", "id"),
    indexes={
        "of": ("tenant", "customer", "id"),
        "open": Index(("tenant", "customer", "intent"), unique=True, where={"state": OPEN}),
    },
)
class Journey:
    """A customer's contacts about one intent, until it is completed.

    ``context`` and ``next`` are JSON text: they go from the store to the answer unchanged, and are parsed only for a
    merge.
    """

    tenant: str
    id: str
    customer: str
    intent: str
    state: str
    channel: str
    version: int
    context: str
    next: str | None
    started: float
    updated: float

    def answer(self, status: int) -> Answer:
        """Return the answer that shows the journey."""
        return Answer(status, self.json().encode(), etag=b'"%d"' % self.version)

    def json(self) -> str:
        """Return the journey as the answers show it."""
        return (
            f'{{"id":"{self.id}","customer":{write(self.customer)},"intent":{write(self.intent)},'
            f'"state":"{self.state}","channel":{write(self.channel)},"version":{self.version},'
            f'"context":{self.context},"next":{self.next or "null"},'
            f'"started":"{timestamp(self.started)}","updated":"{timestamp(self.updated)}"}}'
        )


@table(
    "history",
    key=("tenant", "journey", "version"),
    indexes={"once": Index(("tenant", "source", "id"), unique=True)},
)
class Entry:
    """One change of a journey; versions are 1..n without a gap. ``time`` and ``data`` are JSON text.

    ``time`` is the client's own time, ``at`` the instant at which it was applied; ``trace`` is the request's W3C
    ``traceparent``.
    """

    tenant: str
    journey: str
    version: int
    id: str
    source: str
    type: str
    time: str
    at: float
    channel: str
    data: str
    trace: str | None

    def json(self) -> str:
        """Return the entry as the history shows it."""
        trace = f',"traceparent":"{self.trace}"' if self.trace else ""
        return (
            f'{{"version":{self.version},"id":{write(self.id)},"source":{write(self.source)},"type":{write(self.type)},'
            f'"time":{self.time},"at":"{timestamp(self.at)}","channel":{write(self.channel)},"data":{self.data}{trace}}}'
        )


def the_journey(unit: Unit, tenant: str, name: str) -> Journey:
    """Return a journey, which must exist.

    Raises
    ------
    Refused
        ``unknown``, also for a journey of another tenant.
    """
    journey = unit.get(Journey, tenant, name)
    if journey is None:
        raise unknown_journey(name)
    return journey


def last_id(unit: Unit, tenant: str) -> str | None:
    """Return the greatest identifier of a tenant's journeys."""
    last = unit.find(Journey, "key", tenant, limit=1, descending=True)
    return last[0].id if last else None
