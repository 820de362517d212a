"""Mood of customers and morale of agents, by the formulas of docs/feelings.md and the scenario's weights.

Mood ranges from -1 (furious) to 1 (delighted), morale from 0 to 1. Both are models, not measurements: compare variants
with them, and fit the weights to a survey before you quote absolute values.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Result
from sim.jit.cache import compiled
from sim.kpis.aggregate.cube import cells_of_agents
from sim.kpis.dimensions import BY_AGENT, BY_JOURNEY, BY_STEP
from sim.kpis.families.occupancy import BUSY
from sim.kpis.model import Kpi, Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Feelings, Plan
    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio
    from sim.kpis.model import Parts

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
    "Agents' morale, which follows the occupancy of this and earlier intervals; mean over the time present.",
    BY_AGENT,
)

KPIS = (MOOD, END, PEAK, UNHAPPY, AFTER, MORALE)


def measure(view: View) -> Iterator[Part | Ratio]:
    """Average the moods of journeys and of visits."""
    them, told = view.journeys, view.told
    for kpi, mood in ((MOOD, them.mood), (END, them.mood_end), (PEAK, them.mood_peak), (UNHAPPY, them.unhappy)):
        yield them.cells.ratio(kpi, mood, them.over)
    yield Part(AFTER.name, "step", told.moods, told.results.sum(axis=1) - told.results[:, Result.INSIDE])


def derive(plan: Plan, parts: Parts) -> Iterator[Ratio]:
    """Compute morale from the occupancy, interval by interval."""
    weights, part = plan.feelings, parts[BUSY.name, "group_interval"]
    busy, present = (np.reshape(them, (len(plan.groups), plan.intervals)) for them in (part.num, part.below))
    occupancy = np.full(present.shape, np.nan)
    np.divide(busy, present, out=occupancy, where=present > 0)
    follows = 1.0 - exp(-plan.interval / weights.memory) if weights.memory else 1.0
    morale = _followed(_bearable(weights, occupancy), follows)
    yield cells_of_agents(plan).ratio(MORALE, (morale * present).reshape(-1), part.below)


@compiled("f8[:, ::1](f8[:, :], f8)")
def _followed(towards: F8, share: float) -> F8:
    """Return where one is who goes a share of the way to what is aimed at in each interval, from 1 on."""
    out = np.empty(towards.shape)
    for row in range(len(towards)):
        now = 1.0
        for interval in range(towards.shape[1]):
            now += share * (towards[row, interval] - now)
            out[row, interval] = now
    return out


def _bearable(weights: Feelings, occupancy: F8) -> F8:
    """Return the morale that an occupancy leads to: 1 in the comfortable range, and while nobody is there."""
    strained = np.clip((occupancy - weights.strained_above) / max(1.0 - weights.strained_above, 1e-9), 0.0, 1.0)
    bored = np.clip((weights.bored_below - occupancy) / max(weights.bored_below, 1e-9), 0.0, 1.0)
    return np.where(np.isnan(occupancy), 1.0, 1.0 - strained - 0.5 * bored)
