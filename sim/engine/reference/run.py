"""A replication with SimPy, which is loaded when it is needed: most runs take the compiled engine."""

from __future__ import annotations

from sim.engine.log import Log
from sim.engine.plan import Plan
from sim.population import Population

__all__ = ["run"]


def run(plan: Plan, population: Population) -> Log:
    """Simulate one replication.

    Parameters
    ----------
    plan
        The scenario.
    population
        The customers.

    Returns
    -------
    Log
        Every touchpoint, in order of (began, customer, visit), when agents were there, and interruptions.

    Raises
    ------
    SojournError
        A journey goes round in circles for more than `sim.engine.plan.MAX_VISITS` touchpoints, or an unlimited group
        needs more agents than there may be.
    """
    from sim.engine.reference.replication import simulate

    return simulate(plan, population)
