"""What a routing policy is: two scores, the lower the better; both engines call the same compiled functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.jit.cache import compiled

__all__ = ["CONTACT", "GROUP", "Policy", "contact_by_rank"]


CONTACT = "f8(f8, f8, f8)"
GROUP = "f8(f8, f8, f8, f8, f8, f8)"
_CENTURY = 3.2e9  # seconds: no wait makes up for a rank


@dataclass(frozen=True, slots=True)
class Policy:
    """Two questions, asked of data; the lowest score wins, and among equals the first of the list.

    Parameters
    ----------
    about
        One sentence for the reference.
    contact_score
        (rank of the queue in the agent's list, seconds that its first contact has waited, weight of the queue) ->
        score, asked when an agent is free and several queues hold contacts.
    group_score
        (place of the group in the queue's list, rank of the queue in the group's list, seconds since its longest-idle
        agent was freed, share of its places that are taken, its factor on the handling time, a random number) -> score,
        asked when a contact comes and several groups have a free agent; None where the place alone decides.
    by_chance
        Whether the random number matters.
    """

    about: str
    contact_score: Callable[[float, float, float], float]
    group_score: Callable[[float, float, float, float, float, float], float] | None = None
    by_chance: bool = False


@compiled(CONTACT)
def contact_by_rank(rank: float, waited: float, weight: float) -> float:  # noqa: ARG001 - not asked for
    """Return the score by rank first, then by the longest wait: what most policies do."""
    return rank * _CENTURY - waited
