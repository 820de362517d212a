"""Ranks first; the group that handles the contact fastest."""

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return agent.factor


POLICY = Policy(
    about="The agent gets the best rank first; the contact goes to the group with the lowest handling-time factor.",
    agent_score=_agent_score,
)
