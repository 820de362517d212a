"""Ranks first; the group for which the contact is most its own."""

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return agent.rank


POLICY = Policy(
    about="An agent takes the best rank first; a contact takes the group that ranks its queue highest.",
    agent_score=_agent_score,
)
