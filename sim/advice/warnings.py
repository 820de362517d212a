"""All warnings about a scenario."""

from __future__ import annotations

from sim.advice import agents, coverage, days, dialers, exits, journeys, state, waiting
from sim.advice.model import ScenarioWarning, flows_of
from sim.engine.plan import Plan
from sim.scenario.schema import Scenario

__all__ = ["warnings_of"]


def warnings_of(scenario: Scenario, plan: Plan) -> list[ScenarioWarning]:
    """Return the warnings about a scenario; a value that is written, even the default, is no assumption.

    Parameters
    ----------
    scenario
        As it was read, because a field that was written is told apart from one that was not.
    plan
        Its plan.

    Returns
    -------
    list of ScenarioWarning
        Those that concern at least 1 % of the expected contacts.
    """
    flows = flows_of(plan, scenario.run.days)
    return [
        *days.warnings(scenario, flows),
        *coverage.warnings(scenario, plan, flows),
        *state.warnings(scenario),
        *dialers.warnings(scenario, plan, flows),
        *exits.warnings(scenario, flows),
        *waiting.warnings(scenario, plan, flows),
        *agents.warnings(scenario, flows),
        *journeys.warnings(scenario, plan, flows),
    ]
