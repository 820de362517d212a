"""Sentence about the steady state of one long run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.core.units import DAY, spell
from sim.kpis import kpi
from sim.kpis.intervals import first_interval
from sim.report.number_format import or_none, quantities
from sim.report.terminal_tables import row_name

if TYPE_CHECKING:
    from sim.engine.plan import Plan
    from sim.experiment.steady_state import SteadyState

__all__ = ["steady_record"]


def steady_record(plan: Plan, steady: SteadyState) -> dict[str, Any]:
    """Return a steady state for the manifest, with the sentence for people; parameters as of `steady_sentence`."""
    numbers = (steady.value, steady.low, steady.high, steady.correlation)
    return {
        **dict(zip(("kpi", "by", "key"), steady.row[:3], strict=True)),
        **dict(zip(("value", "low", "high", "correlation"), map(or_none, numbers), strict=True)),
        "warm_up": steady.warm_up * plan.interval,
        "seconds": steady.intervals * plan.interval,
        "needed_days": None if steady.is_long else _days(plan, steady),
        "sentence": steady_sentence(plan, steady),
    }


def steady_sentence(plan: Plan, steady: SteadyState) -> str:
    """Return what a KPI is in the steady state, from when on, and what speaks against it.

    Parameters
    ----------
    plan
        Of the run; it has the length of the intervals.
    steady
        What was found.
    """
    title = row_name(steady.row, kpi(steady.row.kpi))
    warm_up, left = (spell(count * plan.interval) for count in (steady.warm_up, steady.intervals))
    if not steady.has_settled:
        more = f"Give more days, about run.days: {_days(plan, steady)} to begin with."
        return f"{title} does not settle: {warm_up} of warm-up are more than half of the run. {more}"
    value, low, high = quantities((steady.value, steady.low, steady.high), kpi(steady.row.kpi).unit)
    of_time = f"the {left} after {warm_up} of warm-up"
    if not steady.is_long:
        more = f"Give about run.days: {_days(plan, steady)}."
        return f"{title} was {value} in {of_time}, which are too short for an interval. {more}"
    return f"{title} in the steady state: {value}, 95 % interval {low} to {high}, of {of_time}."


def _days(plan: Plan, steady: SteadyState) -> int:
    """Return the days of a run that is long enough, roughly, with what `run.warm_up` leaves out."""
    return math.ceil((first_interval(plan) + steady.needed) * plan.interval / DAY)
