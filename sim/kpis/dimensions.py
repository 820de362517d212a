"""Dimensions: what KPIs are broken down by."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from sim.engine.plan import Plan

__all__ = [
    "BY_AGENT", "BY_CONTACT", "BY_CUSTOMER", "BY_HANDLED", "BY_JOURNEY", "BY_LINES", "BY_QUEUE", "BY_STAGE", "BY_STEP",
    "Dimension", "Key", "keys_of",
]  # fmt: skip

Dimension = Literal[
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
Key = tuple[str, int | None]  # a name, and the number of a reporting interval or None

BY_CONTACT: tuple[Dimension, ...] = ("all", "interval", "channel", "intent", "queue", "segment", "queue_interval")
BY_HANDLED: tuple[Dimension, ...] = (*BY_CONTACT, "group", "group_interval")
BY_JOURNEY: tuple[Dimension, ...] = ("all", "interval", "channel", "intent", "segment")
BY_QUEUE: tuple[Dimension, ...] = ("queue", "queue_interval")
BY_STEP: tuple[Dimension, ...] = ("step",)
BY_LINES: tuple[Dimension, ...] = ("lines", "lines_interval")
BY_STAGE: tuple[Dimension, ...] = ("all", "channel", "intent", "segment")
BY_CUSTOMER: tuple[Dimension, ...] = ("all", "intent", "segment")
BY_AGENT: tuple[Dimension, ...] = ("all", "interval", "group", "group_interval")


@lru_cache(maxsize=256)
def keys_of(plan: Plan, by: Dimension) -> tuple[Key, ...]:
    """Return the keys of a dimension, in the order of their codes.

    Parameters
    ----------
    plan
        Fixes the keys, so that all replications have the same ones.
    by
        The dimension.
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
