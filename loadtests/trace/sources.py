"""Sources of traces: the simulation of a scenario."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtests.trace.build import trace_of

if TYPE_CHECKING:
    from loadtests.trace.model import Trace
    from sim.scenario import Scenario

__all__ = ["trace_of_scenario"]


def trace_of_scenario(scenario: Scenario, seed: int | None = None) -> Trace:
    """Simulate the first replication of a scenario, and derive from it what customers and agents send.

    ``sojourn load`` and Locust's ``--scenario`` both come here, so they send the same requests.

    Parameters
    ----------
    scenario
        As `sim.scenario.read_scenario` returns it.
    seed
        By default the scenario's.

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
    from sim.experiment.replicate import simulate_once

    plan = make_plan(scenario)
    return trace_of(plan, *simulate_once(plan, scenario.run.seed if seed is None else seed, 0))
