"""What the pages show of a result: which tables, and why customers were lost where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.report.numbers import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Differences, Estimates

__all__ = ["PER_INTERVAL", "causes_of", "tables_of"]

Table = tuple[str, str, tuple[str, ...]]  # title, cut, KPIs

QUEUES = ("offered", "handled", "abandonment", "service_level", "delayed", "asa", "wait_p90", "aht", "queue_length")
BECAME = ("offered", "handled", "abandoned", "closed", "blocked", "balked", "failed", "inside")
HANDED_ON = ("handled", "transfers", "transfer_rate", "repetitions", "repetition_rate", "repetition_time")
CALLBACKS = ("callbacks_offered", "callbacks_accepted", "callbacks_reached", "callback_reach", "callback_wait")
LINES = ("lines_used", "max_lines_used", "line_occupancy", "line_blocking")
GROUPS = (
    *("staffed_hours", "attendance", "occupancy", "slot_occupancy", "overtime_hours", "morale"),
    *("handled", "aht", "cost", "cost_per_contact"),
)
INTENTS = (
    *("journeys", "resolved", "unresolved", "gave_up", "containment", "fcr", "contacts_per_journey"),
    *("time_to_resolution", "effort", "mood", "unhappy"),
)
LIFETIMES = (
    *("customers", "journeys_per_customer", "lifetime", "journeys", "led_on"),
    *("churn", "churn_after_resolved", "churn_after_unresolved", "churn_after_gave_up"),
)
CHANNELS = ("journeys", "offered", "handled", "abandonment", "asa", "aht", "repeat_rate", "mood")
SEGMENTS = ("journeys", "resolved", "offered", "abandonment", "asa", "contacts_per_journey", "effort", "mood")
LOST = ("visits_abandoned", "visits_closed", "visits_blocked", "visits_balked", "visits_failed")
STEPS = ("visits", *LOST, "visits_notified", "mood_after")
PER_INTERVAL: tuple[Table, ...] = (
    ("Queues per interval", "queue_interval", ("offered", "abandonment", "service_level", "asa", "wait_p90", "aht")),
    ("Contacts per interval", "queue_interval", BECAME),
    ("Groups per interval", "group_interval", ("staff", "occupancy", "morale", "handled", "aht")),
)
SHOWN = 0.005  # shares below this get no label


def tables_of(plan: Plan, results: Estimates | Differences) -> list[Table]:
    """Return the tables of a result, without those of what its scenario does not have.

    Parameters
    ----------
    plan
        Has callbacks and lines, or not.
    results
        Show whether journeys led on to others.
    """
    return list(_tables(plan, results))


def _tables(plan: Plan, results: Estimates | Differences) -> Iterator[Table]:
    yield "Queues", "queue", QUEUES
    yield "What became of contacts", "queue", BECAME
    yield "Handed on", "queue", HANDED_ON
    if np.isfinite(plan.queueing.callback[:, 0]).any():
        yield "Callbacks", "queue", CALLBACKS
    if plan.line_names:
        yield "Lines", "lines", LINES
    yield "Groups", "group", GROUPS
    yield "Intents", "intent", INTENTS
    if _any(results, "led_on"):
        yield "Lifetimes", "intent", LIFETIMES
    yield "Steps", "step", STEPS
    yield "Channels", "channel", CHANNELS
    yield "Segments", "segment", SEGMENTS


def _any(results: Estimates | Differences, kpi: str) -> bool:
    """Tell whether a KPI is above 0, in either variant of a comparison."""
    at = results.at(kpi)
    columns = [getattr(results, name) for name in ("value", "baseline", "variant") if hasattr(results, name)]
    return any(column[at] > 0 for column in columns)


def causes_of(plan: Plan, estimates: Estimates) -> dict[int, str]:
    """Return, for steps at which customers were lost, how, e.g. ``"balked 2.0 %, abandoned 5.1 %"``.

    Parameters
    ----------
    plan, estimates
        Of a run.
    """
    texts = {}
    for step, name in enumerate(plan.steps):
        shares = {kpi.removeprefix("visits_"): float(estimates.value[estimates.at(kpi, "step", name)]) for kpi in LOST}
        told = [f"{how} {quantity(share, 'share')}" for how, share in shares.items() if share >= SHOWN]
        if told:
            texts[step] = "\n".join(told)
    return texts
