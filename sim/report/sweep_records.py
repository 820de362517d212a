"""Tables of a sweep for programs: a record per point and KPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.kpis import kpi
from sim.report.number_format import or_none
from sim.report.terminal_tables import row_name
from sim.report.workbook import Cell, Column, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.experiment.sweep_estimates import SweepValues
    from sim.scenario.sweep_points import SweepPoints

__all__ = ["sweep_records", "sweep_sheet"]

COLUMNS = ("value", "low", "high", "p10", "p50", "p90", "at_least", "at_most", "meets")
PARTS = {
    "value": "", "low": "from", "high": "to", "p10": "P10 of days", "p50": "P50", "p90": "P90",
    "at_least": "at least", "at_most": "at most", "meets": "days in bounds",
}  # fmt: skip
"""Columns of a KPI in the table for people, and their titles."""
OPTIONAL = frozenset({"at_least", "at_most", "meets"})


def sweep_records(points: SweepPoints, values: SweepValues) -> list[dict[str, Any]]:
    """Return a record per simulated point and row, with None for NaN.

    A path has numbers where all its values are plain ones, and else the values as they were written.
    """
    written = _written(points)
    return [
        {
            "point": number + 1,
            **{path: column[number] for path, column in zip(points.paths, written, strict=True)},
            "kpi": row.kpi,
            "by": row.by,
            "key": row.key,
            **{name: or_none(getattr(values, name)[number, at]) for name in COLUMNS},
            "replications": values.replications,
            "unit": kpi(row.kpi).unit,
        }
        for number in range(len(points))
        if values.done[number]
        for at, row in enumerate(values.rows)
    ]


def sweep_sheet(points: SweepPoints, values: SweepValues) -> Sheet:
    """Return the table of a sweep for people: a row per point, with the values and the spread of each KPI."""
    columns = [Column("point"), *(Column(path) for path in points.paths)]
    shown: list[NDArray[np.float64]] = []
    for at, row in enumerate(values.rows):
        of_row = kpi(row.kpi)
        title = row_name(row, of_row)
        for name, part in PARTS.items():
            column = getattr(values, name)[:, at]
            if name in OPTIONAL and np.isnan(column).all():
                continue
            unit = "share" if name == "meets" else of_row.unit
            columns.append(Column(f"{title}: {part}" if part else title, unit))
            shown.append(column)
    written = _written(points)
    rows: list[list[Cell]] = [
        [number + 1, *(column[number] for column in written), *(or_none(column[number]) for column in shown)]
        for number in np.flatnonzero(values.done).tolist()
    ]
    return Sheet("Points", tuple(columns), rows)


def _written(points: SweepPoints) -> list[list[float | int | str | None]]:
    """Return the values of each path at all points."""
    return [_column([point[i] for point in points.values]) for i in range(len(points.paths))]


def _column(texts: Sequence[str | None]) -> list[float | int | str | None]:
    """Return the values of a path: numbers, if all are plain ones."""
    numbers = [None if text is None else _number(text) for text in texts]
    plain = all(text is None or number is not None for text, number in zip(texts, numbers, strict=True))
    return list(numbers) if plain else list(texts)


def _number(text: str) -> float | int | None:
    """Return the number that a text is; None for a change such as ``+1``, or where it is none."""
    if not text[:1].isdecimal() or "_" in text:
        return None
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError:
        return None
