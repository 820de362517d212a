"""Warnings about exits that are left out: whoever takes them gives up for good, which keeps later queues short."""

from __future__ import annotations

from collections.abc import Iterator

from sim.advice.model import Flows, Path, ScenarioWarning, steps_of, warn
from sim.core.units import DAY
from sim.scenario.fields import all_shares
from sim.scenario.resources import Queue
from sim.scenario.schema import Scenario
from sim.scenario.steps import Assisted, Outbound, Pause, SelfService, Step

__all__ = ["warnings"]

_SITUATIONS = {
    "if_abandoned": "customers whose patience runs out",
    "if_closed": "customers who find the queue closed",
    "if_blocked": "customers who find the queue full or all lines busy",
    "if_balked": "customers who balk",
    "if_timed_out": "customers who have waited as long as the queue lets them",
    "if_failed": "customers whom an error, a dropped call or a missed call stops",
}


def warnings(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    """Yield a warning for each exit that is left out, can be taken, and ends the journey."""
    weights: dict[str, list[tuple[Path, float]]] = {field: [] for field in _SITUATIONS}
    for path, name, step in steps_of(scenario):
        if scenario.intents[str(path[1])].endless:
            continue  # who gives up begins anew
        for field, share in _shares(scenario, step).items():
            if share and field not in step.model_fields_set:
                weights[field].append(((*path, field), share * flows.visits[name]))
    for field, customers in _SITUATIONS.items():
        yield from warn(
            f"{field.replace('_', '-')}-left-out",
            weights[field],
            flows.touchpoints,
            f"is left out, so {customers} give up for good and load no queue later ({{contacts}} can come to this)",
            f"write where they go, such as {field}: again with a pause before the next try, or {field}: gave_up",
            noun="visits",
        )


def _shares(scenario: Scenario, step: Step) -> dict[str, float]:
    """Return the share of the visits that may take each exit; 1 where nobody knows it beforehand."""
    if isinstance(step, Pause):
        return {}
    if isinstance(step, Outbound):
        return {"if_failed": 1 - min(all_shares(step.reach))}
    lines = any(step.channel in lines.channels for lines in scenario.lines.values())
    if isinstance(step, SelfService):
        return {"if_failed": scenario.orchestration.error_rate, "if_blocked": float(lines)}
    queue = scenario.queues.get(step.queue, Queue())
    exits = {
        "if_closed": float(queue.hours != (0.0, DAY)),
        "if_blocked": float(lines or queue.capacity is not None or _shares_room(scenario, step.queue)),
        "if_timed_out": float(queue.longest_wait is not None),
    }
    return exits | (_of_waiting(scenario, step, queue) if isinstance(step, Assisted) else {})


def _shares_room(scenario: Scenario, queue: str) -> bool:
    return any(queue in room.queues for room in scenario.waiting_rooms.values())


def _of_waiting(scenario: Scenario, step: Assisted, queue: Queue) -> dict[str, float]:
    offer = queue.callback if scenario.orchestration.callbacks else None
    missed = offer.accept * (1 - offer.reach) if offer else 0.0
    return {
        "if_abandoned": float(step.patience is not None and step.patience.infinite < 1),
        "if_balked": max((band.probability for band in queue.balk), default=0.0),
        "if_failed": 1 - (1 - step.disconnect) * (1 - missed),
    }
