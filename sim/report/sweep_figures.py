"""Figures of a sweep: lines with bands, heat maps, and points against each path."""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import escape
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.kpis import kpi
from sim.report.figure import BAD, COLOURS, INK, QUIET, drawing, legend_above, share_axis
from sim.report.number_format import quantity
from sim.report.sweep_choices import standings
from sim.report.terminal_tables import row_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.collections import PathCollection
    from numpy.typing import NDArray

    from sim.experiment.sweep_estimates import SweepValues
    from sim.report.figure import Drawing
    from sim.report.path_scales import PathScale

__all__ = ["heat_maps", "lines", "scatters"]

WIDTH = 9.0  # inches of a page
DARK = 0.6  # of the shades, from which on a text in them is white
HALF = 0.5  # a share that stays below it has an axis of its own
MOST_LINES = 8
MOST_CELLS = 1_600
MOST_TEXTS = 144  # cells of a heat map that have space for their value
LONGEST_LABEL = 14
SHADES = LinearSegmentedColormap.from_list("little and much", ("#F4F8FB", "#7FB3D5", "#0B3C5D"))


def lines(values: SweepValues, scales: Sequence[PathScale], names: Sequence[str]) -> str:
    """Draw each row over one path, a line with its band for each value of the other, if there is one.

    ``names`` are those of the points, which a pointer shows.
    """
    along, others = _along(scales)
    alt = f"{_titles(values)} along {along.path}{f', for each {others[0].path}' if others else ''}."
    columns = min(2, len(values.rows))
    height = 2.5 * ceil(len(values.rows) / columns)
    with drawing("lines", alt, WIDTH, height + 0.2) as chart:
        for at, axes in enumerate(_panels(chart, len(values.rows), columns)):
            _draw_lines(axes, values, at, along, others[0] if others else None)
            _dots(chart, axes, values, at, along, names)
            if at == 0 and others:
                legend_above(axes, 2 if columns > 1 else 4, size=7)
            _label_path(axes, along)
    return chart.svg


def _along(scales: Sequence[PathScale]) -> tuple[PathScale, list[PathScale]]:
    """Return the path along which lines are drawn: a numeric one, or else that with the most values; and the others."""
    order = sorted(scales, key=lambda scale: (-scale.is_number, -len(scale.ticks)))
    if len(order) > 1 and len(order[1].ticks) > MOST_LINES:
        order = sorted(scales, key=lambda scale: -len(scale.ticks))
    return order[0], order[1:]


def _draw_lines(axes: Axes, values: SweepValues, at: int, along: PathScale, other: PathScale | None) -> None:
    """Draw a row: bands first, so that they cover no line."""
    ticks = other.ticks if other is not None else ((0.0, ""),)
    colours = COLOURS if len(ticks) <= MOST_LINES else [SHADES(0.25 + 0.75 * i / len(ticks)) for i in range(len(ticks))]
    for (position, label), colour in zip(ticks, colours, strict=False):
        rows = values.done & (np.ones(len(values.done), np.bool_) if other is None else other.position == position)
        points = np.flatnonzero(rows & np.isfinite(values.value[:, at]))
        points = points[np.argsort(along.position[points], kind="stable")]
        x = along.position[points]
        if other is None:  # 8 of 10 days
            axes.fill_between(x, values.p10[points, at], values.p90[points, at], color=QUIET, alpha=0.15, linewidth=0)
        axes.fill_between(x, values.low[points, at], values.high[points, at], color=colour, alpha=0.25, linewidth=0)
        name = f"{other.path}={label}" if other else ""
        axes.plot(x, values.value[points, at], color=colour, linewidth=1.6, label=name)
    _draw_bounds(axes, values, at)
    _value_axis(axes, values, at)


def _dots(chart: Drawing, axes: Axes, values: SweepValues, at: int, along: PathScale, names: Sequence[str]) -> None:
    """Draw the points, all of a row as one collection, which a pointer finds."""
    points = _shown(values, at)
    dots = axes.scatter(along.position[points], values.value[points, at], s=9, color=INK, zorder=3)
    chart.explain(dots, list(_hints(values, at, names).values()))


