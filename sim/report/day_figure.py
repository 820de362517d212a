"""Figure of a run of several days: volumes, service levels, waits, and backlog or occupancy, day by day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.core.units import WEEKDAYS
from sim.engine.plan import Kind
from sim.kpis import kpi
from sim.kpis.intervals import days_of
from sim.report.figure import (
    COLOURS,
    LONGEST,
    Margins,
    day_axis,
    drawing,
    legend_above,
    legend_height,
    point_texts,
    share_axis,
    week_middles,
    weekly_mean,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Estimates
    from sim.report.figure import Drawing

__all__ = ["by_day"]

MARGINS = Margins(left=0.68, bottom=0.42)  # six-digit numbers; weekday above the number of the day
GAP = 0.72  # between the charts above and below, without a legend: days and title, in inches
COLUMNS = 3  # of a legend
DRAWN = {
    *((kpi, "queue_day") for kpi in ("offered", "service_level", "asa", "backlog")),
    ("occupancy", "group_day"),
}


def by_day(plan: Plan, estimates: Estimates) -> str:
    """Draw what each day was like; empty where one of the KPIs was not asked for."""
    if DRAWN - estimates.measured:
        return ""
    deferred = np.isin(np.arange(len(plan.queues)), plan.step_queue[plan.step_kind == Kind.DEFERRED])
    live, mails = (
        [(q, name) for q, name in enumerate(plan.queues) if deferred[q] == is_deferred] for is_deferred in (False, True)
    )
    queues = list(enumerate(plan.queues))
    alt = "Offered contacts, service level, mean wait, and backlog or occupancy of each day."
    above = legend_height(len(queues), COLUMNS)
    below = legend_height(max(len(live or mails), len(mails or plan.groups)), COLUMNS)
    margins = MARGINS._replace(top=MARGINS.top + above)
    height = 4.8 + above + below
    gap = GAP + below
    room = (height - margins.top - margins.bottom - gap) / 2
    with drawing("days", alt, 9, height, margins) as chart:
        (volumes, levels), (waits, last) = chart.figure.subplots(
            2, 2, gridspec_kw={"wspace": 0.16, "hspace": gap / room}
        )
        _draw_volumes(volumes, plan, estimates)
        _draw_lines(chart, levels, plan, estimates, ("service_level", "queue_day"), queues)
        for q, target in enumerate(plan.queue_target):
            levels.axhline(float(target), color=COLOURS[q % len(COLOURS)], linestyle="--", linewidth=0.8)
        each = "week" if days_of(plan) > LONGEST else "day"
        levels.set_title(f"Service level per {each} (dashed: target)")
        share_axis(levels)
        _draw_lines(chart, waits, plan, estimates, ("asa", "queue_day"), live or mails)
        waits.set_title("Mean wait of the answered, seconds")
        if mails:
            _draw_lines(chart, last, plan, estimates, ("backlog", "queue_day"), mails)
            last.set_title("Backlog at the end of the day, contacts")
        else:
            _draw_lines(chart, last, plan, estimates, ("occupancy", "group_day"), list(enumerate(plan.groups)))
            last.set_title("Occupancy of the groups")
            share_axis(last)
        for axes in (volumes, levels, waits, last):
            day_axis(axes, plan)
        for axes in (volumes, waits, *((last,) if mails else ())):
            axes.set_ylim(bottom=0)
        for axes in (volumes, levels, waits, last):
            legend_above(axes, COLUMNS, size=7)
    return chart.svg


def _draw_volumes(axes: Axes, plan: Plan, estimates: Estimates) -> None:
    """Draw the offered contacts of each queue, one above the other."""
    days, weeks = np.arange(1, days_of(plan) + 1), days_of(plan) > LONGEST
    places = week_middles(plan) if weeks else days
    below = np.zeros(len(places))
    for q, name in enumerate(plan.queues):
        offered = _per_day(estimates, "offered", "queue_day", name)[0]
        offered = np.nan_to_num(weekly_mean(offered)) if weeks else offered
        axes.bar(
            places,
            offered,
            bottom=below,
            width=0.72 * (len(WEEKDAYS) if weeks else 1),
            color=COLOURS[q % len(COLOURS)],
            label=name,
        )
        below += offered
    axes.set_title(f"Offered contacts per day{' of a week' if weeks else ''}")


def _draw_lines(
    chart: Drawing,
    axes: Axes,
    plan: Plan,
    estimates: Estimates,
    wanted: tuple[str, str],
    names: Sequence[tuple[int, str]],
) -> None:
    """Draw a KPI of some queues or groups as a line each, with a band; gaps where the value is undefined."""
    days = np.arange(1, days_of(plan) + 1)
    times, unit = [plan.calendar.day_name(day) for day in days.tolist()], kpi(wanted[0]).unit
    for number, name in names:
        value, low, high = _per_day(estimates, *wanted, name)
        colour = COLOURS[number % len(COLOURS)]
        if days_of(plan) > LONGEST:
            axes.plot(week_middles(plan), weekly_mean(value), color=colour, label=name, linewidth=1.6)
            continue
        (line,) = axes.plot(days, value, color=colour, label=name, linewidth=1.6, marker="o", markersize=3)
        chart.explain(line, point_texts(name, times, (value, low, high), unit))
        if np.isfinite(low).any():
            axes.fill_between(days, low, high, color=colour, alpha=0.18, linewidth=0)


def _per_day(estimates: Estimates, kpi: str, by: str, key: str) -> tuple[NDArray[np.float64], ...]:
    """Return value, lower and upper limit of each day; the days of a key are adjacent rows."""
    first = estimates.at(kpi, by, key, day=1)
    last = first
    while last < len(estimates.index) and estimates.index[last][:3] == (kpi, by, key):
        last += 1
    return estimates.value[first:last], estimates.low[first:last], estimates.high[first:last]
