"""Figures as SVG text for a page: no files, no state, the same bytes for the same data."""

from __future__ import annotations

import io
import re
import warnings
from contextlib import contextmanager
from functools import partial
from math import ceil, isnan
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
import numpy as np
from markupsafe import escape
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, PercentFormatter

from sim.core.units import HOUR, WEEKDAYS
from sim.kpis.intervals import days_of
from sim.report.number_format import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sim.core.calendar import Calendar
    from sim.engine.plan import Plan

    F8 = NDArray[np.float64]

__all__ = [
    "BAD",
    "COLOURS",
    "INK",
    "LONGEST",
    "MOST_POINTS",
    "QUIET",
    "Margins",
    "day_axis",
    "draw_band",
    "drawing",
    "hours_axis",
    "interval_names",
    "interval_starts",
    "legend_above",
    "legend_height",
    "point_texts",
    "share_axis",
    "time_axis",
    "week_middles",
    "weekly_mean",
]

# Okabe and Ito's palette, which colour-blind readers can tell apart; red is reserved for losses.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#7A5C00", "#5D3A9B", "#444444")
BAD = "#C1272D"
INK = "#222222"
QUIET = "#8A8F98"

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and copied
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E8EB",
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


LONGEST = 28  # days that are drawn one by one; of longer runs, weeks
NAMED = 14  # days, up to which each has its weekday below it on an axis of days
LABELS = 8  # days that an axis half as wide as the page has space for
LEGEND_LINE = 0.17  # height of a line of a legend, in inches
INCH = 72  # points
REACH = 4  # radius of what a pointer finds, in points
MOST_POINTS = 200  # of a line, which a pointer can tell apart


class Margins(NamedTuple):
    """Space around the axes for labels, in inches."""

    left: float
    bottom: float
    right: float = 0.24  # half of the last clock label
    top: float = 0.28  # the title


class Drawing:
    """A matplotlib figure, and its SVG once it is finished; ``name`` is the prefix of its SVG identifiers."""

    def __init__(self, name: str, figure: Figure) -> None:
        self.name = name
        self.figure = figure
        self.svg = ""
        self.texts: list[Sequence[str]] = []  # of the points of each explained artist

    def explain(self, artist: Artist, texts: Sequence[str]) -> None:
        """Let browsers show a text, one for each point that is drawn, where a pointer is on a line or a collection."""
        artist.set_gid(f"points-{len(self.texts)}")
        self.texts.append(texts)


