"""A routing policy: two scores over named fields, in plain Python.

The compiled engine compiles the same functions, so they use numbers, conditions and the functions of `math` alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["FreeAgent", "Policy", "WaitingContact", "by_position", "by_rank"]

_CENTURY = 3.2e9  # seconds: no wait makes up for a rank


class WaitingContact(NamedTuple):
    """The first contact, or item of work, in a queue, as an agent sees it.

    Attributes
    ----------
    rank
        Rank of its queue in the agent's list; in the endpoint, plus the item's priority.
    waited
        Seconds since it entered the queue.
    weight
        Weight of a second waited in its queue.
    """

    rank: float
    waited: float
    weight: float


class FreeAgent(NamedTuple):
    """A free agent, or the simulator's group of agents, as a contact sees them.

    Attributes
    ----------
    position
        Position of the agent's group in the queue's list; in the endpoint, 0 for the agents of the item's own queue, 1
        and more for those to whom it overflows.
    rank
        Rank of the queue in the agent's list.
    idle
        Seconds since the agent, or the group's longest-idle one, was freed.
    busy
        Share of the agent's or the group's places that are taken.
    factor
        Factor on the handling time.
    chance
        A random number from 0 to 1; in the simulator, NaN unless the policy decides by chance.
    free
        1 for an agent; for the simulator's group, the number of agents who could take the contact, NaN as above.
    """

    position: float
    rank: float
    idle: float
    busy: float
    factor: float
    chance: float
    free: float


def by_rank(contact: WaitingContact) -> float:
    """Return the score by rank first, then by the longest wait: what most policies do."""
    return contact.rank * _CENTURY - contact.waited


def by_position(agent: FreeAgent) -> float:
    """Return the score by the position alone."""
    return agent.position


@dataclass(frozen=True, slots=True)
class Policy:
    """Two scores; the lowest wins, and among equals the first of the list.

    Parameters
    ----------
    about
        One sentence for the reference.
    contact_score
        Score of a contact, asked when an agent is free and several queues hold contacts.
    agent_score
        Score of an agent, asked when a contact comes and several agents are free.
    by_chance
        Whether the random number matters.
    """

    about: str
    contact_score: Callable[[WaitingContact], float] = by_rank
    agent_score: Callable[[FreeAgent], float] = by_position
    by_chance: bool = False
