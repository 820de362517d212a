"""Warnings about dialers: a list that is never dialed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from sim.advice.model import Flows, ScenarioWarning, steps_of, warn
from sim.engine.plan import Plan
from sim.scenario.schema import Scenario

__all__ = ["warnings"]


def warnings(scenario: Scenario, plan: Plan, flows: Flows) -> Iterator[ScenarioWarning]:
    """Yield a warning for each dialer whose rules hold at no time, even if all agents are idle."""
    paths = {name: path for path, name, _ in steps_of(scenario)}
    for row, step in enumerate(plan.dialers.step.tolist()):
        if not _can_dial(plan, row):
            path, group = paths[plan.steps[step]], plan.groups[plan.dialers.group[row]]
            message = f"never dials, as too few agents of {group} are scheduled in its hours, and in those whose idle "
            message += "agents it counts ({contacts} wait on the list)"
            hint = "let the hours overlap those of the agents, or lower keep_idle or min_idle"
            weights = [((*path, "dialer"), flows.visits[plan.steps[step]])]
            yield from warn("never-dials", weights, flows.touchpoints, message, hint, noun="visits")


def _can_dial(plan: Plan, row: int) -> bool:
    """Tell whether a list could be dialed at some time within its hours."""
    dialers, group = plan.dialers, int(plan.dialers.group[row])
    counted = dialers.idle_groups[dialers.idle_ptr[row] : dialers.idle_ptr[row + 1]].tolist()
    changes = {
        instant
        for other in {group, *counted}
        for instant in plan.staff_time[plan.staff_ptr[other] : plan.staff_ptr[other + 1]].tolist()
    }
    spans = slice(dialers.open_ptr[row], dialers.open_ptr[row + 1])
    for begin, until in zip(dialers.open_from[spans].tolist(), dialers.open_until[spans].tolist(), strict=True):
        for instant in [begin, *(change for change in changes if begin < change < until)]:
            idle = sum(_headcount(plan, other, instant) for other in counted)
            enough = idle > dialers.keep[row] and idle >= dialers.least[row]
            if enough and _headcount(plan, group, instant):
                return True
    return False


def _headcount(plan: Plan, group: int, instant: float) -> int:
    """Return how many agents of a group are scheduled at an instant."""
    first = int(plan.staff_ptr[group])
    row = bisect_right(plan.staff_time[: plan.staff_ptr[group + 1]], instant, lo=first) - 1
    return int(plan.staff_count[row]) if row >= first else 0
