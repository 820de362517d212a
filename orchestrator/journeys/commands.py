"""What can be asked to be done to journeys."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.core.answer import Key
from orchestrator.core.json_codec import Document
from orchestrator.core.problems import Refused

__all__ = ["HandOff", "Merge", "Move", "Record", "Records", "Start", "Verb"]


class Verb(StrEnum):
    """What moves a journey from state to state."""

    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Start:
    """Start a journey, or come back to the open one of the same customer and intent."""

    tenant: str
    key: Key
    customer: str
    intent: str
    channel: str
    context: Document
    at: float | str | None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Record an event (a CloudEvent), and merge its context."""

    tenant: str
    journey: str
    id: str
    source: str
    type: str
    time: str | None
    data: Document
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """Record several events, each by itself; what cannot even be read is refused in its place."""

    tenant: str
    items: tuple[Record | Refused, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """Pause, resume or complete a journey."""

    tenant: str
    key: Key
    journey: str
    verb: Verb
    channel: str | None
    outcome: str | None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class HandOff:
    """Hand a journey over to another channel, and to a queue of it where people are to go on with it."""

    tenant: str
    key: Key
    journey: str
    channel: str
    queue: str | None
    reason: str | None
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Merge a patch into the context of the version that the client has seen; ``None`` stands for any version."""

    tenant: str
    journey: str
    versions: frozenset[int] | None
    patch: Document
    trace: str | None = None
