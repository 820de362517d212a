"""Measure one replication with all KPI families: as a whole, or block by block."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import whole
from sim.kpis.cuts import Cut, keys_of
from sim.kpis.model import Measures, Parts
from sim.kpis.registry import families, index_of, kpis
from sim.kpis.sums import Sums
from sim.kpis.view import View, first_interval
from sim.kpis.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.engine.log import Block, Log
    from sim.engine.plan import Plan
    from sim.population.draw import Population

__all__ = ["measure", "measure_blocks"]


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
