"""Estimate of what replications need, from their plan alone, so that a run of hours is not begun by mistake."""

from __future__ import annotations

import os
from dataclasses import dataclass

from sim.core.errors import InvalidInput, Problem
from sim.core.units import counted, spell
from sim.engine import Plan
from sim.engine.expected_retries import expected_retries
from sim.engine.expected_visits import expected_visits
from sim.experiment.columns import ROOM
from sim.kpis.registry import index_of

__all__ = ["MAX_MEMORY", "MAX_SECONDS", "SizeEstimate", "estimate_size", "refuse_long"]

MAX_SECONDS = 1800.0
"""Runs of more than this need a yes; the estimate is right within a factor of some three."""
MAX_MEMORY = 8e9
"""Bytes; as much as a small computer has."""
_SPEED = {"compiled": 800_000.0, "simpy": 13_000.0}  # touchpoints/s and process, from benchmarks/README.md
_LOG_BYTES = 286.0  # of a touchpoint in the log, with what the KPIs need of it: measured
_CUSTOMER_BYTES = 40.0  # of a customer without a log
_KPI_BYTES = 100.0  # of the name of a KPI value; each replication has 16 more, beyond some megabytes in a file


@dataclass(frozen=True)
class SizeEstimate:
    """What replications need: touchpoints of one replication, seconds and bytes of all."""

    touchpoints: float
    seconds: float
    memory: float


def estimate_size(
    plan: Plan, *, replications: int, engine: str, processes: int | None = None, logged: bool = True
) -> SizeEstimate:
    """Estimate touchpoints, time and memory.

    Parameters
    ----------
    plan
        Of the scenario.
    replications
        Their number.
    engine
        "compiled" or "simpy", which is some 60 times slower; another counts as simpy.
    processes
        By default one per core.
    logged
        Whether the engine keeps a log.

    Returns
    -------
    SizeEstimate
        Right within a factor of some three; where agents cannot do the work and customers call again, an upper bound.
    """
    workers = max(1, min(replications, processes or os.cpu_count() or 1))  # of no replications, too
    journeys = float(plan.volume.sum()) + len(plan.start_step)
    visits = expected_visits(plan).sum(axis=0)
    touchpoints = max(float(visits.sum()), journeys) + expected_retries(plan, visits)
    kept = touchpoints * _LOG_BYTES if logged or engine != "compiled" else journeys * _CUSTOMER_BYTES
    rows = len(index_of(plan))
    values = rows * _KPI_BYTES + min(16 * rows * replications, ROOM)
    speed = _SPEED.get(engine, _SPEED["simpy"])
    return SizeEstimate(touchpoints, touchpoints * replications / workers / speed, kept * workers + values)


def refuse_long(estimate: SizeEstimate, name: str, replications: int, remedy: str) -> None:
    """Refuse replications that would take long or much memory.

    Parameters
    ----------
    estimate
        Of the replications.
    name
        Of the scenario, for the error.
    replications
        Their number.
    remedy
        What to give instead, or to allow it, such as "less demand, or --yes".

    Raises
    ------
    InvalidInput
        The estimate, and what to change.
    """
    if estimate.seconds <= MAX_SECONDS and estimate.memory <= MAX_MEMORY:
        return
    needs = f"about {spell(estimate.seconds)} and {estimate.memory / 1e9:,.1f} GB"
    size = f"{counted(replications, 'replication')} of {estimate.touchpoints:,.0f} touchpoints"
    limit = f"{spell(MAX_SECONDS)} or {MAX_MEMORY / 1e9:g} GB"
    message = f"{size} would need {needs}; give {remedy} if that is wanted (asked above {limit})"
    raise InvalidInput([Problem(name, "", message)])
