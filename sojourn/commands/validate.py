"""``sojourn validate``: tell whether a scenario is right."""

from __future__ import annotations

import typer

from sojourn.terminal.options import Overrides, ScenarioFile


def validate(scenario: ScenarioFile, overrides: Overrides = []) -> None:  # noqa: B006 - typer reads it, nobody changes it
    """Check a scenario; every problem at once."""
    from sim.core.units import counted
    from sim.engine import make_plan
    from sim.kpis.objectives import check_objectives
    from sim.scenario import read_scenario

    given = read_scenario(scenario, overrides)
    plan = make_plan(given)
    check_objectives(given, plan, str(scenario))
    parts = {"intent": plan.intents, "step": plan.steps, "channel": plan.channels, "queue": plan.queues}
    found = ", ".join(counted(len(names), what) for what, names in parts.items())
    staff, expected = counted(len(plan.groups), "group"), f"{plan.volume.sum():,.0f} journeys expected"
    typer.echo(f"{scenario} is valid: {found}, {staff} of agents, {expected}.")
