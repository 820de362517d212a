"""From a scenario file to a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtests.trace.build import trace_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loadtests.trace.model import Trace

__all__ = ["trace_of_scenario"]


def trace_of_scenario(file: Path, *, seed: int, replication: int = 0, overrides: Sequence[str] = ()) -> Trace:
    """Simulate one replication of a scenario, and derive what its customers send.

    Parameters
    ----------
    file
        A ``scenario.yaml``.
    seed, replication
        Which customers.
    overrides
        Changes by path, as for a simulation.

    Returns
    -------
    Trace
        The same for the same arguments.

    Raises
    ------
    InvalidInput
        Everything that is wrong with the scenario.
    """
    from sim.engine import make_plan
    from sim.engine.reference import run
    from sim.population import draw_population
    from sim.scenario import read_scenario

    plan = make_plan(read_scenario(file, overrides))
    population = draw_population(plan.demand(), seed, replication)
    return trace_of(plan, population, run(plan, population))
