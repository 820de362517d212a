"""Risk of variants: on how many days each meets the targets, and how its days differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.experiment.probability import wilson
from sim.kpis import kpi
from sim.report.number_format import or_none
from sim.report.terminal_tables import row_name
from sim.report.workbook import Cell, Column, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.experiment.estimate import Estimates
    from sim.experiment.variants import Comparison
    from sim.kpis import Row

__all__ = ["judged_days", "variant_risk"]

TARGETED, INTERVALS = "service_level", "intervals_on_target"  # by queue
_ON_TARGET = ("days on target", "from", "to", "intervals on target")
_ON_TARGET_IN_SHORT = ("on target", "from", "to", "intervals")  # for the terminal


def variant_risk(comparison: Comparison, judged: Row) -> list[Sheet]:
    """Return the tables of the days: of each queue with a target, and of the judged row if that is another.

    Parameters
    ----------
    comparison
        Of the variants; no tables where the rows were not measured.
    judged
        The row by which they are judged; if it is of a queue, of this queue alone.
    """
    queues = [
        row.key
        for row in (comparison.days[0].index if comparison.days else ())
        if row[:2] == (TARGETED, "queue") and (judged.by != "queue" or judged.key == row.key)
    ]
    lines = [line for queue in queues for line in _lines_of_queue(comparison, queue)]
    titles = Column("queue"), Column("variant"), *_shares(("target", *_ON_TARGET)), *_spread("share")
    sheets = [_measured(Sheet("Risk", titles, lines))] if lines else []
    if judged[:2] != (TARGETED, "queue") and (sheet := judged_days(comparison, judged)):
        sheets.append(sheet)
    return sheets


def judged_days(comparison: Comparison, judged: Row) -> Sheet | None:
    """Return the table of the days of the judged row alone, a line per variant; None if its days were not measured."""
    if not comparison.days or judged not in set(comparison.days[0].index):
        return None
    title, unit = f"{row_name(judged, kpi(judged.kpi))}: days", kpi(judged.kpi).unit
    if judged[:2] == (TARGETED, "queue"):
        rows: list[list[Cell]] = [line[1:2] + line[3:] for line in _lines_of_queue(comparison, judged.key)]
        titles = Column("variant"), *_shares(_ON_TARGET_IN_SHORT), *_spread("share")
        return _measured(Sheet(title, titles, rows)) if rows else None
    rows = [[name, *_days_of(each, judged)] for name, each in zip(comparison.names, comparison.days, strict=True)]
    return Sheet(title, (Column("variant"), *_spread(unit)), rows) if any(row[-1] for row in rows) else None


def _measured(sheet: Sheet) -> Sheet:
    """Return a table without the intervals on target where nobody asked for them (``--kpis``)."""
    unmeasured = {
        at
        for at, column in enumerate(sheet.columns)
        if column.title in {_ON_TARGET[-1], _ON_TARGET_IN_SHORT[-1]} and all(row[at] is None for row in sheet.rows)
    }
    kept = [at for at in range(len(sheet.columns)) if at not in unmeasured]
    return Sheet(sheet.title, tuple(sheet.columns[at] for at in kept), [[row[at] for at in kept] for row in sheet.rows])


def _shares(names: Sequence[str]) -> list[Column]:
    return [Column(name, "share") for name in names]


def _spread(unit: str) -> list[Column]:
    return [*(Column(name, unit) for name in ("P10", "P50", "P90")), Column("days")]


def _lines_of_queue(comparison: Comparison, queue: str) -> Iterator[list[Cell]]:
    """Yield a line per variant; none if no contacts came to the queue, or it has no target."""
    for name, each in zip(comparison.names, comparison.days, strict=True):
        at = each.at(TARGETED, "queue", queue)
        if np.isnan(each.meets[at]):
            continue
        limits = wilson(float(each.meets[at]), float(each.effective_days[at]), each.confidence)
        on_target = (each.target[at], each.meets[at], *limits, _intervals(each, queue))
        yield [queue, name, *map(or_none, on_target), *_days_of(each, each.index[at])]


def _intervals(estimates: Estimates, queue: str) -> float:
    """Return the share of a queue's intervals that meet the target; NaN if it was not measured."""
    if (INTERVALS, "queue") not in estimates.measured:
        return float("nan")
    return float(estimates.value[estimates.at(INTERVALS, "queue", queue)])


def _days_of(estimates: Estimates, row: Row) -> list[Cell]:
    at = estimates.at(*row[:4], day=row.day, weekday=row.weekday)
    days = estimates.days[at]
    return [
        *(or_none(column[at]) for column in (estimates.p10, estimates.p50, estimates.p90)),
        int(np.nan_to_num(days)),
    ]
