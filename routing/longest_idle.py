"""Ranks first; the group whose next agent was idle longest."""

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return -agent.idle


POLICY = Policy(
    about="The agent gets the best rank first; the contact goes to the agent who has been idle longest.",
    agent_score=_agent_score,
)
