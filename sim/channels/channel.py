"""What a channel is: its traits, which the engines read and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Channel", "Kind"]


class Kind(IntEnum):
    """What a step in a channel does with the customer."""

    SELF_SERVICE = 0  # takes its time, needs no agent
    ASSISTED = 1  # the customer waits in a queue, and may give up
    DEFERRED = 2  # the work waits in a queue, the customer is elsewhere
    PAUSE = 3  # the customer is away, and comes back later
    DIALED = 4  # the customer is on a list, and is called when agents are idle


@dataclass(frozen=True, slots=True)
class Channel:
    """A kind of channel.

    Parameters
    ----------
    name
        As scenarios write it.
    kind
        What a step in it does with the customer.
    about
        One sentence for the reference.
    concurrency
        Contacts that one agent holds at once where the scenario does not say.
    """

    name: str
    kind: Kind
    about: str
    concurrency: int = 1
