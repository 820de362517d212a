"""Ranks first; the group that handles the contact fastest."""

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return agent.factor


POLICY = Policy(
    about="An agent takes the best rank first; a contact takes the group with the lowest factor on its handling time.",
    agent_score=_agent_score,
)
