"""Ranks first; any group that has a free agent."""

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return agent.chance


POLICY = Policy(
    about="An agent takes the best rank first; a contact takes any group with a free agent, by chance.",
    agent_score=_agent_score,
    by_chance=True,
)
