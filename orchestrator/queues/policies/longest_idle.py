"""Ranks first; the agent who was idle longest."""

from orchestrator.queues.policies.policy import Policy, Seat

__all__ = ["POLICY"]


def _score(seat: Seat) -> float:
    return -seat.idle


POLICY = Policy(
    about="An agent takes the best rank first; an item takes the agent who was idle longest.",
    seat_score=_score,
)
