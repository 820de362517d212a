"""Ranks first; the group for which the contact is most its own."""

from __future__ import annotations

from sim.jit.cache import compiled
from sim.routing.policy import GROUP, Policy, contact_by_rank

__all__ = ["POLICY"]


@compiled(GROUP)
def _group_score(place: float, rank: float, idle: float, busy: float, aht: float, chance: float) -> float:  # noqa: ARG001
    return rank


POLICY = Policy(
    about="An agent takes the best rank first; a contact takes the group that ranks its queue highest.",
    contact_score=contact_by_rank,
    group_score=_group_score,
)
