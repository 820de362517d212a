"""Mood of customers and morale of agents, by the formulas of docs/feelings.md and the scenario's weights.

Mood ranges from -1 (furious) to 1 (delighted), morale from 0 to 1. Both are models, not measurements: compare variants
with them, and fit the weights to a survey before you quote absolute values.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan, Result
from sim.engine.plan_tables import Feelings
from sim.jit.functions import compiled
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.cube import Ratio, agent_cells, agent_cube
from sim.kpis.dimensions import BY_AGENT, BY_JOURNEY, BY_STEP
from sim.kpis.families.occupancy import BUSY
from sim.kpis.model import Kpi, KpiTable, KpiValues

__all__ = ["KPIS", "derive", "measure"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

MOOD = Kpi(
    "mood",
    "Mood",
    "mood",
    "higher",
    "Mean remembered mood of finished journeys: the weighted mean of the strongest moment and the end.",
    BY_JOURNEY,
)
END = Kpi("mood_end", "Mood at the end", "mood", "higher", "Mean mood at the end of finished journeys.", BY_JOURNEY)
PEAK = Kpi(
    "mood_peak",
    "Strongest moment",
    "mood",
    "higher",
    "Mean mood of finished journeys at their strongest moment, the one furthest from neutral; of two equally strong"
    " moments, the bad one.",
    BY_JOURNEY,
)
UNHAPPY = Kpi(
    "unhappy",
    "Unhappy",
    "share",
    "lower",
    "Finished journeys with a remembered mood below 0 / finished journeys.",
    BY_JOURNEY,
)
AFTER = Kpi(
    "mood_after",
    "Mood after the step",
    "mood",
    "higher",
    "Mean mood right after a visit to the step; the outcome is included if the journey ended there.",
    BY_STEP,
)
MORALE = Kpi(
    "morale",
    "Morale",
    "share",
    "higher",
    "Agents' morale, which follows the occupancy of this and earlier intervals; mean over the time present in intervals"
    " in which the group is scheduled.",
    BY_AGENT,
    of_duty=True,
)

KPIS = (MOOD, END, PEAK, UNHAPPY, AFTER, MORALE)
DERIVED, READS = (MORALE,), (BUSY.name,)


def measure(completed: CompletedCustomers) -> Iterator[KpiValues | Ratio]:
    """Average the moods of journeys and of visits."""
    journeys, tables = completed.journeys, completed.tables
    for kpi, mood in (
        (MOOD, journeys.mood),
        (END, journeys.mood_end),
        (PEAK, journeys.mood_peak),
        (UNHAPPY, journeys.unhappy),
    ):
        yield journeys.cube.ratio(kpi, mood, journeys.over)
    yield KpiValues(AFTER.name, "step", tables.moods, tables.results.sum(axis=1) - tables.results[:, Result.INSIDE])


def derive(plan: Plan, measured: KpiTable) -> Iterator[Ratio]:
    """Compute morale from the occupancy, interval by interval."""
    weights, occupied = plan.feelings, measured[BUSY.name, "group_interval"]
    busy, present = (
        np.reshape(seconds, (len(plan.groups), plan.intervals)) for seconds in (occupied.num, occupied.denominators)
    )
    occupancy = np.full(present.shape, np.nan)
    np.divide(busy, present, out=occupancy, where=present > 0)
    follows = 1.0 - exp(-plan.interval / weights.memory) if weights.memory else 1.0
    morale = _smoothed(_morale_at(weights, occupancy), follows)
    yield agent_cube(plan).ratio(MORALE, agent_cells(plan, morale * present), agent_cells(plan, present))


@compiled("f8[:, ::1](f8[:, :], f8)")
def _smoothed(targets: F8, share: float) -> F8:
    """Return values that begin at 1 and go a share of the way to a target in each interval, one row per group."""
    values = np.empty(targets.shape)
    for row in range(len(targets)):
        value = 1.0
        for interval in range(targets.shape[1]):
            value += share * (targets[row, interval] - value)
            values[row, interval] = value
    return values


def _morale_at(weights: Feelings, occupancy: F8) -> F8:
    """Return the morale that an occupancy leads to: 1 in the comfortable range, and while no agent is present."""
    strained = np.clip((occupancy - weights.strained_above) / max(1.0 - weights.strained_above, 1e-9), 0.0, 1.0)
    bored = np.clip((weights.bored_below - occupancy) / max(weights.bored_below, 1e-9), 0.0, 1.0)
    return np.where(np.isnan(occupancy), 1.0, 1.0 - strained - 0.5 * bored)
