"""Verdict of a run: how often queues meet their targets; where none has any, what an average run is like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.core.units import HOUR, spell
from sim.kpis import kpi
from sim.kpis.intervals import first_interval
from sim.report.number_format import quantities, quantity
from sim.report.risk import intervals_of_slots, risk_sentences
from sim.report.terminal_tables import headlines, row_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Estimates

__all__ = ["run_sentences"]

_NAMES = {HOUR / 4: "quarter of an hour", HOUR / 2: "half-hour", HOUR: "hour"}  # of an interval


def run_sentences(plan: Plan, estimates: Estimates, period: str) -> list[str]:
    """Return the sentences on top of a run's page, at least one.

    Parameters
    ----------
    plan
        What was simulated.
    estimates
        Its KPIs.
    period
        What one replication is, such as "day" or "run of 5 days".
    """
    return risk_sentences(plan, estimates) or list(_essentials(plan, estimates, period))


def _essentials(plan: Plan, estimates: Estimates, period: str) -> Iterator[str]:
    """Yield how many contacts come, wait and abandon, and when most come; without contacts, a key figure."""
    wanted = ("offered", "abandonment", "asa")
    if not {(name, "all") for name in wanted} <= estimates.measured or not estimates.value[estimates.at("offered")]:
        yield _key_figure(estimates)
        return
    offered, abandonment, asa = (
        quantity(float(estimates.value[estimates.at(name)]), kpi(name).unit) for name in wanted
    )
    yield (
        f"{offered} contacts on an average {period}: {abandonment} abandon, and those who are answered wait {asa}"
        " on average."
    )
    if ("offered", "interval") in estimates.measured:
        yield from _busiest(plan, estimates)


def _busiest(plan: Plan, estimates: Estimates) -> Iterator[str]:
    """Yield the time of day, and of a longer run the weekday, at which most contacts come within the hours."""
    first = estimates.at("offered", "interval", interval=0)
    offered = estimates.value[first : first + plan.intervals]
    counted = {
        slot: [number for number in intervals if number >= first_interval(plan)]
        for slot, intervals in intervals_of_slots(plan).items()
    }
    means = {slot: float(offered[intervals].mean()) for slot, intervals in counted.items() if intervals}
    if not means:
        return
    weekday, begin = max(means, key=lambda slot: means[slot])
    name = _NAMES.get(plan.interval, f"interval of {spell(plan.interval)}")
    count = quantity(means[weekday, begin], kpi("offered").unit)
    yield f"The busiest {name} begins {f'on {weekday} ' if weekday else ''}at {begin}, with {count} of them."


def _key_figure(estimates: Estimates) -> str:
    """Return the first key figure, or, of what was measured by time only, the range of the first KPI."""
    if shown := headlines(estimates):
        row = estimates.index[shown[0]]
        limits = [float(column[shown[0]]) for column in (estimates.value, estimates.low, estimates.high)]
        value, low, high = quantities(limits, kpi(row.kpi).unit)
        sure = f" ({100 * estimates.confidence:g} % interval: {low} to {high})" if np.isfinite(limits[1]) else ""
        return f"{row_name(row, kpi(row.kpi))}: {value}{sure}."
    first = estimates.index[0]
    name = f"{kpi(first.kpi).title}, {first.key}" if first.key else kpi(first.kpi).title
    same = [at for at, row in enumerate(estimates.index) if row[:3] == first[:3] and not np.isnan(estimates.value[at])]
    if not same:
        return f"{name} is undefined throughout."
    least, most = quantities([float(end(estimates.value[same])) for end in (np.min, np.max)], kpi(first.kpi).unit)
    return f"{name}, by {first.by.replace('_', ' and ')}: from {least} to {most}."
