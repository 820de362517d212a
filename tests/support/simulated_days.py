"""Many simulated days of a scenario, with KPIs added up over chosen intervals.

``SOJOURN_STATISTICAL=full`` simulates ten times as many days, and ``SOJOURN_SEED`` other ones.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engine import make_plan
from sim.experiment.replicate import simulate_once
from sim.kpis import Measures, Row, measure
from sim.kpis.intervals import first_interval
from sim.scenario.schema import Scenario
from tests.support.stacked_columns import stack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from sim.engine import Log, Plan
    from sim.population import Population

__all__ = ["SEED", "Days", "days", "scenario", "simulate"]

SEED = int(os.environ.get("SOJOURN_SEED", "20260101"))


def days(default: int) -> int:
    """Return the number of days to simulate in the chosen tier."""
    return default * 10 if os.environ.get("SOJOURN_STATISTICAL") == "full" else default


def scenario(**sections: Any) -> Scenario:
    """Return a scenario written in Python."""
    return Scenario.model_validate({"name": "truth", **sections})


@dataclass(frozen=True, eq=False)
class Days:
    """KPIs of many independent days, as sums."""

    plan: Plan
    positions: dict[Row, int]
    num: NDArray[np.float64]  # [days, rows]
    den: NDArray[np.float64]
    seed: int

    def sums(
        self, kpi: str, by: str, key: str, intervals: Iterable[int | None]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return numerators and denominators of the days, summed over intervals; None is the whole day."""
        rows = [self.positions[Row(kpi, by, key, i)] for i in intervals]
        return self.num[:, rows].sum(axis=1), self.den[:, rows].sum(axis=1)


def simulate(what: Scenario, replications: int) -> Days:
    """Simulate days with the reference engine."""
    plan = make_plan(what)
    measured = []
    for replication in range(replications):
        population, log = simulate_once(plan, SEED, replication)
        measured.append(_with_delays(plan, population, log))
    index, num, den = stack(measured)
    return Days(plan, {row: i for i, row in enumerate(index)}, num, den, SEED)


def _with_delays(plan: Plan, population: Population, log: Log) -> Measures:
    """Measure the KPIs, and the share of contacts that were not answered at once."""
    interval = np.floor((log.began - plan.origin) / plan.interval).astype(np.int64)
    counts = (plan.step_queue[log.step] >= 0) & (interval >= first_interval(plan)) & (interval < plan.intervals)
    cell = (plan.step_queue[log.step] * plan.intervals + interval)[counts]
    late = ~(log.started == log.began)[counts]
    size = len(plan.queues) * plan.intervals
    kpis = measure(plan, population, log)
    rows = tuple(Row("delayed", "queue_interval", queue, i) for queue in plan.queues for i in range(plan.intervals))
    num, den = (np.bincount(cell, weights, minlength=size) for weights in (late.astype(float), np.ones(len(late))))
    return Measures((*kpis.index, *rows), np.concatenate([kpis.num, num]), np.concatenate([kpis.den, den]))
