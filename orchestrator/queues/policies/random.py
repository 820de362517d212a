"""Ranks first; any agent who is free."""

from orchestrator.queues.policies.policy import Policy, Seat

__all__ = ["POLICY"]


def _score(seat: Seat) -> float:
    return seat.chance


POLICY = Policy(
    about="An agent takes the best rank first; an item takes any agent who is asking, by chance.",
    seat_score=_score,
)
