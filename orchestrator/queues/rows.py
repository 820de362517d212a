"""Rows of queues, items, and agents: one class for each table.

Times are seconds since the epoch. A reservation is no row of its own but a state of its item, so that an item cannot
have two; its token ascends with each reservation, and requests with an older one are refused.
"""

from typing import Final

from orchestrator.core.problems import Refused
from orchestrator.store.unit import Index, Unit, table

__all__ = [
    "ABANDONED", "AVAILABLE", "AWAY", "COMPLETED", "HELD", "NEVER", "OFFLINE", "OVER", "RESERVED", "SERVING",
    "STATES", "TABLES", "WAITING", "Agent", "AgentTime", "Interval", "Item", "Lane", "Overflow", "Queue", "Serves",
    "Totals", "Visited", "the_agent", "the_item", "the_queue",
]  # fmt: skip

WAITING, RESERVED, SERVING, COMPLETED, ABANDONED = "waiting", "reserved", "serving", "completed", "abandoned"
STATES: Final = (WAITING, RESERVED, SERVING, COMPLETED, ABANDONED)
HELD: Final = (RESERVED, SERVING)
OVER: Final = (COMPLETED, ABANDONED)
AVAILABLE, AWAY, OFFLINE = "available", "away", "offline"
NEVER: Final = 1e15
"""An instant that does not come."""


@table("work_queues", key=("tenant", "name"))
class Queue:
    """A queue. ``skills`` is a JSON list; an agent has to accept within ``lease``, and to complete within ``hold``."""

    tenant: str
    name: str
    channel: str
    policy: str
    priority: int
    weight: float
    skills: str
    capacity: int | None
    within: float
    target: float
    short: float
    interval: float
    lease: float
    hold: float


@table(
    "work_overflows",
    key=("tenant", "queue", "place"),
    indexes={"into": ("tenant", "target", "queue", "place")},
    renamed={"position": "place"},
)
class Overflow:
    """After ``after`` seconds of waiting, items of ``queue`` are for the agents of ``target`` too."""

    tenant: str
    queue: str
    position: int
    target: str
    after: float


@table(
    "work_items",
    key=("tenant", "id"),
    indexes={
        "line": Index(("tenant", "queue", "lane", "priority", "entered"), where={"state": (WAITING,)}),
        "oldest": Index(("tenant", "queue", "entered"), where={"state": (WAITING,)}),
        "held": Index(("tenant", "agent"), where={"state": HELD}),
        "offered": Index(("tenant", "agent"), where={"state": (RESERVED,)}),
        "leases": Index(("tenant", "ends"), where={"state": HELD}),
        "turns": Index(("tenant", "turns"), where={"turning": (True,)}),
        "states": ("tenant", "queue", "state"),
        "journeys": Index(("tenant", "journey"), where={"linked": (True,)}),
        "open": Index(("tenant", "journey"), where={"linked": (True,), "state": (WAITING, *HELD)}),
        "over": Index(("tenant", "changed"), where={"state": OVER}),
    },
    renamed={
        "next_offer": "turns", "has_next_offer": "turning", "declined_by": "spared", "declined_until": "spared_until",
    },
)  # fmt: skip
class Item:
    """A contact that waits, is with an agent, or is over.

    ``entered`` is the instant at which it came into its queue, and never changes. ``next_offer`` is the instant at
    which it is offered to further agents. The agent ``declined_by`` is not offered it again until ``declined_until``.
    ``interval`` is the begin of the interval of its arrival. ``first`` marks the first item of its journey in this
    queue.
    """

    tenant: str
    id: str
    queue: str
    lane: str
    journey: str
    linked: bool
    customer: str
    data: str
    priority: int
    entered: float
    interval: float
    first: bool
    state: str
    changed: float
    agent: str = ""
    token: int = 0
    ends: float = NEVER
    accepted: float = 0.0
    answered: bool = False
    next_offer: float = NEVER
    has_next_offer: bool = False
    declined_by: str = ""
    declined_until: float = 0.0


@table(
    "work_lanes",
    key=("tenant", "queue", "lane"),
    indexes={"busy": Index(("tenant", "queue", "lane"), where={"empty": (False,)})},
)
class Lane:
    """The items of a queue that need the same further skills (``lane``, a JSON list); only the heads are compared."""

    tenant: str
    queue: str
    lane: str
    waiting: int
    empty: bool


@table("work_visited", key=("tenant", "queue", "journey"))
class Visited:
    """A journey that has been in a queue."""

    tenant: str
    queue: str
    journey: str


@table("work_agents", key=("tenant", "id"))
class Agent:
    """An agent. ``skills`` (name to factor on the handling time) and ``capacity`` (channel to items) are JSON.

    ``freed`` is the instant at which the agent last came or finished an item; times are counted up to ``counted``.
    """

    tenant: str
    id: str
    skills: str
    capacity: str
    blend: bool
    presence: str
    since: float
    freed: float
    counted: float


@table(
    "work_serves",
    key=("tenant", "agent", "place"),
    indexes={
        "of": ("tenant", "queue", "agent"),
        "asking": Index(("tenant", "queue", "agent"), where={"asking": (True,)}),
    },
    renamed={"position": "place"},
)
class Serves:
    """An agent serves a queue, at a position of their list, with a rank; ``asking`` for its work until ``until``.

    While asking, ``desk`` is the agent with their items, as JSON, so that the agent for an item is chosen from one
    read.
    """

    tenant: str
    agent: str
    position: int
    queue: str
    rank: float
    asking: bool = False
    until: float = 0.0
    desk: str = ""


@table("work_totals", key=("tenant", "queue"))
class Totals:
    """Numbers of items of a queue in each state now, and the wait of the last one that was answered."""

    tenant: str
    queue: str
    entered: int = 0
    waiting: int = 0
    reserved: int = 0
    serving: int = 0
    completed: int = 0
    abandoned: int = 0
    last_wait: float = 0.0


@table("work_intervals", key=("tenant", "queue", "per", "began"))
class Interval:
    """Outcomes of the items that entered a queue in an interval; ``per`` is ``contact`` or ``customer``."""

    tenant: str
    queue: str
    per: str
    began: float
    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    answered_wait: float = 0.0
    abandoned: int = 0
    abandoned_in_time: int = 0
    abandoned_wait: float = 0.0
    short_abandoned: int = 0
    blocked: int = 0
    completed: int = 0
    handled_time: float = 0.0


@table("work_agent_times", key=("tenant", "agent", "began"))
class AgentTime:
    """Seconds of an interval in which an agent was present, and had an item."""

    tenant: str
    agent: str
    began: float
    present: float = 0.0
    busy: float = 0.0


TABLES: Final = (Queue, Overflow, Item, Lane, Visited, Agent, Serves, Totals, Interval, AgentTime)


def the_queue(unit: Unit, tenant: str, name: str) -> Queue:
    """Return a queue, which must exist."""
    queue = unit.get(Queue, tenant, name)
    if queue is None:
        raise Refused("unknown", f"there is no queue {name[:80]}")
    return queue


def the_agent(unit: Unit, tenant: str, name: str) -> Agent:
    """Return an agent, who must exist."""
    agent = unit.get(Agent, tenant, name)
    if agent is None:
        raise Refused("unknown", f"there is no agent {name[:80]}")
    return agent


def the_item(unit: Unit, tenant: str, name: str) -> Item:
    """Return an item, which must exist."""
    item = unit.get(Item, tenant, name)
    if item is None:
        raise Refused("unknown", f"there is no item {name[:80]}")
    return item
