"""What a scenario expects: journeys per intent and interval, and how what comes differs from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.core.units import DAY
from sim.population.demand import Pattern, Variation
from sim.scenario.demand import Event, MarkovBursts, Replayed
from sim.scenario.schema import Intent, Run, Scenario

__all__ = ["expected_variation", "expected_volume"]

F8 = NDArray[np.float64]
_NAMED = {"poisson": Pattern.POISSON, "fixed": Pattern.FIXED, "scheduled": Pattern.SCHEDULED}


def expected_volume(scenario: Scenario) -> F8:
    """Return how many new journeys are expected.

    Parameters
    ----------
    scenario
        Checked, its CSV files read.

    Returns
    -------
    ndarray
        Shape (I, N): intents, and intervals from the run's first; nobody is expected between the hours of two days.
    """
    rows = [_in_a_row(_of_intent(scenario, name, it), scenario.run) for name, it in scenario.intents.items()]
    return np.array(rows, dtype=np.float64)


def _of_intent(scenario: Scenario, name: str, intent: Intent) -> F8:
    """Return what is expected per day of the run and interval of its hours."""
    run = scenario.run
    per_day = round((run.hours[1] - run.hours[0]) / run.interval)
    if isinstance(intent.arrivals, Replayed):
        times = np.array(intent.arrivals.replay.times, dtype=np.float64)
        cell = times // DAY * per_day + (times % DAY - run.hours[0]) // run.interval
        counts = np.bincount(cell.astype(np.int64), minlength=run.days * per_day)
        return counts.astype(np.float64).reshape(run.days, per_day)
    growth = scenario.demand.volume * intent.growth
    day = growth * np.broadcast_to(np.asarray(intent.demand, dtype=np.float64), per_day)
    pattern = np.array(scenario.demand.days or [1.0], dtype=np.float64)
    volume: F8 = np.resize(pattern, run.days)[:, None] * day
    for event in scenario.demand.events:
        if event.intents is None or name in event.intents:
            _happen(volume, event, run)
    return volume


def _happen(volume: F8, event: Event, run: Run) -> None:
    """Change the volume by an event, in proportion where it covers an interval in part."""
    begins = run.hours[0] + run.interval * np.arange(volume.shape[1])
    covered = np.minimum(event.hours[1], begins + run.interval) - np.maximum(event.hours[0], begins)
    part = np.clip(covered / run.interval, 0.0, 1.0)
    days = [day - 1 for day in event.days] if event.days is not None else slice(None)
    volume[days] = volume[days] * (1.0 + (event.times - 1.0) * part) + event.add * part


def _in_a_row(days: F8, run: Run) -> F8:
    """Lay the days in a row, with nobody new between one day's hours and the next."""
    row = np.zeros((run.days, round(DAY / run.interval)))
    per_day = days.shape[1]
    row[:, :per_day] = days
    return row.ravel()[: (run.days - 1) * row.shape[1] + per_day]


def expected_variation(scenario: Scenario) -> Variation:
    """Return how what comes differs from what is expected.

    Parameters
    ----------
    scenario
        Checked, its CSV files read.

    Returns
    -------
    Variation
        As flat arrays.
    """
    busy, noise = scenario.demand.busyness, scenario.demand.intervals
    patterns = [it.arrivals for it in scenario.intents.values()]
    states = [it.bursts.states if isinstance(it, MarkovBursts) else [] for it in patterns]
    recorded = [it.replay if isinstance(it, Replayed) else None for it in patterns]
    segments = [_segments(scenario, it.segments, len(it.times)) for it in recorded if it]
    return Variation(
        pattern=np.array([_pattern(it) for it in patterns], dtype=np.int32),
        busyness_cv=busy.cv if busy else 0.0,
        busyness_per_intent=bool(busy and busy.per_intent),
        interval_cv=noise.cv if noise else 0.0,
        interval_correlation=noise.correlation if noise else 0.0,
        interval_per_intent=bool(noise and noise.per_intent),
        burst_ptr=np.cumsum([0, *map(len, states)], dtype=np.int32),
        burst_rate=np.array([state.rate for row in states for state in row], dtype=np.float64),
        burst_mean=np.array([state.mean for row in states for state in row], dtype=np.float64),
        replay_ptr=np.cumsum([0, *(len(it.times) if it else 0 for it in recorded)], dtype=np.int32),
        replay_time=np.array([time for it in recorded if it for time in it.times], dtype=np.float64),
        replay_segment=np.array([segment for row in segments for segment in row], dtype=np.int32),
    )


def _pattern(arrivals: object) -> Pattern:
    if isinstance(arrivals, Replayed):
        return Pattern.REPLAYED
    return _NAMED[arrivals] if isinstance(arrivals, str) else Pattern.POISSON


def _segments(scenario: Scenario, names: Sequence[str] | None, count: int) -> list[int]:
    known = list(scenario.segments)
    return [-1] * count if names is None else [known.index(name) for name in names]
