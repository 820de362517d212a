"""Models of queues, items, and agents: what requests send, and what answers show."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
)

from orchestrator.core.json_codec import Document
from orchestrator.core.problems import invalid
from orchestrator.http.command import Body, Query
from orchestrator.http.paging import Page
from orchestrator.http.schemas import view, views
from orchestrator.http.types import (
    TIME,
    WHOLE,
    Flag,
    Maybe,
    Name,
    PathName,
    Time,
    choice,
    distinct,
    largest,
    seconds,
)
from orchestrator.queues.rows import AVAILABLE, AWAY, OFFLINE, STATES, WAITING
from routing import policies

__all__ = [
    "AgentSettings", "AgentStatistics", "AgentView", "Extension", "ItemView", "ItemsQuery", "NewItem",
    "OverflowSettings", "Presence", "QueueSettings", "QueueStatistics", "QueueView", "RemovalQuery",
    "Reservation", "ReservationView", "SpanQuery", "Statistics", "StatisticsQuery", "WaitQuery",
]  # fmt: skip

MOST = 100
"""Queues, skills, or channels that one list may name."""

LARGEST_DATA = 8 * 1024
LONGEST_WAIT = 60.0
"""Seconds that a request for work may wait."""

LONGEST_LEASE = 86400.0
DAY = 86400.0
LONGEST_SPAN = 32 * DAY

Names = Annotated[list[PathName], Field(max_length=MOST, json_schema_extra={"uniqueItems": True}), distinct()]
Policy = Annotated[str, choice(*policies())]
PresenceName = Annotated[str, choice(AVAILABLE, AWAY, OFFLINE)]
Instant = Annotated[float, BeforeValidator(seconds), Field(ge=0), WithJsonSchema(TIME)]
State = Annotated[str, choice(*STATES)]
Lease = Annotated[float, Field(ge=0.1, le=LONGEST_LEASE)]
Skills = Annotated[
    dict[PathName, Annotated[float, Field(ge=0.01, le=100, description="Factor on the handling time: 0.8 is faster.")]],
    Field(max_length=MOST),
]
Capacity = Annotated[dict[PathName, Annotated[int, Field(ge=0, le=1000), WHOLE]], Field(max_length=MOST)]
Ranks = Annotated[dict[PathName, Annotated[float, Field(ge=0, le=1000)]], Field(max_length=MOST)]


def _same(name: str, info: ValidationInfo) -> str:
    """Return the name of a queue, which must be that in the path."""
    if info.context and name != info.context["queue"]:
        raise ValueError(f'is not "{info.context["queue"]}", as the path says; leave it out')
    return name


def _other(name: str, info: ValidationInfo) -> str:
    """Return the name of a queue, which must not be that in the path."""
    if info.context and name == info.context["queue"]:
        raise ValueError(f'is "{name}"; another queue is needed')
    return name


class OverflowSettings(Body):
    """Queue whose agents get items too that have waited for some seconds."""

    queue: Annotated[PathName, AfterValidator(_other)]
    after: Annotated[float, Field(ge=0, le=1e9)] = 0.0


class QueueSettings(Body):
    """How a queue is run."""

    name: Maybe[Annotated[PathName, AfterValidator(_same)]] = None
    channel: PathName = "voice"
    policy: Policy = "priority"
    priority: int = Field(0, ge=0, le=1000, description="Of its items that have none of their own; 0 is served first.")
    weight: float = Field(1.0, ge=0.001, le=1e6, description="Of a second waited, for the policy weighted_wait.")
    skills: Names = Field([], description="That an agent must have.")
    capacity: int | None = Field(None, ge=0, le=10**9, description="So many may wait; more are refused.")
    within: float = Field(20.0, ge=0, le=1e9, description="Seconds; who is answered within them is answered in time.")
    target: float = Field(0.8, ge=0, le=1, description="The share that is to be answered in time.")
    short_abandon: float = Field(0.0, ge=0, le=1e6, description="Abandonments sooner than this count in no rate.")
    interval: Literal[1800, 900, 3600] = Field(1800, description="Seconds of a reporting interval.")
    lease: Lease = Field(30.0, description="Seconds in which an agent is to accept.")
    hold: Lease = Field(3600.0, description="Seconds in which to complete, or extend.")
    overflow: Annotated[list[OverflowSettings], Field(max_length=MOST), distinct("queue")] = Field([])


class NewItem(Body):
    """Contact that enters a queue."""

    journey: Maybe[Name] = Field(None, description="Whose history is to tell of it, and whose context the agent gets.")
    customer: Maybe[Name] = Field(None, description="Taken from the journey, where there is one.")
    skills: Names = Field([], description="That an agent must have beside those that the queue wants.")
    priority: int | None = Field(None, ge=0, le=1000, description="0 is served first; the queue's, if not given.")
    data: Annotated[Document, largest(LARGEST_DATA)] = Field({}, description="Whatever the agent should see.")


def _json_type(value: Any) -> str:
    return "object" if isinstance(value, dict) else "array"


class AgentSettings(Body):
    """What an agent can do."""

    serves: Annotated[
        Annotated[Names, Tag("array")] | Annotated[Ranks, Tag("object")],
        Discriminator(_json_type),
        Field(description="Queues, most urgent first; or queue to rank, 0 is first."),
    ]
    skills: Skills = Field({})
    capacity: Capacity = Field({"voice": 1}, description="Items at once, by channel.")
    blend: bool = Field(default=False, description="Whether items of several channels at once.")

    def ranks(self) -> dict[str, float]:
        """Return the ranks of the queues that the agent serves."""
        if isinstance(self.serves, dict):
            return self.serves
        return {queue: float(rank) for rank, queue in enumerate(self.serves)}


class Presence(Body):
    """Presence of an agent."""

    presence: PresenceName


class Reservation(Body):
    """Agent who has reserved an item, and the token of the reservation."""

    agent: Name
    token: Annotated[int, Field(ge=0, le=10**15)]


class Extension(Reservation):
    """Seconds for which a reservation is extended, counted from now."""

    seconds: Maybe[Lease] = None


class QueueView(QueueSettings):
    """Queue, and how it is run."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    name: PathName


