"""Page of a staffing search: verdict, the plan beside Erlang A and Erlang C, and service by interval on fresh days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.kpis import kpi
from sim.kpis.intervals import days_of
from sim.report.figure import (
    COLOURS,
    LONGEST,
    QUIET,
    Margins,
    draw_band,
    drawing,
    interval_starts,
    legend_above,
    legend_height,
    share_axis,
    time_axis,
)
from sim.report.number_format import probability_text, quantity
from sim.report.page import extent, write_page
from sim.report.staffing_table import plan_rows, staffing_sentences
from sim.report.verification_table import requirement_time, verdict_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from sim.experiment.staffing.staffing import Staffing

__all__ = ["write_staffing_report"]

_MOST_TARGETS = 500  # rows that the page lists
_COLUMNS = 4  # of a legend
_STANDARD_ERRORS = 1.96


def write_staffing_report(folder: Path, manifest: Mapping[str, Any], staffing: Staffing, notes: Sequence[str]) -> Path:
    """Write the report of a search to ``report.html`` in a folder, and return its path."""
    plan, verified = staffing.grid.plan, staffing.verification
    columns, rows = plan_rows(staffing)
    is_short = days_of(plan) <= LONGEST
    left_out = len(staffing.requirements) - _MOST_TARGETS
    return write_page(
        folder,
        "staffing.html.j2",
        plan,
        manifest,
        title=f"{manifest['scenario']}: staffing",
        subtitle=f"{extent(plan, staffing.search_days, 'searched')}, seed {manifest['seed']}",
        sentences=[*_sentences(staffing), *notes],
        columns=columns,
        plan_rows=rows,
        agents=_agents(staffing) if is_short else "",
        service=_service(staffing) if is_short else "",
        days=f"{verified.days:,}" if verified else "",
        targets=list(_targets(staffing)),
        more=f"{left_out:,} more targets are left out." if left_out > 0 else "",
    )


def _sentences(staffing: Staffing) -> Iterator[str]:
    """Yield the verdict, and then what else there is to say."""
    verified, sentences = staffing.verification, list(staffing_sentences(staffing))
    if verified is None:
        yield "Interrupted: this is the best plan so far."
        yield from sentences
        return
    verdict = verdict_sentence(verified, staffing.confidence)
    yield verdict
    yield from (sentence for sentence in sentences if sentence != verdict)


def _agents(staffing: Staffing) -> str:
    """Draw the plan of each group, all together, and what the formulas ask for."""
    plan, counts = staffing.grid.plan, staffing.counts
    alt = "Agents on duty in each interval: the plan of each group and in all, beside Erlang A and Erlang C."
    lines = [(f"plan, {name}", counts[row], "-") for row, name in enumerate(staffing.grid.names) if len(counts) > 1]
    with drawing("agents", alt, 9, *_height(len(lines) + 3)) as chart:
        axes, hours = chart.figure.subplots(), interval_starts(plan)
        axes.stairs(counts.sum(axis=0), hours, fill=True, color="#DDE3EA", label="plan, all")
        for number, (label, agents, style) in enumerate(lines):
            colour = COLOURS[number % len(COLOURS)]
            axes.stairs(agents, hours, baseline=None, color=colour, linestyle=style, label=label, linewidth=1.8)
        for label, needed, style in (("Erlang A", staffing.erlang_a, "--"), ("Erlang C", staffing.erlang_c, ":")):
            axes.stairs(needed.sum(axis=0), hours, baseline=None, color=QUIET, linestyle=style, label=label)
        axes.set_ylim(bottom=0)
        axes.set_title("Agents on duty")
        legend_above(axes, _COLUMNS)
        time_axis(axes, plan)
    return chart.svg


def _service(staffing: Staffing) -> str:
    """Draw the shares that have a target in each interval; empty where there is none."""
    plan, verified, requirements = staffing.grid.plan, staffing.verification, staffing.requirements
    drawn = [
        number
        for number, target in enumerate(requirements.targets)
        if target.per == "interval" and kpi(target.row.kpi).unit == "share"
    ]
    if verified is None or not drawn:
        return ""
    alt = "Value of each target in each interval on fresh days, against its bound."
    with drawing("service", alt, 9, *_height(len(drawn))) as chart:
        axes = chart.figure.subplots()
        for number, target in enumerate(drawn):
            colour, band = COLOURS[number % len(COLOURS)], _band(staffing, target)
            label = str(requirements.targets[target]).removesuffix(" per interval")
            draw_band(chart, axes, plan, band, colour, label, "share")
            axes.axhline(requirements.targets[target].bound, color=colour, linestyle="--", linewidth=1)
        axes.set_title("Value on fresh days, and target")
        legend_above(axes, _COLUMNS)
        share_axis(axes)
        time_axis(axes, plan)
    return chart.svg


def _height(entries: int) -> tuple[float, Margins]:
    legend = legend_height(entries, _COLUMNS)
    margins = Margins(left=0.68, bottom=0.42)
    return 2.8 + legend, margins._replace(top=margins.top + legend)


def _band(staffing: Staffing, target: int) -> tuple[NDArray[np.float64], ...]:
    """Return value, lower and upper limit of a target in each interval; NaN where it has none."""
    verified, requirements = staffing.verification, staffing.requirements
    assert verified is not None
    value = np.full((3, staffing.grid.plan.intervals), np.nan)
    rows = np.flatnonzero(requirements.target == target)
    error = _STANDARD_ERRORS * verified.error[rows]
    value[:, requirements.first[rows]] = verified.value[rows] + np.array([[0.0], [-1.0], [1.0]]) * error
    return tuple(np.clip(value, 0.0, 1.0))


def _targets(staffing: Staffing) -> Iterator[dict[str, Any]]:
    """Yield the lines of the table of targets."""
    verified, requirements = staffing.verification, staffing.requirements
    if verified is None:
        return
    for row in range(min(len(requirements), _MOST_TARGETS)):
        target = requirements.targets[requirements.target[row]]
        long_run, day = 1.0 - float(verified.likely[row]), 1.0 - float(verified.days_held[row])
        yield {
            "order": row,
            "name": target.name,
            "time": requirement_time(staffing.grid.plan, requirements, row),
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
