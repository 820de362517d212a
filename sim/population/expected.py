"""Expected journeys per intent and interval of a scenario, and their variation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InvalidInput, Problem
from sim.distributions import LawTable
from sim.population.demand import ForecastFactor, Pattern, Variation, in_intervals
from sim.population.stretches import Stretch, Stretches, day_stretches, no_stretches, stretches_of
from sim.scenario.by_day import has_list, hours_of_day, is_named, value_of_day, values_of_day
from sim.scenario.demand import Event, MarkovBursts, Renewal, Replayed
from sim.scenario.run_days import RunDay, RunDays, hours_within, run_days
from sim.scenario.schema import Intent, Scenario
from sim.scenario.variation import ForecastError

__all__ = [
    "MAX_JOURNEYS",
    "demand_parts",
    "expected_demand",
    "expected_stretches",
    "expected_variation",
    "expected_volume",
]

F8 = NDArray[np.float64]
MAX_JOURNEYS = 100_000_000
"""Expected new journeys of a replication. A customer has at least 20 bytes, without a log, and the compiled engine
simulates some million a second."""
_NAMED = {"poisson": Pattern.POISSON, "fixed": Pattern.FIXED, "scheduled": Pattern.SCHEDULED}


def demand_parts(scenario: Scenario) -> int:
    """Return the number of equal parts of an interval that demand is given for: more than 1 where `per` is finer."""
    run, per = scenario.run, scenario.demand.per
    has_lists = any(has_list(intent.demand) for intent in scenario.intents.values())
    return round(run.interval / per) if per is not None and has_lists and per < run.interval else 1


def expected_volume(scenario: Scenario) -> F8:
    """Return the expected number of new journeys, shape (intents, intervals), as `expected_demand`."""
    return in_intervals(expected_demand(scenario), demand_parts(scenario))


def expected_demand(scenario: Scenario) -> F8:
    """Return the expected number of new journeys, shape (intents, parts of intervals); 0 between the hours of two days.

    Raises
    ------
    InvalidInput
        More journeys than `MAX_JOURNEYS`, which no computer could hold.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused
        days = run_days(scenario, demand_parts(scenario))
        rows = [_intent_volume(scenario, days, name, intent) for name, intent in scenario.intents.items()]
        volume = np.array(rows, dtype=np.float64)
        totals = volume.sum(axis=1) * [_burst_factor(intent) for intent in scenario.intents.values()]
        _refuse_too_many(scenario, totals)
    return volume


def _burst_factor(intent: Intent) -> float:
    """Return by what the bursts multiply an intent's journeys in the long run."""
    if not isinstance(intent.arrivals, MarkovBursts):
        return 1.0
    states = intent.arrivals.bursts.states
    means = np.array([state.mean for state in states])
    return float(np.dot([state.rate for state in states], means) / means.sum())


def _refuse_too_many(scenario: Scenario, totals: F8) -> None:
    if totals.sum() <= MAX_JOURNEYS:  # false for NaN
        return
    most = int(np.argmax(np.nan_to_num(totals, nan=np.inf)))
    name = list(scenario.intents)[most]
    count = f"{totals.sum():,.0f}" if totals.sum() < 1e15 else f"{totals.sum():.3g}"
    remedy = f"this intent has the most; give a smaller demand, demand.volume ({scenario.demand.volume:g}) or run.days"
    message = f"{count} journeys are expected in a replication, and the limit is {MAX_JOURNEYS:,}; {remedy}"
    raise InvalidInput([Problem("scenario", f"intents.{name}.demand", message)])


def _intent_volume(scenario: Scenario, days: RunDays, name: str, intent: Intent) -> F8:
    """Return the expected journeys of an intent in each part of an interval."""
    if isinstance(intent.arrivals, Replayed):
        part = (np.array(intent.arrivals.replay.times, dtype=np.float64) - days.origin) // days.interval
        return np.bincount(part.astype(np.int64), minlength=days.intervals).astype(np.float64)
    growth, factors, volume = scenario.demand.volume * intent.growth, _factors(scenario), np.zeros(days.intervals)
    for day in days.days:
        numbers = _numbers(scenario, days, day, intent)
        if _is_uneven(intent):
            numbers = _sums(day_stretches(scenario, days, day, intent, numbers), days.rows(day))
        volume[days.rows(day)] = factors[day.day - 1] * (growth * np.array(numbers))
    for event in scenario.demand.events:
        if name in event.intents if event.intents is not None else not intent.endless:
            _apply_event(volume, event, scenario, days)
    return volume


def expected_stretches(scenario: Scenario) -> Stretches:
    """Return the stretches of time within which the rate of an intent is a straight line."""
    if not any(map(_is_uneven, scenario.intents.values())):
        return no_stretches()
    days = run_days(scenario, demand_parts(scenario))
    rows = [
        [
            stretch
            for day in days.days
            for stretch in day_stretches(scenario, days, day, intent, _numbers(scenario, days, day, intent))
        ]
        if _is_uneven(intent)
        else None
        for intent in scenario.intents.values()
    ]
    return stretches_of(rows, days.intervals)


def _is_uneven(intent: Intent) -> bool:
    return intent.rate is not None or intent.hours is not None


def _numbers(scenario: Scenario, days: RunDays, day: RunDay, intent: Intent) -> list[float]:
    """Return the journeys of each part of a day, as its demand says."""
    per = scenario.demand.per or scenario.run.interval
    return day.numbers(_by_part(values_of_day(intent.demand, day.day, scenario.calendar), days.interval, per))


