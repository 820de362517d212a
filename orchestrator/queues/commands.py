"""Commands of queues, items, and agents."""

from dataclasses import dataclass
from typing import Any, ClassVar

from orchestrator.core.answer import Key
from orchestrator.core.request import Request
from orchestrator.http.command import Command
from orchestrator.http.types import PathName
from orchestrator.queues import models

__all__ = [
    "Abandon", "Accept", "ApplyTimeouts", "Complete", "DropAgent", "DropQueue", "Enter", "Extend", "PutAgent",
    "PutQueue", "Reject", "Reserve", "SetPresence", "UseReservation",
]  # fmt: skip


class PutQueue(Command):
    """Make a queue, or change how it is run."""

    queue: PathName
    body: models.QueueSettings


class DropQueue(Command):
    """Remove a queue; ``abandon`` says whether those who are still in it are abandoned."""

    makes_room: ClassVar[bool] = True
    queue: str
    abandon: bool = False

    @classmethod
    def more(cls, request: Request) -> dict[str, Any]:
        """Return the parameters of the query."""
        return dict(models.RemovalQuery.read(request))


class Enter(Command):
    """Let a contact enter a queue."""

    key: Key
    queue: str
    body: models.NewItem


class Abandon(Command):
    """Let a customer give up waiting."""

    item: str


class PutAgent(Command):
    """Make an agent, or change what they can do."""

    agent: PathName
    body: models.AgentSettings


class DropAgent(Command):
    """Remove an agent."""

    makes_room: ClassVar[bool] = True
    agent: str


class SetPresence(Command):
    """Let an agent come, go away, or leave."""

    agent: str
    body: models.Presence


class Reserve(Command):
    """Give an agent the next item, or note that they are asking for one for some seconds."""

    agent: str
    wait: float = 0.0

    @classmethod
    def more(cls, request: Request) -> dict[str, Any]:
        """Return the seconds of the query."""
        return dict(models.WaitQuery.read(request))


class UseReservation(Command):
    """Use the reservation that an agent holds under a token."""

    verb: ClassVar[str]
    item: str
    body: models.Reservation


class Accept(UseReservation):
    """Accept a reservation: the customer is answered."""

    verb = "accept"


class Reject(UseReservation):
    """Reject a reservation: the item goes back to its place in the queue."""

    verb = "reject"


class Extend(UseReservation):
    """Hold an item for longer."""

    verb = "extend"
    body: models.Extension


class Complete(UseReservation):
    """Complete an item."""

    verb = "complete"


@dataclass(frozen=True, slots=True)
class ApplyTimeouts:
    """Take back items whose lease has ended, and offer items that have waited long enough to further agents."""

    internal: ClassVar[bool] = True
    tenant: str
