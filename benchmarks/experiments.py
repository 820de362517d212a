"""``python -m benchmarks.experiments``: bars of comparisons: common customers, many what-if days, KPIs, small work.

Processor times count where other programs keep the machine busy; of what waits for a clock, nothing is said then.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray

from benchmarks.bars import Bar, Series, report
from benchmarks.scenarios import SCENARIOS, centre, retail_bank, single_queue
from sim.engine import Plan, make_plan, single_block
from sim.experiment.goals import Goal
from sim.experiment.ratios import ratio
from sim.experiment.replicate import Replications, replicate, simulate_once
from sim.experiment.sweep import prepare_sweep, simulate_points
from sim.experiment.sweep_cache import SweepCache
from sim.experiment.sweep_estimates import SweepPoint
from sim.experiment.variants import replicate_variants
from sim.kpis import Row, index_of, measure_blocks
from sim.kpis.selection import select_kpis
from sim.scenario import read_scenario

__all__ = ["main", "measure_experiments", "measure_kpis", "measure_variance"]

F8 = NDArray[np.float64]

MORE = "agents.desk.staff=+1"
LAST_HOUR = "agents.desk.staff=[4, 6, 8, 8, 8, 7, 8, 8, 6, 6, 4, 4, 5]"
JUDGED = {name: Row(name, "all", "", None) for name in ("service_level", "abandonment", "asa")}
DAYS, SEED = 1_000, 1  # of the variance, whose factor then has a relative standard error of some 6 %
WHAT_IF = 10_000
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
        Series(f"Variance of a difference, {of_what}", change, name, (factors[name][number],), unit)
        for number, (of_what, unit) in enumerate(_FIGURES)
        for change, factors in zip((MORE, LAST_HOUR), parts, strict=True)
        for name in factors
    ]
    judged = parts[0]["service_level"][0]
    return series, [Bar(f"Common customers, {MORE}: variance of service level's difference", 5, "x", (judged,))]


_FIGURES = (
    ("other customers over the same ones", "x"),
    ("most that any common random numbers could bring", "x"),
    ("correlation of both variants", "of 1"),
)


def _factors(change: str, days: int) -> dict[str, tuple[float, float, float]]:
    """Return for each KPI what `_FIGURES` says, for one change of the textbook day.

    The most is that of a correlation of 1: with standard deviations a and b of both variants, the variance of the
    difference cannot be less than (a - b) squared.
    """
    full = _plans(change)
    assert_same_customers(full)
    plans = [select_kpis(plan, list(JUDGED), ["all"]) for plan in full]
    same = [replicate(plan, seed=SEED, replications=days) for plan in plans]
    others = replicate(plans[1], seed=SEED + 1, replications=days)
    figures = {}
    for name, row in JUDGED.items():
        at = list(index_of(plans[0])).index(row)
        before, after, apart = (_influence(each, at) for each in (*same, others))
        factor = float(((apart - before) ** 2).sum() / ((after - before) ** 2).sum())
        most = float((before.var() + after.var()) / (before.std() - after.std()) ** 2)
        figures[name] = factor, most, float(np.corrcoef(before, after)[0, 1])
    return figures


def assert_same_customers(plans: list[Plan]) -> None:
    """Refuse variants in which a customer whom both serve comes, talks or is wrapped up differently."""
    served = []
    for plan in plans:
        _, log = simulate_once(plan, SEED, 0)
        rows = np.flatnonzero(~np.isnan(log.started))
        times = np.column_stack([log.began, log.ended - log.started, log.freed - log.ended])[rows]
        served.append(dict(zip(log.customer[rows].tolist(), times.tolist(), strict=True)))
    both = served[0].keys() & served[1].keys()
    assert len(both) > 1000
    before, after = (np.array([times[customer] for customer in sorted(both)]) for times in served)
    np.testing.assert_allclose(before, after, rtol=0, atol=1e-6)


def _influence(simulated: Replications, at: int) -> F8:
    """Return the influence of each day on a KPI."""
    return ratio(*simulated.columns.take(slice(at, at + 1)))[1][:, 0]


def measure_kpis(rounds: int) -> tuple[list[Series], list[Bar]]:
    """Measure the processor time of all KPIs over that of drawing and simulating, in turns.

    Parameters
    ----------
    rounds
        Of each model.

    Returns
    -------
    tuple
        Measurements and bars.
    """
    models = {
        "M/M/52+M, 100,000 customers": (single_queue(100_000), 1),
        "3 types x 4 groups, a day of 20,000": (centre(), 3),
        "retail_bank, a day of 5,500": (retail_bank(), 10),
        "textbook day of 1,650": (_plans()[0], 30),
    }
    ratios = {name: tuple(_kpi_cost(*model) for _ in range(rounds)) for name, model in models.items()}
    series = [
        Series("Processor time of all KPIs over simulating", name, "", values, "x") for name, values in ratios.items()
    ]
    return series, [
        Bar(f"KPIs over simulating: {name}", 1, "x", values, at_most=True) for name, values in ratios.items()
    ]


def _kpi_cost(plan: Plan, times: int) -> float:
    """Return the processor time of all KPIs over that of drawing customers and simulating them."""
    simulating = measuring = 0.0
    for replication in range(-1, times):  # the first compiles, or loads
        began = process_time()
        population, log = simulate_once(plan, SEED, replication + 1)
        simulated = process_time()
        measures, _ = measure_blocks(plan, [single_block(population, log)])
        ended = process_time()
        assert measures.value_of("journeys") == len(population) > 0
        if replication >= 0:
            simulating, measuring = simulating + simulated - began, measuring + ended - simulated
    return measuring / simulating


def measure_experiments(rounds: int) -> tuple[list[Series], list[Bar]]:
    """Measure many what-if days, and small work on all processes and on one.

    Parameters
    ----------
    rounds
        In which all and one process take turns.

    Returns
    -------
    tuple
        Measurements and bars; those of the clock without values where other programs keep the machine busy.
    """
    quiet = os.getloadavg()[0] < BUSY * (os.cpu_count() or 1)
    plans = [select_kpis(plan, ["service_level"], ["all"]) for plan in _plans(MORE)]
    replicate_variants(plans, seed=SEED, replications=20)  # compiles, or loads
    each = _processor_seconds(lambda: _what_if(plans, WHAT_IF // 10)) * 10 / (os.cpu_count() or 1)
    many = (_seconds(lambda: _what_if(plans, WHAT_IF)),) if quiet else ()
    name = f"{WHAT_IF:,} what-if days of the textbook day, both variants"
    bars = [
        Bar(name, 30, "s", many, at_most=True),
        Bar(f"{name}: processor time per core, from a tenth of them", 30, "s", (each,), at_most=True),
    ]
    for title, work in _small_works().items():
        ratios = tuple(_default_over_one(work) for _ in range(rounds))
        path, clock = zip(*ratios, strict=True)
        bars.append(
            Bar(
                f"{title}: default processes over one, processor time of the longest path",
                1.05,
                "x",
                path,
                at_most=True,
            )
        )
        bars.append(Bar(f"{title}: default processes over one", 1.05, "x", clock if quiet else (), at_most=True))
    return [], bars


def _what_if(plans: list[Plan], days: int) -> None:
    before, after = replicate_variants(plans, seed=SEED, replications=days)
    assert len(before) == len(after) == days
    assert after.num.sum() > before.num.sum()  # more agents answer more customers in time


def _small_works() -> dict[str, Callable[[int | None], None]]:
    """Return work that takes a second or two, each a function of the number of processes."""
    small, bank = (make_plan(read_scenario(SCENARIOS / name)) for name in ("single_queue", "retail_bank"))
    variants = [make_plan(read_scenario(SCENARIOS / "retail_bank", each)) for each in ((), ("agents.phone.staff=+1",))]
    row = Row("service_level", "queue", "voice", None)
    changes = [
        (f"agents.phone.staff={staff}", f"demand.volume=*{volume}")
        for staff in ("+0", "+1", "+2")
        for volume in (1, 1.1, 1.2)
    ]
    points = [
        SweepPoint(make_plan(read_scenario(SCENARIOS / "retail_bank", each)), str(each), (Goal(row),))
        for each in changes
    ]

    def replicated(plan: Plan, experiments: int, days: int, processes: int | None) -> None:
        for seed in range(experiments):
            assert len(replicate(plan, seed=seed, replications=days, processes=processes)) == days

    def compared(processes: int | None) -> None:
        simulated = replicate_variants(variants, seed=SEED, replications=20, processes=processes)
        assert [len(each) for each in simulated] == [20, 20]

    def swept(processes: int | None) -> None:
        with TemporaryDirectory() as folder:
            work = prepare_sweep(points, SweepCache(Path(folder)), seed=SEED, replications=5, engine="compiled")
            assert simulate_points(work, processes=processes).done.all()

    return {
        "55 experiments of 5 days of single_queue": partial(replicated, small, 55, 5),
        "3 experiments of 60 days of retail_bank": partial(replicated, bank, 3, 60),
        "A run of 20 days of retail_bank": partial(replicated, bank, 1, 20),
        "A what-if of 20 days of retail_bank": compared,
        "A sweep of 9 points and 5 days of retail_bank": swept,
    }


def _default_over_one(work: Callable[[int | None], None]) -> tuple[float, float]:
    """Return two ratios of the default number of processes over one: of processor time, and of time.

    Processor time is that of the longest path if cores are free: of this process, and an even share of what it started.
    """
    took = []
    for processes in (None, 1):
        began, times = perf_counter(), os.times()
        work(processes)
        used = np.subtract(os.times(), times)
        took.append((float(used[:2].sum() + used[2:4].sum() / (os.cpu_count() or 1)), perf_counter() - began))
    (path, clock), (path_of_one, clock_of_one) = took
    return path / path_of_one, clock / clock_of_one


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _processor_seconds(work: Callable[[], object]) -> float:
    """Return the processor seconds of this process and of those that it started and waited for."""
    began = os.times()
    work()
    return sum(os.times()[:4]) - sum(began[:4])


def main() -> int:
    """Print the bars."""
    parts = [measure_variance(), measure_kpis(5), measure_experiments(5)]
    print(report([entry for part in parts for entry in part[0]], [bar for part in parts for bar in part[1]]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
