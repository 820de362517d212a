"""Tables of a result as values: the report page, the workbook and the CSV files show the same ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from typing import TYPE_CHECKING

from sim.core.units import WEEKDAYS
from sim.kpis import kpi, kpis_in
from sim.kpis.intervals import days_of, is_closed
from sim.report.number_format import or_none
from sim.report.risk import risk_sheets
from sim.report.table_columns import PARTS, Table, long_tables, report_tables
from sim.report.terminal_tables import headlines, row_name
from sim.report.variant_risk import variant_risk
from sim.report.workbook import Cell, Column, Sheet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Differences, Estimates
    from sim.experiment.variants import Comparison
    from sim.kpis import Row

__all__ = ["comparison_sheets", "part_cells", "part_titles", "run_sheets"]


def run_sheets(plan: Plan, estimates: Estimates) -> list[Sheet]:
    """Return all tables of a run.

    Parameters
    ----------
    plan
        What was simulated.
    estimates
        Its KPIs.
    """
    values = {"": (estimates, estimates.value)}
    return [
        *_targets(plan, estimates),
        *risk_sheets(plan, estimates),
        *_sheets(plan, report_tables(plan, estimates), values),
        *_targets_by_day(plan, estimates),
        *_sheets(plan, long_tables(plan, estimates), values),
    ]


def comparison_sheets(plan: Plan, comparison: Comparison, shown: Sequence[Row]) -> list[Sheet]:
    """Return the tables of a comparison: those of a run, with the rows of all variants.

    Parameters
    ----------
    plan
        The baseline's.
    comparison
        Of all variants.
    shown
        Rows of the first table: the one by which the variants are judged, and what they cost.
    """
    first = comparison.differences[0]
    wanted = [*report_tables(plan, first), *long_tables(plan, first)]
    values = {name: (first, value) for name, value in zip(comparison.names, comparison.value, strict=True)}
    risk = variant_risk(comparison, shown[0])
    return [_variants(comparison, shown), *risk, _key_figures(comparison), *_sheets(plan, wanted, values)]


def _variants(comparison: Comparison, shown: Sequence[Row]) -> Sheet:
    """Return the table of the variants: each row's value and difference, and how probably each is the best."""
    columns = [Column("variant")]
    cells: list[list[Cell]] = [[name] for name in comparison.names]
    for row in shown:
        at, of_row = comparison.at(row), kpi(row.kpi)
        title = row_name(row, of_row)
        names = (title, *(f"{title}: {part}" for part in ("difference", "from", "to")))
        columns += [*(Column(name, of_row.unit) for name in names), Column(f"{title}: p (Holm)", "probability")]
        for variant, line in enumerate(cells):
            line.append(or_none(comparison.value[variant, at]))
            each = comparison.differences[variant - 1]
            of_difference = (each.difference, each.low, each.high, each.p_adjusted)
            line += [or_none(column[at]) if variant else None for column in of_difference]
    at = comparison.at(shown[0])
    columns += [Column("probability to be best", "share"), Column("replications in which it is best", "share")]
    for variant, line in enumerate(cells):
        line += [or_none(comparison.best[variant, at]), or_none(comparison.best_days[variant, at])]
    return Sheet("Variants", tuple(columns), cells)


def _key_figures(comparison: Comparison) -> Sheet:
    """Return the key figures, a row per variant, so that each column has one unit."""
    first = comparison.differences[0]
    known = kpis_in(first.index)
    rows = [at for at in headlines(first) if not all(map(math.isnan, comparison.value[:, at]))]
    named = [(row_name(first.index[at], known[first.index[at].kpi]), known[first.index[at].kpi].unit) for at in rows]
    cells = [
        [name, *(or_none(comparison.value[variant, at]) for at in rows)]
        for variant, name in enumerate(comparison.names)
    ]
    return Sheet("Key figures", (Column("variant"), *(Column(*each) for each in named)), cells)


Values = tuple["Estimates | Differences", "NDArray[np.float64]"]  # rows, and the value of each


def _sheets(plan: Plan, wanted: Sequence[Table], variants: Mapping[str, Values]) -> Iterator[Sheet]:
    """Yield tables with a row per variant and key, or per variant, key and interval, day or weekday."""
    results = next(iter(variants.values()))[0]
    known = kpis_in(results.index)
    for title, by, wanted_names in wanted:
        names = [name for name in wanted_names if (name, by) in results.measured]
        if not names:  # nobody asked for them
            continue
        noun, _, per = by.rpartition("_")
        if per not in PARTS:
            noun, per = "" if by == "all" else by.replace("_", "/"), ""
        rows: list[list[Cell]] = []
        for variant, (results, value) in variants.items():
            for row in results.index:
                if (row.kpi, row.by) != (names[0], by) or (row.by, row.key) == ("channel", "pause"):  # nobody serves it
                    continue
                numbers = (results.at(name, *row[1:4], day=row.day, weekday=row.weekday) for name in names)
                keys = [*([variant] if variant else []), *([row.key] if noun else [])]
                rows.append([*keys, *part_cells(plan, row), *(or_none(value[number]) for number in numbers)])
        nouns = [*([] if "" in variants else ["variant"]), *([noun] if noun else []), *part_titles(plan, per)]
        columns = (*map(Column, nouns), *(Column(known[name].title, known[name].unit) for name in names))
        yield Sheet(title, columns, rows, is_long=bool(per))


