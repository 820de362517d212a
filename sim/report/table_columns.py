"""Tables of the report pages: their titles, dimensions and KPIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.core.units import WEEKDAYS
from sim.kpis.intervals import days_of
from sim.kpis.registry import families_of, further_families

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Differences, Estimates

__all__ = ["PARTS", "long_tables", "occurs", "report_tables"]

Table = tuple[str, str, tuple[str, ...]]  # title, dimension, KPIs
PARTS = ("interval", "day", "weekday")  # of a run, of which there are many
WIDEST = 10  # KPIs of a table of those that were chosen

QUEUES = ("offered", "handled", "abandonment", "service_level", "delayed", "asa", "wait_p90", "aht", "queue_length")
OUTCOMES = (
    *("offered", "handled", "abandoned", "timed_out", "cleared", "blocked", "balked", "failed"),
    *("inside", "outside_hours"),
)
TRANSFERS = ("handled", "transfers", "transfer_rate", "repetitions", "repetition_rate", "repetition_time")
CALLBACKS = ("callbacks_offered", "callbacks_accepted", "callbacks_reached", "callback_reach", "callback_wait")
LINES = ("lines_used", "max_lines_used", "line_occupancy", "line_blocking")
GROUPS = ("staffed_hours", "attendance", "occupancy", "slot_occupancy", "morale", "handled", "aht")
HOURS = (
    *("scheduled_hours", "staffed_hours", "overtime_hours", "paid_hours", "fte_net", "fte_gross"),
    *("cost", "cost_per_contact"),
)
INTENTS = (
    *("journeys", "resolved", "unresolved", "gave_up", "containment", "fcr", "contacts_per_journey"),
    *("time_to_resolution", "effort", "mood", "unhappy"),
)
LIFETIMES = (
    *("customers", "journeys_per_customer", "lifetime", "journeys", "led_on"),
    *("churn", "churn_after_resolved", "churn_after_unresolved", "churn_after_gave_up"),
)
TOTALS = (
    *("journeys", "resolved", "offered", "handled", "abandonment", "fcr", "mood"),
    *("staffed_hours", "paid_hours", "cost"),
)
CHANNELS = ("journeys", "offered", "handled", "abandonment", "asa", "aht", "repeat_rate", "mood")
SEGMENTS = ("journeys", "resolved", "offered", "abandonment", "asa", "contacts_per_journey", "effort", "mood")
LOSSES = ("visits_abandoned", "visits_timed_out", "visits_closed", "visits_blocked", "visits_balked", "visits_failed")
STEPS = ("visits", *LOSSES, "visits_notified", "mood_after")
PER_INTERVAL: tuple[Table, ...] = (
    ("Queues per interval", "queue_interval", ("offered", "abandonment", "service_level", "asa", "wait_p90", "aht")),
    ("Contact outcomes per interval", "queue_interval", OUTCOMES),
    ("Groups per interval", "group_interval", ("staff", "occupancy", "morale", "handled", "aht")),
)


def _day_tables(days: int) -> Iterator[Table]:
    """Yield the tables by day of a run of several days, and by weekday if that is another thing."""
    for title, by in (("per day", "day"), *((("per weekday", "weekday"),) if days > len(WEEKDAYS) else ())):
        if days > 1:
            yield f"Queues {title}", f"queue_{by}", (*QUEUES, "backlog")
            yield f"Groups {title}", f"group_{by}", GROUPS
            yield f"Hours and cost {title}", f"group_{by}", HOURS
            yield f"Totals {title}", by, TOTALS


def report_tables(plan: Plan, results: Estimates | Differences) -> list[Table]:
    """Return the tables of a result; a scenario without callbacks, lines or lifetimes has no tables of them."""
    return [*_chosen_tables(results, long=False)] if plan.only_kpis else [*_tables(plan, results)]


def long_tables(plan: Plan, results: Estimates | Differences) -> list[Table]:
    """Return the tables with a line per key and day, weekday or interval."""
    if plan.only_kpis:
        return [*_chosen_tables(results, long=True)]
    return [*_day_tables(days_of(plan)), *PER_INTERVAL, *_further_tables(plan, long=True)]


def _chosen_tables(results: Estimates | Differences, *, long: bool) -> Iterator[Table]:
    """Yield a table of the KPIs that were chosen for each dimension, several of many KPIs."""
    by_dimension: dict[str, list[str]] = {}
    for kpi, by in dict.fromkeys((row.kpi, row.by) for row in results.index):
        by_dimension.setdefault(by, []).append(kpi)
    for by, names in by_dimension.items():
        noun, _, per = by.rpartition("_")
        if (per in PARTS) == long:
            title = "Totals" if by == "all" else f"By {noun or per}" + (f" and {per}" if noun and per else "")
            for begin in range(0, len(names), WIDEST):
                yield title, by, tuple(names[begin : begin + WIDEST])


def _tables(plan: Plan, results: Estimates | Differences) -> Iterator[Table]:
    yield "Queues", "queue", QUEUES
    yield "Contact outcomes", "queue", OUTCOMES
    yield "Transfers and repeats", "queue", TRANSFERS
    if np.isfinite(plan.queueing.callback[:, 0]).any():
        yield "Callbacks", "queue", CALLBACKS
    if plan.line_names:
        yield "Lines", "lines", LINES
    yield "Groups", "group", GROUPS
    yield "Hours and cost", "group", HOURS
    yield "Intents", "intent", INTENTS
    if occurs(results, "led_on"):
        yield "Lifetimes", "intent", LIFETIMES
    yield "Steps", "step", STEPS
    yield "Channels", "channel", CHANNELS
    yield "Segments", "segment", SEGMENTS
    yield from _further_tables(plan)


FURTHER = ("queue", "group", "queue_group", "step", "intent")  # the first that a KPI has is that of its table


def _further_tables(plan: Plan, *, long: bool = False) -> Iterator[Table]:
    """Yield the tables of the further families that a scenario asks for: of the whole run, or steps per interval."""
    for family in (family for family in families_of(plan) if family in further_families()):
        title = (family.doc or "").partition(":")[0].partition(".")[0].partition(",")[0]
        by_dimension: dict[str, list[str]] = {}
        for kpi in family.kpis:
            by = next(by for by in (("step_interval",) if long else FURTHER) if by in kpi.dimensions or long)
            if by in kpi.dimensions:
                by_dimension.setdefault(by, []).append(kpi.name)
        for by, names in by_dimension.items():
            yield f"{title} per interval" if long else title, by, tuple(names)


def occurs(results: Estimates | Differences, kpi: str) -> bool:
    """Tell whether a KPI was asked for, and is above 0; in a comparison, in either variant."""
    if (kpi, "all") not in results.measured:
        return False
    row = results.at(kpi)
    columns = [getattr(results, name) for name in ("value", "baseline", "variant") if hasattr(results, name)]
    return any(column[row] > 0 for column in columns)
