"""The nouns: a journey, an entry of its history, the commands that change it, and an answer."""

from dataclasses import dataclass
from enum import StrEnum

from loadtests.orchestrator.documents import Document, write

__all__ = [
    "Answer",
    "Command",
    "Entry",
    "Journey",
    "Key",
    "Merge",
    "Move",
    "Record",
    "Start",
    "State",
    "Verb",
]

JSON = b"application/json"


class State(StrEnum):
    """Where a journey stands."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"


class Verb(StrEnum):
    """What moves a journey from state to state."""

    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back for a request."""

    status: int
    body: bytes
    media: bytes = JSON
    etag: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Journey:
    """All that a customer does about one intent, until it is completed.

    ``context`` is JSON text: it is passed from the store to the answer as it is, and read only where it is merged.
    """

    id: str
    customer: str
    intent: str
    state: State
    channel: str
    version: int
    context: str
    started: str
    updated: str

    def answer(self, status: int) -> Answer:
        """Return the answer that shows the journey."""
        return Answer(status, self.json().encode(), etag=b'"%d"' % self.version)

    def json(self) -> str:
        """Return the journey as the answers show it."""
        members = {name: getattr(self, name) for name in ("id", "customer", "intent", "state", "channel", "version")}
        times = f'"started":"{self.started}","updated":"{self.updated}"'
        return f'{write(members)[:-1]},"context":{self.context},{times}}}'


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of a journey; versions are 1..n without a gap. ``time`` and ``data`` are JSON text."""

    journey: str
    version: int
    id: str
    source: str
    type: str
    time: str
    data: str

    def json(self) -> str:
        """Return the entry as the history shows it."""
        members = {name: getattr(self, name) for name in ("version", "id", "source", "type")}
        return f'{write(members)[:-1]},"time":{self.time},"data":{self.data}}}'


@dataclass(frozen=True, slots=True)
class Key:
    """An Idempotency-Key, and what tells its request from another one's."""

    value: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Start:
    """Start a journey, or come back to the open one of the same customer and intent."""

    key: Key
    customer: str
    intent: str
    channel: str
    context: Document
    at: float | str | None


@dataclass(frozen=True, slots=True)
class Record:
    """Record an event (a CloudEvent), and merge its context."""

    journey: str
    id: str
    source: str
    type: str
    time: str | None
    data: Document


@dataclass(frozen=True, slots=True)
class Move:
    """Pause, resume or complete a journey."""

    key: Key
    journey: str
    verb: Verb
    channel: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Merge:
    """Merge a patch into the context of the version that the client has seen; ``None`` stands for any version."""

    journey: str
    versions: frozenset[int] | None
    patch: Document


Command = Start | Record | Move | Merge
