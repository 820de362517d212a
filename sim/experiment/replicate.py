"""Replications: independent simulated days, on several processes, always with the same results."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InvalidInput, Problem, near
from sim.core.plugins import found_in
from sim.engine import Log, Plan, single_block
from sim.experiment.batches import in_order
from sim.experiment.estimate import Estimates, Index, estimate, stack
from sim.kpis import Measures, measure_blocks, targets_of
from sim.population import Population, draw_in_parts, draw_population

__all__ = ["Replications", "choose_engine", "engines", "forgets", "measure_once", "replicate", "simulate_once"]

F8 = NDArray[np.float64]
Measured = tuple[Measures, F8]


@dataclass(frozen=True, eq=False)
class Replications:
    """Results of replications of one plan.

    Parameters
    ----------
    plan
        What was simulated.
    index
        The rows.
    num, den
        [R, rows]; a KPI's value is the ratio.
    flows
        Moves from step to step, added up (`sim.kpis.measure_blocks`).
    wanted
        Number of replications asked for; more than R after an interrupt.
    """

    plan: Plan
    index: Index
    num: F8
    den: F8
    flows: F8
    wanted: int

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self.num)

    def estimates(self) -> Estimates:
        """Return each KPI with its 95 % interval."""
        return estimate(self.index, self.num, self.den, targets_of(self.plan))


@cache
def engines() -> dict[str, ModuleType]:
    """Return every engine by its name.

    Returns
    -------
    dict
        ``{"compiled": ..., "simpy": ...}``: packages of `sim.engine` that have an ``ENGINE`` and a ``run``.
    """
    import sim.engine

    names = found_in(sim.engine, "ENGINE")
    return {str(name): import_module(f"sim.engine.{module}") for module, name in names.items()}


def choose_engine(plan: Plan, engine: str) -> tuple[str, str]:
    """Choose the engine that simulates a plan.

    Parameters
    ----------
    plan
        What is to be simulated.
    engine
        A name; "auto" takes the compiled engine wherever it can run the plan.

    Returns
    -------
    tuple of str
        The engine's name, and why "auto" did not choose the compiled one; empty where it did.

    Raises
    ------
    InvalidInput
        There is no such engine, or it cannot run the plan.
    """
    if engine == "auto":
        why_not = str(engines()["compiled"].reason_against(plan))
        return ("simpy", why_not) if why_not else ("compiled", "")
    if engine not in engines():
        known = ["auto", *engines()]
        raise InvalidInput([Problem("--engine", "", f'"{engine}" is not an engine; {near(engine, known)}')])
    return engine, ""


def forgets(engine: str) -> bool:
    """Tell whether an engine can forget touchpoints as customers leave."""
    return hasattr(engines()[engine], "blocks")


def simulate_once(plan: Plan, seed: int, replication: int, engine: str = "auto") -> tuple[Population, Log]:
    """Simulate one replication.

    Parameters
    ----------
    plan
        What the scenario says.
    seed, replication
        The same pair gives the same customers and, with the same plan, the same log.
    engine
        Its name, see `choose_engine`; it does not change the log.

    Returns
    -------
    tuple
        Who came, and what happened.
    """
    name, _ = choose_engine(plan, engine)
    population = draw_population(plan.demand(), seed, replication)
    return population, engines()[name].run(plan, population)


def measure_once(
    plan: Plan, seed: int, replication: int, engine: str = "auto", *, forgetting: bool = False
) -> tuple[Measures, F8]:
    """Simulate one replication, and measure it.

    Parameters
    ----------
    plan, seed, replication, engine
        As for `simulate_once`.
    forgetting
        Whether touchpoints are measured as customers leave, and then forgotten, where the engine can (`forgets`).

    Returns
    -------
    tuple
        The KPIs, and the moves from step to step (`sim.kpis.measure_blocks`). With forgetting, sums are rounded
        differently.
    """
    name, _ = choose_engine(plan, engine)
    chosen = engines()[name]
    if forgetting and forgets(name):
        blocks = chosen.blocks(plan, draw_in_parts(plan.demand(), seed, replication))
    else:
        population = draw_population(plan.demand(), seed, replication)
        blocks = [single_block(population, chosen.run(plan, population))]
    return measure_blocks(plan, blocks)


def replicate(
    plan: Plan,
    *,
    seed: int,
    replications: int,
    engine: str = "auto",
    first: tuple[Population, Log] | None = None,
    forgetting: bool = False,
    processes: int | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Replications:
    """Simulate independent replications.

    Parameters
    ----------
    plan
        What the scenario says.
    seed, replications
        Replications 0 to `replications` - 1 of this seed; neither their number nor their order depends on `processes`.
    engine
        Its name.
    first
        Replication 0, if it was simulated before (`simulate_once`).
    forgetting
        As for `measure_once`.
    processes
        How many to use at most; by default one per core.
    progress
        Function of the number of replications done.

    Returns
    -------
    Replications
        All of them; after an interrupt (Ctrl-C), the first ones that were done, if there is one.
    """
    done: list[Measures] = []
    flows: list[F8] = []
    try:
        for measures, moves in _measured(plan, first, seed, replications, (engine, forgetting), processes):
            done.append(measures)
            flows.append(moves)
            progress(len(done))
    except KeyboardInterrupt:
        if not done:
            raise
    return Replications(plan, *stack(done), flows=np.sum(flows, axis=0), wanted=replications)


def _measured(
    plan: Plan,
    first: tuple[Population, Log] | None,
    seed: int,
    replications: int,
    options: tuple[str, bool],
    processes: int | None,
) -> Iterator[Measured]:
    simulated = [] if first is None else [single_block(*first)]
    left = range(len(simulated), replications)
    workers = min(processes or os.cpu_count() or 1, len(left))
    if workers <= 1:
        _plan_of_worker[:] = [plan]
        yield from (measure_blocks(plan, [block]) for block in simulated)
        yield from (_measure(seed, *options, replication) for replication in left)
        return
    pool = ProcessPoolExecutor(workers, initializer=_remember, initargs=(plan,))
    try:  # an interrupt may come while tasks are still being handed in
        results = in_order(pool, workers, partial(_measure, seed, *options), left)
        yield from (measure_blocks(plan, [block]) for block in simulated)
        yield from results
    finally:
        with _uninterrupted():
            pool.shutdown(cancel_futures=True)  # and wait: a pool without references would not cancel


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore interrupts, such as a second Ctrl-C while running work is let finish.

    Python believes that a thread has ended when its `join` is interrupted. A pool would then close the pipe that its
    workers write to, and they would never end.
    """
    numbers = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_plan_of_worker: list[Plan] = []  # sent once to each process, not with each replication


def _remember(plan: Plan) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C, and lets running work finish
    _plan_of_worker[:] = [plan]


def _measure(seed: int, engine: str, forgetting: bool, replication: int) -> Measured:
    return measure_once(_plan_of_worker[0], seed, replication, engine, forgetting=forgetting)
