"""Expected demand and its variation, from which populations are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.time_of_day import ClockChanges
from sim.distributions import LawTable, quantiles_of
from sim.population.carried_over import CarriedOver
from sim.population.stretches import Stretches, no_stretches

__all__ = ["Demand", "EntryCases", "ForecastFactor", "Pattern", "Variation", "day_of", "in_intervals"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
U8 = NDArray[np.uint64]


def in_intervals(volume: F8, parts: int) -> F8:
    """Return the sums over the parts of each interval, [I, N * parts] to [I, N]."""
    return volume if parts == 1 else volume.reshape(len(volume), -1, parts).sum(axis=2)


class Pattern(IntEnum):
    """Arrival pattern of an intent."""

    POISSON = 0  # independently of one another, at a rate that may itself be random
    FIXED = 1  # exactly as many as expected in each interval, at random instants
    SCHEDULED = 2  # as many, evenly spaced
    REPLAYED = 3  # as they were recorded
    RENEWAL = 4  # with times between them that follow a law


def _none() -> F8:
    return np.empty(0)


def _nobody() -> I4:
    return np.empty(0, dtype=np.int32)


def _one_day() -> F8:
    return np.array([0.0, np.inf])


def day_of(day_begins: F8, instants: F8) -> NDArray[np.int64]:
    """Return the day of instants, the first day = 0; before the first and after the last one, that is the nearest.

    Parameters
    ----------
    day_begins
        Instants with which the days begin, and the last ends.
    instants
        Elapsed seconds.
    """
    return np.clip(np.searchsorted(day_begins, instants, side="right") - 1, 0, len(day_begins) - 2)


class ForecastFactor(NamedTuple):
    """The factor by which the forecast is wrong; the default is a forecast without error."""

    cv: float | tuple[float, ...] = 0.0  # for all intents or each
    mean: float = 1.0
    per_day: bool = True  # otherwise all days of a run have the same
    per_intent: bool = False


@dataclass(frozen=True, eq=False)
class Variation:
    """Variation of the actual demand around the expected one; the default is plain Poisson arrivals.

    Sizes: I intents, B states of bursts, R recorded arrivals, each over all intents; an empty table means that no
    intent has any. Factors multiply the volume of Poisson patterns only, not of fixed or recorded ones.
    """

    pattern: I4 = field(default_factory=_nobody)  # [I] Pattern
    busyness_cv: float | tuple[float, ...] = 0.0  # of a day's factor, for all intents or each
    busyness_per_intent: bool = False
    interval_cv: float | tuple[float, ...] = 0.0  # of an interval's factor, for all intents or each
    interval_correlation: float = 0.0  # of successive intervals' normal scores
    interval_per_intent: bool = False
    forecast_error: ForecastFactor = field(default_factory=ForecastFactor)
    burst_ptr: I4 = field(default_factory=_nobody)  # [I + 1] states of each intent, in cyclic order
    burst_rate: F8 = field(default_factory=_none)  # [B] multiplies the volume
    burst_mean: F8 = field(default_factory=_none)  # [B] seconds
    replay_ptr: I4 = field(default_factory=_nobody)  # [I + 1] recorded arrivals of each intent
    replay_time: F8 = field(default_factory=_none)  # [R] seconds from midnight of the first day, ascending
    replay_segment: I4 = field(default_factory=_nobody)  # [R] -1 = drawn

    renewal_law: I4 = field(default_factory=_nobody)  # [I] row of `renewal_laws`, -1 = none
    renewal_laws: LawTable | None = None
    renewal_mean: F8 = field(default_factory=_none)  # of each law, seconds

    def renewal_of(self, intent: int) -> tuple[Callable[[float], float], float]:
        """Return the quantile function of the times between an intent's arrivals, and their mean."""
        laws, row = self.renewal_laws, int(self.renewal_law[intent])
        assert laws is not None, "a renewal pattern has a law"
        return laws.value_of(row, quantiles_of(laws.families)), float(self.renewal_mean[row])

    def pattern_of(self, intent: int) -> Pattern:
        """Return the arrival pattern of an intent."""
        return Pattern(self.pattern[intent]) if len(self.pattern) else Pattern.POISSON

    def bursts_of(self, intent: int) -> tuple[F8, F8]:
        """Return rates and mean durations of an intent's states; empty if its rate does not switch."""
        rows = slice(*self.burst_ptr[intent : intent + 2]) if len(self.burst_ptr) else slice(0)
        return self.burst_rate[rows], self.burst_mean[rows]

    def recorded_of(self, intent: int) -> tuple[F8, I4]:
        """Return times and segments of an intent's recorded arrivals."""
        rows = slice(*self.replay_ptr[intent : intent + 2]) if len(self.replay_ptr) else slice(0)
        return self.replay_time[rows], self.replay_segment[rows]


