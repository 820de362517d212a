"""Ranks first; the group whose next agent was idle longest."""

from __future__ import annotations

from sim.jit.cache import compiled
from sim.routing.policy import GROUP, Policy, contact_by_rank

__all__ = ["POLICY"]


@compiled(GROUP)
def _group_score(place: float, rank: float, idle: float, busy: float, aht: float, chance: float) -> float:  # noqa: ARG001
    return -idle


POLICY = Policy(
    about="An agent takes the best rank first; a contact takes the agent that was idle longest.",
    contact_score=contact_by_rank,
    group_score=_group_score,
)
