"""Ranks first; the agent for whom the item is most their own."""

from orchestrator.queues.policies.policy import Policy, Seat

__all__ = ["POLICY"]


def _score(seat: Seat) -> float:
    return seat.rank


POLICY = Policy(
    about="An agent takes the best rank first; an item takes the agent who ranks its queue highest.",
    seat_score=_score,
)
