"""``sojourn validate``: check a scenario."""

from __future__ import annotations

import typer

from sojourn.terminal.options import Overrides, ScenarioFile


def validate(scenario: ScenarioFile, overrides: Overrides = []) -> None:  # noqa: B006 - typer reads it, nobody changes it
    """Check a scenario; every problem at once."""
    from sim.core.units import counted
    from sojourn.api.simulation import read_plan

    _, plan = read_plan(scenario, overrides)
    parts = {"intent": plan.intents, "step": plan.steps, "channel": plan.channels, "queue": plan.queues}
    counts = ", ".join(counted(len(names), part) for part, names in parts.items())
    staff, expected = counted(len(plan.groups), "group"), f"{plan.volume.sum():,.0f} journeys expected"
    typer.echo(f"{scenario} is valid: {counts}, {staff} of agents, {expected}.")
