"""Sources of traces: the simulation of a scenario."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadtests.trace.build import trace_of

if TYPE_CHECKING:
    from loadtests.trace.model import Trace
    from sim.scenario import Scenario

__all__ = ["trace_of_scenario"]

_TRACE_BYTES: Final = 2200.0
"""Bytes of a touchpoint's requests while they are ordered: measured, with eight requests each."""


def trace_of_scenario(scenario: Scenario, seed: int | None = None, *, yes: bool = False) -> Trace:
    """Simulate the first replication of a scenario, and derive from it what customers and agents send.

    ``sojourn load`` and Locust's ``--scenario`` both come here, so they send the same requests.

    Parameters
    ----------
    scenario
        As `sim.scenario.read_scenario` returns it.
    seed
        By default the scenario's.
    yes
        False refuses a scenario whose requests would take much memory, with the estimate.

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
    from sim.experiment.replicate import choose_engine, simulate_once
    from sim.experiment.size_estimate import estimate_size, refuse_long

    plan = make_plan(scenario)
    if not yes:
        size = estimate_size(plan, replications=1, engine=choose_engine(plan, "auto")[0])
        size = replace(size, memory=size.memory + size.touchpoints * _TRACE_BYTES)
        refuse_long(size, scenario.name, 1, "less demand, or --yes of sojourn load")
    return trace_of(plan, *simulate_once(plan, scenario.run.seed if seed is None else seed, 0))
