"""Tables of a sweep for programs: a record per point and KPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.kpis import kpi
from sim.report.number_format import or_none
from sim.report.path_scales import PathScale, scale_of, texts_shown
from sim.report.sweep_choices import cases_of, cheapest_of, circumstances_of, cost_row, has_choices, keeps, standings
from sim.report.terminal_tables import row_name
from sim.report.workbook import Cell, Column, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from sim.experiment.sweep_estimates import SweepValues
    from sim.scenario.sweep_points import SweepPoints

__all__ = ["chosen_sheet", "sweep_records", "sweep_sheet"]

COLUMNS = ("value", "low", "high", "p10", "p50", "p90", "at_least", "at_most", "meets")
PARTS = {
    "value": "", "low": "from", "high": "to", "p10": "P10 of days", "p50": "P50", "p90": "P90",
    "at_least": "at least", "at_most": "at most", "meets": "days in bounds",
}  # fmt: skip
"""Columns of a KPI in the table for people, and their titles."""
KEPT = "keeps the bounds"
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
    scales = [scale_of(path, [point[i] for point in points.values]) for i, path in enumerate(points.paths)]
    columns = [Column("point"), *(Column(_titled(scale)) for scale in scales)]
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
    if values.bounded.any():
        columns.append(Column(KEPT))
    kept = [[each] for each in standings(values)] if values.bounded.any() else [[]] * len(points)
    varied = [_values(scale, [point[i] for point in points.values]) for i, scale in enumerate(scales)]
    rows: list[list[Cell]] = [
        [
            number + 1,
            *(column[number] for column in varied),
            *(or_none(column[number]) for column in shown),
            *kept[number],
        ]
        for number in np.flatnonzero(values.done).tolist()
    ]
    return Sheet("Points", tuple(columns), rows)


def chosen_sheet(points: SweepPoints, values: SweepValues) -> list[Sheet]:
    """Return the table of the cheapest points that keep the bounds, a row for each value of what nobody chooses.

    There is none without bounds and costs, or where each such value has one point.
    """
    cost, cases = cost_row(values), cases_of(points, values)
    is_of_each = len(cases) > 1 and any(len(case.points) > 1 for case in cases)
    if cost is None or not is_of_each or not values.bounded.any() or not has_choices(points, cases):
        return []
    unchosen = circumstances_of(points.paths)
    order = [*unchosen, *(i for i in range(len(points.paths)) if i not in unchosen)]
    shown = [at for at in range(len(values.rows)) if at == cost or values.bounded[:, at].any()]
    kept, surely = keeps(values), keeps(values, surely=True)
    stands, rows = standings(values), []
    for case in cases:
        point = cheapest_of(values, case, kept, surely, cost).point
        texts = texts_shown(points.values[case.points[0] if point < 0 else point])
        row: list[Cell] = [texts[i] if point >= 0 or i in unchosen else "none" for i in order]
        row += [or_none(values.value[point, at]) if point >= 0 else None for at in shown]
        rows.append([*row, stands[point] if point >= 0 else "no"])
    columns = [
        *(Column(points.paths[i]) for i in order),
        *(Column(row_name(values.rows[at], kpi(values.rows[at].kpi)), kpi(values.rows[at].kpi).unit) for at in shown),
        Column(KEPT),
    ]
    return [Sheet("Cheapest points", tuple(columns), rows)]


def _titled(scale: PathScale) -> str:
    """Return the title of a path's column: what its numbers are."""
    parts = {"*": "factor", "+": "change"}.get(scale.sign, ""), scale.unit
    about = " in ".join(filter(None, parts)) if scale.is_number else ""
    return f"{scale.path} ({about})" if about else scale.path


def _values(scale: PathScale, texts: Sequence[str | None]) -> list[Cell]:
    """Return the values of a path for people: numbers, factors and changes as numbers, and others as texts."""
    if not scale.is_number:
        return list(texts)
    return [int(each) if each == int(each) else each for each in scale.position.tolist()]


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
