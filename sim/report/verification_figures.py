"""Figures and lines of verified targets: their values by interval on fresh days, and how likely each fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.kpis import kpi
from sim.report.figure import (
    COLOURS,
    Margins,
    draw_band,
    drawing,
    legend_above,
    legend_height,
    share_axis,
    time_axis,
)
from sim.report.number_format import probability_text, quantity
from sim.report.verification_table import requirement_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sim.engine.plan import Plan
    from sim.experiment.staffing.verification import Verification

__all__ = ["MOST_TARGETS", "service_figures", "target_lines"]

MOST_TARGETS = 500  # rows that a page lists
_COLUMNS = 2  # of a legend
_STANDARD_ERRORS = 1.96  # of a 95 % interval


def service_figures(plan: Plan, verified: Verification) -> list[str]:
    """Draw the value of each target in each interval with its 95 % interval, and its bound: shares, then durations.

    Parameters
    ----------
    plan
        Of the scenario.
    verified
        On fresh days.
    """
    return [svg for unit in ("share", "s") if (svg := _service(plan, verified, unit))]


def _service(plan: Plan, verified: Verification, unit: str) -> str:
    """Draw the targets of a unit; empty where there are none."""
    targets = verified.requirements.targets
    drawn = [number for number, target in enumerate(targets) if kpi(target.row.kpi).unit == unit]
    if not drawn:
        return ""
    alt = "Value of each target in each interval on fresh days, against its bound."
    legend, margins = legend_height(len(drawn), _COLUMNS), Margins(left=0.68, bottom=0.42)
    height, margins = 2.8 + legend, margins._replace(top=margins.top + legend)
    with drawing(f"service-{unit}", alt, 9, height, margins) as chart:
        axes = chart.figure.subplots()
        for line, number in enumerate(drawn):
            colour, value = COLOURS[line % len(COLOURS)], verified.interval_value[number]
            reach, highest = _STANDARD_ERRORS * verified.interval_error[number], 1.0 if unit == "share" else np.inf
            band = value, np.clip(value - reach, 0.0, highest), np.clip(value + reach, 0.0, highest)
            draw_band(chart, axes, plan, band, colour, str(targets[number]), unit)
            axes.axhline(targets[number].bound, color=colour, linestyle="--", linewidth=1)
        axes.set_title("Value by interval on fresh days, and target" + ("" if unit == "share" else ", seconds"))
        legend_above(axes, _COLUMNS)
        if unit == "share":
            share_axis(axes)
        else:
            axes.set_ylim(bottom=0)
        time_axis(axes, plan)
    return chart.svg


def target_lines(plan: Plan, verified: Verification, rows: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Yield the lines of a table of targets.

    Parameters
    ----------
    plan
        Of the scenario.
    verified
        On fresh days.
    rows
        Of the requirements, in the order of the table.
    """
    requirements = verified.requirements
    for order, row in enumerate(rows):
        target = requirements.targets[requirements.target[row]]
        long_run, day = 1.0 - float(verified.likely[row]), 1.0 - float(verified.days_held[row])
        yield {
            "order": order,
            "name": target.name,
            "time": requirement_time(plan, requirements, row),
            "bound": target.bound,
            "limit": target.limit,
            "value": float(verified.value[row]),
            "text": quantity(float(verified.value[row]), kpi(target.row.kpi).unit),
            "colour": "bad" if verified.slack[row] < 0 else "",
            "long_run": long_run,
            "long_run_text": probability_text(long_run),
            "day": day,
            "day_text": f"{100 * day:.0f} %",
        }