def _shown(values: SweepValues, at: int) -> NDArray[np.int64]:
    return np.flatnonzero(values.done & np.isfinite(values.value[:, at]))


def heat_maps(values: SweepValues, scales: Sequence[PathScale], names: Sequence[str]) -> str:
    """Draw each row as a map of two paths; points that keep all bounds have a frame, a dotted one if they likely do."""
    across, along = scales
    if len(across.ticks) * len(along.ticks) > MOST_CELLS:
        return ""
    alt = f"{_titles(values)} by {across.path} and {along.path}."
    columns = 2 if len(values.rows) > 1 and max(len(across.ticks), len(along.ticks)) <= 12 else 1
    height = (0.9 + 0.3 * max(3, len(along.ticks))) * ceil(len(values.rows) / columns)
    with drawing("heat", alt, WIDTH, height) as chart:
        for at, axes in enumerate(_panels(chart, len(values.rows), columns)):
            _draw_cells(axes, values, at, across, along, small=columns > 1)
    return _with_hints(chart, [_hints(values, at, names) for at in range(len(values.rows))])


def _draw_cells(axes: Axes, values: SweepValues, at: int, across: PathScale, along: PathScale, *, small: bool) -> None:
    """Draw a cell per point with its value, if there is space for it."""
    columns, rows = ({position: i for i, (position, _) in enumerate(scale.ticks)} for scale in (across, along))
    shown = _shown(values, at)
    least, most = (float(pick(values.value[shown, at], initial=start)) for pick, start in _RANGE)
    shown_kpi = kpi(values.rows[at].kpi)
    has_texts = len(columns) * len(rows) <= MOST_TEXTS and len(columns) <= (12 if not small else 8)
    kept = standings(values)
    for point in shown.tolist():
        x, y = columns[across.position[point]], rows[along.position[point]]
        value = float(values.value[point, at])
        shade = (value - least) / (most - least) if most > least else 0.0
        axes.add_patch(
            Rectangle((x, y), 1, 1, facecolor=SHADES(shade), edgecolor="white", linewidth=1, gid=f"cell-{at}-{point}")
        )
        if kept[point] != "no":
            dashes = "-" if kept[point] == "yes" else ":"
            axes.add_patch(
                Rectangle(
                    (x + 0.06, y + 0.06), 0.88, 0.88, fill=False, edgecolor=COLOURS[1], linewidth=1.8, linestyle=dashes
                )
            )
        if has_texts:
            colour = "white" if shade > DARK else INK
            axes.text(
                x + 0.5, y + 0.5, quantity(value, shown_kpi.unit), ha="center", va="center", fontsize=7, color=colour
            )
    axes.set_xlim(0, len(columns))
    axes.set_ylim(0, len(rows))
    for axis, scale in ((axes.xaxis, across), (axes.yaxis, along)):
        every = ceil(len(scale.ticks) / (16 if axis is axes.yaxis else 8 if small else 14))
        labels = [_short(label) for _, label in scale.ticks]
        axis.set_ticks(np.arange(0, len(labels), every) + 0.5, labels[::every], fontsize=7)
    axes.grid(visible=False)
    axes.set_xlabel(across.path, fontsize=8)
    axes.set_ylabel(along.path, fontsize=8)
    axes.set_title(row_name(values.rows[at], shown_kpi))


_RANGE = ((np.min, np.inf), (np.max, -np.inf))


def scatters(values: SweepValues, scales: Sequence[PathScale], names: Sequence[str]) -> str:
    """Draw each row against each path: all points, and the mean at each of few values."""
    alt = f"{_titles(values)} at all points, against {', '.join(scale.path for scale in scales)}."
    columns = min(3, len(scales))
    deep = ceil(len(scales) / columns)
    kept = standings(values) if values.bounded.any() else None
    with drawing("scatter", alt, WIDTH, 2.3 * deep * len(values.rows) + 0.2) as chart:
        panels = chart.figure.subplots(deep * len(values.rows), columns, squeeze=False)
        for at in range(len(values.rows)):
            of_row = panels[at * deep : (at + 1) * deep].ravel()
            for number, axes in enumerate(of_row):
                if number >= len(scales):
                    axes.remove()
                    continue
                dots = _draw_scatter(axes, values, at, scales[number], kept)
                chart.explain(dots, list(_hints(values, at, names).values()))
                axes.set_title(row_name(values.rows[at], kpi(values.rows[at].kpi)) if number == 0 else "")
    return chart.svg


