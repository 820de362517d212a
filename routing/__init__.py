"""Routing policies, one file each, found by its name: which agent for this contact, which contact for this agent.

The simulator's engines and the reference endpoint call the same functions, so that what was simulated can be run.
"""

from routing.catalogue import policies
from routing.policy import FreeAgent, Policy, WaitingContact, by_position, by_rank

__all__ = ["FreeAgent", "Policy", "WaitingContact", "by_position", "by_rank", "policies"]
