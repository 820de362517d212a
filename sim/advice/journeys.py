"""Warnings about journeys: messages that reach everybody, context that is kept, agents who wait for one another."""

from __future__ import annotations

from collections.abc import Iterator

from sim.advice.model import Flows, Path, ScenarioWarning, steps_of, warn
from sim.engine.plan import Plan
from sim.engine.planning.crews import stages_of
from sim.scenario.resources import Queue
from sim.scenario.routes import cases_of
from sim.scenario.schema import Scenario
from sim.scenario.steps import Assisted, Deferred, Pause

__all__ = ["warnings"]


def warnings(scenario: Scenario, plan: Plan, flows: Flows) -> Iterator[ScenarioWarning]:
    """Yield the warnings about journeys."""
    yield from _messages(scenario, flows)
    yield from _context(scenario, flows)
    yield from _deadlock(scenario, flows)
    yield from _growing(scenario, plan)


def _messages(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    weights = [
        ((*path, "notify", "reach"), flows.visits[name])
        for path, name, step in steps_of(scenario)
        if isinstance(step, Pause) and step.notify and "reach" not in step.notify.model_fields_set
    ]
    message = "is left out, so every customer who gets the message reacts ({contacts})"
    hint = "write the share who react, such as reach: 30 %, or reach: 100 %"
    if scenario.orchestration.notifications:
        yield from warn("reach-left-out", weights, flows.touchpoints, message, hint, noun="visits")


def _context(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    settings = scenario.orchestration
    if "repeat" in settings.model_fields_set and "context" not in settings.model_fields_set:
        weights: list[tuple[Path, float]] = [(("orchestration", "context"), flows.contacts)]
        message = "is left out, so it is kept, and `repeat` has no effect ({contacts})"
        yield from warn("context-left-out", weights, flows.contacts, message, "write context: lost, or context: kept")


def _growing(scenario: Scenario, plan: Plan) -> Iterator[ScenarioWarning]:
    """Find customers who come all the time and never leave."""
    days = scenario.run.days
    coming = {name: float(volume.sum()) / days for name, volume in zip(plan.intents, plan.volume, strict=True)}
    weights: list[tuple[Path, float]] = [
        (("intents", name, field), coming[name])
        for name, intent in scenario.intents.items()
        for field in ("demand", "rate")
        if intent.endless and field in intent.model_fields_set
    ]
    message = "brings customers who never leave, as journeys here are endless ({contacts})"
    hint = "say how many there are with run.start_with, and write no demand; or write endless: false"
    total = (float(plan.volume.sum()) + len(plan.start_step)) / days
    yield from warn("endless-demand", weights, total, message, hint, noun="journeys")


def _deadlock(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    """Find agents who stay with a customer for agents who may all do the same."""
    steps = {name: (path, step) for path, name, step in steps_of(scenario)}
    staying = {  # steps to those for which their agents stay, where nobody gives up
        name: [target for target in _stays_for(name, step) if _waits_for_ever(steps[target][1])]
        for name, (_, step) in steps.items()
        if isinstance(step, Assisted)
    }
    servers = {name: _servers(scenario, step) for name, (_, step) in steps.items() if isinstance(step, Deferred)}
    stuck = set(scenario.agents)
    while True:
        risky = [
            name
            for name, targets in staying.items()
            if servers[name] & stuck and any(servers[target] <= stuck for target in targets)
        ]
        still = stuck & {group for name in risky for group in servers[name]}
        if still == stuck:
            break
        stuck = still
    weights = [((*steps[name][0], "transfer"), flows.visits[name]) for name in risky]
    message = (
        "keeps the agent with the customer until another one answers, whom only agents who may be doing the same can "
        "be: once all of them wait, nobody is served any more ({contacts})"
    )
    hint = "give the next step a patience or agents of its own, or leave the transfer out"
    yield from warn("deadlock", weights, flows.contacts, message, hint)


def _stays_for(name: str, step: Assisted) -> list[str]:
    """Return the steps that a transfer may lead to while the agent stays."""
    own = name.partition(".")[0]
    reached = {target for case in cases_of(step.next) for target, share in case.to.items() if share > 0}
    return [target if "." in target else f"{own}.{target}" for target in step.transfer if target in reached]


def _waits_for_ever(step: object) -> bool:
    if isinstance(step, Assisted):
        return step.patience is None or step.patience.infinite > 0
    return isinstance(step, Deferred)


def _servers(scenario: Scenario, step: Deferred) -> set[str]:
    queue = scenario.queues.get(step.queue, Queue())
    return {stage.group for stage in stages_of(step.queue, queue, scenario)}
