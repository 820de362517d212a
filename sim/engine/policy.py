"""Routing policy of a plan: one of those that come along, or a user's own."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from routing import Policy, by_position, by_rank, policies
from sim.core.own_code import guarded, loaded

__all__ = ["is_compilable", "own_policy", "policy_of"]

_DEFAULTS = (by_rank, by_position)


def policy_of(name: str) -> Policy:
    """Return a routing policy by its name; the errors of a user's scores name their place in the scenario."""
    own = own_policy(name)
    if own is None:
        return policies()[name]
    guard = partial(_guarded, name)
    return replace(own, contact_score=guard(own.contact_score), agent_score=guard(own.agent_score))


def own_policy(name: str) -> Policy | None:
    """Return a user's policy that was loaded, as it was written; None if there is none of that name."""
    code = loaded("policy", name) if name not in policies() else None
    return code.value if code is not None and isinstance(code.value, Policy) else None


def is_compilable(name: str) -> bool:
    """Return whether the compiled engine may run a policy: of a user's own, the compiled ones."""
    own = own_policy(name)
    scores = (own.contact_score, own.agent_score) if own else ()
    return all(score in _DEFAULTS or hasattr(score, "py_func") for score in scores)


def _guarded(name: str, score: Any) -> Any:
    return score if score in _DEFAULTS else guarded("policy", name, score)
