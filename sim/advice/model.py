"""A warning about a scenario, and the expected contacts by which it is weighed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sim.channels import Kind
from sim.engine.expected_visits import LATER, expected_visits
from sim.engine.plan import Plan
from sim.scenario.schema import Scenario
from sim.scenario.steps import Deferred, Step

__all__ = ["Flows", "Path", "ScenarioWarning", "flows_of", "steps_of", "warn"]

Path = tuple[str | int, ...]
LEAST = 0.01  # share of the contacts from which on an assumption carries weight


@dataclass(frozen=True, slots=True)
class ScenarioWarning:
    """An assumption that carries weight in a scenario.

    Parameters
    ----------
    code
        Short name, the same in every scenario.
    paths
        Places in the scenario, the weightiest first.
    message
        What is assumed, and why it matters.
    hint
        What to write to change it, or to say it on purpose.
    contacts
        Expected contacts (or visits) a day that it concerns.
    """

    code: str
    paths: tuple[Path, ...]
    message: str
    hint: str
    contacts: float


@dataclass(frozen=True, slots=True)
class Flows:
    """Expected visits a day, by "intent.step": right within a factor of some three."""

    visits: Mapping[str, float]
    later: Mapping[str, float]  # those of the visits that come after a pause, or after work that nobody waits for
    contacts: float  # visits to steps with agents
    journeys: float

    @property
    def touchpoints(self) -> float:
        """Return the visits to all steps."""
        return sum(self.visits.values())

    def of_intent(self, scenario: Scenario, intent: str) -> float:
        """Return the visits to the steps of an intent."""
        return sum(self.visits[f"{intent}.{step}"] for step in scenario.intents[intent].steps)

    def of_queue(self, scenario: Scenario, queue: str) -> float:
        """Return the visits to the steps of a queue."""
        steps = steps_of(scenario)
        return sum(self.visits[name] for _, name, step in steps if isinstance(step, Deferred) and step.queue == queue)


def flows_of(plan: Plan, days: int) -> Flows:
    """Return the expected visits of a plan for a number of days."""
    visits = expected_visits(plan) / days
    total = visits.sum(axis=0)
    waits = [plan.step_kind[step] in {Kind.ASSISTED, Kind.DEFERRED} for step in range(len(plan.steps))]
    return Flows(
        visits=dict(zip(plan.steps, total.tolist(), strict=True)),
        later=dict(zip(plan.steps, visits[LATER].tolist(), strict=True)),
        contacts=float(total[waits].sum()),
        journeys=(float(plan.volume.sum()) + len(plan.start_step)) / days,
    )


def steps_of(scenario: Scenario) -> Iterator[tuple[Path, str, Step]]:
    """Yield path, "intent.step" and model of each step."""
    for intent, graph in scenario.intents.items():
        for name, step in graph.steps.items():
            yield ("intents", intent, "steps", name), f"{intent}.{name}", step


def warn(
    code: str,
    weights: Iterable[tuple[Path, float]],
    total: float,
    message: str,
    hint: str,
    *,
    noun: str = "contacts",
) -> Iterator[ScenarioWarning]:
    """Yield a warning about some places, unless they concern next to nobody.

    Parameters
    ----------
    code
        Of the warning.
    weights
        Paths, and the expected contacts a day that each concerns.
    total
        All contacts a day.
    message
        With ``{contacts}`` where their number belongs.
    hint
        Of the warning.
    noun
        What is counted.
    """
    heaviest = sorted(((path, weight) for path, weight in weights if weight > 0), key=lambda pair: -pair[1])
    concerned = min(sum(weight for _, weight in heaviest), total)
    if heaviest and concerned >= LEAST * total:
        numbers = f"about {_rounded(concerned)} of {_rounded(total)} {noun} a day"
        yield ScenarioWarning(
            code, tuple(path for path, _ in heaviest), message.replace("{contacts}", numbers), hint, concerned
        )


def _rounded(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"
