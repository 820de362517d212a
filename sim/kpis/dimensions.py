"""Dimensions: what KPIs are broken down by."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from sim.core.units import WEEKDAYS
from sim.engine.plan import Plan
from sim.kpis.intervals import days_of

__all__ = [
    "BY_AGENT", "BY_CONTACT", "BY_CUSTOMER", "BY_HANDLED", "BY_INTERVAL", "BY_JOURNEY", "BY_LINES", "BY_QUEUE",
    "BY_STAGE", "BY_STEP", "BY_TOUCHPOINT", "Dimension", "Key", "by_days", "by_weekdays", "keys_of",
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
    "day",
    "weekday",
    "queue_day",
    "queue_weekday",
    "group_day",
    "group_weekday",
    "lines_day",
    "lines_weekday",
    "step_interval",
    "queue_group",
]
Key = tuple[str, int | None, int | None, str | None]  # a name; interval, day and weekday, each None if it is not of one

BY_CONTACT: tuple[Dimension, ...] = ("all", "interval", "channel", "intent", "queue", "segment", "queue_interval")
BY_HANDLED: tuple[Dimension, ...] = (*BY_CONTACT, "group", "group_interval")
BY_JOURNEY: tuple[Dimension, ...] = ("all", "interval", "channel", "intent", "segment")
BY_QUEUE: tuple[Dimension, ...] = ("queue", "queue_interval")
BY_STEP: tuple[Dimension, ...] = ("step",)
BY_LINES: tuple[Dimension, ...] = ("lines", "lines_interval")
BY_STAGE: tuple[Dimension, ...] = ("all", "channel", "intent", "segment")
BY_CUSTOMER: tuple[Dimension, ...] = ("all", "intent", "segment")
BY_TOUCHPOINT: tuple[Dimension, ...] = (*BY_HANDLED, "step")
BY_AGENT: tuple[Dimension, ...] = ("all", "interval", "group", "group_interval")


_BY_DAY: dict[Dimension, tuple[Dimension, Dimension]] = {
    "all": ("day", "weekday"),
    "queue": ("queue_day", "queue_weekday"),
    "group": ("group_day", "group_weekday"),
    "lines": ("lines_day", "lines_weekday"),
}


BY_INTERVAL: dict[Dimension, Dimension] = {
    "all": "interval",
    "queue": "queue_interval",
    "group": "group_interval",
    "lines": "lines_interval",
    "step": "step_interval",
}
"""The dimension by interval of each dimension that has one."""


def by_days(dimensions: Iterable[Dimension]) -> dict[Dimension, Dimension]:
    """Return the dimension by day of each dimension that has one."""
    return {dimension: _BY_DAY[dimension][0] for dimension in dimensions if dimension in _BY_DAY}


def by_weekdays() -> dict[Dimension, Dimension]:
    """Return the dimension by weekday of each dimension by day."""
    return dict(_BY_DAY.values())


def _pairs(plan: Plan) -> tuple[str, ...]:
    """Return "queue/group" for each group that serves a queue."""
    ends = plan.queue_groups_ptr.tolist()
    return tuple(
        f"{queue}/{plan.groups[group]}"
        for queue, rows in zip(plan.queues, pairwise(ends), strict=True)
        for group in plan.queue_groups[slice(*rows)].tolist()
    )


@lru_cache(maxsize=256)
def keys_of(plan: Plan, by: Dimension) -> tuple[Key, ...]:
    """Return the keys of a dimension, in the order of their codes.

    Parameters
    ----------
    plan
        Fixes the keys, so that all replications have the same ones.
    by
        The dimension; there are none by day or weekday where the run has a single day.
    """
    names: dict[str, tuple[str, ...]] = {
        "": ("",),
        "channel": plan.channels,
        "intent": plan.intents,
        "queue": plan.queues,
        "group": plan.groups,
        "segment": plan.segments,
        "step": plan.steps,
        "lines": plan.line_names,
        "queue_group": _pairs(plan),
    }
    name, _, per = by.rpartition("_")
    last = days_of(plan)
    weekdays = [plan.calendar.weekday_name(day) for day in range(1, min(last, len(WEEKDAYS)) + 1)]
    if per == "interval":
        return tuple((key, i, None, None) for key in names[name] for i in range(plan.intervals))
    if per == "day":
        return tuple((key, None, day, None) for key in names[name] for day in range(1, last + 1) if last > 1)
    if per == "weekday":
        return tuple((key, None, None, weekday) for key in names[name] for weekday in weekdays if last > 1)
    return tuple((key, None, None, None) for key in names["" if by == "all" else by])
