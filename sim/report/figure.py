"""Figures as SVG that can stand in a page: no files, no state, the same bytes for the same data."""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import matplotlib as mpl
import numpy as np
from markupsafe import escape
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator, PercentFormatter

from sim.core.units import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sim.engine.plan import Plan

__all__ = ["BAD", "COLOURS", "INK", "QUIET", "Drawing", "Room", "band", "drawing", "per_cent", "starts", "time_axis"]

# Okabe and Ito's palette, told apart by colour-blind readers too; red is kept for what went wrong.
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


class Room(NamedTuple):
    """In inches."""

    left: float
    bottom: float
    right: float = 0.24  # half a time of day
    top: float = 0.28  # a title


class Drawing:
    """A figure being drawn, and its SVG afterwards.

    Parameters
    ----------
    name
        Sets its identifiers apart from those of other figures in the page.
    figure
        What to draw on.
    """

    def __init__(self, name: str, figure: Figure) -> None:
        self.name = name
        self.figure = figure
        self.svg = ""


@contextmanager
def drawing(name: str, alt: str, width: float, height: float, room: Room | None = None) -> Iterator[Drawing]:
    """Give a figure to draw on; its ``svg`` is ready when the block is left.

    Parameters
    ----------
    name
        Letters, digits and hyphens.
    alt
        What the figure says, for those who cannot see it.
    width, height
        In inches.
    room
        Left for labels around the axes; None = what they need, and finding that takes as long as drawing them.

    Yields
    ------
    Drawing
        With an empty figure.
    """
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        it = Drawing(name, Figure(figsize=(width, height), layout=None if room else "constrained"))
        FigureCanvasSVG(it.figure)
        if room:
            it.figure.subplots_adjust(
                left=room.left / width,
                right=1 - room.right / width,
                bottom=room.bottom / height,
                top=1 - room.top / height,
            )
        yield it
        it.svg = _svg(it, alt)


def _svg(it: Drawing, alt: str) -> str:
    """Return the figure as an SVG element whose identifiers are its own."""
    _lay_out(it.figure)
    stream = io.StringIO()
    it.figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{it.name}-", text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)


def _lay_out(figure: Figure) -> None:
    """Lay a figure out once; saving would draw it once more to do so."""
    if (layout := figure.get_layout_engine()) is not None:
        layout.execute(figure)
        figure.set_layout_engine("none")


def starts(plan: Plan) -> NDArray[np.float64]:
    """Return the starts of the intervals, and the end of the last, in hours.

    Parameters
    ----------
    plan
        Says when they are.
    """
    return np.asarray((plan.origin + plan.interval * np.arange(plan.intervals + 1)) / 3600, dtype=np.float64)


def time_axis(axes: Axes, plan: Plan) -> None:
    """Make the horizontal axis a clock.

    Parameters
    ----------
    axes
        Drawn in hours from midnight of the first day.
    plan
        Its horizon is what is shown.
    """
    hours = starts(plan)
    span = hours[-1] - hours[0]
    step = next((s for s in (0.25, 0.5, 1, 2, 3, 6, 12, 24) if span / s <= 8), None)
    axes.set_xlim(float(hours[0]), float(hours[-1]))
    axes.xaxis.set_major_locator(MultipleLocator(step) if step else MaxNLocator(8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda hour, _: _label(hour, last=float(hours[-1]))))


def _label(hour: float, last: float) -> str:
    """Write an hour as a time of day; where the axis ends a day ends."""
    return clock(round(hour * 3600), end=hour >= last)


def per_cent(axes: Axes, most: float = 1.0) -> None:
    """Make the vertical axis one of shares, from 0 to at least 1.

    Parameters
    ----------
    axes
        Drawn in fractions of 1.
    most
        What must be seen; a service level cannot pass 1, though its interval may.
    """
    axes.set_ylim(0, 1.02 * max(1.0, most))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))


def band(
    axes: Axes, plan: Plan, columns: tuple[NDArray[np.float64], ...], colour: str, label: str, style: str = "-"
) -> None:
    """Draw a value per interval with the band of its interval; gaps where it is undefined.

    Parameters
    ----------
    axes, plan
        Where.
    columns
        Value, low and high of each interval.
    colour, label, style
        How.
    """
    hours = starts(plan)
    middle = (hours[1:] + hours[:-1]) / 2
    value, low, high = columns
    axes.plot(middle, value, style, color=colour, label=label, linewidth=1.6, marker="o", markersize=2.5)
    if np.isfinite(low).any():
        axes.fill_between(middle, np.maximum(low, 0), high, color=colour, alpha=0.18, linewidth=0)
