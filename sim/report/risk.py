"""Risk beside the mean: on how many days, and in which intervals, queues meet their target."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.core.units import counted
from sim.experiment.probability import wilson
from sim.kpis.intervals import days_of, open_intervals
from sim.population.demand import ForecastFactor
from sim.report.number_format import or_none, quantity
from sim.report.workbook import Cell, Column, Sheet

if TYPE_CHECKING:
    from sim.engine.plan import Plan
    from sim.experiment.estimate import Estimates

__all__ = ["forecast_note", "heat_strip", "intervals_of_slots", "risk_sentences", "risk_sheets", "slots_of"]

MOST_LABELS = 8  # times that stand apart on a narrow screen
WHERE = (("service_level", "queue"), ("service_level", "queue_interval"))


class Slot(NamedTuple):
    """A time of day, on all days or on the same weekday of a run of several days."""

    queue: str
    weekday: str  # empty in a run of one day
    begin: str
    days: float  # on which anybody came
    meets: float  # share of them that met the target


def has_risk(estimates: Estimates) -> bool:
    """Tell whether service levels by queue and by interval were measured."""
    return set(WHERE) <= estimates.measured


def risk_sentences(plan: Plan, estimates: Estimates) -> list[str]:
    """Return on how many days the queues meet their targets, the worst first, and when they fail most."""
    if not has_risk(estimates):
        return []
    rows = [estimates.at("service_level", "queue", queue) for queue in plan.queues]
    known = [row for row in rows if estimates.days[row] > 0 and not math.isnan(estimates.meets[row])]
    if not known:
        return []
    order = sorted(known, key=lambda row: float(estimates.meets[row]))
    worst = order[0]
    limits = wilson(float(estimates.meets[worst]), float(estimates.effective_days[worst]), estimates.confidence)
    sure = _interval(*limits, estimates.confidence)
    queue = estimates.index[worst].key
    target = quantity(float(estimates.target[worst]), "share")
    sentences = [f"{queue} meets its target of {target} on {_of_days(estimates, worst)}{sure}."]
    if others := [f"{estimates.index[row].key} on {_of_days(estimates, row)}" for row in order[1:]]:
        sentences.append(f"{', '.join(others)}.")
    if slot := _worst_slot(plan, estimates, queue):
        end = f"{slot.weekday} {slot.begin}".strip()
        sentences.append(f"{queue} fails most at {end}: on target on {_whole(slot.meets)} of the days.")
    if (joint := estimates.joint) is not None:
        limits = wilson(joint.meets, joint.effective_days, estimates.confidence)
        sentences.append(
            f"All queues meet their targets together on {_met_of(joint.meets, joint.days)}"
            f"{_interval(*limits, estimates.confidence)}."
        )
    return sentences


def _interval(low: float, high: float, confidence: float) -> str:
    return "" if math.isnan(low) else f" ({_whole(confidence)} interval: {_whole(low)} to {_whole(high)})"


def _whole(share: float) -> str:
    return f"{100 * share:.0f} %"


def _of_days(estimates: Estimates, row: int) -> str:
    return _met_of(float(estimates.meets[row]), float(estimates.days[row]))


def _met_of(share: float, number: float) -> str:
    days = round(number)
    met = round(share * days)
    return f"{met} of {counted(days, 'day')}" if met < days or days == 1 else f"all {days} days"


def _worst_slot(plan: Plan, estimates: Estimates, queue: str) -> Slot | None:
    """Return the time at which a queue misses its target most often; None if it never does."""
    slots = [slot for slot in slots_of(plan, estimates, queue) if slot.days and not math.isnan(slot.meets)]
    worst = min(slots, key=lambda slot: slot.meets, default=None)
    return worst if worst and worst.meets < 1 else None


def slots_of(plan: Plan, estimates: Estimates, queue: str) -> Iterator[Slot]:
    """Yield the times of day at which the run is open, of each weekday that it has; in a run of one day, without it."""
    first = estimates.at("service_level", "queue_interval", queue, 0)
    rows = slice(first, first + plan.intervals)
    meets, days = estimates.meets[rows], estimates.days[rows]
    for (weekday, begin), intervals in intervals_of_slots(plan).items():
        count = float(days[intervals].sum())
        met = float(np.nansum(meets[intervals] * days[intervals]))
        yield Slot(queue, weekday, begin, count, met / count if count else math.nan)


@lru_cache(maxsize=2)  # each queue asks again
def intervals_of_slots(plan: Plan) -> dict[tuple[str, str], list[int]]:
    """Return the intervals of each weekday and time of day, in the order of `slots_of`."""
    together: dict[tuple[str, str], list[int]] = {}
    for interval in np.flatnonzero(open_intervals(plan)).tolist():
        begin = plan.origin + interval * plan.interval
        day = plan.calendar.local(begin)[0]
        weekday = plan.calendar.weekday_name(day) if days_of(plan) > 1 else ""
        together.setdefault((weekday, plan.calendar.clock_label(begin)), []).append(interval)
    order = list(dict.fromkeys(weekday for weekday, _ in together))  # of the run; within a weekday, by time
    return {slot: together[slot] for slot in sorted(together, key=lambda slot: order.index(slot[0]))}


def risk_sheets(plan: Plan, estimates: Estimates) -> Iterator[Sheet]:
    """Yield the tables of risk: by queue and of all on the same day, and by queue and time."""
    if not has_risk(estimates):
        return
    shares = [Column(name, "share") for name in ("target", "days on target", "from", "to")]
    several = days_of(plan) > 1
    worst_part = [Column(name) for name in (*(("worst weekday",) if several else ()), "worst time")]
    columns = (Column("queue"), *shares, Column("days"), *worst_part, Column("on target then", "share"))
    rows: list[list[Cell]] = []
    for queue in plan.queues:
        row = estimates.at("service_level", "queue", queue)
        slot = _worst_slot(plan, estimates, queue)
        met = float(estimates.meets[row])
        limits = wilson(met, float(estimates.effective_days[row]), estimates.confidence)
        worst = [*_time_of(slot, several=several), slot.meets] if slot else [None] * (1 + len(worst_part))
        values = (or_none(value) for value in (estimates.target[row], met, *limits))
        rows.append([queue, *values, int(estimates.days[row]), *worst])
    if (joint := estimates.joint) is not None:
        limits = wilson(joint.meets, joint.effective_days, estimates.confidence)
        together = (None, joint.meets, *map(or_none, limits), int(joint.days))
        rows.append(["all on the same day", *together, *[None] * (1 + len(worst_part))])
    yield Sheet("Risk", columns, rows)
    times: list[list[Cell]] = []
    for queue in plan.queues:
        for slot in slots_of(plan, estimates, queue):
            low, high = (math.nan,) * 2 if several else wilson(slot.meets, slot.days, estimates.confidence)
            limits_then = [] if several else [or_none(low), or_none(high)]
            times.append([queue, *_time_of(slot, several=several), or_none(slot.meets), *limits_then, int(slot.days)])
    nouns = ["queue", *(["weekday"] if several else []), "from"]
    names = ["on target", *([] if several else ["low", "high"])]
    titles = (*map(Column, nouns), *(Column(name, "share") for name in names), Column("days"))
    yield Sheet("Risk per time of day", titles, times, is_long=True)


def _time_of(slot: Slot, *, several: bool) -> list[Cell]:
    """Return weekday, of several days, and time of day; one that the clock shows twice is text with its offset."""
    begin: Cell = slot.begin if len(slot.begin) > len("00:00") else time.fromisoformat(slot.begin)
    return [*([slot.weekday] if several else []), begin]


def heat_strip(plan: Plan, estimates: Estimates) -> dict[str, Any] | None:
    """Return the lines of a strip that is the redder the more often a queue misses its target at a time of day."""
    if not has_risk(estimates):
        return None
    slots = [slot for queue in plan.queues for slot in slots_of(plan, estimates, queue)]
    times = list(dict.fromkeys(slot.begin for slot in slots))
    full = [begin for begin in times if begin.endswith(":00")]
    shown = [begin for begin in full if len(full) <= MOST_LABELS or int(begin[:2]) % 3 == 0]
    lines: dict[tuple[str, str], dict[str, Slot]] = {}
    for slot in slots:
        lines.setdefault((slot.queue, slot.weekday), {})[slot.begin] = slot
    return {
        "times": [begin if begin in shown else "" for begin in times],
        "lines": [
            {
                "name": f"{queue} {weekday[:3]}".strip(),
                "cells": [_cell(of_day.get(begin)) for begin in times],
            }
            for (queue, weekday), of_day in lines.items()
            if any(slot.days for slot in of_day.values())
        ],
    }


def _cell(slot: Slot | None) -> dict[str, Any]:
    """Return how red a cell is, and what it says."""
    if slot is None or not slot.days or math.isnan(slot.meets):
        return {"miss": None, "text": "nobody came"}
    where = f"{slot.queue} {slot.weekday}".strip()
    return {
        "miss": round(1 - slot.meets, 3),
        "text": f"{where} {slot.begin}: on target on {_whole(slot.meets)} of the days",
    }


def forecast_note(plan: Plan) -> str:
    """Return what is said about the error of the forecast."""
    error = plan.variation.forecast_error
    if error == ForecastFactor():
        return (
            "The forecast counts as right: days differ by chance only, and by what the demand says. "
            "demand.forecast_error adds its error."
        )
    cvs = [error.cv] if isinstance(error.cv, float) else sorted(set(error.cv))
    spread = " to ".join(f"{100 * cv:.3g} %" for cv in dict.fromkeys((cvs[0], cvs[-1])))
    bias = f", and {100 * (error.mean - 1):+.3g} % on average" if error.mean != 1 else ""
    each = "each day" if error.per_day else "all days of a run"
    return f"The error of the forecast is included: a factor with a cv of {spread}{bias}, drawn for {each}."