def _no_cases() -> EntryCases:
    return EntryCases(
        intent=_nobody(),
        segments=np.empty(0, np.uint64),
        time=np.empty((0, 2)),
        days=_nobody(),
        ptr=np.zeros(1, np.int32),
        step=_nobody(),
        share=_none(),
    )


def _no_changes() -> ClockChanges:
    return ClockChanges(_none(), _none())


class EntryCases(NamedTuple):
    """First steps under conditions, in the order in which they are tried; the first case that holds applies."""

    intent: I4  # [K] ascending
    segments: U8  # [K] bit mask
    time: F8  # [K, 2] seconds after midnight; the end may be after the next midnight
    days: I4  # [K] row of `Demand.day_values` that holds 1 on its days, -1 = on all days
    ptr: I4  # [K + 1] targets of each case
    step: I4
    share: F8  # cumulative within the case


@dataclass(frozen=True, eq=False)
class Demand:
    """Expected demand, from which populations are drawn. Sizes: I intents, N intervals, M segments."""

    intents: tuple[str, ...]
    origin: float  # start of the first interval, seconds from midnight of the first day
    interval: float  # seconds: a reporting interval, or a part of one where demand is given for shorter times
    volume: F8  # [I, N] expected new journeys
    segment_share: F8  # [M] cumulative
    entry_ptr: I4  # [I + 1] first steps of each intent, if none of `entry_cases` holds
    entry_step: I4
    entry_share: F8  # cumulative within the intent
    variation: Variation = field(default_factory=Variation)
    start_step: I4 = field(default_factory=_nobody)  # [B] first steps of customers who are present at the start
    start_intent: I4 = field(default_factory=_nobody)  # [B]
    parts: int = 1  # of a reporting interval; all parts of one have the same random factor
    day_begins: F8 = field(default_factory=_one_day)  # [days + 1] instants; each day has a factor of its own
    entry_cases: EntryCases = field(default_factory=_no_cases)
    clock_changes: ClockChanges = field(default_factory=_no_changes)
    stretches: Stretches = field(default_factory=no_stretches)  # within the intervals
    opens: float | None = None  # when customers who are present at the start come, None = at the origin
    carried_over: CarriedOver = field(default_factory=CarriedOver)
    day_values: I4 = field(default_factory=lambda: np.empty((0, 1), np.int32))  # as in `Plan`

    def instants(self, intent: int, interval: NDArray[np.int64], u: F8) -> F8:
        """Return when customers arrive, of whom each comes after a share of the journeys of an interval."""
        position = self.stretches.positions(intent, interval, u) if self.stretches.are_in(intent) else u
        return self.origin + (interval + position) * self.interval

    def day_of_intervals(self) -> NDArray[np.int64]:
        """Return the day on which each interval begins, the first day = 0."""
        begins: F8 = self.origin + self.interval * np.arange(self.volume.shape[1], dtype=np.float64)
        return day_of(self.day_begins, begins)
