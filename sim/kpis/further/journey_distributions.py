"""Distributions of journeys: how long they last, and how many touchpoints they have, whatever their outcome.

Journeys count that began within the reporting intervals and are over when the run ends.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.kpis.aggregate.completed_log import CompletedLog
from sim.kpis.aggregate.cube import Ratio, Sample
from sim.kpis.dimensions import BY_JOURNEY, Dimension
from sim.kpis.model import OF_THE_RUN, Kpi

__all__ = ["KPIS", "tally"]

BY: tuple[Dimension, ...] = ("all", "channel", "intent", "segment")
SHARES = (0.5, 0.9, 0.95, 1.0)


def _quantiles(name: str, title: str, unit: str, what: str) -> dict[float, Kpi]:
    """Return the KPIs of the order statistics of one quantity."""
    kpis = {}
    for share in SHARES:
        suffix = "max" if share == 1.0 else f"p{100 * share:.0f}"
        sentence = (
            f"The largest {what}." if share == 1.0 else f"The {what} that {share:.0%} of the journeys do not exceed."
        )
        kpis[share] = Kpi(
            f"{name}_{suffix}", f"{title}, {suffix.capitalize()}", unit, "lower", sentence + OF_THE_RUN, BY
        )
    return kpis


TIME = Kpi(
    "journey_time", "Journey time", "s", "lower", "Mean time from the arrival to the end of the journey.", BY_JOURNEY
)
TOUCHPOINTS = Kpi(
    "touchpoints",
    "Touchpoints",
    "touchpoints",
    "lower",
    "Mean number of visits to steps, pauses left out, of a journey.",
    BY_JOURNEY,
)
TIMES = _quantiles("journey_time", "Journey time", "s", "time from the arrival to the end of a journey")
NUMBERS = _quantiles("touchpoints", "Touchpoints", "touchpoints", "number of touchpoints")

KPIS = (TIME, *TIMES.values(), TOUCHPOINTS, *NUMBERS.values())


def tally(completed: CompletedLog) -> Iterator[Ratio | Sample]:
    """Collect the journeys that are over."""
    journeys = completed.journeys
    cube = journeys.cube
    yield cube.ratio(TIME, journeys.seconds, cube.every)
    yield cube.ratio(TOUCHPOINTS, journeys.touchpoints, cube.every)
    yield cube.sample_of(TIMES, journeys.seconds, cube.every, BY)
    yield cube.sample_of(NUMBERS, journeys.touchpoints, cube.every, BY)
