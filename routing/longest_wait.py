"""The contact that waited longest, the agent that was idle longest."""

from routing.policy import FreeAgent, Policy, WaitingContact

__all__ = ["POLICY"]


def _contact_score(contact: WaitingContact) -> float:
    return -contact.waited


def _agent_score(agent: FreeAgent) -> float:
    return -agent.idle


POLICY = Policy(
    about="The agent gets the longest wait; the contact goes to the agent who has been idle longest.",
    contact_score=_contact_score,
    agent_score=_agent_score,
)
