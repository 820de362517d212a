"""Results for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from sim.kpis import Kpi, kpis
from sim.kpis.headlines import HEADLINES, HEADLINES_OF_QUEUES
from sim.report.numbers import differences as side_by_side
from sim.report.numbers import quantities, quantity

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sim.experiment.estimate import Differences, Estimates
    from sim.kpis import Row

__all__ = ["difference_table", "headlines", "row_name", "summary_table"]

OF_QUEUES = ("offered", "abandonment", "service_level", "asa", "wait_p90", "aht")
BECAME = ("offered", "handled", "abandoned", "closed", "blocked", "balked", "failed", "inside")
OF_GROUPS = ("staffed_hours", "occupancy", "handled", "aht", "cost")


def summary_table(estimates: Estimates) -> RenderableType:
    """Return the headline KPIs, and those of each queue and group.

    Parameters
    ----------
    estimates
        Of a run.
    """
    known = {one.name: one for one in kpis()}
    days = estimates.replications
    head = _table(
        f"{days} replications, {estimates.confidence:.0%} intervals" if days > 1 else "1 replication, no intervals",
        ("KPI", "value", *(("from", "to") if days > 1 else ())),
    )
    for i in headlines(estimates):
        row = estimates.index[i]
        columns = (estimates.value, estimates.low, estimates.high)[: 3 if days > 1 else 1]
        one = known[row.kpi]
        head.add_row(row_name(row, one), *quantities([float(column[i]) for column in columns], one.unit))
    some_lost = any(estimates.value[estimates.at(name)] > 0 for name in ("blocked", "balked", "failed"))
    lost = [_keys("Queue", "queue", [known[name] for name in BECAME], estimates)] if some_lost else []
    return Group(
        head,
        _keys("Queue", "queue", [known[name] for name in OF_QUEUES], estimates),
        *lost,
        _keys("Group", "group", [known[name] for name in OF_GROUPS], estimates),
    )


def difference_table(differences: Differences) -> RenderableType:
    """Return the headline differences, and what differs significantly at queues and groups.

    Parameters
    ----------
    differences
        Variant - baseline.
    """
    known = {one.name: one for one in kpis()}
    table = _table(
        f"variant - baseline, {differences.replications} paired replications; * significant (Holm)",
        ("KPI", "baseline", "variant", "difference", "from", "to", ""),
    )
    shown = headlines(differences)
    shown += [i for i in _details(differences) if differences.significant[i] and i not in shown]
    for i in shown:
        row, mark = differences.index[i], bool(differences.significant[i])
        one = known[row.kpi]
        size = float(differences.difference[i])
        pair = float(differences.baseline[i]), float(differences.variant[i])
        found, *between = side_by_side([size, float(differences.low[i]), float(differences.high[i])], one.unit)
        table.add_row(
            row_name(row, one),
            *quantities(pair, one.unit),
            Text(found, style=_style(one, size, mark=mark)),
            *between,
            "*" if mark else "",
        )
    more = int(differences.significant.sum()) - sum(bool(differences.significant[i]) for i in shown)
    if more:
        table.caption = f"{more} more rows differ significantly; the files of the result have them all"
        table.caption_justify = "left"
    return table


def headlines(results: Estimates | Differences) -> list[int]:
    """Return the places of the rows that sum a result up.

    Parameters
    ----------
    results
        Of a run or a comparison.
    """
    queues = dict.fromkeys(row.key for row in results.index if row.by == "queue")
    of_queues = [results.at(name, "queue", queue) for queue in queues for name in HEADLINES_OF_QUEUES]
    return [results.at(name) for name in HEADLINES] + of_queues


def row_name(row: Row, one: Kpi) -> str:
    """Return what people call a row.

    Parameters
    ----------
    row
        The row.
    one
        Its KPI.
    """
    return one.title if row.by == "all" else f"{one.title}, {row.key}"


def _details(results: Differences) -> list[int]:
    """Return the places of the rows that describe queues and groups."""
    wanted = {("queue", name) for name in OF_QUEUES} | {("group", name) for name in OF_GROUPS}
    return [i for i, row in enumerate(results.index) if (row.by, row.kpi) in wanted]


def _style(one: Kpi, difference: float, *, mark: bool) -> str:
    """Return the colour of a difference: green where it is better for certain, red where worse."""
    if not mark or one.better is None:
        return "bold" if mark else ""
    return "bold green" if (difference > 0) == (one.better == "higher") else "bold red"


def _keys(title: str, by: str, columns: list[Kpi], estimates: Estimates) -> Table:
    """Return a table of one line per key."""
    table = _table("", (title, *(one.title for one in columns)))
    for key in dict.fromkeys(row.key for row in estimates.index if row.by == by):
        values = (quantity(float(estimates.value[estimates.at(one.name, by, key)]), one.unit) for one in columns)
        table.add_row(key, *values)
    return table


def _table(title: str, names: tuple[str, ...]) -> Table:
    """Return an empty table whose first column holds names and whose others hold numbers."""
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for i, name in enumerate(names):
        table.add_column(name, justify="right" if i else "left")
    return table
