"""Ranks first; any group that has a free agent."""

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return agent.chance


POLICY = Policy(
    about="The agent gets the best rank first; the contact goes to a random group with a free agent.",
    agent_score=_agent_score,
    by_chance=True,
)
