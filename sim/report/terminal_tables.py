"""Tables of a result for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sim.core.calendar import Calendar
from sim.kpis import Kpi, kpis_in
from sim.kpis.headlines import HEADLINES, HEADLINES_OF_QUEUES, is_headline
from sim.report.hints import days_in, hint_at_later_contacts, hint_at_later_work
from sim.report.number_format import quantities, quantity, signed_quantities
from sim.report.table_columns import PARTS, occurs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from sim.experiment.estimate import Differences, Estimates
    from sim.kpis import Row

__all__ = ["difference_table", "headlines", "plain_table", "row_name", "summary_table"]

QUEUE_KPIS = ("offered", "abandonment", "service_level", "asa", "wait_p90", "aht")
OUTCOME_KPIS = ("offered", "handled", "abandoned", "blocked", "balked", "failed")
OTHER_OUTCOME_KPIS = ("timed_out", "cleared", "inside", "outside_hours")  # each shown where there are any
DAY_KPIS = ("offered", "abandonment", "service_level", "occupancy", "staffed_hours", "cost")
LONGEST = 14  # days that have a line each
GROUP_KPIS = ("staffed_hours", "paid_hours", "occupancy", "handled", "aht", "cost")
COST_KPIS = ("overtime_hours", "fte_net", "fte_gross", "cost_per_contact")  # shown where there is cost


def summary_table(estimates: Estimates, calendar: Calendar | None = None) -> RenderableType:
    """Return the key figures, and the tables of queues, groups and days, with the dates of a calendar."""
    known = kpis_in(estimates.index)
    replications = estimates.replications
    head = plain_table(
        f"{replications} replications, {estimates.confidence:.0%} confidence intervals"
        if replications > 1
        else "1 replication, no intervals",
        ("KPI", "value", *(("from", "to") if replications > 1 else ())),
    )
    for i in headlines(estimates):
        row = estimates.index[i]
        limits = (estimates.value, estimates.low, estimates.high)[: 3 if replications > 1 else 1]
        kpi = known[row.kpi]
        head.add_row(row_name(row, kpi), *quantities([float(column[i]) for column in limits], kpi.unit))
    others = [name for name in OTHER_OUTCOME_KPIS if occurs(estimates, name)]
    is_lossy = others or any(occurs(estimates, name) for name in OUTCOME_KPIS[3:])
    outcomes = _keys("Queue", "queue", (*OUTCOME_KPIS, *others), estimates) if is_lossy else []
    hints = filter(None, [hint_at_later_contacts(estimates), hint_at_later_work(estimates)])
    return Group(
        head,
        *_keys("Queue", "queue", QUEUE_KPIS, estimates),
        *outcomes,
        *_keys("Group", "group", GROUP_KPIS, estimates),
        *(_keys("Group", "group", COST_KPIS, estimates) if occurs(estimates, "cost") else []),
        *_days(DAY_KPIS, estimates, calendar or Calendar()),
        *map(Text, hints),
    )


def difference_table(differences: Differences) -> RenderableType:
    """Return the differences of the key figures, and the significant ones of queues and groups."""
    known = kpis_in(differences.index)
    table = plain_table(
        f"variant - baseline, {differences.replications} paired replications; * significant (Holm)",
        ("KPI", "baseline", "variant", "difference", "from", "to", ""),
    )
    shown = headlines(differences)
    shown += [i for i in _details(differences) if differences.significant[i] and i not in shown]
    for i in shown:
        row, significant = differences.index[i], bool(differences.significant[i])
        kpi = known[row.kpi]
        size = float(differences.difference[i])
        pair = float(differences.baseline[i]), float(differences.variant[i])
        limits = float(differences.low[i]), float(differences.high[i])
        difference, *interval = signed_quantities([size, *limits], kpi.unit)
        table.add_row(
            row_name(row, kpi),
            *quantities(pair, kpi.unit),
            Text(difference, style=_style(kpi, size, significant=significant)),
            *interval,
            "*" if significant else "",
        )
    more = int(differences.significant.sum()) - sum(bool(differences.significant[i]) for i in shown)
    notes = [f"{more} more differences are significant; the result files list them all"] if more else []
    notes += filter(None, [hint_at_later_contacts(differences), hint_at_later_work(differences)])
    return Group(table, *map(Text, notes))


def headlines(results: Estimates | Differences) -> list[int]:
    """Return the indices of the key figures; where they were not asked for, of what was."""
    shown = [name for name in HEADLINES_OF_QUEUES if (name, "queue") in results.measured]
    queues = dict.fromkeys(row.key for row in results.index if row.by == "queue") if shown else {}
    of_queues = [results.at(name, "queue", queue) for queue in queues for name in shown]
    named = [results.at(name) for name in HEADLINES if (name, "all") in results.measured]
    is_part = len(named) < len(HEADLINES)
    if not occurs(results, "cost"):  # nobody said what anything costs
        named = [i for i in named if not results.index[i].kpi.startswith("cost")]
    others = [
        i
        for i, row in enumerate(results.index)
        if (is_headline(row) or (is_part and row.by == "all")) and row.kpi not in HEADLINES + HEADLINES_OF_QUEUES
    ]
    return named + others + of_queues or [
        i for i, row in enumerate(results.index) if row.by.rpartition("_")[2] not in PARTS
    ]


def row_name(row: Row, kpi: Kpi) -> str:
    """Return the title of a row of a KPI."""
    return kpi.title if row.by == "all" else f"{kpi.title}, {row.key}"


def _details(results: Differences) -> list[int]:
    """Return the indices of the rows in the tables of queues and groups."""
    wanted = {("queue", name) for name in (*QUEUE_KPIS, *OTHER_OUTCOME_KPIS)} | {("group", name) for name in GROUP_KPIS}
    return [i for i, row in enumerate(results.index) if (row.by, row.kpi) in wanted]


def _style(kpi: Kpi, difference: float, *, significant: bool) -> str:
    """Return the colour of a difference: green where it is significantly better, red where worse."""
    if not significant or kpi.better is None:
        return "bold" if significant else ""
    return "bold green" if (difference > 0) == (kpi.better == "higher") else "bold red"


def _shown(names: Sequence[str], by: str, estimates: Estimates) -> list[Kpi]:
    """Return those of some KPIs that were asked for."""
    known = kpis_in(estimates.index)
    return [known[name] for name in names if (name, by) in estimates.measured]


def _keys(title: str, by: str, names: Sequence[str], estimates: Estimates) -> list[Table]:
    """Return a table with a line per key; none where none of its KPIs was asked for."""
    columns = _shown(names, by, estimates)
    if not columns:
        return []
    table = plain_table("", (title, *(kpi.title for kpi in columns)))
    for key in dict.fromkeys(row.key for row in estimates.index if row.by == by):
        values = (quantity(float(estimates.value[estimates.at(kpi.name, by, key)]), kpi.unit) for kpi in columns)
        table.add_row(key, *values)
    return [table]


def _days(names: Sequence[str], estimates: Estimates, calendar: Calendar) -> list[Table]:
    """Return a table with a line per day, or per weekday of a long run; none where there is one day."""
    days = days_in(estimates)
    if days == 1:
        return []
    by = "day" if days <= LONGEST else "weekday"
    columns = _shown(names, by, estimates)
    if not columns:
        return []
    table = plain_table("", (by.capitalize(), *(kpi.title for kpi in columns)))
    table.columns[0].no_wrap = True
    for row in (row for row in estimates.index if (row.kpi, row.by) == (columns[0].name, by)):
        rows = [estimates.at(kpi.name, by, day=row.day, weekday=row.weekday) for kpi in columns]
        values = (quantity(float(estimates.value[i]), kpi.unit) for i, kpi in zip(rows, columns, strict=True))
        weekday = calendar.weekday_name(row.day)[: None if calendar.first is None else 3] if row.day else ""
        day = f"{calendar.day_name(row.day)} {weekday}" if row.day else ""
        table.add_row(row.weekday or day, *values)
    return [table]


def plain_table(title: str, names: Sequence[str]) -> Table:
    """Return an empty table for the terminal: names in the first column, numbers in the others.

    Where the terminal is too narrow, names and titles of several words break; numbers and single words do not.
    """
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for i, name in enumerate(names):
        is_number = i > 0
        table.add_column(
            name,
            justify="right" if is_number else "left",
            no_wrap=is_number and " " not in name,
            overflow="ellipsis" if is_number else "fold",
        )
    return table