_ITEM: Mapping[str, Any] = {
    "id": str, "queue": PathName, "state": State, "journey": str | None, "customer": str | None,
    "skills": list[PathName], "priority": int,
    "entered": Annotated[Time, Field(description="When it first came into the queue.")], "changed": Time,
    "agent": str | None,
    "token": Annotated[int, Field(description="Of the last reservation; greater than all before.")],
    "until": Annotated[Time | None, Field(description="When the agent's lease ends.")], "data": Document,
}  # fmt: skip
ItemView = view("ItemView", **_ITEM)
ReservationView = view(
    "ReservationView", **_ITEM, context=Annotated[Document | None, Field(description="Of the journey, as it is now.")]
)  # fmt: skip
AgentView = view(
    "AgentView", id=PathName, presence=PresenceName, since=Time, serves=views("ServesView", queue=PathName, rank=float),
    skills=Skills, capacity=Capacity, blend=bool, holds=views("ItemView", **_ITEM),
)  # fmt: skip

_COUNTED = ("offered", "answered", "abandoned", "short_abandoned", "blocked", "completed")
_MEANS = ("asa", "mean_wait_abandoned", "abandonment_rate", "handling_time", "occupancy")
_LEVELS = (
    *("service_level", "service_level_with_abandoned"),
    *("service_level_of_offered", "service_level_of_answered"),
)
_KPIS: Mapping[str, Any] = {
    **dict.fromkeys(_COUNTED, int),
    **dict.fromkeys((*_MEANS, *_LEVELS, *(f"{name}_per_customer" for name in _LEVELS)), float | None),
}
_NOW = view(
    "Now", **dict.fromkeys(("entered", *STATES, "agents_available", "agents_busy"), int),
    oldest=Annotated[float | None, Field(description="Seconds that the oldest has waited.")],
    last_wait=Annotated[float, Field(description="Seconds waited by who was answered last.")],
)  # fmt: skip
_SPAN: Mapping[str, Any] = {"from": Time, "to": Time}
_STATISTICS: Mapping[str, Any] = {
    "queue": PathName, "within": float, "target": float, **_SPAN, "now": _NOW, "all": view("Kpis", **_KPIS),
}  # fmt: skip
Statistics = view("Statistics", **_STATISTICS)
QueueStatistics = view("QueueStatistics", **_STATISTICS, intervals=views("IntervalKpis", began=Time, **_KPIS))
AgentStatistics = view(
    "AgentStatistics", agent=PathName, **_SPAN, present=float, busy=float, occupancy=float | None
)  # fmt: skip


class WaitQuery(Query):
    """How long an agent waits for work."""

    wait: Annotated[float, Field(ge=0, le=LONGEST_WAIT, description="Seconds to wait for work.")] = 0.0


class RemovalQuery(Query):
    """Fate of those who are still in a queue that is removed."""

    abandon: Annotated[Flag, Field(description="Whether items that wait or are with an agent are abandoned.")] = False


class ItemsQuery(Page):
    """Page of the items in a state."""

    state: Annotated[State, Field(description="Only items in this state.")] = WAITING


class SpanQuery(Query):
    """Time whose intervals are wanted."""

    since: Maybe[Instant] = Field(
        None, alias="from", description="Intervals that begin at this time or later; by default a day before the end."
    )  # fmt: skip
    until: Maybe[Instant] = Field(
        None, alias="to", description="Intervals that begin before this time; by default now."
    )

    def span(self, now: float) -> tuple[float, float]:
        """Return the time from when to when statistics are wanted, by default the last day.

        Raises
        ------
        Refused
            ``invalid`` for a time that is too long, or ends before it begins.
        """
        until = now if self.until is None else self.until
        since = until - DAY if self.since is None else self.since
        if not 0 <= until - since <= LONGEST_SPAN:
            raise invalid([("from", f"is {until - since:g} s before the end; 0 to {LONGEST_SPAN:g} are needed")])
        return since, until


class StatisticsQuery(SpanQuery, Page):
    """Page of queues, and the time of their statistics."""
