"""The scores of routing policies, compiled, and the calls of them by their addresses in the world."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from routing import FreeAgent, WaitingContact, by_position, policies
from sim.engine.policy import own_policy
from sim.jit.functions import address_of, compiled
from sim.jit.pointers import call_at
from sim.jit.signatures import F8, named

__all__ = ["agent_score", "contact_score", "scores_of"]

_CONTACT, _AGENT = F8(named(WaitingContact)), F8(named(FreeAgent))
contact_score: Callable[[int, tuple[WaitingContact]], float] = call_at(_CONTACT)
agent_score: Callable[[int, tuple[FreeAgent]], float] = call_at(_AGENT)


class Scores(NamedTuple):
    """Addresses of a policy's scores."""

    contact: int
    group: int  # 0 = the first group is taken
    by_chance: bool


@cache
def scores_of(policy: str) -> Scores:
    """Return the addresses of a policy's scores."""
    scores = own_policy(policy) or policies()[policy]
    return Scores(
        address_of(_compiled(scores.contact_score, _CONTACT)),
        0 if scores.agent_score is by_position else address_of(_compiled(scores.agent_score, _AGENT)),
        scores.by_chance,
    )


@cache
def _compiled(score: Any, signature: Any) -> Any:
    """Return the compiled function of a score; its address holds as long as it is kept."""
    return compiled(signature)(getattr(score, "py_func", score))
