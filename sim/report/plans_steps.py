"""Steps of a plan as its page shows them: files of each, headcounts, shifts, and what the roster misses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.report.page import page_table
from sim.report.roster_page import coverage_figures
from sim.report.roster_sheets import roster_sheets
from sim.report.roster_table import shortage_sentences
from sim.report.staffing_page import agents_figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.report.plans import PlanSteps

__all__ = ["file_links", "missing_sentences", "step_figures"]

_FILES = {
    "Headcounts": ("staffing", ("report.html", "requirements.csv", "staffing.csv")),
    "Roster": ("roster", ("report.html", "roster.csv", "shifts.yaml", "coverage.csv", "tables.xlsx")),
    "Service on fresh days": ("verification", ("report.html", "verification.json")),
    "Budget of a run": ("service", ("report.html", "tables.xlsx")),
}
"""Folder of each step, and its files that a planner opens."""
_TABLES = {"Groups", "Shifts"}  # of the roster, on the page of a plan


def file_links(folder: Path, steps: PlanSteps) -> list[dict[str, Any]]:
    """Return the files of each step that are there, relative to the folder of the plans.

    Parameters
    ----------
    folder
        Of the plans.
    steps
        Of a plan.
    """
    links = []
    for step, (name, files) in _FILES.items():
        own = Path(steps.folder) / name
        present = [(file, (own / file).as_posix()) for file in files if (folder / own / file).is_file()]
        if present:
            links.append({"plan": steps.name, "step": step, "files": present})
    return links


def missing_sentences(steps: PlanSteps) -> Iterator[str]:
    """Yield the times at which the roster misses agents, and what would help.

    Parameters
    ----------
    steps
        Of a plan.
    """
    if steps.roster is None:
        return
    for group in steps.roster.groups:
        for sentence in shortage_sentences(steps.roster, group):
            yield f"{steps.name and f'{steps.name}: '}{group.group}, {sentence.strip()}"


def step_figures(steps: PlanSteps, full_time: tuple[float, float], *, short: bool) -> dict[str, Any]:
    """Return the figures and tables of the steps: headcounts by interval, agents required and on duty, and shifts.

    Parameters
    ----------
    steps
        Of a plan.
    full_time
        Hours of a full-time agent on a day and in a week.
    short
        Whether the run is short enough to draw its intervals.
    """
    staffing, roster = steps.staffing, steps.roster
    return {
        "headcounts": agents_figure(staffing) if staffing is not None and short else "",
        "coverage": [] if roster is None else coverage_figures(roster),
        "tables": []
        if roster is None
        else [page_table(sheet) for sheet in roster_sheets(roster, full_time) if sheet.title in _TABLES],
    }
