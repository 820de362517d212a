"""Feed of the latest entries of journeys: a ring for each tenant that every watcher reads at their own pace.

There is no queue for each watcher. A watcher whose position has been overwritten must start over. So a slow watcher
costs nothing, and neither does a service that nobody watches.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Final

from orchestrator.core.json_codec import write
from orchestrator.core.timestamps import timestamp
from orchestrator.core.value_class import value_class
from orchestrator.journeys.rows import Entry, Journey

__all__ = ["RING", "Feed", "FeedEntry", "PositionLost"]

RING: Final = 4096
"""Entries kept for watchers that come back."""


class PositionLost(Exception):  # noqa: N818 - reads as what it is where it is raised
    """The position is not in the ring any more, or never was."""


@value_class
class FeedEntry:
    """An entry of a history, and the journey when its batch was committed."""

    entry: Entry
    journey: Journey | None

    def json(self) -> str:
        """Return the entry as watchers see it."""
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
        Identifies this ring, since the numbers of other processes and of earlier ones mean nothing here.
    size
        Entries kept.
    """

    def __init__(self, epoch: str, size: int = RING) -> None:
        self.epoch = epoch
        self.end = 0
        self._ring: deque[FeedEntry] = deque(maxlen=size)
        self._news = asyncio.Event()

    def add(self, entry: FeedEntry) -> None:
        """Add a committed entry; `wake` announces it."""
        self._ring.append(entry)
        self.end += 1

    def wake(self) -> None:
        """Wake the waiting watchers."""
        self._news.set()
        self._news = asyncio.Event()

    def position(self, name: str) -> int:
        """Return the position after which a watcher goes on.

        Parameters
        ----------
        name
            As `name` made it.

        Raises
        ------
        PositionLost
            When it is no position of this ring.
        """
        epoch, _, number = name.partition("-")
        if epoch != self.epoch or not (number.isascii() and number.isdigit() and len(number) < 16):
            raise PositionLost
        if not self.end - len(self._ring) <= int(number) <= self.end:
            raise PositionLost
        return int(number)

    def name(self, position: int) -> str:
        """Return a position as an event's id."""
        return f"{self.epoch}-{position}"

    def since(self, position: int, limit: int) -> Sequence[tuple[int, FeedEntry]]:
        """Return up to ``limit`` entries after a position, each with its own position.

        Raises
        ------
        PositionLost
            When the position has been overwritten.
        """
        first = self.end - len(self._ring)
        if position < first:
            raise PositionLost
        count = min(limit, self.end - position)
        return [(position + 1 + step, self._ring[position - first + step]) for step in range(count)]

    async def news(self, seconds: float) -> bool:
        """Wait until an entry is added, for some seconds at most; tell whether one was."""
        try:
            # Not `wait_for`, which swallows the cancellation of a client who leaves as an entry comes (Python 3.11).
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        return True
