"""Ranks first; the group that is least busy."""

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return agent.busy


POLICY = Policy(
    about="An agent takes the best rank first; a contact takes the group with the least share of its places taken.",
    agent_score=_agent_score,
)
