"""Page of a roster: what it costs and lacks, agents required and on duty, and the shifts of each person."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from sim.core.calendar import Calendar
from sim.core.units import HOUR, counted
from sim.report.figure import (
    BAD,
    COLOURS,
    LONGEST,
    MOST_POINTS,
    Margins,
    drawing,
    hours_axis,
    legend_above,
    legend_height,
)
from sim.report.page import page_table, write_page
from sim.report.roster_sheets import first_date, roster_sheets
from sim.report.roster_table import cost_sentence, cover_sentence, roster_sentences
from sim.report.workbook import write_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sim.report.figure import Drawing
    from sim.roster import GroupRoster, Requirements, Roster

    F8 = NDArray[np.float64]

__all__ = ["coverage_figures", "write_roster_report"]

_COLUMNS = 4  # of a legend


def write_roster_report(folder: Path, manifest: Mapping[str, Any], roster: Roster) -> Path:
    """Write the report of a roster to ``report.html`` in a folder, and its tables beside it; return the page's path.

    Parameters
    ----------
    folder
        The result's.
    manifest, roster
        Of the result.
    """
    requirements = roster.requirements
    title, sheets = f"{Path(manifest['requirements']).stem}: roster", roster_sheets(roster)
    sentences = list(_sentences(roster))
    write_tables(folder, sheets, (title, *sentences))
    return write_page(
        folder,
        "roster.html.j2",
        None,
        manifest,
        title=title,
        subtitle=f"{_extent(requirements)}, shifts and contracts of {Path(manifest['rules']).name}",
        sentences=sentences,
        groups=coverage_figures(roster),
        shrinkage=any(group.shrinkage for group in roster.groups),
        tables=[page_table(sheet) for sheet in sheets],
    )


def coverage_figures(roster: Roster) -> list[dict[str, str]]:
    """Return the name and the figure of each group: agents required and on duty over time.

    Parameters
    ----------
    roster
        To draw.
    """
    return [
        {"name": group.group, "svg": _coverage(number, group, roster.requirements)}
        for number, group in enumerate(roster.groups)
    ]


def _sentences(roster: Roster) -> Iterator[str]:
    """Yield the verdict, and then what else there is to say."""
    verdict, cost = f"{cover_sentence(roster)} {cost_sentence(roster)}", cost_sentence(roster)
    if roster.broken:
        verdict = f"Rules are broken, so do not use this roster. {verdict}"
    yield f"Interrupted; this is the best roster so far. {verdict}" if roster.interrupted else verdict
    yield from (sentence.strip() for sentence in roster_sentences(roster) if sentence != cost)


def _extent(requirements: Requirements) -> str:
    days, each = requirements.days, f"intervals of {requirements.interval / 60:g} min"
    if requirements.is_weekly:
        return f"A typical week, {each}"
    return f"{counted(len(days), 'day')}{f', {days[0]} to {days[-1]}' if len(days) > 1 else ''}, {each}"


def _coverage(number: int, group: GroupRoster, requirements: Requirements) -> str:
    """Draw agents required and on duty, with what is missing and what is left over; of long rosters, means of days."""
    needed, covered, edges, _ = steps = _steps(group, requirements)
    alt = f"Agents of {group.group} required and on duty over time, with those who are missing or left over."
    legend = legend_height(4, _COLUMNS)
    margins = Margins(left=0.68, bottom=0.42)
    with drawing(f"group-{number}", alt, 9, 3 + legend, margins._replace(top=margins.top + legend)) as chart:
        axes, both = chart.figure.subplots(), np.minimum(needed, covered)
        axes.stairs(both, edges, fill=True, color="#DDE3EA")
        for top, colour, label in ((covered, COLOURS[4], "surplus"), (needed, BAD, "missing")):
            axes.stairs(top, edges, baseline=both, fill=True, color=colour, alpha=0.45, linewidth=0, label=label)
        axes.stairs(needed, edges, baseline=None, color=BAD, linewidth=1.2, linestyle="--", label="required")
        axes.stairs(covered, edges, baseline=None, color=COLOURS[0], linewidth=1.6, label="on duty")
        _explain(chart, axes, steps)
        axes.set_ylim(bottom=0)
        is_long = len(requirements.days) > LONGEST
        axes.set_title("Agents, mean of each day" if is_long else "Agents")
        axes.yaxis.set_major_locator(MaxNLocator(integer=not is_long))
        legend_above(axes, _COLUMNS)
        first, last = _shown(edges, needed + covered)
        hours_axis(axes, Calendar(first_date(requirements)), len(requirements.days), first, last)
    return chart.svg


def _steps(group: GroupRoster, requirements: Requirements) -> tuple[F8, F8, F8, list[str]]:
    """Return agents required and on duty, the edges of their steps in hours, and when each step begins."""
    width, days = requirements.slots_of_day, len(requirements.days)
    if days > LONGEST:
        needed, covered = (
            np.asarray(part[: days * width].reshape(days, width).mean(axis=1)) for part in (group.needed, group.covered)
        )
        return needed, covered, np.arange(0.0, 24.0 * days + 1, 24.0), list(requirements.days)
    edges = np.arange(requirements.slots + 1, dtype=np.float64) * requirements.step / HOUR
    return group.needed, group.covered, edges, [requirements.label(slot) for slot in range(requirements.slots)]


def _explain(chart: Drawing, axes: Axes, steps: tuple[F8, F8, F8, list[str]]) -> None:
    """Mark each span with the same numbers, and let a pointer find what they are."""
    needed, covered, edges, names = steps
    changes = np.flatnonzero((np.diff(needed) != 0) | (np.diff(covered) != 0)) + 1
    spans = np.concatenate([[0], changes, [len(needed)]])
    places, texts = [], []
    for first, last in pairwise(spans.tolist()):
        wanted, there = float(needed[first]), float(covered[first])
        if wanted or there:
            gap = f", {abs(there - wanted):.3g} {'missing' if there < wanted else 'surplus'}" if there != wanted else ""
            places.append((edges[first] + edges[last]) / 2)
            texts.append(f"from {names[first]}\n{wanted:.4g} required, {there:.4g} on duty{gap}")
    if 0 < len(places) <= MOST_POINTS:
        heights = covered[np.searchsorted(edges, places, side="right") - 1]
        (points,) = axes.plot(places, heights, "o", color=COLOURS[0], markersize=2.5)
        chart.explain(points, texts)


def _shown(edges: F8, agents: F8) -> tuple[float, float]:
    """Return the hours from the first to the last step with agents; all where there are none."""
    steps = np.flatnonzero(agents)
    first, last = (int(steps[0]), int(steps[-1]) + 1) if len(steps) else (0, len(agents))
    return float(edges[first]), float(edges[last])
