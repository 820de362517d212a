"""Check of a scenario's objectives against the KPIs of its plan."""

from __future__ import annotations

from collections.abc import Iterator

from sim.core.errors import InvalidInput, Problem, near
from sim.engine.plan import Plan
from sim.kpis.bounds import span
from sim.kpis.registry import index_of, kpi
from sim.scenario import Scenario
from sim.scenario.objectives import Objective

__all__ = ["check_objectives"]


def check_objectives(scenario: Scenario, plan: Plan, file: str) -> None:
    """Refuse objectives that name no KPI, dimension or key of the plan, or that always or never hold.

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
    blocks = [(name, str(by), keys) for name, by, keys in index_of(plan).blocks]
    problems = []
    for number, objective in enumerate(scenario.objectives.simulation):
        path = f"objectives.simulation.{number}"
        dimensions = {by for name, by, rows in blocks if name == objective.kpi and any(True for _ in rows)}
        keys = {key for name, by, rows in blocks if (name, by) == (objective.kpi, objective.by) for key, *_ in rows}
        if not dimensions:
            hint = near(objective.kpi, {name for name, _, _ in blocks})
            problems.append(Problem(file, f"{path}.kpi", f'"{objective.kpi}" is not a KPI; {hint}'))
        elif objective.by not in dimensions:
            message = f'"{objective.by}" is not a dimension of {objective.kpi}; {near(objective.by, dimensions)}'
            problems.append(Problem(file, f"{path}.by", message))
        elif objective.key and objective.key not in keys:
            message = f'"{objective.key}" is not a key of "{objective.by}"; {near(objective.key, keys)}'
            problems.append(Problem(file, f"{path}.key", message))
        else:
            problems += [Problem(file, f"{path}.{side}", message) for side, message in _pointless(objective)]
    if problems:
        raise InvalidInput(problems)


def _pointless(objective: Objective) -> Iterator[tuple[str, str]]:
    """Find the bounds that a KPI always or never keeps, mostly percentages in place of shares, and say so."""
    measured = kpi(objective.kpi)
    least, greatest = measured.bounds
    for side, bound in (("at_least", objective.at_least), ("at_most", objective.at_most)):
        if bound is None:
            continue
        always = bound <= least if side == "at_least" else bound >= greatest
        if always or not least <= bound <= greatest:
            verb = "always" if always else "never"
            yield (
                side,
                f"{bound:g} {verb} holds: {measured.name} is {span(measured)}; give another bound, or leave it out",
            )
