"""What can be asked of queues, items, and agents; each command names its tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.core.answer import Key

__all__ = ["Abandon", "Enter", "PutAgent", "PutQueue", "Reserve", "SetPresence", "Settle", "Tidy", "Verb"]


class Verb(StrEnum):
    """What an agent does with a reservation."""

    ACCEPT = "accept"
    REJECT = "reject"
    EXTEND = "extend"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class PutQueue:
    """Make a queue, or change how it is run; ``overflow`` holds queues, and after how many seconds."""

    tenant: str
    name: str
    channel: str
    policy: str = "priority"
    priority: int = 0
    weight: float = 1.0
    skills: tuple[str, ...] = ()
    capacity: int | None = None
    within: float = 20.0
    target: float = 0.8
    short: float = 0.0
    interval: float = 1800.0
    lease: float = 30.0
    hold: float = 3600.0
    overflow: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Enter:
    """Let a contact enter a queue."""

    tenant: str
    key: Key
    queue: str
    journey: str = ""
    customer: str = ""
    skills: tuple[str, ...] = ()
    priority: int | None = None
    data: str = "{}"


@dataclass(frozen=True, slots=True)
class Abandon:
    """Let a customer give up waiting."""

    tenant: str
    item: str


@dataclass(frozen=True, slots=True)
class PutAgent:
    """Make an agent, or change what they can do; ``serves`` holds queues with ranks, in the agent's order."""

    tenant: str
    agent: str
    serves: tuple[tuple[str, float], ...]
    skills: Mapping[str, float] = field(default_factory=dict)
    capacity: Mapping[str, int] = field(default_factory=lambda: {"voice": 1})
    blend: bool = False


@dataclass(frozen=True, slots=True)
class SetPresence:
    """Let an agent come, go away, or leave."""

    tenant: str
    agent: str
    presence: str


@dataclass(frozen=True, slots=True)
class Reserve:
    """Give an agent the next item, or note that they are asking for one for some seconds."""

    tenant: str
    agent: str
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Settle:
    """Accept, reject, extend, or complete the reservation with this token; ``seconds`` is for how long to extend."""

    tenant: str
    item: str
    verb: Verb
    agent: str
    token: int
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Tidy:
    """Take back what agents have had for too long, and offer what has waited long enough to further agents."""

    tenant: str
