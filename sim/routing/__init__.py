"""Routing policies: which agent for this contact, which contact for this agent; one file each, found by its name."""

from __future__ import annotations

from functools import cache

from sim.core.plugins import found_in
from sim.routing.policy import Policy

__all__ = ["Policy", "policies"]


@cache
def policies() -> dict[str, Policy]:
    """Return every routing policy by its name.

    Returns
    -------
    dict
        Name to policy, sorted by name.
    """
    return {name: it for name, it in found_in(__name__, "POLICY").items() if isinstance(it, Policy)}