def part_titles(plan: Plan, per: str) -> list[str]:
    """Return the titles of the columns of `part_cells`.

    Parameters
    ----------
    plan
        Of the rows.
    per
        "interval", "day", "weekday", or empty for the whole run.
    """
    day = ["date" if plan.calendar.first else "day", "weekday"]
    if per == "interval":
        return [*(day if days_of(plan) > 1 or plan.calendar.first else []), "from"]
    if per == "day":
        return [*day, *(["note"] if _has_notes(plan) else [])]
    return [per] if per else []


def part_cells(plan: Plan, row: Row) -> list[Cell]:
    """Return the interval, day or weekday of a row, in a cell for each thing.

    Parameters
    ----------
    plan, row
        Of the table.
    """
    if row.interval is not None:
        begin = plan.origin + row.interval * plan.interval
        day = plan.calendar.local(begin)[0]
        of_day = _day(plan, day) if days_of(plan) > 1 or plan.calendar.first else []
        return [*of_day, _time_of_day(plan, begin)]
    if row.day:
        return [*_day(plan, row.day), *([_note(plan, row.day)] if _has_notes(plan) else [])]
    return [row.weekday] if row.weekday else []


def _time_of_day(plan: Plan, instant: float) -> Cell:
    """Return the time that the clock shows; one that it shows twice with the offset from UTC, as text."""
    label = plan.calendar.clock_label(instant)
    return label if "+" in label or "-" in label else time.fromisoformat(label)


def _day(plan: Plan, day: int) -> list[Cell]:
    return [plan.calendar.date_of(day) or day, plan.calendar.weekday_name(day)]


def _has_notes(plan: Plan) -> bool:
    """Tell whether a day is a holiday or closed."""
    return any(_note(plan, day) for day in range(1, days_of(plan) + 1))


def _note(plan: Plan, day: int) -> str:
    """Return what a day is apart from its weekday."""
    holiday = plan.calendar.holiday_of(day)
    return ", ".join([*([holiday] if holiday else []), *(["closed"] if is_closed(plan, day) else [])])


def _targets(plan: Plan, estimates: Estimates) -> Iterator[Sheet]:
    """Yield the table of service levels and targets: the ratio of the sums, and the spread over single days."""
    if not {("service_level", "queue"), ("intervals_on_target", "queue")} <= estimates.measured:
        return
    rows = []
    for queue in plan.queues:
        i = estimates.at("service_level", "queue", queue)
        columns = (estimates.target, estimates.value, estimates.low, estimates.high, estimates.mean_of_days)
        days = (estimates.p10, estimates.p50, estimates.p90, estimates.meets)
        intervals = estimates.value[estimates.at("intervals_on_target", "queue", queue)]
        rows.append([queue, *(or_none(share) for share in (*(column[i] for column in (*columns, *days)), intervals))])
    names = (
        *("target", kpi("service_level").title, "from", "to", "mean of days", "P10 of days", "P50", "P90"),
        *("days on target", "intervals on target"),
    )
    shares = (Column(name, "share") for name in names)
    yield Sheet("Service level and target", (Column("queue"), *shares), rows)


def _targets_by_day(plan: Plan, estimates: Estimates) -> Iterator[Sheet]:
    """Yield the service levels and targets by day of a run of several days, and by weekday of a longer one."""
    days = days_of(plan)
    for by in ("day", "weekday")[: 0 if days == 1 else 1 if days <= len(WEEKDAYS) else 2]:
        if ("service_level", f"queue_{by}") not in estimates.measured:
            continue
        rows = []
        for i, row in enumerate(estimates.index):
            if (row.kpi, row.by) == ("service_level", f"queue_{by}"):
                columns = (estimates.target, estimates.value, estimates.low, estimates.high, estimates.meets)
                rows.append([row.key, *part_cells(plan, row), *(or_none(column[i]) for column in columns)])
        shares = (Column(name, "share") for name in ("target", "service level", "from", "to", "days on target"))
        nouns = map(Column, ("queue", *part_titles(plan, by)))
        yield Sheet(f"Service level and target per {by}", (*nouns, *shares), rows, is_long=True)
