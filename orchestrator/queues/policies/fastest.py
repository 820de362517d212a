"""Ranks first; the agent who handles the item fastest."""

from orchestrator.queues.policies.policy import Policy, Seat

__all__ = ["POLICY"]


def _score(seat: Seat) -> float:
    return seat.factor


POLICY = Policy(
    about="An agent takes the best rank first; an item takes the agent with the lowest factor on the handling time.",
    seat_score=_score,
)
