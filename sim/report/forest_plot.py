"""Forest plot: the differences between two variants with their confidence intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter

from sim.kpis import kpis_in
from sim.report.figure import BAD, COLOURS, QUIET, drawing
from sim.report.number_format import signed_quantity
from sim.report.terminal_tables import row_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.experiment.estimate import Differences

__all__ = ["forest_plot"]

GOOD = COLOURS[2]


def forest_plot(differences: Differences, rows: Sequence[int], name: str = "forest") -> str:
    """Draw differences relative to the baseline with their intervals; significant ones are filled and coloured.

    Rows whose baseline is 0 are left out.
    """
    known = kpis_in(differences.index)
    base = np.abs(differences.baseline)
    drawn = [i for i in rows if base[i] > 0 and np.isfinite(differences.difference[i])]
    names = {i: row_name(differences.index[i], known[differences.index[i].kpi]) for i in drawn}
    listed = ", ".join(name for i, name in names.items() if differences.significant[i]) or "none"
    alt = f"Differences in per cent of the baseline, with confidence intervals. Significant: {listed}."
    with drawing(name, alt, 9, 0.9 + 0.3 * len(drawn)) as chart:
        axes = chart.figure.subplots()
        axes.axvline(0, color=QUIET, linewidth=1)
        for line, i in enumerate(drawn):
            kpi, significant = known[differences.index[i].kpi], bool(differences.significant[i])
            centre, low, high = (100 * column[i] / base[i] for column in _columns(differences))
            colour = COLOURS[0] if significant else QUIET
            if significant and kpi.better is not None:
                colour = GOOD if (centre > 0) == (kpi.better == "higher") else BAD
            if np.isfinite(low):
                axes.plot([low, high], [line, line], color=colour, linewidth=2, solid_capstyle="butt")
            fill = colour if significant else "white"
            axes.plot([centre], [line], "o", color=colour, markerfacecolor=fill, markersize=6)
            text = signed_quantity(float(differences.difference[i]), kpi.unit) + (" *" if significant else "")
            axes.annotate(text, (1.01, line), xycoords=("axes fraction", "data"), va="center", fontsize=8)
        axes.set_yticks(range(len(drawn)), list(names.values()))
        axes.set_ylim(len(drawn) - 0.4, -0.6)
        axes.set_xscale("symlog", linthresh=1.0)  # a wait may triple where cost moves by one per cent
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+g} %" if value else "0"))
        axes.set_title("Difference in per cent of the baseline")
    return chart.svg


def _columns(differences: Differences) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """Return the difference and its interval."""
    return differences.difference, differences.low, differences.high
