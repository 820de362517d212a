"""``sojourn validate``: tell whether a scenario is right."""

from __future__ import annotations

import typer

from sojourn.options import Overrides, ScenarioFile


def validate(scenario: ScenarioFile, overrides: Overrides = []) -> None:  # noqa: B006 - typer reads it, nobody changes it
    """Check a scenario; every problem at once."""
    from sim.engine import make_plan
    from sim.kpis.objectives import check_objectives
    from sim.scenario import load

    given = load(scenario, overrides)
    plan = make_plan(given)
    check_objectives(given, plan, str(scenario))
    typer.echo(
        f"{scenario} is valid: {len(plan.intents)} intents, {len(plan.steps)} steps in {len(plan.channels)} channels, "
        f"{len(plan.queues)} queues, {len(plan.groups)} groups of agents, {plan.volume.sum():,.0f} journeys expected."
    )
