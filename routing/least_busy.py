"""Ranks first; the group that is least busy."""

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return agent.busy


POLICY = Policy(
    about="The agent gets the best rank first; the contact goes to the group with the lowest share of slots in use.",
    agent_score=_agent_score,
)
