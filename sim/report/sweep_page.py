"""Page of a sweep: verdict first, then figures, then all points."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.kpis import kpi
from sim.report.number_format import quantities, quantity
from sim.report.page import extent, page_table, write_page
from sim.report.path_scales import PathScale, scale_of, texts_shown
from sim.report.sweep_choices import standings
from sim.report.sweep_figures import heat_maps, lines, scatters
from sim.report.sweep_records import chosen_sheet, sweep_sheet
from sim.report.sweep_verdict import sweep_verdict
from sim.report.terminal_tables import row_name
from sim.report.titles import titled_rows
from sim.report.workbook import write_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sim.engine.plan import Plan
    from sim.experiment.sweep_estimates import SweepValues
    from sim.scenario.sweep_points import SweepPoints

__all__ = ["write_sweep_report"]

MOST_POINTS = 500  # that a page lists
LEAST_POINTS = 8  # from which on a correlation says something
MOST_PATHS = 2  # of which each combination is drawn
_STANDINGS = ("no", "likely", "yes")
_COLOURS = {"yes": "good", "likely": "", "no": "bad"}


def write_sweep_report(
    folder: Path,
    plan: Plan,
    manifest: Mapping[str, Any],
    points: SweepPoints,
    values: SweepValues,
    notes: Sequence[str] = (),
) -> Path:
    """Write the report of a sweep to ``report.html`` in a folder, and its tables beside it; return the page's path."""
    plan, rows = titled_rows(plan, values.rows)
    values = replace(values, rows=rows)
    scales = [scale_of(path, [point[i] for point in points.values]) for i, path in enumerate(points.paths)]
    listed = np.flatnonzero(values.done)
    names = [row_name(row, kpi(row.kpi)) for row in rows]
    left_out = len(listed) - MOST_POINTS
    title = f"{manifest['scenario']}: sweep of {', '.join(points.paths)}"
    each = extent(plan, values.replications, "simulated")
    done = "" if values.done.all() else f"{len(listed):,} of "
    subtitle = f"{done}{len(points):,} points ({points.design}), each {each}, seed {manifest['seed']}"
    sentences = sweep_verdict(points, values)
    chosen = chosen_sheet(points, values)
    write_tables(folder, [sweep_sheet(points, values), *chosen], (title, subtitle, *sentences, *notes))
    return write_page(
        folder,
        "sweep.html.j2",
        plan,
        manifest,
        title=title,
        subtitle=subtitle,
        sentences=sentences,
        notes=notes,
        chosen=[page_table(sheet) for sheet in chosen],
        figures=list(_figures(points, values, scales)),
        effects=list(_effects(values, scales)) if len(listed) >= LEAST_POINTS and not _is_full(scales) else [],
        paths=points.paths,
        rows=names,
        bounded=bool(values.bounded.any()),
        lines=list(_lines(points, values, scales, listed[:MOST_POINTS].tolist())),
        spread_columns=list(_spread_columns(values, names)),
        confidence=f"{100 * values.confidence:g} %",
        more=f"The first {MOST_POINTS} of {len(listed):,} points are listed." if left_out > 0 else "",
    )


def _figures(points: SweepPoints, values: SweepValues, scales: Sequence[PathScale]) -> Iterator[dict[str, str]]:
    """Yield the figures that suit the points: each combination of two paths, or all points against each path."""
    names = [points.name(number) for number in range(len(points))]
    varied = [scale for scale in scales if len(scale.ticks) > 1]
    full = _is_full(scales)
    sure = f"{100 * values.confidence:g} %"
    dotted = " A dotted line is a bound."
    if 0 < len(varied) <= MOST_PATHS and (full or len(varied) == 1):
        band = f"The dark band is the {sure} interval of the mean, the light one has 8 of 10 days."
        if len(varied) > 1:
            band = f"Bands are the {sure} intervals, each of its point alone."
        yield {
            "title": f"Along {varied[0].path}" if len(varied) == 1 else "Curves",
            "svg": lines(values, varied, names),
            "caption": f"{band}{dotted} All points have the same customers, so curves are smooth.",
        }
        if len(varied) == MOST_PATHS and (svg := heat_maps(values, varied, names)):
            yield {
                "title": "Heat maps",
                "svg": svg,
                "caption": "Darker = higher. An orange frame: all bounds are kept; a dotted one: likely, since an "
                "interval reaches beyond its bound.",
            }
    elif varied:
        yield {
            "title": "All points, path by path",
            "svg": scatters(values, varied, names),
            "caption": "Each point is in each figure of a row; grey ones do not keep all bounds, hollow ones likely "
            f"do. A dashed line joins means.{dotted}",
        }


def _is_full(scales: Sequence[PathScale]) -> bool:
    """Tell whether there is a point for each combination of values."""
    combined = set(zip(*(scale.position.tolist() for scale in scales), strict=True))
    return math.prod(len(scale.ticks) for scale in scales) == len(combined)


def _effects(values: SweepValues, scales: Sequence[PathScale]) -> Iterator[dict[str, Any]]:
    """Yield the rank correlation of each path that has numbers with each row."""
    from scipy.stats import spearmanr

    for scale in scales:
        if not scale.is_number or len(scale.ticks) < 2:
            continue
        cells = []
        for at in range(len(values.rows)):
            known = values.done & np.isfinite(values.value[:, at])
            position, value = scale.position[known], values.value[known, at]
            varies = len(np.unique(position)) > 1 and len(np.unique(value)) > 1
            cells.append(f"{spearmanr(position, value).statistic:+.2f}" if varies else "-")
        yield {"path": scale.path, "cells": cells}


def _lines(
    points: SweepPoints, values: SweepValues, scales: Sequence[PathScale], listed: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """Yield a line of the table per point."""
    kept = standings(values)
    for point in listed:
        cells = []
        for at, row in enumerate(values.rows):
            value = float(values.value[point, at])
            text, between = _interval_text(values, point, at, kpi(row.kpi).unit)
            cells.append({"text": text, "between": between, "value": _sortable(value)})
        yield {
            "point": point + 1,
            "texts": [
                (text, f"{scale.position[point]:.12g}")
                for text, scale in zip(texts_shown(points.values[point]), scales, strict=True)
            ],
            "cells": cells,
            "spread": list(_spread(values, point)),
            "keeps": kept[point],
            "order": _STANDINGS.index(kept[point]),
            "colour": _COLOURS[kept[point]],
        }


def _interval_text(values: SweepValues, point: int, at: int, unit: str) -> tuple[str, str]:
    """Return a value and its interval as texts; the interval is empty where there is none."""
    columns = (values.value, values.low, values.high)
    value, low, high = quantities([float(column[point, at]) for column in columns], unit)
    return value, f"{low} to {high}" if math.isfinite(values.low[point, at]) else ""


def _spread_columns(values: SweepValues, names: Sequence[str]) -> Iterator[str]:
    for at, name in enumerate(names):
        yield from (f"{name}: P10", "P50", "P90")
        if np.isfinite(values.meets[:, at]).any():
            yield "days in bounds"


def _spread(values: SweepValues, point: int) -> Iterator[dict[str, str]]:
    for at, row in enumerate(values.rows):
        numbers = [float(column[point, at]) for column in (values.p10, values.p50, values.p90)]
        for value, text in zip(numbers, quantities(numbers, kpi(row.kpi).unit), strict=True):
            yield {"text": text, "value": _sortable(value)}
        if np.isfinite(values.meets[:, at]).any():
            share = float(values.meets[point, at])
            yield {"text": quantity(share, "share"), "value": _sortable(share)}


def _sortable(value: float) -> str:
    return "" if math.isnan(value) else repr(value)
