"""Table of a sweep for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.console import Group
from rich.text import Text

from sim.kpis import kpi
from sim.report.number_format import quantities, quantity
from sim.report.path_scales import texts_shown
from sim.report.sweep_choices import standings
from sim.report.terminal_tables import plain_table, row_name

if TYPE_CHECKING:
    from rich.console import RenderableType

    from sim.experiment.sweep_estimates import SweepValues
    from sim.scenario.sweep_points import SweepPoints

__all__ = ["sweep_table"]

MOST = 40  # lines


def sweep_table(points: SweepPoints, values: SweepValues) -> RenderableType:
    """Return a line per point: the values of the paths, the first row with its interval, and the others."""
    first, *others = (row_name(row, kpi(row.kpi)) for row in values.rows)
    columns = first, *(("from", "to") if values.replications > 1 else ()), *others
    table = plain_table(f"{values.replications} replications of each point", (*points.paths, *columns))
    kept = standings(values)
    done = np.flatnonzero(values.done)
    for point in done[:MOST].tolist():
        texts = texts_shown(points.values[point])
        limits = (values.value, values.low, values.high)[: len(columns) - len(others)]
        texts += quantities([float(column[point, 0]) for column in limits], kpi(values.rows[0].kpi).unit)
        for at, row in enumerate(values.rows[1:], 1):
            texts.append(quantity(float(values.value[point, at]), kpi(row.kpi).unit))
        style = "bold green" if kept[point] == "yes" else ""
        table.add_row(*(Text(text, style=style) for text in texts))
    more = len(done) - MOST
    return Group(table, *([Text(f"{more:,} more points are in sweep.csv")] if more > 0 else []))
