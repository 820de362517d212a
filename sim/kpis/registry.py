"""Find the KPI families, and measure one replication with all of them."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import near
from sim.core.plugins import found_in
from sim.engine.log import whole
from sim.kpis.cuts import Cut, keys_of
from sim.kpis.model import Family, Kpi, Measures, Parts, Row
from sim.kpis.sums import Sums
from sim.kpis.view import View, first_interval
from sim.kpis.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.engine.log import Block, Log
    from sim.engine.plan import Plan
    from sim.population.draw import Population

__all__ = ["define", "families", "index_of", "kpi", "kpis", "measure", "measure_blocks", "targets_of"]

F8 = NDArray[np.float64]


@cache
def families() -> tuple[Family, ...]:
    """Return the KPI families: the modules of this package that have ``KPIS``, by name."""
    return tuple(_family(name) for name in found_in("sim.kpis", "KPIS"))


def _family(name: str) -> Family:
    module = vars(import_module(f"sim.kpis.{name}"))
    return Family(name, module["__doc__"], module["KPIS"], **{verb: module[verb] for verb in _VERBS if verb in module})


_VERBS = ("measure", "watch", "derive")


@cache
def kpis() -> tuple[Kpi, ...]:
    """Return every KPI, family by family."""
    return tuple(one for family in families() for one in family.kpis)


def kpi(name: str) -> Kpi:
    """Return a KPI.

    Parameters
    ----------
    name
        KeyError with the near names where there is none of that name.
    """
    known = {one.name: one for one in kpis()}
    if name not in known:
        raise KeyError(f'"{name}" is not a KPI; {near(name, known)}')
    return known[name]


@lru_cache(maxsize=4)  # each replication of a plan asks again
def index_of(plan: Plan) -> tuple[Row, ...]:
    """Return the rows that every replication of a plan has.

    Parameters
    ----------
    plan
        Fixes them.
    """
    return tuple(
        Row(one.name, by, key, interval) for one in kpis() for by in one.cuts for key, interval in keys_of(plan, by)
    )


def measure(plan: Plan, population: Population, log: Log) -> Measures:
    """Measure one replication.

    Parameters
    ----------
    plan, population, log
        What was planned, who came, and what happened.
    """
    return measure_blocks(plan, [whole(population, log)])


def measure_blocks(plan: Plan, blocks: Iterable[Block]) -> Measures:
    """Measure one replication block by block, as it goes.

    Parameters
    ----------
    plan
        What was planned.
    blocks
        Who came, and what happened, stretch by stretch, at least one.

    Returns
    -------
    Measures
        Those of the whole log, up to the rounding of sums.
    """
    sums = Sums()
    for block in blocks:
        _add_block(sums, plan, block)
    found = sums.finish()
    derived = {(part.kpi, part.by): part for family in families() for part in family.derive(plan, found)}
    return _measures(plan, {**found, **derived})


def _add_block(sums: Sums, plan: Plan, block: Block) -> None:
    through = View(plan, block.population, block.through)
    for family in families():
        sums.add(family.measure(through))
    passing = through if block.passing is block.through else View(plan, block.population, block.passing)
    del through  # what was derived from it takes more memory than the block
    window = Window(passing, block.begin, block.end)
    for family in families():
        sums.add(family.watch(window))


def _measures(plan: Plan, parts: Parts) -> Measures:
    """Return the values in the order of the index, what does not count left out."""
    found = [parts[one.name, by] for one in kpis() for by in one.cuts]
    counts = np.concatenate([_counts(plan, part.by) for part in found])
    num, den = np.concatenate([part.num for part in found]), np.concatenate([part.below for part in found])
    return Measures(index_of(plan), np.where(counts, num, 0.0), np.where(counts, den, 0.0))


@lru_cache(maxsize=64)
def _counts(plan: Plan, by: Cut) -> NDArray[np.bool_]:
    """Tell which keys of a cut count: intervals that begin within the warm-up do not."""
    first = first_interval(plan)
    return np.array([interval is None or interval >= first for _, interval in keys_of(plan, by)], dtype=np.bool_)


def targets_of(plan: Plan) -> F8:
    """Return the wanted value of each row of the index, NaN where there is none.

    Parameters
    ----------
    plan
        Says what service level each queue should have.
    """
    wanted = dict(zip(plan.queues, plan.queue_target.tolist(), strict=True))
    targeted = {one.name for one in kpis() if one.targeted}
    return np.array(
        [
            wanted[row.key] if row.kpi in targeted and row.by in {"queue", "queue_interval"} else np.nan
            for row in index_of(plan)
        ]
    )


def define(one: Kpi, plan: Plan | None = None, key: str = "") -> str:
    """Return a KPI's definition, with the threshold that it was measured with.

    Parameters
    ----------
    one
        The KPI.
    plan
        Where to read thresholds; without it the definition speaks of them in general.
    key
        The queue; empty for all of them.
    """
    within = "the queue's acceptable waiting time"
    if plan is not None:
        limits = dict(zip(plan.queues, plan.queue_within.tolist(), strict=True))
        if key in limits:
            within = f"{limits[key]:g} s"
        elif len(set(limits.values())) == 1:
            within = f"{next(iter(limits.values())):g} s"
        else:
            within += " (" + ", ".join(f"{name} {limit:g} s" for name, limit in limits.items()) + ")"
    return one.definition.replace("{within}", within)
