"""Check of a scenario's objectives against the KPIs of its plan."""

from __future__ import annotations

from sim.core.errors import InvalidInput, Problem, near
from sim.engine.plan import Plan
from sim.kpis.registry import index_of
from sim.scenario import Scenario

__all__ = ["check_objectives"]


def check_objectives(scenario: Scenario, plan: Plan, file: str) -> None:
    """Refuse objectives that name no KPI, dimension or key of the plan, before anything is simulated.

    Parameters
    ----------
    scenario
        Has the objectives.
    plan
        Made of it.
    file
        The scenario's file, for the message.

    Raises
    ------
    InvalidInput
        All of them at once, with the near names.
    """
    rows = [
        (kpi, by, key)
        for kpi, by, keys in index_of(plan).blocks
        if by != "interval" and not by.endswith("_interval")  # most rows, and not made for this
        for key, *_ in keys
    ]
    problems = []
    for number, objective in enumerate(scenario.objectives.simulation):
        path = f"objectives.simulation.{number}"
        dimensions = {by for kpi, by, _ in rows if kpi == objective.kpi}
        keys = {key for kpi, by, key in rows if (kpi, by) == (objective.kpi, objective.by)}
        if not dimensions:
            hint = near(objective.kpi, {kpi for kpi, _, _ in rows})
            problems.append(Problem(file, f"{path}.kpi", f'"{objective.kpi}" is not a KPI; {hint}'))
        elif objective.by not in dimensions:
            message = f'"{objective.by}" is not a dimension of {objective.kpi}; {near(objective.by, dimensions)}'
            problems.append(Problem(file, f"{path}.by", message))
        elif objective.key not in keys:
            message = f'"{objective.key}" is not a key of "{objective.by}"; {near(objective.key, keys)}'
            problems.append(Problem(file, f"{path}.key", message))
    if problems:
        raise InvalidInput(problems)
