"""Objectives of a scenario, held against the KPIs that there are."""

from __future__ import annotations

from sim.core.errors import InvalidInput, Problem, near
from sim.engine.plan import Plan
from sim.kpis.registry import index_of
from sim.scenario import Scenario

__all__ = ["check_objectives"]


def check_objectives(scenario: Scenario, plan: Plan, file: str) -> None:
    """Refuse objectives that speak of what there is not, before anything is simulated.

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
    rows = [(row.kpi, row.by, row.key) for row in index_of(plan) if row.interval is None]
    problems = []
    for number, wanted in enumerate(scenario.objectives.simulation):
        where = f"objectives.simulation.{number}"
        cuts = {by for kpi, by, _ in rows if kpi == wanted.kpi}
        keys = {key for kpi, by, key in rows if (kpi, by) == (wanted.kpi, wanted.by)}
        if not cuts:
            hint = near(wanted.kpi, {kpi for kpi, _, _ in rows})
            problems.append(Problem(file, f"{where}.kpi", f'"{wanted.kpi}" is not a KPI; {hint}'))
        elif wanted.by not in cuts:
            what = f'"{wanted.by}" is not a cut of {wanted.kpi}; {near(wanted.by, cuts)}'
            problems.append(Problem(file, f"{where}.by", what))
        elif wanted.key not in keys:
            what = f'"{wanted.key}" is not one of them; {near(wanted.key, keys)}'
            problems.append(Problem(file, f"{where}.key", what))
    if problems:
        raise InvalidInput(problems)
