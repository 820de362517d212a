"""Ranks first; the agent who is least busy."""

from orchestrator.queues.policies.policy import Policy, Seat

__all__ = ["POLICY"]


def _score(seat: Seat) -> float:
    return seat.busy


POLICY = Policy(
    about="An agent takes the best rank first; an item takes the agent with the least share of their places taken.",
    seat_score=_score,
)
