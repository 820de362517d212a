"""How customers and agents feel, by the formulas of docs/feelings.md and the scenario's weights.

The mood goes from -1 (furious) to 1 (delighted), and morale from 0 to 1. They are models, not measurements: compare
them between variants, and fit the weights to a survey before believing their size.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.tallies import extremes, only
from sim.engine.plan import Outcome, Result
from sim.kpis.cuts import BY_AGENT, BY_JOURNEY, BY_STEP, Cut
from sim.kpis.model import Kpi, Part
from sim.kpis.occupancy import BUSY
from sim.kpis.visits import FAILURES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Feelings, Plan
    from sim.kpis.cells import Ratio
    from sim.kpis.model import Parts
    from sim.kpis.view import View

__all__ = ["KPIS", "derive", "measure"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

MOOD = Kpi(
    "mood",
    "Mood",
    "mood",
    "higher",
    "Mean mood in which the journeys that are over are remembered: a weighted mean of the strongest moment and of the"
    " end.",
    BY_JOURNEY,
)
END = Kpi(
    "mood_end", "Mood at the end", "mood", "higher", "Mean mood at the end of the journeys that are over.", BY_JOURNEY
)
PEAK = Kpi(
    "mood_peak",
    "Strongest moment",
    "mood",
    "higher",
    "Mean mood at the moment furthest from neutral, the bad one of two that are equally far, of the journeys that are"
    " over.",
    BY_JOURNEY,
)
UNHAPPY = Kpi(
    "unhappy",
    "Unhappy",
    "share",
    "lower",
    "Journeys remembered in a mood below 0 / journeys that are over.",
    BY_JOURNEY,
)
AFTER = Kpi(
    "mood_after",
    "Mood after the step",
    "mood",
    "higher",
    "Mean mood right after a visit to the step, with the outcome where the journey ended there.",
    BY_STEP,
)
MORALE = Kpi(
    "morale",
    "Morale",
    "share",
    "higher",
    "Agents' morale, which follows the occupancy of the intervals so far; mean over the time present.",
    BY_AGENT,
)

_FAILED = np.isin(np.arange(len(Result)), FAILURES)
KPIS = (MOOD, END, PEAK, UNHAPPY, AFTER, MORALE)


def measure(view: View) -> Iterator[Part | Ratio]:
    """Feel."""
    weights, visits, them = view.plan.feelings, view.visits, view.journeys
    moments = _moments(view)
    every = moments[visits.last]
    low, high = extremes(visits.journey, moments, len(visits.first))
    strongest = np.where(-low >= high, low, high)
    end, peak = every[them.number], strongest[them.number]
    remembered = np.round(weights.peak * peak + (1 - weights.peak) * end, 9)
    cells, over = them.cells, them.alike.over
    for kpi, mood in ((MOOD, remembered), (END, end), (PEAK, peak)):
        yield cells.ratio(kpi, cells.added(only(them.over, mood)), over)
    yield cells.ratio(UNHAPPY, cells.added((them.over & (remembered < 0)).astype(np.float64)), over)

    rows = np.flatnonzero(view.counted & (visits.result != Result.INSIDE))
    size = len(view.plan.steps)
    yield Part(
        AFTER.name,
        "step",
        np.bincount(visits.step[rows], moments[rows], size).astype(np.float64),
        np.bincount(visits.step[rows], minlength=size).astype(np.float64),
    )


def _moments(view: View) -> F8:
    """Return the mood after each visit: what was felt so far on the journey, held within the scale."""
    weights, visits = view.plan.feelings, view.visits
    felt = -weights.per_minute_waited / 60.0 * only(visits.in_person, visits.waited)
    for weight, which in (
        (weights.per_channel_switch, visits.switched),
        (weights.per_transfer, visits.transferred),
        (weights.per_repetition, visits.repeated),
        (weights.per_failure, _FAILED[visits.result]),
    ):
        if which.any():
            felt -= weight * which
    felt[visits.last] += _of_outcome(weights)[view.endings[0]]
    so_far = np.cumsum(felt)
    before = so_far[visits.first] - felt[visits.first]
    mood = weights.start + so_far - before[visits.journey]
    return np.asarray(np.clip(np.round(mood, 9), -1.0, 1.0))  # sums that should be 0 are


def _of_outcome(weights: Feelings) -> F8:
    """Return what each outcome adds to the mood."""
    adds = {Outcome.RESOLVED: weights.resolved, Outcome.INSIDE: 0.0}
    return np.array([adds.get(outcome, -weights.unresolved) for outcome in Outcome])


def derive(plan: Plan, parts: Parts) -> Iterator[Part]:
    """Let morale follow the occupancy from interval to interval."""
    weights, part = plan.feelings, parts[BUSY.name, "group_interval"]
    busy, present = (np.reshape(them, (len(plan.groups), plan.intervals)) for them in (part.num, part.below))
    occupancy = np.full(present.shape, np.nan)
    np.divide(busy, present, out=occupancy, where=present > 0)
    towards = _bearable(weights, occupancy)
    follows = 1.0 - exp(-plan.interval / weights.memory) if weights.memory else 1.0
    morale = np.ones_like(towards)
    now = np.ones(len(towards))
    for i in range(towards.shape[1]):
        now = now + follows * (towards[:, i] - now)
        morale[:, i] = now
    axes: dict[Cut, tuple[int, ...]] = {"all": (0, 1), "interval": (0,), "group": (1,), "group_interval": ()}
    for by in BY_AGENT:
        num, den = (them.sum(axis=axes[by], keepdims=True) for them in (morale * present, present))
        yield Part(MORALE.name, by, num.reshape(-1), den.reshape(-1))


def _bearable(weights: Feelings, occupancy: F8) -> F8:
    """Return the morale that an occupancy leads to: 1 in the comfortable range, and while nobody is there."""
    strained = np.clip((occupancy - weights.strained_above) / max(1.0 - weights.strained_above, 1e-9), 0.0, 1.0)
    bored = np.clip((weights.bored_below - occupancy) / max(weights.bored_below, 1e-9), 0.0, 1.0)
    return np.where(np.isnan(occupancy), 1.0, 1.0 - strained - 0.5 * bored)
