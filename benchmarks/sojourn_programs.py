"""Sojourn's engines on the models, from drawing the customers to the KPIs, with a time for each part."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from benchmarks import bare_c, scenarios
from benchmarks.program_runs import ProgramRun, batches_of
from sim.engine import Log, Plan
from sim.experiment.replicate import engines
from sim.kpis import measure
from sim.population import Population, draw_population

__all__ = [
    "KPIS",
    "LOG",
    "POPULATION",
    "day_of",
    "days_of",
    "engine_only",
    "run_centre",
    "run_contacts",
    "run_journeys",
    "run_single_queue",
    "run_single_queue_in_c",
    "same_logs",
    "speed_of",
]

LOG, POPULATION, KPIS = (
    "full log, customers drawn before",
    "customers drawn, full log",
    "customers drawn, full log, KPIs",
)
Count = Callable[[Plan, Population, Log], int]


@dataclass(frozen=True, eq=False)
class _Run:
    population: Population
    log: Log
    seconds: NDArray[np.float64]  # [3] to draw the customers, to simulate, to measure


def _run(plan: Plan, engine: str, seed: int, replication: int) -> _Run:
    simulate = engines()[engine].run
    instants = [perf_counter()]
    population = draw_population(plan.demand(), seed, replication)
    instants.append(perf_counter())
    log = simulate(plan, population)
    instants.append(perf_counter())
    measure(plan, population, log)
    instants.append(perf_counter())
    return _Run(population, log, np.diff(instants))


def run_single_queue(customers: int, engine: str = "compiled", seed: int = 1) -> dict[str, ProgramRun]:
    """Simulate M/M/52+M.

    Parameters
    ----------
    customers
        Expected.
    engine
        Its name.
    seed
        Of the customers.

    Returns
    -------
    dict
        The same run with three times: engine only, with drawing the customers, and with the KPIs.
    """
    run = _run(scenarios.single_queue(customers), engine, seed, 0)
    _check_conserved(run)
    abandoned, waited = _flags(run.log)
    return _parts(len(run.log), run.seconds, {"P(wait)": batches_of(waited), "P(abandon)": batches_of(abandoned)})


def run_single_queue_in_c(customers: int, seed: int = 1) -> ProgramRun:
    """Simulate M/M/52+M in C, with Sojourn's customers and draws; fail unless the log is the same.

    Parameters
    ----------
    customers, seed
        As for `run_single_queue`.
    """
    plan = scenarios.single_queue(customers)
    population = draw_population(plan.demand(), seed, 0)
    log = engines()["compiled"].run(plan, population)
    abandoned, waited = _flags(log)
    shares = {"P(wait)": batches_of(waited), "P(abandon)": batches_of(abandoned)}
    return ProgramRun(len(log), bare_c.run_logged_queue(plan, population, log), shares)


def run_centre(days: int, engine: str = "compiled", seed: int = 1) -> dict[str, ProgramRun]:
    """Simulate days of 3 types x 4 groups, each from empty: one replication each.

    Parameters
    ----------
    days, engine, seed
        As for `run_single_queue`.
    """
    runs = [_run(scenarios.centre(), engine, seed, day) for day in range(days)]
    for run in runs:
        _check_conserved(run)
    flags = [_flags(run.log) for run in runs]
    shares = {
        "P(wait)": np.array([waited.mean() for _, waited in flags]),
        "P(abandon)": np.array([abandoned.mean() for abandoned, _ in flags]),
    }
    return _parts(sum(len(run.log) for run in runs), sum(run.seconds for run in runs), shares)


def run_journeys(days: int, engine: str = "compiled", seed: int = 1) -> dict[str, ProgramRun]:
    """Simulate days of the retail bank, one replication each, and count journeys.

    Parameters
    ----------
    days, engine, seed
        As for `run_single_queue`.
    """
    runs = [_run(scenarios.retail_bank(), engine, seed, day) for day in range(days)]
    return _parts(sum(len(run.population) for run in runs), sum(run.seconds for run in runs), {})


def run_contacts(plan: Plan, engine: str = "compiled", seed: int = 1) -> dict[str, ProgramRun]:
    """Simulate a plan once, and count contacts: visits to a step that has a queue.

    Parameters
    ----------
    plan
        What to simulate.
    engine, seed
        As for `run_single_queue`.
    """
    run = _run(plan, engine, seed, 0)
    return _parts(int(np.count_nonzero(plan.step_queue[run.log.step] >= 0)), run.seconds, {})


def same_logs(plan: Plan, seed: int = 1) -> None:
    """Fail unless both engines give the same log, event for event.

    Parameters
    ----------
    plan
        What to simulate.
    seed
        Of the customers.
    """
    population = draw_population(plan.demand(), seed, 0)
    assert len(population) > 0
    first, second = (engines()[name].run(plan, population) for name in ("simpy", "compiled"))
    assert first.same_as(second), f"{plan.steps[0]} ...: the engines' logs differ"


def day_of(seed: int, replication: int) -> int:
    """Simulate a day of the centre up to the KPIs, and return the number of customers."""
    return len(_run(scenarios.centre(), "compiled", seed, replication).log)


def days_of(seed: int, replications: Iterable[int]) -> int:
    """Simulate some days as `day_of` does."""
    return sum(day_of(seed, replication) for replication in replications)


def engine_only(populations: Iterable[Population]) -> Callable[[Executor], int]:
    """Return a function that simulates populations of the single queue on the workers of an executor."""
    plan, simulate, inputs = scenarios.single_queue(0), engines()["compiled"].run, tuple(populations)

    def work(workers: Executor) -> int:
        return sum(map(len, workers.map(partial(simulate, plan), inputs)))

    return work


def speed_of(work: Callable[[], int]) -> float:
    """Return customers per second of work that returns the number of customers."""
    began = perf_counter()
    customers = work()
    return customers / (perf_counter() - began)


def _parts(
    customers: int, seconds: NDArray[np.float64] | float, shares: dict[str, NDArray[np.float64]]
) -> dict[str, ProgramRun]:
    draw, simulate, measured = np.asarray(seconds).tolist()
    sums = {LOG: simulate, POPULATION: draw + simulate, KPIS: draw + simulate + measured}
    return {name: ProgramRun(customers, total, shares) for name, total in sums.items()}


def _flags(log: Log) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    abandoned = log.agent < 0
    return abandoned, abandoned | (log.started > log.began)


def _check_conserved(run: _Run) -> None:
    assert np.array_equal(np.sort(run.log.customer), np.arange(len(run.population))), "each customer comes once"
    assert np.isfinite(run.log.ended).all(), "a customer was left inside"
