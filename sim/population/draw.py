"""Draw the customers of one replication."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import ceil

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import stream, uniforms

__all__ = ["Demand", "Population", "draw_population"]

F8 = NDArray[np.float64]
U8 = NDArray[np.uint64]
I4 = NDArray[np.int32]

LAYER = 16.0  # expected customers in a cell
_COUNT, _TIME, _HEIGHT, _SEGMENT, _ENTRY = 0, 2, 3, 4, 5  # purposes of an arrival's draws; a pair shares a run


def _poisson_cdf(mean: float, at_zero: float) -> F8:
    # Basic operations only, so that it is the same on every machine; exp(-mean) is given.
    terms = accumulate(range(1, 80), lambda term, k: term * mean / k, initial=at_zero)
    return np.array(list(accumulate(terms)))


_CDF = _poisson_cdf(LAYER, 1.1253517471925912e-07)


@dataclass(frozen=True, eq=False)
class Demand:
    """Who is expected: what the population is drawn from. Sizes: I intents, N intervals, M segments."""

    intents: tuple[str, ...]
    origin: float  # start of the first interval, seconds from midnight of the first day
    interval: float  # seconds
    volume: F8  # [I, N] expected new journeys
    segment_share: F8  # [M] cumulative
    entry_ptr: I4  # [I + 1] first steps of each intent
    entry_step: I4
    entry_share: F8  # cumulative within the intent


@dataclass(frozen=True, eq=False)
class Population:
    """The customers of one replication, one per row, in order of arrival.

    ``key`` identifies a customer whatever else changes: all their draws hang on it.
    """

    seed: int
    replication: int
    arrival: F8  # seconds from midnight of the first day
    intent: I4
    segment: I4
    entry: I4  # first step
    key: U8

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.arrival)


def draw_population(demand: Demand, seed: int, replication: int) -> Population:
    """Draw who comes when: a Poisson process for each intent, with a constant rate within each interval.

    Parameters
    ----------
    demand
        What to draw from.
    seed, replication
        The same pair draws the same customers.

    Returns
    -------
    Population
        In order of arrival, then of intent and key.

    Notes
    -----
    Points are drawn in the plane of time and volume, in cells of one interval by `LAYER` expected customers, each
    with its own key; those below the expected volume come. So another volume adds or takes away customers at its
    edge, and everybody else is the same person at the same second.
    """
    drawn = [_of_intent(demand, i, seed, replication) for i in range(len(demand.intents))]
    arrival, intent, segment, entry, key = (np.concatenate(column) for column in zip(*drawn, strict=True))
    order = np.lexsort((key, intent, arrival))
    return Population(seed, replication, arrival[order], intent[order], segment[order], entry[order], key[order])


def _of_intent(demand: Demand, intent: int, seed: int, replication: int) -> tuple[F8, I4, I4, I4, U8]:
    arrivals = stream(f"arrivals/{demand.intents[intent]}")
    volume = demand.volume[intent]
    layers = [ceil(mean / LAYER) for mean in volume]
    interval = np.repeat(np.arange(len(volume), dtype=np.uint64), layers)
    layer = np.concatenate([np.arange(n, dtype=np.uint64) for n in layers] or [np.empty(0, np.uint64)])
    cell: U8 = (interval << np.uint64(40)) | (layer << np.uint64(16))
    count = np.searchsorted(_CDF, uniforms(seed, replication, arrivals, cell, 0, _COUNT))
    place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    key: U8 = np.repeat(cell, count) | place.astype(np.uint64)

    def draw(purpose: int) -> F8:
        return uniforms(seed, replication, arrivals, key, 0, purpose)

    height = (np.repeat(layer, count) + draw(_HEIGHT)) * LAYER
    comes = height < np.repeat(volume[interval.astype(np.int64)], count)
    begin = demand.origin + np.repeat(interval, count).astype(np.float64) * demand.interval
    arrival = begin + draw(_TIME) * demand.interval
    segment = np.searchsorted(demand.segment_share, draw(_SEGMENT)).astype(np.int32)
    rows = slice(demand.entry_ptr[intent], demand.entry_ptr[intent + 1])
    entry = demand.entry_step[rows][np.searchsorted(demand.entry_share[rows], draw(_ENTRY))].astype(np.int32)
    who = np.full(comes.sum(), intent, dtype=np.int32)
    # Cells of two intents have the same numbers; with the intent mixed in, their customers stay apart in later intents.
    mixed = key ^ (np.uint64(arrivals) << np.uint64(31))
    return arrival[comes], who, segment[comes], entry[comes], mixed[comes]
