"""Page of a staffing search: verdict, the plan beside Erlang A and Erlang C, and service by interval on fresh days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.kpis.intervals import days_of
from sim.report.figure import (
    COLOURS,
    LONGEST,
    QUIET,
    Margins,
    drawing,
    interval_starts,
    legend_above,
    legend_height,
    time_axis,
)
from sim.report.number_format import number, quantity
from sim.report.page import extent, write_page
from sim.report.staffing_hours import GroupHours, group_hours
from sim.report.staffing_table import plan_rows, staffing_sentences
from sim.report.verification_figures import MOST_TARGETS, service_figures, target_lines
from sim.report.verification_table import verdict_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sim.experiment.staffing.staffing import Staffing

__all__ = ["agents_figure", "write_staffing_report"]

_COLUMNS = 4  # of a legend


def write_staffing_report(folder: Path, manifest: Mapping[str, Any], staffing: Staffing, notes: Sequence[str]) -> Path:
    """Write the report of a search to ``report.html`` in a folder, and return its path."""
    plan, verified = staffing.grid.plan, staffing.verification
    columns, rows = plan_rows(staffing)
    is_short = days_of(plan) <= LONGEST
    left_out = len(staffing.requirements) - MOST_TARGETS
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
        hours=[_hours_cells(row) for row in group_hours(staffing.grid, staffing.counts)],
        priced=staffing.grid.has_price,
        agents=agents_figure(staffing) if is_short else "",
        service=service_figures(plan, verified) if verified and is_short else [],
        days=f"{verified.days:,}" if verified else "",
        targets=list(target_lines(plan, verified, range(len(verified.slack))[:MOST_TARGETS])) if verified else [],
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


def _hours_cells(row: GroupHours) -> list[str]:
    hours = [number(row.on_duty), quantity(row.shrinkage, "share"), number(row.scheduled), number(row.paid)]
    return [row.group, *hours, number(row.price), number(row.cost)]


def agents_figure(staffing: Staffing) -> str:
    """Draw the plan of each group, all together, and what the formulas ask for.

    Parameters
    ----------
    staffing
        Of the search.
    """
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


def _height(entries: int) -> tuple[float, Margins]:
    legend = legend_height(entries, _COLUMNS)
    margins = Margins(left=0.68, bottom=0.42)
    return 2.8 + legend, margins._replace(top=margins.top + legend)
