"""The contact whose weighted wait is longest; the first group in the list that has a free agent."""

from routing.policy import Policy, WaitingContact

__all__ = ["POLICY"]


def _contact_score(contact: WaitingContact) -> float:
    return -contact.weight * contact.waited


POLICY = Policy(
    about="The agent gets the largest weight times wait; the contact goes to the first group of its queue.",
    contact_score=_contact_score,
)
