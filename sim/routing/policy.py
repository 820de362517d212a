"""What a routing policy is: two scores, the lower the better; both engines call the same compiled functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["SIGNATURE", "Policy"]

SIGNATURE = "f8(f8, f8)"


@dataclass(frozen=True, slots=True)
class Policy:
    """Two questions, asked of data; the lowest score wins, and among equals the first of the list.

    Parameters
    ----------
    about
        One sentence for the reference.
    contact_score
        (rank of the queue in the agent's list, seconds that its first contact has waited) -> score, asked when an
        agent is free and several queues hold contacts.
    group_score
        (place of the group in the queue's list, seconds since its longest-idle agent was freed) -> score, asked when
        a contact comes and several groups have a free agent; None where the place alone decides.
    """

    about: str
    contact_score: Callable[[float, float], float]
    group_score: Callable[[float, float], float] | None
