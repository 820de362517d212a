"""Journey graphs as arrays: the next steps, and the conditions on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.channels import Kind
from sim.engine.plan import EXITS, OUTCOMES, Result
from sim.engine.plan_tables import Cases, Routes
from sim.engine.planning.arrays import DayValues, cumulative, f8, flat, i4, ptr
from sim.numerics.time_grid import bounds_of_waits
from sim.scenario.by_day import is_named
from sim.scenario.routes import Case, Condition, cases_of

__all__ = ["Names", "cases", "routes", "target"]

_FIELDS = {
    Result.PASSED: "next",
    Result.HANDLED: "next",
    Result.ABANDONED: "if_abandoned",
    Result.CLOSED: "if_closed",
    Result.BLOCKED: "if_blocked",
    Result.BALKED: "if_balked",
    Result.FAILED: "if_failed",
    Result.TIMED_OUT: "if_timed_out",
}


class Names:
    """Indices of steps, segments and channels by name, and rows of days."""

    def __init__(
        self, nodes: Sequence[tuple[str, str, Any]], segments: Sequence[str], channels: Sequence[str], days: DayValues
    ) -> None:
        self.steps = {f"{intent}.{name}": i for i, (intent, name, _) in enumerate(nodes)}
        self.segments = list(segments)
        self.channels = list(channels)
        self.days = days


def target(names: Names, intent: str, name: str) -> int:
    """Return the number of a step, or -1 - Outcome."""
    if name in OUTCOMES:
        return -1 - OUTCOMES[name]
    return names.steps[name if "." in name else f"{intent}.{name}"]


def routes(names: Names, nodes: Sequence[tuple[str, str, Any]], kinds: Sequence[Kind]) -> Routes:
    """Return the next steps after each step and result; results that a step does not have lead nowhere.

    `nodes` are intent, name and model of each step, and `kinds` the kinds of their channels.
    """
    rows = [
        [(intent, case) for case in _cases_after(step, channel_kind, Result(result))]
        for (intent, _, step), channel_kind in zip(nodes, kinds, strict=True)
        for result in range(EXITS)
    ]
    all_cases = flat(rows)
    targets = [[target(names, intent, name) for name in case.to] for intent, case in all_cases]
    return Routes(
        ptr=ptr(rows),
        cases=cases(names, [case.when for _, case in all_cases]),
        case_ptr=ptr(targets),
        next=i4(flat(targets)),
        share=f8(flat(cumulative(case.to.values()) for _, case in all_cases)),
    )


def _cases_after(step: Any, channel_kind: Kind, result: Result) -> list[Case]:
    waits = channel_kind in {Kind.ASSISTED, Kind.DEFERRED}
    if result == (Result.PASSED if waits else Result.HANDLED):
        return []
    if result == Result.NOTIFIED:
        notification = getattr(step, "notify", None)
        return [] if notification is None else [Case(to=notification.to)]
    targets = getattr(step, _FIELDS.get(result, ""), None)
    return [] if targets is None else cases_of(targets)


def cases(names: Names, conditions: Sequence[Condition]) -> Cases:
    """Return conditions as arrays."""
    anything = (-math.inf, math.inf)
    return Cases(
        segments=np.array([_mask(names.segments, condition.segment) for condition in conditions], dtype=np.uint64),
        channels=np.array([_mask(names.channels, condition.came_from) for condition in conditions], dtype=np.uint64),
        attempt=f8([condition.attempt or anything for condition in conditions]).reshape(-1, 2),
        waited=bounds_of_waits(f8([condition.waited or anything for condition in conditions]).reshape(-1, 2)),
        effort=f8([condition.effort or anything for condition in conditions]).reshape(-1, 2),
        context=i4([{None: -1, "lost": 0, "kept": 1}[condition.context] for condition in conditions]),
        time=f8([condition.time or anything for condition in conditions]).reshape(-1, 2),
        days=i4(_days(names, condition.day) for condition in conditions),
    )


def _days(names: Names, days: list[int | str] | None) -> int:
    return -1 if days is None else names.days.row(lambda day, calendar: int(is_named(days, day, calendar)))


def _mask(known: Sequence[str], names: Sequence[str] | None) -> int:
    return 2**64 - 1 if names is None else sum(1 << known.index(name) for name in set(names))
