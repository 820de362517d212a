"""The differences between two variants in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter

from sim.kpis import kpis
from sim.report.figure import BAD, COLOURS, QUIET, drawing
from sim.report.numbers import signed
from sim.report.tables import row_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.experiment.estimate import Differences

__all__ = ["forest"]

GOOD = COLOURS[2]


def forest(differences: Differences, rows: Sequence[int]) -> str:
    """Draw differences relative to the baseline, with their intervals; filled and coloured where significant.

    Parameters
    ----------
    differences
        Variant - baseline.
    rows
        Which to draw, from top to bottom; those without a baseline to relate to are left out.
    """
    known = {one.name: one for one in kpis()}
    base = np.abs(differences.baseline)
    drawn = [i for i in rows if base[i] > 0 and np.isfinite(differences.difference[i])]
    sure = [
        row_name(differences.index[i], known[differences.index[i].kpi]) for i in drawn if differences.significant[i]
    ]
    alt = "Differences in per cent of the baseline, with intervals. Significant: " + (", ".join(sure) or "none") + "."
    with drawing("forest", alt, 9, 0.9 + 0.3 * len(drawn)) as it:
        axes = it.figure.subplots()
        axes.axvline(0, color=QUIET, linewidth=1)
        for place, i in enumerate(drawn):
            row = differences.index[i]
            one, mark = known[row.kpi], bool(differences.significant[i])
            centre, low, high = (100 * column[i] / base[i] for column in _columns(differences))
            colour = QUIET if not mark else COLOURS[0]
            if mark and one.better is not None:
                colour = GOOD if (centre > 0) == (one.better == "higher") else BAD
            if np.isfinite(low):
                axes.plot([low, high], [place, place], color=colour, linewidth=2, solid_capstyle="butt")
            axes.plot([centre], [place], "o", color=colour, markerfacecolor=colour if mark else "white", markersize=6)
            text = signed(float(differences.difference[i]), one.unit) + (" *" if mark else "")
            axes.annotate(text, (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8)
        names = [row_name(differences.index[i], known[differences.index[i].kpi]) for i in drawn]
        axes.set_yticks(range(len(drawn)), names)
        axes.set_ylim(len(drawn) - 0.4, -0.6)
        axes.set_xscale("symlog", linthresh=1.0)  # a wait may triple where cost moves by one per cent
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g} %" if value else "0"))
        axes.set_title("Difference in per cent of the baseline")
    return it.svg


def _columns(differences: Differences) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """Return the difference and its interval."""
    return differences.difference, differences.low, differences.high
