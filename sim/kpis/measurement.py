"""Measure one replication with all KPI families: as a whole, or block by block."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from sim.engine.log import whole
from sim.kpis.accumulator import Sums
from sim.kpis.aggregate.aggregation import Telling
from sim.kpis.aggregate.completed_customers import View
from sim.kpis.registry import families
from sim.kpis.timeline.time_slice import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from sim.engine.log import Block, Log
    from sim.engine.plan import Plan
    from sim.kpis.model import Measures
    from sim.population.customers import Population

__all__ = ["measure", "measure_blocks"]


def measure(plan: Plan, population: Population, log: Log) -> Measures:
    """Measure one replication.

    Parameters
    ----------
    plan, population, log
        What was planned, who came, and what happened.
    """
    return measure_blocks(plan, [whole(population, log)])[0]


def measure_blocks(plan: Plan, blocks: Iterable[Block]) -> tuple[Measures, NDArray[np.float64]]:
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
        The KPIs, those of the whole log up to the rounding of sums; and the moves of journeys that begin within the
        intervals that count, [1 + steps, steps + outcomes]. Row 0 counts where journeys begin, row ``1 + s`` where they
        went after step ``s``; column ``s`` is step ``s``, column ``steps + o`` is outcome ``o``. A move to a step of
        another intent ends one journey and begins the next.
    """
    told, sums = Telling(plan), Sums(plan)
    for block in blocks:
        told.add(block.population, block.through)
        window = Window(plan, block.population, block.passing, block.begin, block.end)
        sums.add(chain.from_iterable(family.watch(window) for family in families()))
    view = View(plan, told)
    sums.add(chain.from_iterable(family.measure(view) for family in families()))
    for family in families():
        sums.add(family.derive(plan, sums))
    return sums.finish(), told.moves
