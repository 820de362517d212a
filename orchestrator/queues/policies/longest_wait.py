"""The item that waited longest, the agent who was idle longest."""

from orchestrator.queues.policies.policy import Offer, Policy, Seat

__all__ = ["POLICY"]


def _offer_score(offer: Offer) -> float:
    return -offer.waited


def _seat_score(seat: Seat) -> float:
    return -seat.idle


POLICY = Policy(
    about="An agent takes the item that waited longest; an item takes the agent who was idle longest.",
    offer_score=_offer_score,
    seat_score=_seat_score,
)
