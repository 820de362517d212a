"""The cuts: what KPIs are broken down by."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sim.engine.plan import Plan

__all__ = [
    "BY_AGENT",
    "BY_CONTACT",
    "BY_CUSTOMER",
    "BY_HANDLED",
    "BY_JOURNEY",
    "BY_LINES",
    "BY_QUEUE",
    "BY_STAGE",
    "BY_STEP",
    "Cut",
    "keys_of",
]

Cut = Literal[
    "all",
    "interval",
    "channel",
    "intent",
    "queue",
    "group",
    "segment",
    "queue_interval",
    "group_interval",
    "step",
    "lines",
    "lines_interval",
]

BY_CONTACT: tuple[Cut, ...] = ("all", "interval", "channel", "intent", "queue", "segment", "queue_interval")
BY_HANDLED: tuple[Cut, ...] = (*BY_CONTACT, "group", "group_interval")
BY_JOURNEY: tuple[Cut, ...] = ("all", "interval", "channel", "intent", "segment")
BY_QUEUE: tuple[Cut, ...] = ("queue", "queue_interval")
BY_STEP: tuple[Cut, ...] = ("step",)
BY_LINES: tuple[Cut, ...] = ("lines", "lines_interval")
BY_STAGE: tuple[Cut, ...] = ("all", "channel", "intent", "segment")
BY_CUSTOMER: tuple[Cut, ...] = ("all", "intent", "segment")
BY_AGENT: tuple[Cut, ...] = ("all", "interval", "group", "group_interval")


@lru_cache(maxsize=256)
def keys_of(plan: Plan, by: Cut) -> tuple[tuple[str, int | None], ...]:
    """Return the keys of a cut, each a name and an interval, in the order of their codes.

    Parameters
    ----------
    plan
        Fixes the keys, so that all replications have the same ones.
    by
        The cut.
    """
    names: dict[str, tuple[str, ...]] = {
        "all": ("",),
        "interval": ("",),
        "channel": plan.channels,
        "intent": plan.intents,
        "queue": plan.queues,
        "group": plan.groups,
        "segment": plan.segments,
        "step": plan.steps,
        "lines": plan.line_names,
    }
    name, _, per = by.partition("_")
    if per or by == "interval":
        return tuple((key, i) for key in names[name] for i in range(plan.intervals))
    return tuple((key, None) for key in names[name])
