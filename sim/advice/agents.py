"""Warnings about agents who are all there, hold several contacts at once, or have nothing to write up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sim.advice.model import Flows, Path, ScenarioWarning, steps_of, warn
from sim.core.headcounts import rounded
from sim.core.units import HOUR
from sim.engine.planning.crews import exactly_on_duty
from sim.scenario.now_checks import at_once
from sim.scenario.resources import Agents
from sim.scenario.schema import Scenario
from sim.scenario.steps import Assisted

__all__ = ["warnings"]

_ROUNDED = 0.05  # share of the hours on duty by which rounding changes them, above which it is mentioned


def warnings(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    """Yield the warnings about groups of agents and their handling times."""
    yield from _presence(scenario, flows)
    yield from _several_at_once(scenario, flows)
    yield from _leaving(scenario, flows)
    yield from _rounding(scenario, flows)
    weights = [
        ((*path, "wrap_up"), flows.visits[name])
        for path, name, step in steps_of(scenario)
        if isinstance(step, Assisted) and "wrap_up" not in step.model_fields_set
    ]
    message = "is left out, so agents are free the moment the customer leaves ({contacts})"
    hint = "write the after-call work, such as wrap_up: 30 s, or wrap_up: 0 s"
    yield from warn("wrap-up-left-out", weights, flows.contacts, message, hint)


def _presence(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    for field, example, listed in (("shrinkage", "30 %", "staff"), ("absence", "5 %", "shifts")):
        weights = [
            (("agents", name, field), _contacts(scenario, flows, group))
            for name, group in scenario.agents.items()
            if bool(group.shifts) == (listed == "shifts")
            and field not in group.model_fields_set
            and not group.is_unlimited
        ]
        message = f"is left out, so all agents in `{listed}` are there, and none is ill, in training or on leave "
        hint = f"write {field}: {example}, or {field}: 0 % if `{listed}` counts those who are there"
        yield from warn(f"{field}-left-out", weights, flows.contacts, message + "({contacts})", hint)


def _several_at_once(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    assumed: list[tuple[Path, float]] = []
    equal: list[tuple[Path, float]] = []
    most = 1
    for name, group in scenario.agents.items():
        places, contacts = at_once(group, scenario), _contacts(scenario, flows, group)
        if places > 1 and "at_once" not in group.model_fields_set:
            assumed.append((("agents", name, "at_once"), contacts))
            most = max(most, places)
        if places > 1 and "slower" not in group.model_fields_set:
            equal.append((("agents", name, "slower"), contacts))
    message = f"is left out, so an agent handles up to {most} contacts at the same time ({{contacts}})"
    yield from warn("at-once-left-out", assumed, flows.contacts, message, f"write at_once: {most}, or at_once: 1")
    message = "is left out, so several contacts at once take no longer than one by itself ({contacts})"
    hint = "write by how much each further one slows the others, such as slower: 15 %, or slower: 0 %"
    yield from warn("slower-left-out", equal, flows.contacts, message, hint)


def _leaving(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    weights: list[tuple[Path, float]] = [
        (("agents", name, "leaving"), _contacts(scenario, flows, group))
        for name, group in scenario.agents.items()
        if group.shifts and group.leaving != "own" and "leaving" in group.model_fields_set
    ]
    message = "is for headcounts (`staff`): agents on shifts finish their own contacts ({contacts})"
    yield from warn("leaving-ignored", weights, flows.contacts, message, "remove it, or write leaving: own")


def _rounding(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    """Find groups of whom rounding to whole agents puts other hours on duty than the shrinkage leaves."""
    hours = scenario.run.interval / HOUR
    for name, group in scenario.agents.items():
        if group.shifts or group.is_unlimited or "rounding" in group.model_fields_set:
            continue
        intervals = exactly_on_duty(group, scenario)
        exact = sum(present for _, present in intervals)
        whole = sum(float(rounded(present)) for _, present in intervals)
        if abs(whole - exact) <= _ROUNDED * exact:
            continue
        sign = 1.0 if whole > exact else -1.0
        changes = {
            each: sign * times * (float(rounded(each[1])) - each[1]) for each, times in Counter(intervals).items()
        }
        scheduled, present = max(changes, key=changes.__getitem__)
        less = f" less {100 * group.shrinkage:g} %" if group.shrinkage else ""
        message = (
            f"rounds half up to whole agents: {scheduled:g} scheduled{less} are {present:.3g}, counted as "
            f"{rounded(present)}; {whole * hours:,.1f} agent-hours are on duty in place of {exact * hours:,.1f}"
        )
        hint = f"rounding: spread keeps {present:.3g} on average; rounding: half_up says that whole agents are meant"
        yield ScenarioWarning(
            "rounded-to-whole-agents", (("agents", name, "rounding"),), message, hint, _contacts(scenario, flows, group)
        )


def _contacts(scenario: Scenario, flows: Flows, group: Agents) -> float:
    """Return the contacts of the queues that a group serves."""
    return sum(flows.of_queue(scenario, queue) for queue in group.serves)
