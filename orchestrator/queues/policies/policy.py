"""What a routing policy is: two scores, the lower the better."""

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Offer", "Policy", "Seat", "by_place", "by_rank"]

_CENTURY = 3.2e9  # seconds: no wait makes up for a rank


@dataclass(frozen=True, slots=True)
class Offer:
    """The first item of a line, as an agent sees it.

    Attributes
    ----------
    rank
        Of its queue in the agent's list, plus the item's priority.
    waited
        Seconds since it entered the queue.
    weight
        Of a second waited in its queue.
    """

    rank: float
    waited: float
    weight: float


@dataclass(frozen=True, slots=True)
class Seat:
    """A free agent, as an item sees them.

    Attributes
    ----------
    place
        0 for the agents of the item's own queue, 1 and more for those to whom it overflows.
    rank
        Of the queue in the agent's list.
    idle
        Seconds since the agent came, or finished something.
    busy
        Share of the agent's places that are taken.
    factor
        On the handling time, by the agent's proficiency.
    chance
        A random number from 0 to 1.
    """

    place: float
    rank: float
    idle: float
    busy: float
    factor: float
    chance: float


def by_rank(offer: Offer) -> float:
    """Return the score by rank first, then by the longest wait: what most policies do."""
    return offer.rank * _CENTURY - offer.waited


def by_place(seat: Seat) -> float:
    """Return the score by the place alone."""
    return seat.place


@dataclass(frozen=True, slots=True)
class Policy:
    """Two questions, asked of data; the lowest score wins, and among equals the first of the list.

    Parameters
    ----------
    about
        One sentence for the reference.
    offer_score
        Asked when an agent asks and several lines hold items.
    seat_score
        Asked when an item comes and several agents are asking.
    """

    about: str
    offer_score: Callable[[Offer], float] = by_rank
    seat_score: Callable[[Seat], float] = by_place