def _draw_scatter(
    axes: Axes, values: SweepValues, at: int, scale: PathScale, kept: Sequence[str] | None
) -> PathCollection:
    points = _shown(values, at)
    filled = {"yes": COLOURS[0], "likely": "white", "no": QUIET}
    inner = COLOURS[0] if kept is None else [filled[kept[point]] for point in points.tolist()]
    outer = COLOURS[0] if kept is None else [QUIET if kept[point] == "no" else COLOURS[0] for point in points.tolist()]
    dots = axes.scatter(
        scale.position[points], values.value[points, at], s=14, c=inner, edgecolors=outer, linewidths=0.8, alpha=0.8
    )
    if len(scale.ticks) <= MOST_LINES < len(points):
        means = [values.value[points[scale.position[points] == position], at].mean() for position, _ in scale.ticks]
        axes.plot([position for position, _ in scale.ticks], means, color=INK, linewidth=1.2, linestyle="--")
    _draw_bounds(axes, values, at)
    _value_axis(axes, values, at, named=False)
    _label_path(axes, scale)
    return dots


def _draw_bounds(axes: Axes, values: SweepValues, at: int) -> None:
    """Draw the bounds that all points share."""
    for bounds in (values.at_least, values.at_most):
        known = np.unique(bounds[np.isfinite(bounds[:, at]), at])
        if len(known) == 1:
            axes.axhline(float(known[0]), color=BAD, linewidth=1, linestyle=":")


def _value_axis(axes: Axes, values: SweepValues, at: int, *, named: bool = True) -> None:
    shown = kpi(values.rows[at].kpi)
    highest = float(np.nanmax(values.value[:, at], initial=0.0))
    if shown.unit == "share" and highest > HALF:
        share_axis(axes, highest)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: quantity(value, shown.unit)))
        if shown.unit != "mood" and highest > 0:
            axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=7)
    if named:
        axes.set_title(row_name(values.rows[at], shown))


def _label_path(axes: Axes, scale: PathScale) -> None:
    """Write the values of a path below an axis."""
    if scale.is_number and len(scale.ticks) > MOST_LINES:
        axes.xaxis.set_major_locator(MaxNLocator(6))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda position, _: scale.label(position)))
    else:
        every = ceil(len(scale.ticks) / MOST_LINES)
        ticks = scale.ticks[::every]
        axes.set_xticks([position for position, _ in ticks], [_short(label) for _, label in ticks])
    axes.set_xlabel(scale.path, fontsize=8)


def _panels(chart: Drawing, count: int, columns: int) -> list[Axes]:
    panels = chart.figure.subplots(ceil(count / columns), columns, squeeze=False).ravel()
    for axes in panels[count:]:
        axes.remove()
    return list(panels[:count])


def _titles(values: SweepValues) -> str:
    return ", ".join(row_name(row, kpi(row.kpi)) for row in values.rows)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 3]}..."


def _hints(values: SweepValues, at: int, names: Sequence[str]) -> dict[int, str]:
    """Return what a pointer shows at each point of a row: its name, value and interval."""
    row = values.rows[at]
    shown = kpi(row.kpi)
    hints = {}
    for point in _shown(values, at).tolist():
        value, low, high = (float(column[point, at]) for column in (values.value, values.low, values.high))
        between = f" ({quantity(low, shown.unit)} to {quantity(high, shown.unit)})" if np.isfinite(low) else ""
        hints[point] = f"{names[point]}\n{row_name(row, shown)}: {quantity(value, shown.unit)}{between}"
    return hints


def _with_hints(chart: Drawing, hints: Sequence[dict[int, str]]) -> str:
    """Return the figure with a text at each cell, which browsers show at the pointer."""
    cells = re.compile(rf'<g id="{chart.name}-cell-(\d+)-(\d+)">')
    return cells.sub(lambda cell: f"{cell[0]}<title>{escape(hints[int(cell[1])][int(cell[2])])}</title>", chart.svg)
