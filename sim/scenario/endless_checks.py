"""Checks of intents whose journeys are endless: customers begin anew, at one step, and there are some."""

from __future__ import annotations

from collections.abc import Iterator

from sim.scenario.by_day import numbers_in
from sim.scenario.demand import Replayed
from sim.scenario.graph_checks import EXITS
from sim.scenario.routes import cases_of
from sim.scenario.schema import Intent, Scenario

__all__ = ["endless_problems"]


def endless_problems(scenario: Scenario) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield path and message of each problem of intents whose journeys are endless."""
    for name, intent in scenario.intents.items():
        if not intent.endless:
            continue
        starts = [step for case in cases_of(intent.start) for step in case.to]
        if len(starts) > 1:
            message = f"has {len(starts)} steps, and endless journeys begin anew at one; give one, such as {starts[0]}"
            yield ("intents", name, "start"), message
        if not _has_customers(scenario, name, intent):
            message = "has nobody whose journeys could be endless; say how many are there from the start, with "
            yield ("intents", name, "endless"), f"{message}run: {{start_with: {{{name}.{starts[0]}: 100}}}}"


def _has_customers(scenario: Scenario, name: str, intent: Intent) -> bool:
    """Tell whether customers are there at the start, come, or are led here from another intent."""
    present = any(step.startswith(f"{name}.") for step in scenario.run.start_with)
    comes = isinstance(intent.arrivals, Replayed) or intent.rate is not None
    comes |= intent.demand is not None and any(numbers_in(intent.demand))
    return present or comes or any(target.startswith(f"{name}.") for target in _targets(scenario))


def _targets(scenario: Scenario) -> Iterator[str]:
    """Yield the targets of all routes."""
    for intent in scenario.intents.values():
        for step in intent.steps.values():
            for field in EXITS:
                yield from (target for case in cases_of(getattr(step, field, None) or []) for target in case.to)