@contextmanager
def drawing(name: str, alt: str, width: float, height: float, margins: Margins | None = None) -> Iterator[Drawing]:
    """Open a figure to draw on; its ``svg`` is ready when the block ends.

    ``name`` has letters, digits and hyphens, ``alt`` is the text for screen readers, and the sizes are in inches.
    Without fixed margins, the labels are measured, which takes as long as drawing them.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # text stays text: the browser has other fonts
        mpl.rcdefaults()  # without what a matplotlibrc says, such as one beside a scenario: it can call LaTeX
        mpl.rcParams.update({**STYLE, "svg.hashsalt": name})
        chart = Drawing(name, Figure(figsize=(width, height), layout=None if margins else "constrained"))
        FigureCanvasSVG(chart.figure)
        if margins:
            chart.figure.subplots_adjust(
                left=margins.left / width,
                right=1 - margins.right / width,
                bottom=margins.bottom / height,
                top=1 - margins.top / height,
            )
        yield chart
        chart.svg = _svg(chart, alt)


def _svg(chart: Drawing, alt: str) -> str:
    """Return the figure as an SVG element with prefixed identifiers."""
    _lay_out(chart.figure)
    stream = io.StringIO()
    chart.figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{chart.name}-", text)
    text = re.sub(rf'<g id="{chart.name}-points-(\d+)">.*?\n   </g>', partial(_explained, chart), text, flags=re.DOTALL)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)


def _explained(chart: Drawing, group: re.Match[str]) -> str:
    """Return the points of an artist with their texts, and with an invisible disc that a pointer finds easily."""
    texts = iter(chart.texts[int(group[1])])

    def with_text(point: re.Match[str]) -> str:
        disc = f'<circle cx="{point["x"]}" cy="{point["y"]}" r="{REACH}" fill="transparent"/>'
        return f"<g><title>{escape(next(texts))}</title>{point[0]}{disc}</g>"

    return re.sub(r'<use [^>]*x="(?P<x>[^"]*)" y="(?P<y>[^"]*)"[^>]*/>', with_text, group[0])


def _lay_out(figure: Figure) -> None:
    """Lay a figure out now; otherwise saving it would draw it twice."""
    if (layout := figure.get_layout_engine()) is not None:
        layout.execute(figure)
        figure.set_layout_engine("none")


def interval_starts(plan: Plan) -> NDArray[np.float64]:
    """Return the starts of the intervals, and the end of the last, in hours from midnight of the first day."""
    return np.asarray((plan.origin + plan.interval * np.arange(plan.intervals + 1)) / 3600, dtype=np.float64)


def time_axis(axes: Axes, plan: Plan) -> None:
    """Make the horizontal axis, in hours from midnight of the first day, a clock, or of several days a calendar."""
    hours = interval_starts(plan)
    hours_axis(axes, plan.calendar, days_of(plan), float(hours[0]), float(hours[-1]))


def hours_axis(axes: Axes, calendar: Calendar, days: int, first: float, last: float) -> None:
    """Make the horizontal axis from a first to a last hour a clock, or of several days a calendar."""
    if days > 1:
        _calendar_axis(axes, calendar, days, first, last)
        return
    span = last - first
    step = next((s for s in (0.25, 0.5, 1, 2, 3, 6, 12, 24) if span / s <= 8), None)
    axes.set_xlim(first, last)
    axes.xaxis.set_major_locator(MultipleLocator(step) if step else MaxNLocator(8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda hour, _: _label(calendar, hour, last=last)))


def _calendar_axis(axes: Axes, calendar: Calendar, days: int, first: float, last: float) -> None:
    """Label the midnights with which days begin, and of up to three days the noons; the first day where it opens."""
    step = ceil(days / LABELS) if days <= NAMED else len(WEEKDAYS) * ceil(days / len(WEEKDAYS) / LABELS)
    ticks = {
        max(calendar.midnight(day) / HOUR, first): _day_label(calendar, day, named=True)
        for day in range(1, days + 1, step)
    }
    if days <= 3:
        ticks |= {calendar.instant(day, 12 * HOUR) / HOUR: "12:00" for day in range(1, days + 1)}
    shown = sorted(hour for hour in ticks if first <= hour < last)
    axes.set_xlim(first, last)
    axes.set_xticks(shown, [ticks[hour] for hour in shown])


def day_axis(axes: Axes, plan: Plan) -> None:
    """Make the horizontal axis one of days, with their weekdays where there is space; of long runs, one of weeks."""
    days = days_of(plan)
    axes.set_xlim(0.4, days + 0.6)
    if days <= LONGEST:
        shown = range(1, days + 1, ceil(days / LABELS))
        axes.set_xticks(shown, [_day_label(plan.calendar, day, named=days <= NAMED) for day in shown])
    else:
        axes.set_xticks(*_weeks(plan))
        axes.set_xlim(0.4, len(WEEKDAYS) * ceil(days / len(WEEKDAYS)) + 0.6)
    axes.tick_params(axis="x", labelsize=7)
    axes.grid(visible=False, axis="x")
    axes.spines["bottom"].set_color(QUIET)


def week_middles(plan: Plan) -> F8:
    """Return where the weeks of a long run are on an axis of days."""
    return np.arange(1.0, days_of(plan) + 1, len(WEEKDAYS)) + (len(WEEKDAYS) - 1) / 2


def _weeks(plan: Plan) -> tuple[F8, list[str]]:
    """Return where some weeks of a long run are, and their numbers or the dates of their first days."""
    middles = week_middles(plan)
    every = ceil(len(middles) / LABELS)
    dates = [plan.calendar.date_of(1 + len(WEEKDAYS) * week) for week in range(len(middles))]
    labels = [f"week {week}" if on is None else f"{on:%m-%d}" for week, on in enumerate(dates, 1)]
    return middles[::every], labels[::every]


def weekly_mean(values: F8) -> F8:
    """Return the mean of the days that have a value in each seven days; NaN where none has."""
    whole = np.full(-(-len(values) // len(WEEKDAYS)) * len(WEEKDAYS), np.nan)
    whole[: len(values)] = values
    weeks = whole.reshape(-1, len(WEEKDAYS))
    known = (~np.isnan(weeks)).sum(axis=1)
    mean: F8 = np.where(known > 0, np.nansum(weeks, axis=1), np.nan) / np.maximum(known, 1)
    return mean


def _day_label(calendar: Calendar, day: int, *, named: bool) -> str:
    """Return the number or the date of a day, below its weekday."""
    on = calendar.date_of(day)
    if not named:
        return str(day) if on is None else f"{on:%m-%d}"
    return f"{calendar.weekday_name(day)[:3]}\n" + (f"day {day}" if on is None else f"{on:%m-%d}")


def legend_height(entries: int, columns: int) -> float:
    """Return the inches that `legend_above` takes."""
    return LEGEND_LINE * ceil(entries / columns)


def legend_above(axes: Axes, columns: int, size: int = 8) -> None:
    """Write the legend between the title and the curves, where it covers none of them."""
    entries = len(axes.get_legend_handles_labels()[1])
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        fontsize=size,
        borderpad=0,
        borderaxespad=0.3,
        labelspacing=0.25,
    )
    axes.set_title(axes.get_title(loc="left"), pad=4 + INCH * legend_height(entries, columns))


def _label(calendar: Calendar, hour: float, last: float) -> str:
    """Return an hour as a time of day, also of the next day, and 24:00 rather than 00:00 at the end of the axis."""
    return re.sub(r"^(day )?[0-9-]+ ", "", calendar.label(round(hour * 3600), end=hour >= last))


def share_axis(axes: Axes, highest: float = 1.0) -> None:
    """Show the vertical axis in per cent, from 0 to 100, or to ``highest``: an occupancy may exceed 100."""
    axes.set_ylim(0, 1.02 * max(1.0, highest))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def interval_names(plan: Plan) -> list[str]:
    """Return the beginning of each interval, with its day where there are several."""
    return [plan.calendar.label(plan.origin + number * plan.interval) for number in range(plan.intervals)]


def point_texts(name: str, times: Sequence[str], columns: tuple[F8, ...], unit: str) -> list[str]:
    """Return a text for each defined value of a line: its name, the time, the value, and its interval if it has one."""
    value, low, high = (column.tolist() for column in (columns if len(columns) > 1 else 3 * columns))
    return [
        f"{name}\n{time}: {quantity(value[i], unit)}"
        + (f" ({quantity(low[i], unit)} to {quantity(high[i], unit)})" if low[i] < high[i] else "")
        for i, time in enumerate(times)
        if not isnan(value[i])
    ]


def draw_band(
    chart: Drawing,
    axes: Axes,
    plan: Plan,
    columns: tuple[F8, ...],
    colour: str,
    label: str,
    unit: str,
    style: str = "-",
) -> None:
    """Draw value, lower and upper limit per interval as a line with a band; gaps where the value is undefined."""
    hours = interval_starts(plan)
    middle = (hours[1:] + hours[:-1]) / 2
    value, low, high = columns
    (line,) = axes.plot(middle, value, style, color=colour, label=label, linewidth=1.6, marker="o", markersize=2.5)
    if plan.intervals <= MOST_POINTS:
        chart.explain(line, point_texts(label, interval_names(plan), columns, unit))
    if np.isfinite(low).any():
        axes.fill_between(middle, np.maximum(low, 0), high, color=colour, alpha=0.18, linewidth=0)
