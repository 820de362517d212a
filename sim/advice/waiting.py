"""Warnings about queues: patience, opening hours, service levels, callbacks, and the order of the agents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from routing import by_position
from sim.advice.model import Flows, Path, ScenarioWarning, steps_of, warn
from sim.core.units import DAY
from sim.engine.plan import Plan
from sim.engine.policy import policy_of
from sim.scenario.by_day import spelled
from sim.scenario.resources import Queue
from sim.scenario.schema import Scenario
from sim.scenario.steps import Assisted, Deferred

__all__ = ["warnings"]


def warnings(scenario: Scenario, plan: Plan, flows: Flows) -> Iterator[ScenarioWarning]:
    """Yield the warnings about queues and those who wait in them."""
    yield from _patience(scenario, flows)
    yield from _hours(scenario, plan, flows)
    yield from _service_level(scenario, flows)
    yield from _callback(scenario, flows)
    yield from _order(scenario, flows)


def _patience(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    weights = [
        ((*path, "patience"), flows.visits[name])
        for path, name, step in steps_of(scenario)
        if isinstance(step, Assisted) and "patience" not in step.model_fields_set
    ]
    message = "is left out, so nobody gives up waiting ({contacts}): abandonment is 0, and a full queue only grows"
    hint = "write a law, such as patience: {law: exponential, mean: 5 min}, or patience: null"
    yield from warn("patience-left-out", weights, flows.contacts, message, hint)


def _hours(scenario: Scenario, plan: Plan, flows: Flows) -> Iterator[ScenarioWarning]:
    """Find queues that are open while their agents are away."""
    for number, name in enumerate(plan.queues):
        visits, later = _of_queue(scenario, flows, name)
        if not visits or "hours" in _settings(scenario, name).model_fields_set:
            continue
        staffed = _staffed(plan, number)
        volume = plan.volume.sum(axis=0)
        alone = float(volume[~staffed].sum() / max(float(volume.sum()), 1e-300))
        at_night = 1 - float(staffed.sum()) * plan.interval / (scenario.run.days * DAY)
        weights: list[tuple[Path, float]] = [(("queues", name, "hours"), (visits - later) * alone + later * at_night)]
        hours = spelled(scenario.run.hours)
        message = (
            "are left out, so the queue is open around the clock, and customers wait in it while none of its agents is "
            "there ({contacts})"
        )
        hint = f"write the opening hours, such as hours: {hours}, and if_closed in its steps, or hours: 00:00-24:00"
        yield from warn("hours-left-out", weights, flows.contacts, message, hint)


def _staffed(plan: Plan, queue: int) -> NDArray[np.bool_]:
    """Tell for each interval whether an agent who serves the queue is on duty when it begins."""
    begins = plan.origin + plan.interval * np.arange(plan.intervals)
    staffed = np.zeros(plan.intervals, dtype=np.bool_)
    for group in plan.queue_groups[plan.queue_groups_ptr[queue] : plan.queue_groups_ptr[queue + 1]]:
        staffed |= bool(plan.crews.unlimited[group])
        first, last = plan.staff_ptr[group], plan.staff_ptr[group + 1]
        counts = np.concatenate([[0], plan.staff_count[first:last]])
        staffed |= counts[np.searchsorted(plan.staff_time[first:last], begins, side="right")] > 0
    return staffed


def _of_queue(scenario: Scenario, flows: Flows, queue: str) -> tuple[float, float]:
    """Return the visits of customers who wait in a queue themselves: all, and those later in their journeys."""
    names = [name for _, name, step in steps_of(scenario) if isinstance(step, Assisted) and step.queue == queue]
    return sum(flows.visits[name] for name in names), sum(flows.later[name] for name in names)


def _service_level(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    written = {step.queue for _, _, step in steps_of(scenario) if isinstance(step, Deferred)}
    written -= {step.queue for _, _, step in steps_of(scenario) if isinstance(step, Assisted)}
    weights: list[tuple[Path, float]] = [
        (("queues", queue, "service_level"), flows.of_queue(scenario, queue))
        for queue in sorted(written)
        if "service_level" not in _settings(scenario, queue).model_fields_set
    ]
    message = "is left out, so written work counts as in time within 20 s, as a call does ({contacts})"
    hint = "write the wanted time, such as service_level: {target: 90 %, within: 4 h}"
    yield from warn("service-level-left-out", weights, flows.contacts, message, hint)


def _callback(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    if not scenario.orchestration.callbacks:
        return
    weights: list[tuple[Path, float]] = [
        (("queues", name, "callback", field), _of_queue(scenario, flows, name)[0])
        for name, queue in scenario.queues.items()
        for field in ("accept", "reach")
        if queue.callback and field not in queue.callback.model_fields_set
    ]
    message = (
        "is left out: half of the customers accept a callback, and all who accept answer it ({contacts} can be offered "
        "one)"
    )
    hint = "write both, such as callback: {accept: 50 %, reach: 85 %}"
    yield from warn("callback-left-out", weights, flows.contacts, message, hint)


def _order(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    """Find orders of agents that the policy does not read: any but that of the groups, and full lists."""
    weights: list[tuple[Path, float]] = []
    for name, queue in scenario.queues.items():
        if policy_of(queue.routing or scenario.routing).agent_score is by_position:
            continue
        if _prefers(queue, [group for group, agents in scenario.agents.items() if name in agents.serves]):
            weights.append((("queues", name, "agents"), flows.of_queue(scenario, name)))
    message = "are listed first choice first, but the queue's routing does not look at their order ({contacts})"
    hint = (
        "write routing: priority for first choice first, for all or in the queue; or leave `agents` out, or list a "
        "choice of groups in the order of the scenario's agents"
    )
    yield from warn("order-ignored", weights, flows.contacts, message, hint)


def _prefers(queue: Queue, able: list[str]) -> bool:
    """Tell whether a list of agents says more than who serves the queue, or after how long."""
    stages = queue.agents or []
    chosen = [stage.group for stage in stages]
    if chosen != [group for group in able if group in chosen]:
        return True
    return len(chosen) > 1 and chosen == able and all(s.after == s.idle == s.waiting == 0 for s in stages)


def _settings(scenario: Scenario, queue: str) -> Queue:
    return scenario.queues.get(queue, Queue())
