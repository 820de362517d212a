"""Ranks first; the group for which the contact is most its own."""

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return agent.rank


POLICY = Policy(
    about="The agent gets the best rank first; the contact goes to the group that ranks its queue highest.",
    agent_score=_agent_score,
)
