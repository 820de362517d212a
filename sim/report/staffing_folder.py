"""Result folder of a staffing search: headcounts as CSV that a scenario can use, and everything as JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.checksums import write_checksums
from sim.core.files import MARK, publish
from sim.core.units import WEEKDAYS, clock
from sim.experiment.manifest import write_provenance
from sim.experiment.staffing.grid import Grid, day_rows, scheduled
from sim.experiment.staffing.staffing import Staffing
from sim.report.staffing_hours import group_hours
from sim.report.verification_folder import requirement_records, verification_record
from sim.scenario import Scenario

__all__ = ["REQUIREMENTS", "STAFFING", "staffing_records", "write_staffing", "write_table"]

STAFFING = "staffing.csv"
"""Agents to schedule, shrinkage included: what `staff` of a scenario means."""
REQUIREMENTS = "requirements.csv"
"""Agents on duty: what rosters have to cover."""


def write_staffing(
    out: Path,
    scenario: Scenario,
    manifest: Mapping[str, Any],
    staffing: Staffing,
    notes: Sequence[str],
    *,
    report: bool = True,
) -> None:
    """Write the result folder of a search; on an error, leave the disk as it was.

    Parameters
    ----------
    out
        The folder; it replaces an earlier result there.
    scenario, manifest, staffing
        Of the search.
    notes
        Sentences about groups that keep their staff.
    report
        Whether to write ``report.html``.

    Raises
    ------
    CannotWrite, InvalidInput
        Nothing was changed.
    """
    records = {"notes": list(notes), **staffing_records(scenario, staffing)}
    with publish(out) as folder:
        write_provenance(folder, dict(manifest), scenario)
        write_table(folder / STAFFING, scenario, staffing.grid, staffing.counts, gross=True)
        write_table(folder / REQUIREMENTS, scenario, staffing.grid, staffing.counts, gross=False)
        (folder / "staffing.json").write_text(json.dumps(records, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        if report:
            from sim.report.staffing_page import write_staffing_report

            write_staffing_report(folder, manifest, staffing, notes)
        write_checksums(folder, (MARK, "scenario.json", STAFFING, REQUIREMENTS, "staffing.json"))


def staffing_records(scenario: Scenario, staffing: Staffing) -> dict[str, Any]:
    """Return a staffing as JSON-able records.

    Parameters
    ----------
    scenario, staffing
        Of the search.
    """
    verified = staffing.verification
    return {
        "cost": staffing.cost,
        "lower_bound": staffing.bound.cost,
        "gap": staffing.bound.gap(staffing.cost),
        "no_bound": staffing.bound.reason or None,
        "cost_erlang_c": staffing.formula_costs[0],
        "cost_erlang_a": staffing.formula_costs[1],
        "priced": staffing.grid.has_price,
        "search": {"days": staffing.search_days, "holds": staffing.holds, "interrupted": staffing.interrupted},
        "verdict": staffing.verdict,
        "verification": None if verified is None else verification_record(verified),
        "unreachable": [
            {
                "requirement": each.row,
                "value": each.value,
                "needed": [
                    {"group": staffing.grid.names[group], "interval": interval, "agents": agents}
                    for group, interval, agents in each.needed
                ],
            }
            for each in staffing.unreachable
        ],
        "targets": list(requirement_records(staffing.grid.plan, staffing.requirements, verified)),
        "groups": [row._asdict() for row in group_hours(staffing.grid, staffing.counts)],
        "intervals": list(_interval_records(scenario, staffing)),
    }


def _interval_records(scenario: Scenario, staffing: Staffing) -> Iterator[dict[str, Any]]:
    plan, names = staffing.grid.plan, staffing.grid.names
    for day, intervals in day_rows(scenario, plan):
        for interval in intervals.values():
            yield {
                "interval": interval,
                "day": day.day,
                "time": clock(plan.calendar.local(plan.origin + plan.interval * interval)[1]),
                "agents": dict(zip(names, staffing.counts[:, interval].tolist(), strict=True)),
                "erlang_c": dict(zip(plan.queues, staffing.erlang_c[:, interval].tolist(), strict=True)),
                "erlang_a": dict(zip(plan.queues, staffing.erlang_a[:, interval].tolist(), strict=True)),
            }


def write_table(path: Path, scenario: Scenario, grid: Grid, counts: NDArray[np.int64], *, gross: bool) -> None:
    """Write headcounts as a table: a row per interval by the clock, with its day where there are several.

    Parameters
    ----------
    path
        Of the CSV file.
    scenario, grid
        Of the search.
    counts
        [free groups, intervals] agents on duty.
    gross
        Whether agents to schedule are meant, with shrinkage; otherwise those on duty.
    """
    plan = grid.plan
    numbers = _gross(grid, counts) if gross else counts.astype(str).tolist()
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        column = _day_column(scenario)
        writer.writerow([*([column] if column else []), "time", *grid.names])
        for day, intervals in day_rows(scenario, plan):
            for interval in intervals.values():
                time = clock(plan.calendar.local(plan.origin + plan.interval * interval)[1])
                name = [_day_name(scenario, day.day, column)] if column else []
                writer.writerow([*name, time, *(own[interval] for own in numbers)])


def _gross(grid: Grid, counts: NDArray[np.int64]) -> list[list[str]]:
    """Return the agents of each group to schedule in each interval."""
    return [
        [f"{agents.normalize():f}" for agents in scheduled(own.tolist(), group)]
        for group, own in zip(grid.agents, counts, strict=True)
    ]


def _day_column(scenario: Scenario) -> str:
    """Return the column that tells days apart; none for a single day."""
    if scenario.run.days == 1:
        return ""
    if scenario.run.days <= len(WEEKDAYS):
        return "weekday"
    return "day" if scenario.calendar.first is None else "date"


def _day_name(scenario: Scenario, day: int, column: str) -> str:
    if column == "weekday":
        return scenario.calendar.weekday_name(day)[:3].lower()
    return str(day) if column == "day" else str(scenario.calendar.date_of(day))
