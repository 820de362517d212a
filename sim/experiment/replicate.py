"""Replications: independent simulated days, on several processes, always with the same results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from importlib import import_module
from itertools import chain
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from sim.core import interrupts
from sim.core.errors import InvalidInput, Problem, near
from sim.core.plugins import found_in
from sim.engine import Log, Plan, single_block
from sim.experiment.columns import Columns
from sim.experiment.estimate import Estimates, Index, estimate_columns
from sim.experiment.precision import Precision, Reached, checks, half_of_value
from sim.experiment.workers import in_order
from sim.kpis import Measures, measure_blocks, targets_of
from sim.population import Population, draw_in_parts, draw_population

__all__ = [
    "FirstReplications",
    "Replications",
    "choose_engine",
    "common_engine",
    "engines",
    "forgets",
    "measure_once",
    "replicate",
    "seconds_each",
    "simulate_once",
]

F8 = NDArray[np.float64]
Measured = tuple[Measures, F8]

_SECONDS = {"compiled": 1e-6, "simpy": 5e-5}  # of a touchpoint: drawn, simulated and measured; roughly
_VISITS = 2.0  # touchpoints of a customer, roughly


@dataclass(frozen=True, eq=False)
class Replications:
    """Results of replications of one plan.

    Parameters
    ----------
    plan
        What was simulated.
    columns
        Numerators and denominators of each row; a KPI's value is the ratio of their sums.
    flows
        Moves from step to step, added up (`sim.kpis.measure_blocks`).
    wanted
        Number of replications asked for; more than R after an interrupt. Where a precision was asked for, R or the
        most there may be.
    reached
        How narrow the intervals are for which a precision was asked for.
    """

    plan: Plan
    columns: Columns
    flows: F8
    wanted: int
    reached: tuple[Reached, ...] = ()

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self.columns)

    @property
    def index(self) -> Index:
        """The rows."""
        return self.columns.index

    @property
    def num(self) -> F8:
        """All numerators, [R, rows], which may be gigabytes; ``columns.take`` returns those of some rows."""
        return self.columns.take(slice(None))[0]

    @property
    def den(self) -> F8:
        """All denominators, as ``num``."""
        return self.columns.take(slice(None))[1]

    def __repr__(self) -> str:
        """Return the sizes."""
        return f"<Replications: {len(self)} of {self.wanted}, {len(self.index):,} values each>"

    @cached_property
    def estimates(self) -> Estimates:
        """Each KPI with its 95 % interval."""
        return estimate_columns(self.index, self.columns, targets_of(self.plan))


@dataclass(frozen=True, eq=False)
class FirstReplications:
    """The first replications of one plan, simulated before (`sim.experiment.kept_replications`).

    Parameters
    ----------
    columns, flows
        As of `Replications`; to the columns, the next ones are added.
    """

    columns: Columns = field(default_factory=Columns)
    flows: F8 = field(default_factory=lambda: np.zeros(()))

    def __len__(self) -> int:
        """Return their number."""
        return len(self.columns)


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


def common_engine(plans: Sequence[Plan], engine: str) -> str:
    """Return the engine that simulates all plans; parameters as of `choose_engine`."""
    names = {choose_engine(plan, engine)[0] for plan in plans}
    return names.pop() if len(names) == 1 else "simpy"


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
    kept: FirstReplications | None = None,
    forgetting: bool = False,
    precision: Sequence[Precision] = (),
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
    kept
        The first replications, if they were simulated and measured before; at most `replications`.
    forgetting
        As for `measure_once`.
    precision
        Intervals that end the replications as soon as they are narrow enough (`sim.experiment.precision`); then
        `replications` is the most.
    processes
        How many to use at most; by default one per core.
    progress
        Function of the number of replications done.

    Returns
    -------
    Replications
        All of them; after an interrupt (Ctrl-C), the first ones that were done, if there is a new one.
    """
    kept = kept or FirstReplications()
    done, flows, before = kept.columns, kept.flows, len(kept)
    options = _Options(seed, engine, forgetting)
    looks = frozenset(checks(replications)) if precision else frozenset[int]()

    def is_enough() -> bool:
        return len(done) in looks and all(each.is_narrow for each in _reached(done, precision))

    left = range(before, before if is_enough() else replications)
    wanted = left.stop
    try:
        with _measured(plan, first, left, options, processes or os.cpu_count() or 1) as results:
            for measures, moves in results:
                done.add(measures)
                flows = flows + moves
                interrupts.allow(interrupts.GRACE)  # there is something to be kept
                progress(len(done))
                interrupts.check()
                if is_enough():
                    wanted = len(done)
                    break
    except KeyboardInterrupt:
        if len(done) == before or interrupts.none_came():
            raise
    else:
        assert len(done) == wanted, "replications are missing, though nothing was interrupted"
    interrupts.allow(interrupts.KEEPING)
    return Replications(plan, done, flows, wanted, _reached(done, precision))


def _reached(done: Columns, precision: Sequence[Precision]) -> tuple[Reached, ...]:
    """Return how narrow the intervals are."""
    places = {row: at for at, row in enumerate(done.index)} if precision else {}
    return tuple(Reached(each, *half_of_value(done, places[each.row])) for each in precision)


@dataclass(frozen=True)
class _Options:
    seed: int
    engine: str
    forgetting: bool


@contextmanager
def _measured(
    plan: Plan, first: tuple[Population, Log] | None, replications: range, options: _Options, processes: int
) -> Iterator[Iterator[Measured]]:
    """Give all replications, in their order."""
    simulated = [single_block(*first)] if first is not None and 0 in replications else []
    left = replications[len(simulated) :]
    here = (measure_blocks(plan, [block]) for block in simulated)
    seconds = seconds_each(plan, first, options.engine)
    with in_order(partial(_measure, plan, options), left, seconds=seconds, workers=processes) as results:
        yield chain(here, results)


def _measure(plan: Plan, options: _Options, replication: int) -> Measured:
    return measure_once(plan, options.seed, replication, options.engine, forgetting=options.forgetting)


def seconds_each(plan: Plan, first: tuple[Population, Log] | None, engine: str) -> float:
    """Return roughly how long a replication takes.

    Parameters
    ----------
    plan, first, engine
        As for `replicate`.
    """
    touchpoints = _VISITS * float(plan.demand().volume.sum()) if first is None else len(first[1])
    name, _ = choose_engine(plan, engine)
    return touchpoints * _SECONDS.get(name, max(_SECONDS.values()))
