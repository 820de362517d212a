"""Report pages of runs and comparisons: one self-contained HTML file each, without requests to a server."""

from __future__ import annotations

import math
import re
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sim.core.units import WEEKDAYS
from sim.engine.plan import Kind
from sim.kpis import define, kpis_in, kpis_of
from sim.kpis.intervals import days_of
from sim.report.day_figure import by_day
from sim.report.figure import LONGEST
from sim.report.hints import hint_at_later_contacts, hint_at_later_work
from sim.report.interval_figures import demand_and_staff, occupancy, queue_profile
from sim.report.journey_graph import journey_graph, loss_labels
from sim.report.number_format import p_value, quantities, quantity, signed_quantities
from sim.report.provenance import provenance
from sim.report.risk import forecast_note, heat_strip
from sim.report.run_verdict import run_sentences
from sim.report.tables import run_sheets
from sim.report.terminal_tables import headlines, row_name
from sim.report.titles import with_titles
from sim.report.workbook import Cell, Sheet, write_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Differences, Estimates

__all__ = ["difference_rows", "extent", "period", "write_page", "write_report"]

NAME = "report.html"
MOST_ROWS = 2000  # of a table on a page; a browser is slow with more
CONTENTS = Markup("<!-- contents -->")


def write_report(
    folder: Path, plan: Plan, manifest: Mapping[str, Any], estimates: Estimates, flows: NDArray[np.float64]
) -> Path:
    """Write the report of a run to ``report.html`` in a folder, and its tables beside it; return the page's path.

    ``flows`` are the moves from step to step, summed over the replications (`sim.kpis.measure_blocks`).
    """
    plan, estimates, _ = with_titles(plan, estimates)
    title = f"{manifest['scenario']}: simulation"
    subtitle = f"{extent(plan, estimates.replications, 'simulated')}, seed {manifest['seed']}"
    sheets = run_sheets(plan, estimates)
    write_tables(folder, sheets, (title, subtitle))
    losses = loss_labels(plan, estimates)
    is_short = days_of(plan) <= LONGEST
    return write_page(
        folder,
        "report.html.j2",
        plan,
        manifest,
        title=title,
        subtitle=subtitle,
        confidence=f"{100 * estimates.confidence:g} %",
        period=period(plan)[0],
        sentences=run_sentences(plan, estimates, "".join(period(plan))),
        heat=heat_strip(plan, estimates),
        forecast=forecast_note(plan),
        cards=list(_cards(plan, estimates)),
        demand=demand_and_staff(plan, estimates) if is_short else "",
        queues=list(_queues(plan, estimates)) if is_short else [],
        occupancy=occupancy(plan, estimates) if is_short else "",
        is_short=is_short,
        days=by_day(plan, estimates) if days_of(plan) > 1 else "",
        weekdays=days_of(plan) > len(WEEKDAYS),
        holidays=", ".join(
            f"{plan.calendar.day_name(day)} {name}"
            for day in range(1, days_of(plan) + 1)
            if (name := plan.calendar.holiday_of(day))
        ),
        hint=" ".join(
            filter(
                None,
                [
                    manifest.get("precision", {}).get("sentence"),
                    *(each["sentence"] for each in manifest.get("steady", [])),
                    hint_at_later_contacts(estimates),
                    hint_at_later_work(estimates),
                ],
            )
        ),
        journeys=[
            {"name": name, "svg": journey_graph(plan, flows, i, losses)}
            for i, name in enumerate(plan.intents)
            if flows[0, np.flatnonzero(plan.step_intent == i)].any()
        ],
        tables=[page_table(sheet) for sheet in sheets],
    )


def write_page(folder: Path, template: str, plan: Plan | None, manifest: Mapping[str, Any], **content: Any) -> Path:
    """Fill in a template, write the page, and return its path; without a plan it has no glossary of KPIs."""
    templates = FileSystemLoader(Path(__file__).parent)
    pages = Environment(
        loader=templates, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    pages.filters["unbroken"] = _unbroken
    text = pages.get_template(template).render(
        **content,
        plan=plan,
        manifest=manifest,
        kpis=kpis_of(plan) if plan else (),
        define=define,
        provenance=list(provenance(manifest)),
        CONTENTS=CONTENTS,
    )
    path = folder / NAME
    path.write_text(_with_contents(text), encoding="utf-8", errors="backslashreplace")
    return path


def _unbroken(text: str) -> str:
    """Let no line end between a number and its unit."""
    return re.sub(r"(?<=[0-9]) (?=(?:%|(?:pp|s|min|h|d)\b))", "\N{NO-BREAK SPACE}", text)


def _with_contents(text: str) -> str:
    """Put links to the parts of a page in the place of `CONTENTS`."""
    head, _, rest = text.partition(CONTENTS)
    titles = re.findall("<h2>(.*?)</h2>", rest)
    for number, title in enumerate(titles):
        rest = rest.replace(f"<h2>{title}</h2>", f'<h2 id="part-{number}">{title}</h2>', 1)
    links = " ".join(f'<a href="#part-{number}">{title}</a>' for number, title in enumerate(titles))
    return f'{head}<nav aria-label="Contents">{links}</nav>{rest}'


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


def page_table(sheet: Sheet) -> dict[str, Any]:
    """Return a table as the page shows it: numbers with their units."""
    return {
        "title": sheet.title,
        "long": sheet.is_long,
        "columns": [column.title for column in sheet.columns],
        "words": [at > 0 and any(isinstance(row[at], str) for row in sheet.rows) for at in range(len(sheet.columns))],
        "more": max(0, len(sheet.rows) - MOST_ROWS),
        "rows": [
            [_text(cell, column.unit) for cell, column in zip(row, sheet.columns, strict=True)]
            for row in sheet.rows[:MOST_ROWS]
        ],
    }


def _text(cell: Cell, unit: str) -> str:
    """Return a cell as text; only values have a unit, and an empty cell of them a dash."""
    if unit:
        return quantity(math.nan if cell is None else float(cell), unit)  # type: ignore[arg-type]
    if cell is None:
        return ""
    return cell.isoformat("minutes") if isinstance(cell, time) else str(cell)


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
