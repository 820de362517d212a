"""Figures of a comparison of variants: tornado plot, curves side by side, and where the differences are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.experiment.estimate import holm
from sim.kpis import kpi
from sim.kpis.days import interval_dimension
from sim.kpis.dimensions import by_days, by_weekdays
from sim.kpis.intervals import days_of
from sim.report.figure import (
    BAD,
    COLOURS,
    INK,
    LONGEST,
    QUIET,
    day_axis,
    drawing,
    interval_names,
    interval_starts,
    legend_above,
    point_texts,
    share_axis,
    time_axis,
    week_middles,
    weekly_mean,
)
from sim.report.number_format import quantity, signed_quantity
from sim.report.terminal_tables import row_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.variants import Comparison
    from sim.kpis import Kpi, Row

__all__ = ["curves", "heat_map", "parts_of", "tornado"]

GOOD = COLOURS[2]
MOST_INTERVALS = 200  # that can be told apart in a chart; of longer runs the days are drawn
MOST_CURVES = 7  # variants whose curves can be told apart
LONGEST_NAME = 40


def tornado(comparison: Comparison, rows: Sequence[Row], name: str) -> str:
    """Draw the differences of all variants, largest first, with their intervals; a panel per row."""
    order = np.argsort(
        [-abs(each.difference[comparison.at(rows[0])]) for each in comparison.differences], kind="stable"
    )
    names = [_short(comparison.names[i + 1]) for i in order]
    alt = f"Differences of all variants in {', '.join(row_name(row, kpi(row.kpi)) for row in rows)}, largest first."
    with drawing(name, alt, 9, 1.0 + 0.32 * len(names)) as chart:
        panels = np.atleast_1d(chart.figure.subplots(1, len(rows), sharey=True))
        for axes, row in zip(panels, rows, strict=True):
            _draw_bars(axes, comparison, row, order)
        panels[0].set_yticks(range(len(names)), names)
        panels[0].set_ylim(len(names) - 0.4, -0.6)
    return chart.svg


def _draw_bars(axes: Axes, comparison: Comparison, row: Row, order: NDArray[np.int64]) -> None:
    """Draw a bar with its interval for each variant."""
    shown, at = kpi(row.kpi), comparison.at(row)
    axes.axvline(0, color=QUIET, linewidth=1)
    for line, i in enumerate(order):
        each = comparison.differences[i]
        size, low, high = (float(column[at]) for column in (each.difference, each.low, each.high))
        if not np.isfinite(size):
            continue
        axes.barh(
            line, size, height=0.6, color=_colour(shown, size, significant=bool(each.significant[at])), alpha=0.75
        )
        if np.isfinite(low):
            axes.plot([low, high], [line, line], color=INK, linewidth=1.2, solid_capstyle="butt")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: signed_quantity(value, shown.unit) if value else "0"))
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(visible=False, axis="y")
    axes.set_title(f"{row_name(row, shown)}: difference")


def _colour(shown: Kpi, size: float, *, significant: bool) -> str:
    """Return grey where chance may be the reason, else green for better and red for worse."""
    if not significant:
        return "#B9BEC6"
    if shown.better is None:
        return COLOURS[0]
    return GOOD if (size > 0) == (shown.better == "higher") else BAD


def parts_of(comparison: Comparison, plan: Plan, row: Row) -> tuple[str, NDArray[np.int64]]:
    """Return what the parts of a row over time are called, and their rows: intervals, or days of a long run."""
    by_day = by_days((row.by,)).get(row.by) if days_of(plan) > 1 else None  # type: ignore[arg-type, call-overload]
    per_interval = {"all": "interval"}.get(row.by) or (interval_dimension(by_day) if by_day else f"{row.by}_interval")
    wanted = [("interval", per_interval), ("day", by_day)] if plan.intervals <= MOST_INTERVALS else [("day", by_day)]
    for noun, by in wanted:
        rows = [
            i for i, other in enumerate(comparison.index) if (other.kpi, other.by, other.key) == (row.kpi, by, row.key)
        ]
        if by and len(rows) > 1:
            return noun, np.array(rows, dtype=np.int64)
    return "", np.empty(0, dtype=np.int64)


def curves(comparison: Comparison, plan: Plan, row: Row) -> str:
    """Draw a KPI over time for the baseline and the variants; empty where it has no parts over time."""
    noun, rows = parts_of(comparison, plan, row)
    if not len(rows):
        return ""
    shown = kpi(row.kpi)
    drawn = range(min(len(comparison.names), MOST_CURVES))
    alt = f"{row_name(row, shown)} per {noun}, of {', '.join(comparison.names[v] for v in drawn)}."
    with drawing("curves", alt, 9, 3.2) as chart:
        axes = chart.figure.subplots()
        weeks = noun == "day" and len(rows) > LONGEST
        of_days = week_middles(plan) if weeks else np.arange(1, len(rows) + 1)
        times = interval_starts(plan)[:-1] + plan.interval / 7200 if noun == "interval" else of_days
        names = _times(plan, noun, len(times))
        for v in drawn:
            colour = INK if v == 0 else COLOURS[(v - 1) % len(COLOURS)]
            style = "--" if v == 0 else "-"
            values = weekly_mean(comparison.value[v, rows]) if weeks else comparison.value[v, rows]
            (line,) = axes.plot(
                times,
                values,
                style,
                color=colour,
                linewidth=1.6,
                marker="o",
                markersize=2.5,
                label=_short(comparison.names[v]),
            )
            chart.explain(line, point_texts(comparison.names[v], names, (values,), shown.unit))
        if noun == "interval":
            time_axis(axes, plan)
        else:
            day_axis(axes, plan)
        if shown.unit == "share":
            share_axis(axes, float(np.nanmax(comparison.value[:, rows], initial=1.0)))
        else:
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: quantity(value, shown.unit)))
            axes.set_ylim(bottom=0)
        axes.set_title(f"{row_name(row, shown)} per {noun}{'; mean of each week' if weeks else ''}")
        legend_above(axes, 2)
    return chart.svg


def _times(plan: Plan, noun: str, count: int) -> list[str]:
    """Return what the points of a curve are called: intervals, days, or the weeks of a long run."""
    if noun == "interval":
        return interval_names(plan)
    days = days_of(plan)
    return (
        [plan.calendar.day_name(day) for day in range(1, days + 1)]
        if count == days
        else [f"week {week + 1}" for week in range(count)]
    )


def heat_map(comparison: Comparison, plan: Plan, row: Row) -> str:
    """Draw in which intervals or days each variant differs: better in green, worse in red, chance in white.

    Of a long run, on which weekdays.
    """
    noun, rows = parts_of(comparison, plan, row)
    if noun == "day" and len(rows) > LONGEST:
        noun, rows = "weekday", _weekdays_of(comparison, row)
    if not len(rows):
        return ""
    shown = kpi(row.kpi)
    sign = {"higher": 1.0, "lower": -1.0, None: 1.0}[shown.better]
    size = np.where(_sure(comparison, rows), [each.difference[rows] for each in comparison.differences], 0.0)
    most = float(np.nanmax(np.abs(size), initial=0.0))
    names = [_short(name) for name in comparison.names[1:]]
    alt = f"Significant differences in {row_name(row, shown)} per {noun}, variant by variant."
    with drawing("where", alt, 9, 1.0 + 0.32 * len(names)) as chart:
        axes = chart.figure.subplots()
        edges = interval_starts(plan) if noun == "interval" else np.arange(0.5, len(rows) + 1)
        mesh = axes.pcolormesh(
            edges,
            np.arange(len(names) + 1),
            sign * size,
            cmap=LinearSegmentedColormap.from_list("losses and gains", (BAD, "#FFFFFF", GOOD)),
            vmin=-(most or 1),
            vmax=most or 1,
            edgecolors="#E6E8EB",
            linewidth=0.5,
        )
        bar = chart.figure.colorbar(mesh, ax=axes, pad=0.01)
        bar.ax.yaxis.set_major_locator(MaxNLocator(3))
        bar.ax.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: signed_quantity(sign * value, shown.unit) if value else "0")
        )
        bar.ax.tick_params(labelsize=7)
        if noun == "interval":
            time_axis(axes, plan)
        elif noun == "day":
            day_axis(axes, plan)
            axes.set_xlim(0.5, len(rows) + 0.5)
        else:
            axes.set_xticks(range(1, len(rows) + 1), [str(comparison.index[i].weekday) for i in rows])
        axes.set_yticks(np.arange(len(names)) + 0.5, names)
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.set_title(f"{row_name(row, shown)}: significant differences per {noun}")
    return chart.svg


def _weekdays_of(comparison: Comparison, row: Row) -> NDArray[np.int64]:
    """Return the rows of a row's weekdays."""
    by = by_weekdays().get(by_days((row.by,)).get(row.by))  # type: ignore[arg-type, call-overload]
    same = (row.kpi, by, row.key)
    return np.array([i for i, each in enumerate(comparison.index) if each[:3] == same], dtype=np.int64)


def _sure(comparison: Comparison, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which differences are significant after Holm's adjustment over these rows of all variants."""
    p = np.concatenate([each.p[rows] for each in comparison.differences])
    return (holm(p, [""] * len(p)) <= 1 - comparison.confidence).reshape(len(comparison.differences), -1)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 3]}..."
