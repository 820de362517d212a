"""The contact that waited longest, the agent that was idle longest."""

from __future__ import annotations

from numba import njit

from sim.routing.policy import SIGNATURE, Policy

__all__ = ["POLICY"]


@njit(SIGNATURE, cache=True)
def _contact_score(rank: float, waited: float) -> float:  # noqa: ARG001 - the wait alone decides
    return -waited


@njit(SIGNATURE, cache=True)
def _group_score(place: float, idle: float) -> float:  # noqa: ARG001 - the idle time alone decides
    return -idle


POLICY = Policy(
    about="An agent takes the contact that waited longest; a contact takes the agent that was idle longest.",
    contact_score=_contact_score,
    group_score=_group_score,
)
