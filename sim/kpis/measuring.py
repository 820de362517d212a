"""Measure one replication with all KPI families: as a whole, or block by block."""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import whole
from sim.kpis.cuts import Cut, keys_of
from sim.kpis.flows import count_flows
from sim.kpis.model import Measures, Parts
from sim.kpis.registry import families, index_of, kpis
from sim.kpis.reporting import first_interval
from sim.kpis.sums import Sums
from sim.kpis.view import views
from sim.kpis.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.engine.log import Block, Log
    from sim.engine.plan import Plan
    from sim.population.draw import Population

__all__ = ["measure", "measure_blocks"]

F8 = NDArray[np.float64]


def measure(plan: Plan, population: Population, log: Log) -> Measures:
    """Measure one replication.

    Parameters
    ----------
    plan, population, log
        What was planned, who came, and what happened.
    """
    return measure_blocks(plan, [whole(population, log)])[0]


def measure_blocks(plan: Plan, blocks: Iterable[Block]) -> tuple[Measures, F8]:
    """Measure one replication block by block, as it goes.

    Parameters
    ----------
    plan
        What was planned.
    blocks
        Who came, and what happened, stretch by stretch, at least one.

    Returns
    -------
    tuple
        The KPIs, those of the whole log up to the rounding of sums; and the moves from step to step
        (`sim.kpis.flows.count_flows`).
    """
    sums, flows = Sums(), np.zeros(())
    for block in blocks:
        for view in views(plan, block.population, block.through):
            sums.add(chain.from_iterable(family.measure(view) for family in families()))
            flows = flows + count_flows(view)
        window = Window(plan, block.population, block.passing, block.begin, block.end)
        sums.add(chain.from_iterable(family.watch(window) for family in families()))
    found = sums.finish()
    derived = {(part.kpi, part.by): part for family in families() for part in family.derive(plan, found)}
    return _measures(plan, {**found, **derived}), flows


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
