"""What just happened to journeys, kept for a while: a ring per tenant that every watcher reads at their own pace.

There is no queue per watcher. Who falls so far behind that the ring has gone round is told to start over, so that a
slow one costs nothing, and neither does a fast service that nobody watches.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.core.json_codec import write
from orchestrator.core.timestamps import timestamp
from orchestrator.journeys.rows import Entry, Journey

__all__ = ["RING", "Feed", "Happened", "Lost"]

RING: Final = 4096
"""Entries kept for watchers that come back."""


class Lost(Exception):  # noqa: N818 - reads as what it is where it is raised
    """The place asked for is not in the ring any more, or never was."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An entry of a history, and the journey as it was when its batch was committed."""

    entry: Entry
    journey: Journey | None

    def json(self) -> str:
        """Return it as watchers see it."""
        entry, journey = self.entry, self.journey
        members = {
            "journey": entry.journey, "version": entry.version, "type": entry.type, "channel": entry.channel,
            "at": timestamp(entry.at),
        }  # fmt: skip
        if journey is not None:
            members |= {"customer": journey.customer, "intent": journey.intent, "state": journey.state}
        return write(members)


class Feed:
    """One tenant's ring.

    Parameters
    ----------
    epoch
        Tells this ring from those of other processes and of earlier ones, whose numbers mean nothing here.
    size
        Entries kept.
    """

    def __init__(self, epoch: str, size: int = RING) -> None:
        self.epoch = epoch
        self.end = 0
        self._ring: deque[Happened] = deque(maxlen=size)
        self._news = asyncio.Event()

    def add(self, happened: Happened) -> None:
        """Add what has been committed; `wake` tells it."""
        self._ring.append(happened)
        self.end += 1

    def wake(self) -> None:
        """Wake those that wait."""
        self._news.set()
        self._news = asyncio.Event()

    def place(self, name: str) -> int:
        """Return the place after which a watcher wants to go on.

        Parameters
        ----------
        name
            As `name` made it.

        Raises
        ------
        Lost
            When it is none of this ring's.
        """
        epoch, _, number = name.partition("-")
        if epoch != self.epoch or not (number.isascii() and number.isdigit() and len(number) < 16):
            raise Lost
        if not self.end - len(self._ring) <= int(number) <= self.end:
            raise Lost
        return int(number)

    def name(self, place: int) -> str:
        """Return a place as an event's id."""
        return f"{self.epoch}-{place}"

    def since(self, place: int, limit: int) -> Sequence[tuple[int, Happened]]:
        """Return up to ``limit`` entries after a place, each with its own.

        Raises
        ------
        Lost
            When the ring has gone round meanwhile.
        """
        first = self.end - len(self._ring)
        if place < first:
            raise Lost
        count = min(limit, self.end - place)
        return [(place + 1 + step, self._ring[place - first + step]) for step in range(count)]

    async def news(self, seconds: float) -> bool:
        """Wait until something is added, or for some seconds; tell which."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return False
        return True
