"""Ranks first, then the longest wait; the first group in the list that has a free agent."""

from routing.policy import Policy

__all__ = ["POLICY"]


POLICY = Policy(
    about="The agent gets the best rank, then the longest wait; the contact goes to the first group of its queue.",
)
