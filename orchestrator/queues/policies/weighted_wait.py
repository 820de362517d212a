"""The item whose weighted wait is longest; the first place in the list at which an agent is free."""

from orchestrator.queues.policies.policy import Offer, Policy

__all__ = ["POLICY"]


def _offer_score(offer: Offer) -> float:
    return -offer.weight * offer.waited


POLICY = Policy(
    about="An agent takes the largest weight times wait; an item takes its queue's own agents first.",
    offer_score=_offer_score,
)
