"""Ranks first, then the longest wait; the first group in the list that has a free agent."""

from __future__ import annotations

from numba import njit

from sim.routing.policy import SIGNATURE, Policy

__all__ = ["POLICY"]

_CENTURY = 3.2e9  # seconds: no wait makes up for a rank


@njit(SIGNATURE, cache=True)
def _contact_score(rank: float, waited: float) -> float:
    return rank * _CENTURY - waited


POLICY = Policy(
    about="An agent takes the best rank first, and the longest wait within it; a contact takes the first group listed.",
    contact_score=_contact_score,
    group_score=None,
)
