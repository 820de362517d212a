"""The contact that waited longest, the agent that was idle longest."""

from __future__ import annotations

from sim.jit.cache import compiled
from sim.routing.policy import CONTACT, GROUP, Policy

__all__ = ["POLICY"]


@compiled(CONTACT)
def _contact_score(rank: float, waited: float, weight: float) -> float:  # noqa: ARG001 - not all are asked for
    return -waited


@compiled(GROUP)
def _group_score(place: float, rank: float, idle: float, busy: float, aht: float, chance: float) -> float:  # noqa: ARG001
    return -idle


POLICY = Policy(
    about="An agent takes the contact that waited longest; a contact takes the agent that was idle longest.",
    contact_score=_contact_score,
    group_score=_group_score,
)
