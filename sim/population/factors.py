"""Random factors on the expected volume of one replication: busy days and intervals, forecast errors, and bursts.

Each draw is keyed by its day, interval or state change (ADR 1): a longer run or another intent does not alter it.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import stream, uniforms
from sim.numerics.gamma import gamma_excess, gamma_quantile, normal_cdf
from sim.numerics.portable_math import log, normal_quantile
from sim.population.demand import Demand

__all__ = ["burst_path", "volume_factors"]

F8 = NDArray[np.float64]
_LOWEST, _HIGHEST = 2.0**-53, 1.0 - 2.0**-53
_STATE, _LENGTH = 0, 1  # purposes of a burst's draws
_CHUNK = 256  # durations drawn at a time


def volume_factors(demand: Demand, intent: int, seed: int, replication: int) -> F8 | None:
    """Draw the factors on the expected volume of an intent, each with mean 1 but for a bias; None if all are 1.

    There is one per column of the volume; the parts of an interval have the same.
    """
    variation, count = demand.variation, demand.volume.shape[1]
    factors = None
    if cv := _cv_of(variation.busyness_cv, intent):
        name = f"busyness/{demand.intents[intent]}" if variation.busyness_per_intent else "busyness"
        day = demand.day_of_intervals()
        scores = _drawn(name, int(day[-1]) + 1 if count else 0, seed, replication)
        factors = _gamma(scores, cv)[day]
    if (errors := _forecast_errors(demand, intent, seed, replication)) is not None:
        factors = errors if factors is None else factors * errors
    if cv := _cv_of(variation.interval_cv, intent):
        name = f"intervals/{demand.intents[intent]}" if variation.interval_per_intent else "intervals"
        scores = _correlated(_drawn(name, count // demand.parts, seed, replication), variation.interval_correlation)
        noise = np.repeat(_gamma(scores, cv), demand.parts)
        factors = noise if factors is None else factors * noise
    return factors


def _forecast_errors(demand: Demand, intent: int, seed: int, replication: int) -> F8 | None:
    """Draw the factors by which the forecast of an intent is wrong."""
    error = demand.variation.forecast_error
    cv = _cv_of(error.cv, intent)
    if not cv and error.mean == 1.0:
        return None
    day = demand.day_of_intervals()
    if not len(day):
        return None
    part = day if error.per_day else np.zeros_like(day)
    if not cv:
        return np.full(len(day), error.mean)
    name = f"forecast error/{demand.intents[intent]}" if error.per_intent else "forecast error"
    return error.mean * _gamma(_drawn(name, int(part[-1]) + 1, seed, replication), cv)[part]


def _cv_of(cv: float | tuple[float, ...], intent: int) -> float:
    return cv[intent] if isinstance(cv, tuple) else cv


def _drawn(name: str, count: int, seed: int, replication: int) -> F8:
    return uniforms(seed, replication, stream(name), np.arange(count, dtype=np.uint64), 0, 0)


def _gamma(u: F8, cv: float) -> F8:
    """Return quantiles of the gamma law with mean 1."""
    shape = 1.0 / (cv * cv)
    excess = gamma_excess(shape)
    return np.array([gamma_quantile(p, shape, excess) / shape for p in u.tolist()])


def _correlated(u: F8, correlation: float) -> F8:
    """Return uniform numbers whose normal scores are a stationary autoregressive process of order 1."""
    if not correlation:
        return u
    innovation = sqrt(1.0 - correlation * correlation)
    score, out = 0.0, []
    for i, p in enumerate(u.tolist()):
        new = normal_quantile(p)
        score = correlation * score + innovation * new if i else new
        out.append(min(max(normal_cdf(score), _LOWEST), _HIGHEST))
    return np.array(out)


def burst_path(demand: Demand, intent: int, seed: int, replication: int) -> tuple[F8, F8] | None:
    """Draw the path of a rate that switches between states; None if the intent has no bursts.

    The path has the start of each visit to a state, the first at the origin, and its factor on the volume. The states
    follow in cyclic order, so the long-run share of a state is its share of the sum of the means. The first state is
    drawn by these shares. Its remaining time has the full exponential law, so the path is stationary.
    """
    rates, means = demand.variation.bursts_of(intent)
    if not len(rates):
        return None
    key = stream(f"bursts/{demand.intents[intent]}")
    shares = np.cumsum(means)
    first = uniforms(seed, replication, key, np.zeros(1, dtype=np.uint64), 0, _STATE)[0]
    state = min(int(np.searchsorted(shares, first * shares[-1], side="right")), len(means) - 1)
    now, end = demand.origin, demand.origin + demand.interval * demand.volume.shape[1]
    begins, states, drawn = [], [], 0
    while now < end:
        visits = np.arange(drawn, drawn + _CHUNK, dtype=np.uint64)
        for u in uniforms(seed, replication, key, visits, 0, _LENGTH).tolist():
            begins.append(now)
            states.append(state)
            now -= float(means[state]) * log(1.0 - u)
            state = (state + 1) % len(means)
        drawn += _CHUNK
    return np.array(begins), rates[states]
