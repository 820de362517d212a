"""Measure one replication with all KPI families: as a whole, or block by block."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import Block, Log, single_block
from sim.engine.plan import Plan
from sim.kpis.accumulator import Accumulator
from sim.kpis.aggregate.aggregation import Aggregation
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.completed_log import CompletedLog
from sim.kpis.model import Measures
from sim.kpis.own_kpis import own_values
from sim.kpis.registry import families_of
from sim.kpis.timeline.time_slice import TimeSlice
from sim.population.customers import Population

__all__ = ["measure", "measure_blocks"]


def measure(plan: Plan, population: Population, log: Log) -> Measures:
    """Measure one replication.

    Parameters
    ----------
    plan, population, log
        What was planned, who came, and what happened.
    """
    return measure_blocks(plan, [single_block(population, log)])[0]


def measure_blocks(plan: Plan, blocks: Iterable[Block]) -> tuple[Measures, NDArray[np.float64]]:
    """Measure one replication block by block, while it runs.

    Parameters
    ----------
    plan
        What was planned.
    blocks
        Population and log of each time slice, at least one.

    Returns
    -------
    tuple
        The KPIs, equal to those of the whole log but for the rounding of sums; and the moves of journeys that begin
        within the intervals that count, [1 + steps, steps + outcomes]. Row 0 counts the steps at which journeys begin,
        row ``1 + s`` the moves from step ``s``; column ``s`` is step ``s``, column ``steps + o`` is outcome ``o``. A
        move to a step of another intent ends one journey and begins the next. They are 0 where no KPI that was chosen
        reads completed customers (`sim.kpis.selection`).
    """
    tables, accumulator, measured = Aggregation(plan), Accumulator(plan), families_of(plan)
    reads_customers = any(family.reads_customers for family in measured)
    reads_slices = any(family.reads_slices for family in measured)
    for block in blocks:
        if reads_customers:
            tables.add(block.population, block.completed)
        accumulator.add(own_values(plan, block))
        if reads_slices:
            time_slice = TimeSlice(plan, block.population, block.under_way, block.begin, block.end)
            accumulator.add(chain.from_iterable(family.watch(time_slice) for family in measured))
        if plan.kpi_families:
            completed_log = CompletedLog(plan, block.population, block.completed)
            accumulator.add(chain.from_iterable(family.tally(completed_log) for family in measured))
    completed = CompletedCustomers(plan, tables)
    accumulator.add(chain.from_iterable(family.measure(completed) for family in measured))
    chosen = accumulator.chosen
    for family in measured:
        if any(kpi.name in chosen for kpi in family.derived):
            accumulator.add(family.derive(plan, accumulator))
    return accumulator.finish(), tables.moves
