"""Ranks first; any free agent, so that a group counts by how many of its agents are free."""

from math import log1p

from routing.policy import FreeAgent, Policy

__all__ = ["POLICY"]


def _agent_score(agent: FreeAgent) -> float:
    return -log1p(-agent.chance) / agent.free  # the least of exponential times: with a rate of the number who are free


POLICY = Policy(
    about="The agent gets the best rank first; the contact goes to a random free agent of all groups.",
    agent_score=_agent_score,
    by_chance=True,
)
