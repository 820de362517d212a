"""Ranks first; the group whose next agent was idle longest."""

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return -agent.idle


POLICY = Policy(
    about="An agent takes the best rank first; a contact takes the agent that was idle longest.",
    agent_score=_agent_score,
)