def _sums(stretches: Sequence[Stretch], parts: slice) -> list[float]:
    """Return the journeys of each part of a day, from those of its stretches."""
    numbers = [0.0] * (parts.stop - parts.start)
    for stretch in stretches:
        numbers[stretch.part - parts.start] += stretch.journeys
    return numbers


def _factors(scenario: Scenario) -> F8:
    """Return the factor of each day."""
    factors, days = scenario.demand.days, scenario.run.days
    if isinstance(factors, list):
        return np.resize(np.array(factors or [1.0], dtype=np.float64), days)
    of_days = (value_of_day(factors, day, scenario.calendar) for day in range(1, days + 1))
    return np.array([1.0 if factor is None else factor for factor in of_days])


def _by_part(demand: float | list[float] | None, length: float, per: float) -> float | list[float]:
    """Return the journeys of each part of a day; the numbers of demand are for a time of their own (`per`)."""
    if not isinstance(demand, list):
        return (demand or 0.0) if per == length else (demand or 0.0) * length / per
    return demand if per == length else (np.repeat(demand, round(per / length)) * length / per).tolist()


def _apply_event(volume: F8, event: Event, scenario: Scenario, days: RunDays) -> None:
    """Change the volume by an event, in proportion to its share of each part."""
    calendar, length, per = scenario.calendar, days.interval, scenario.demand.per or scenario.run.interval
    added = event.add if per == length else event.add * length / per
    for day in range(len(days.days) + 2):  # a night has hours of two dates
        if not is_named(event.days, day, calendar):
            continue
        hours = hours_within(event.hours, hours_of_day(scenario.run.hours, day, calendar) or event.hours)
        begin, end = (calendar.instant(day, time) for time in hours)
        first, last = math.floor((begin - days.origin) / length), math.ceil((end - days.origin) / length)
        parts = np.arange(max(first, 0), min(last, days.intervals))
        parts = parts[days.slot[parts] >= 0]
        begins = days.origin + length * parts
        covered = np.minimum(end, begins + length) - np.maximum(begin, begins)
        share = np.clip(covered / length, 0.0, 1.0)
        volume[parts] = volume[parts] * (1.0 + (event.times - 1.0) * share) + added * share


def expected_variation(scenario: Scenario) -> Variation:
    """Return the variation of the demand of a scenario."""
    busy, noise = scenario.demand.busyness, scenario.demand.intervals
    arrivals = [intent.arrivals for intent in scenario.intents.values()]
    states = [pattern.bursts.states if isinstance(pattern, MarkovBursts) else [] for pattern in arrivals]
    recorded = [pattern.replay if isinstance(pattern, Replayed) else None for pattern in arrivals]
    segments = [_segments(scenario, record.segments, len(record.times)) for record in recorded if record]
    laws = [pattern.renewal for pattern in arrivals if isinstance(pattern, Renewal)]
    rows = iter(range(len(laws)))
    return Variation(
        renewal_law=np.array(
            [next(rows) if isinstance(pattern, Renewal) else -1 for pattern in arrivals], dtype=np.int32
        ),
        renewal_laws=LawTable.from_laws(laws) if laws else None,
        renewal_mean=np.array([law.mean_value() for law in laws], dtype=np.float64),
        pattern=np.array([_pattern(pattern) for pattern in arrivals], dtype=np.int32),
        busyness_cv=_cvs(busy.cv if busy else 0.0, scenario),
        busyness_per_intent=bool(busy and busy.is_per_intent),
        interval_cv=_cvs(noise.cv if noise else 0.0, scenario),
        interval_correlation=noise.correlation if noise else 0.0,
        interval_per_intent=bool(noise and noise.is_per_intent),
        forecast_error=_forecast_factor(scenario.demand.forecast_error, scenario),
        burst_ptr=np.cumsum([0, *map(len, states)], dtype=np.int32),
        burst_rate=np.array([state.rate for row in states for state in row], dtype=np.float64),
        burst_mean=np.array([state.mean for row in states for state in row], dtype=np.float64),
        replay_ptr=np.cumsum([0, *(len(record.times) if record else 0 for record in recorded)], dtype=np.int32),
        replay_time=np.array([time for record in recorded if record for time in record.times], dtype=np.float64),
        replay_segment=np.array([segment for row in segments for segment in row], dtype=np.int32),
    )


def _cvs(cv: float | dict[str, float], scenario: Scenario) -> float | tuple[float, ...]:
    """Return the coefficient of variation of all intents, or of each."""
    return tuple(cv.get(name, 0.0) for name in scenario.intents) if isinstance(cv, dict) else cv


def _forecast_factor(error: ForecastError | None, scenario: Scenario) -> ForecastFactor:
    if error is None:
        return ForecastFactor()
    return ForecastFactor(_cvs(error.cvs, scenario), 1.0 + error.bias, error.per == "day", error.is_per_intent)


def _pattern(arrivals: object) -> Pattern:
    if isinstance(arrivals, Replayed):
        return Pattern.REPLAYED
    if isinstance(arrivals, Renewal):
        return Pattern.RENEWAL
    return _NAMED[arrivals] if isinstance(arrivals, str) else Pattern.POISSON


def _segments(scenario: Scenario, names: Sequence[str] | None, count: int) -> list[int]:
    known = list(scenario.segments)
    return [-1] * count if names is None else [known.index(name) for name in names]
