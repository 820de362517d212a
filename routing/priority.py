"""Ranks first, then the longest wait; the first group in the list that has a free agent."""

from routing.policy import Policy

__all__ = ["POLICY"]


POLICY = Policy(
    about="An agent takes the best rank first, and the longest wait within it; a contact takes the first group listed.",
)
