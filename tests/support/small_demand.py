"""Demand of two intents over a few half-hours, and the customers drawn from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.population import Demand, Population

Person = tuple[float, int, int]


def demand(*volumes: Sequence[float], intents: tuple[str, ...] = ("balance", "loan")) -> Demand:
    """Return the demand of some intents in half-hours from eight o'clock, with two segments and two first steps."""
    number = len(volumes)
    return Demand(
        intents=intents[:number],
        origin=28_800.0,
        interval=1800.0,
        volume=np.array(volumes, dtype=np.float64),
        segment_share=np.array([0.3, 1.0]),
        entry_ptr=np.arange(0, 2 * number + 1, 2, dtype=np.int32),
        entry_step=np.arange(2 * number, dtype=np.int32),
        entry_share=np.tile([0.75, 1.0], number),
    )


def persons(population: Population) -> dict[tuple[int, int], Person]:
    """Return the customers by intent and key."""
    who = zip(population.intent.tolist(), population.key.tolist(), strict=True)
    what = zip(population.arrival.tolist(), population.segment.tolist(), population.entry.tolist(), strict=True)
    everybody = dict(zip(who, what, strict=True))
    assert len(everybody) == len(population), "two customers with one key"
    return everybody


def per_interval(population: Population, intervals: int) -> list[int]:
    places = ((population.arrival - 28_800.0) // 1800.0).astype(int)
    return np.bincount(places, minlength=intervals).tolist()
