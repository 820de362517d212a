"""Report pages of runs and comparisons: one self-contained HTML file each, without requests to a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sim.core.units import WEEKDAYS
from sim.engine.plan import Kind
from sim.kpis import define, kpis_in, kpis_of
from sim.kpis.intervals import days_of, is_closed
from sim.report.day_figure import by_day
from sim.report.hints import hint_at_later_contacts, hint_at_later_work
from sim.report.interval_figures import demand_and_staff, occupancy, queue_profile
from sim.report.journey_graph import journey_graph, loss_labels
from sim.report.number_format import p_value, quantities, quantity, signed_quantities
from sim.report.provenance import provenance
from sim.report.table_columns import long_tables, report_tables
from sim.report.terminal_tables import headlines, row_name
from sim.report.titles import with_titles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Differences, Estimates
    from sim.kpis import Row

__all__ = ["difference_rows", "extent", "period", "write_page", "write_report"]

NAME = "report.html"
PARTS = {"interval": "from", "day": "day", "weekday": "weekday"}  # of a run, and the titles of their columns


def write_report(
    folder: Path, plan: Plan, manifest: Mapping[str, Any], estimates: Estimates, flows: NDArray[np.float64]
) -> Path:
    """Write the report of a run to ``report.html`` in a folder, and return its path.

    ``flows`` are the moves from step to step, summed over the replications (`sim.kpis.measure_blocks`).
    """
    plan, estimates, _ = with_titles(plan, estimates)
    losses = loss_labels(plan, estimates)
    return write_page(
        folder,
        "report.html.j2",
        plan,
        manifest,
        title=f"{manifest['scenario']}: simulation",
        subtitle=f"{extent(plan, estimates.replications, 'simulated')}, seed {manifest['seed']}",
        confidence=f"{100 * estimates.confidence:g} %",
        period=period(plan)[0],
        cards=list(_cards(plan, estimates)),
        demand=demand_and_staff(plan, estimates),
        queues=list(_queues(plan, estimates)),
        occupancy=occupancy(plan, estimates),
        days=by_day(plan, estimates) if days_of(plan) > 1 else "",
        weekdays=days_of(plan) > len(WEEKDAYS),
        holidays=", ".join(
            f"{plan.calendar.day_name(day)} {name}"
            for day in range(1, days_of(plan) + 1)
            if (name := plan.calendar.holiday_of(day))
        ),
        hint=" ".join(filter(None, [hint_at_later_contacts(estimates), hint_at_later_work(estimates)])),
        journeys=[
            {"name": name, "svg": journey_graph(plan, flows, i, losses)}
            for i, name in enumerate(plan.intents)
            if flows[0, np.flatnonzero(plan.step_intent == i)].any()
        ],
        tables=[
            *_targets(plan, estimates),
            *_tables(plan, estimates, report_tables(plan, estimates)),
            *_targets_by_day(plan, estimates),
            *_tables(plan, estimates, long_tables(plan, estimates)),
        ],
    )


def write_page(folder: Path, template: str, plan: Plan, manifest: Mapping[str, Any], **content: Any) -> Path:
    """Fill in a template, write the page, and return its path."""
    templates = FileSystemLoader(Path(__file__).parent)
    pages = Environment(
        loader=templates, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = pages.get_template(template).render(
        **content,
        plan=plan,
        manifest=manifest,
        kpis=kpis_of(plan),
        define=define,
        provenance=list(provenance(manifest)),
    )
    path = folder / NAME
    path.write_text(text, encoding="utf-8")
    return path


def extent(plan: Plan, replications: int, adjective: str) -> str:
    """Return the number, length and hours of the replications, e.g. "10 simulated weeks, 08:00 to day 7 20:00"."""
    noun, length = period(plan)
    begin, end = plan.origin, plan.origin + plan.intervals * plan.interval
    hours = f"{plan.calendar.label(begin)} to {plan.calendar.label(end, end=True)}"
    return f"{replications} {adjective} {noun}{'s' if replications > 1 else ''}{length}, {hours}"


def period(plan: Plan) -> tuple[str, str]:
    """Return what one replication covers: a day, a week, or a run "of 5 days"."""
    days = days_of(plan)
    named = {1: "day", 7: "week"}.get(days)
    return (named, "") if named else ("run", f" of {days} days")


def _cards(plan: Plan, estimates: Estimates) -> Iterator[dict[str, str]]:
    """Yield the key figures."""
    known = kpis_in(estimates.index)
    for i in headlines(estimates):
        row = estimates.index[i]
        kpi = known[row.kpi]
        if np.isnan(estimates.value[i]) or (kpi.name == "switches_per_journey" and not _has_switches(plan)):
            continue
        columns = (estimates.value, estimates.low, estimates.high)
        value, low, high = quantities([float(column[i]) for column in columns], kpi.unit)
        yield {
            "title": row_name(row, kpi),
            "value": value,
            "interval": f"{low} to {high}" if np.isfinite(estimates.low[i]) else "",
            "definition": define(kpi, plan, row.key),
        }


def _has_switches(plan: Plan) -> bool:
    """Tell whether customers of an intent can change the channel; to pause is no change."""
    steps = np.flatnonzero(plan.step_kind != Kind.PAUSE)
    channels = set(zip(plan.step_intent[steps].tolist(), plan.step_channel[steps].tolist(), strict=True))
    return len(channels) > len(set(plan.step_intent[steps].tolist()))


def _queues(plan: Plan, estimates: Estimates) -> Iterator[dict[str, str]]:
    """Yield the figure of each queue, empty if it was not used; none where their KPIs were not asked for."""
    for number, name in enumerate(plan.queues):
        if not _is_used(estimates, name):
            yield {"name": name, "svg": ""}
        elif figure := queue_profile(plan, estimates, number):
            yield {"name": name, "svg": figure}


def _is_used(estimates: Estimates, queue: str) -> bool:
    """Tell whether contacts came to a queue, or were in it."""
    if not {("offered", "queue"), ("backlog", "queue_interval")} <= estimates.measured:
        return True
    return any(
        estimates.value[i] > 0
        for i, row in enumerate(estimates.index)
        if row.key == queue and (row.kpi, row.by) in {("offered", "queue"), ("backlog", "queue_interval")}
    )


def _tables(
    plan: Plan, estimates: Estimates, wanted: Sequence[tuple[str, str, Sequence[str]]]
) -> Iterator[dict[str, Any]]:
    """Yield tables with a line per key, or per key and interval, day or weekday."""
    known = kpis_in(estimates.index)
    for title, by, wanted_names in wanted:
        noun, _, per = by.rpartition("_")
        if per not in PARTS:
            noun, per = by.replace("_", "/"), ""
        names = [name for name in wanted_names if (name, by) in estimates.measured]
        if not names:  # nobody asked for them
            continue
        rows = []
        for row in (row for row in estimates.index if (row.kpi, row.by) == (names[0], by)):
            values = [
                quantity(
                    float(estimates.value[estimates.at(name, *row[1:4], day=row.day, weekday=row.weekday)]),
                    known[name].unit,
                )
                for name in names
            ]
            if row.by == "channel" and row.key == "pause":  # nobody is served there
                continue
            rows.append([*([row.key] if noun else []), *([_part(plan, row)] if per else []), *values])
        first = [*([noun] if noun else []), *([PARTS[per]] if per else [])]
        columns = [*first, *(known[name].title for name in names)]
        yield {"title": title, "long": bool(per), "columns": columns, "rows": rows}


def _part(plan: Plan, row: Row) -> str:
    """Return the interval, day or weekday of a row."""
    if row.interval is not None:
        return plan.calendar.label(plan.origin + row.interval * plan.interval)
    day = row.day
    if not day:
        return row.weekday or ""
    holiday = plan.calendar.holiday_of(day)
    facts = [plan.calendar.weekday_name(day), *([holiday] if holiday else []), *(["closed"] * is_closed(plan, day))]
    return f"{plan.calendar.day_name(day)} ({', '.join(facts)})"


def _targets(plan: Plan, estimates: Estimates) -> Iterator[dict[str, Any]]:
    """Yield the table of service levels and targets: the ratio of the sums, and the spread over single days."""
    if not {("service_level", "queue"), ("intervals_on_target", "queue")} <= estimates.measured:
        return
    rows = []
    for queue in plan.queues:
        i = estimates.at("service_level", "queue", queue)
        columns = (estimates.target, estimates.value, estimates.low, estimates.high, estimates.mean_of_days)
        days = (estimates.p10, estimates.p50, estimates.p90, estimates.meets)
        intervals = estimates.value[estimates.at("intervals_on_target", "queue", queue)]
        shares = [*(column[i] for column in (*columns, *days)), intervals]
        rows.append([queue, *(quantity(float(share), "share") for share in shares)])
    names = ("target", "service level", "from", "to", "mean of days", "P10 of days", "P50", "P90")
    yield {
        "title": "Service level and target",
        "long": False,
        "columns": ["queue", *names, "days on target", "intervals on target"],
        "rows": rows,
    }


def _targets_by_day(plan: Plan, estimates: Estimates) -> Iterator[dict[str, Any]]:
    """Yield the service levels and targets by day of a run of several days, and by weekday of a longer one."""
    days = days_of(plan)
    for by in ("day", "weekday")[: 0 if days == 1 else 1 if days <= len(WEEKDAYS) else 2]:
        if ("service_level", f"queue_{by}") not in estimates.measured:
            continue
        rows = []
        for i, row in enumerate(estimates.index):
            if (row.kpi, row.by) == ("service_level", f"queue_{by}"):
                columns = (estimates.target, estimates.value, estimates.low, estimates.high, estimates.meets)
                shares = [quantity(float(column[i]), "share") for column in columns]
                rows.append([row.key, _part(plan, row), *shares])
        names = ["queue", PARTS[by], "target", "service level", "from", "to", "days on target"]
        yield {"title": f"Service level and target per {by}", "long": True, "columns": names, "rows": rows}


def difference_rows(differences: Differences, by: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the lines of a table of differences."""
    known = kpis_in(differences.index)
    order = {name: rank for rank, name in enumerate(names)}
    rows = [i for i, row in enumerate(differences.index) if row.by == by and row.kpi in order]
    for i in sorted(rows, key=lambda i: (differences.index[i].key, order[differences.index[i].kpi])):
        row, significant = differences.index[i], bool(differences.significant[i])
        kpi, size = known[row.kpi], float(differences.difference[i])
        better = kpi.better is not None and (size > 0) == (kpi.better == "higher")
        yield {
            "name": row_name(row, kpi) if by == "all" else f"{row.key}: {kpi.title}",
            "significant": significant,
            "colour": ("good" if better else "bad") if significant and kpi.better else "",
            "cells": [
                *quantities([float(differences.baseline[i]), float(differences.variant[i])], kpi.unit),
                *signed_quantities([size, float(differences.low[i]), float(differences.high[i])], kpi.unit),
                p_value(float(differences.p_adjusted[i])),
            ],
        }
