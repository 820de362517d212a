"""The contact whose weighted wait is longest; the first group in the list that has a free agent."""

from __future__ import annotations

from sim.jit.cache import compiled
from sim.routing.policy import CONTACT, Policy

__all__ = ["POLICY"]


@compiled(CONTACT)
def _contact_score(rank: float, waited: float, weight: float) -> float:  # noqa: ARG001 - not all are asked for
    return -weight * waited


POLICY = Policy(
    about="An agent takes the largest weight times wait; a contact takes the first group listed.",
    contact_score=_contact_score,
)
