"""A channel: the traits that the engines read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Channel", "Kind"]


class Kind(IntEnum):
    """Kind of a step: what it does with the customer."""

    SELF_SERVICE = 0  # takes its time, needs no agent
    ASSISTED = 1  # the customer waits in a queue, and may give up
    DEFERRED = 2  # the work waits in a queue, the customer is elsewhere
    PAUSE = 3  # the customer is away, and comes back later
    DIALED = 4  # the customer is on a list, and is called when agents are idle


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, such as chat.

    Parameters
    ----------
    name
        Name in scenarios.
    step_kind
        Kind of a step in it.
    about
        One sentence for the reference.
    concurrency
        Contacts that one agent holds at once, unless the scenario says otherwise.
    """

    name: str
    step_kind: Kind
    about: str
    concurrency: int = 1
