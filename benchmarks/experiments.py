"""``python -m benchmarks.experiments``: bars of comparisons: common customers, many what-if days, and small work."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Bar, Series, report
from benchmarks.scenarios import SCENARIOS
from sim.engine import Plan, make_plan
from sim.experiment.ratios import ratio
from sim.experiment.replicate import Replications, replicate
from sim.experiment.variants import replicate_variants
from sim.kpis import Row, index_of
from sim.kpis.selection import select_kpis
from sim.scenario import read_scenario

__all__ = ["main", "measure_experiments", "measure_variance"]

F8 = NDArray[np.float64]

MORE = "agents.desk.staff=+1"
LAST_HOUR = "agents.desk.staff=[4, 6, 8, 8, 8, 7, 8, 8, 6, 6, 4, 4, 5]"
JUDGED = {name: Row(name, "all", "", None) for name in ("service_level", "abandonment", "asa")}
DAYS, SEED = 1_000, 1  # of the variance, whose factor then has a relative standard error of some 6 %
WHAT_IF = 10_000
CELLS, CELL_DAYS = 55, 5
BUSY = 0.5  # of the cores, by other programs: times would say nothing


def _plans(*overrides: str) -> list[Plan]:
    """Return the textbook day as it is and changed."""
    return [make_plan(read_scenario(SCENARIOS / "single_queue", each)) for each in ((), overrides)]


def measure_variance(days: int = DAYS) -> tuple[list[Series], list[Bar]]:
    """Measure by how much common customers cut the variance of the difference that one more agent makes.

    Parameters
    ----------
    days
        Replications of each variant.

    Returns
    -------
    tuple
        Measurements and bars. They depend on no clock.
    """
    parts = [_factors(change, days) for change in (MORE, LAST_HOUR)]
    series = [
        Series("Variance of a difference, other customers over the same ones", change, name, (factor,), "x")
        for change, factors in zip((MORE, LAST_HOUR), parts, strict=True)
        for name, factor in factors.items()
    ]
    judged = parts[0]["service_level"]
    return series, [Bar(f"Common customers, {MORE}: variance of service level's difference", 5, "x", (judged,))]


def _factors(change: str, days: int) -> dict[str, float]:
    """Return the factor of each KPI for one change of the textbook day."""
    plans = [select_kpis(plan, list(JUDGED), ["all"]) for plan in _plans(change)]
    same = [replicate(plan, seed=SEED, replications=days) for plan in plans]
    others = replicate(plans[1], seed=SEED + 1, replications=days)
    factors = {}
    for name, row in JUDGED.items():
        at = list(index_of(plans[0])).index(row)
        before, after, apart = (_influence(each, at) for each in (*same, others))
        factors[name] = float(((apart - before) ** 2).sum() / ((after - before) ** 2).sum())
    return factors


def _influence(simulated: Replications, at: int) -> F8:
    """Return the influence of each day on a KPI."""
    return ratio(*simulated.columns.take(slice(at, at + 1)))[1][:, 0]


def measure_experiments(rounds: int) -> tuple[list[Series], list[Bar]]:
    """Measure times of comparisons: of many days, and of small work on all processes and on one.

    Parameters
    ----------
    rounds
        In which all and one process take turns.

    Returns
    -------
    tuple
        Measurements and bars, without values where other programs keep the machine busy.
    """
    quiet = os.getloadavg()[0] < BUSY * (os.cpu_count() or 1)
    many, ratios = (), ()
    if quiet:
        plans = [select_kpis(plan, ["service_level"], ["all"]) for plan in _plans(MORE)]
        replicate_variants(plans, seed=SEED, replications=20)  # compiles, or loads
        many = tuple(_seconds(lambda: replicate_variants(plans, seed=SEED, replications=WHAT_IF)) for _ in range(2))
        ratios = tuple(_small_work(None) / _small_work(1) for _ in range(rounds))
    bars = [
        Bar(f"{WHAT_IF:,} what-if days of the textbook day, both variants", 30, "s", many, at_most=True),
        Bar(f"{CELLS} cells of {CELL_DAYS} days: default processes over one", 1.05, "x", ratios, at_most=True),
    ]
    return [], bars


def _small_work(processes: int | None) -> float:
    """Return the seconds of many small experiments, one after the other, as in a search."""
    plan = _plans()[0]
    return _seconds(
        lambda: [
            replicate(plan, seed=seed, replications=CELL_DAYS, processes=processes).estimates for seed in range(CELLS)
        ]
    )


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def main() -> int:
    """Print the bars."""
    parts = [measure_variance(), measure_experiments(5)]
    print(report([entry for part in parts for entry in part[0]], [bar for part in parts for bar in part[1]]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
