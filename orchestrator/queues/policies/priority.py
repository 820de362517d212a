"""Ranks first, then the longest wait; the first place in the list at which an agent is free."""

from orchestrator.queues.policies.policy import Policy

__all__ = ["POLICY"]


POLICY = Policy(
    about="An agent takes the best rank first, then the longest wait; an item takes its queue's own agents first.",
)
