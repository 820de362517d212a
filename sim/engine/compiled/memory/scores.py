"""The scores of routing policies, compiled, and the calls of them by their addresses in the world."""

from __future__ import annotations

from functools import cache
from typing import Any

from routing import FreeAgent, WaitingContact, by_place, policies
from sim.jit.cache import compiled, ready
from sim.jit.pointers import call_at
from sim.jit.signatures import F8, named

__all__ = ["agent_score", "compiled_scores", "contact_score"]

_CONTACT, _AGENT = F8(named(WaitingContact)), F8(named(FreeAgent))
contact_score, agent_score = call_at(_CONTACT), call_at(_AGENT)


@cache
def compiled_scores(policy: str) -> tuple[Any, Any]:
    """Return a policy's scores of contacts and agents; None in place of the latter where the first agent is taken."""
    scores = policies()[policy]
    contact = ready(compiled(_CONTACT)(scores.contact_score))
    return contact, None if scores.agent_score is by_place else ready(compiled(_AGENT)(scores.agent_score))
