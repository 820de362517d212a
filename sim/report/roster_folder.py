"""Result folder of a roster: duties and coverage as CSV, shifts as a scenario has them, and everything as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sim.core.checksums import write_checksums
from sim.core.files import MARK, publish, write_text
from sim.core.units import clock, spell_hours
from sim.experiment.manifest import program_record
from sim.report.roster_sheets import activity_hours, hours_of, times_off
from sim.report.workbook import safe_text
from sim.roster import Activity, GroupRoster, Roster
from sim.scenario.by_day import WEEKDAY_KEYS

__all__ = ["COVERAGE", "DUTIES", "SHIFTS", "roster_records", "scenario_shifts", "write_roster"]

DUTIES = "roster.csv"
"""A row for each agent and day."""
COVERAGE = "coverage.csv"
"""Agents needed and on duty, in each interval."""
SHIFTS = "shifts.yaml"
"""Shifts of each group, as a scenario has them."""


def write_roster(
    out: Path,
    roster: Roster,
    record: Mapping[str, Any],
    content: Mapping[str, Any] | None = None,
    *,
    report: bool = True,
) -> dict[str, Any]:
    """Write the result folder of a roster; on an error, leave the disk as it was.

    Parameters
    ----------
    out
        The folder; it replaces an earlier result there.
    roster
        The roster.
    record
        What it was made of, JSON-able.
    content
        Of ``roster.json``; `roster_records` if left out.
    report
        Whether to write ``report.html`` and its tables.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    CannotWrite, InvalidInput
        Nothing was changed.
    """
    manifest = {"kind": "roster", **record, **program_record()}
    files = {
        MARK: json.dumps(manifest, indent=1) + "\n",
        DUTIES: _csv(["group", "contract", "agent", "day", "from", "until", "paid_hours", "off"], _duty_rows(roster)),
        COVERAGE: _csv(["group", "day", "time", "needed", "on_duty"], _coverage_rows(roster)),
        SHIFTS: _yaml(scenario_shifts(roster)),
        "roster.json": json.dumps(content or roster_records(roster), indent=1, allow_nan=False) + "\n",
    }
    with publish(out) as folder:
        for name, text in files.items():
            write_text(folder / name, text)
        if report:
            from sim.report.roster_page import write_roster_report

            write_roster_report(folder, manifest, roster)
        write_checksums(folder, tuple(files))
    return manifest


def _csv(header: list[str], rows: Iterator[list[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([safe_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()


def _duty_rows(roster: Roster) -> Iterator[list[Any]]:
    days = roster.requirements.days
    for duty in roster.duties:
        begin, end = hours_of(duty).split("-")
        paid = f"{duty.paid_hours:g}"
        yield [duty.group, duty.contract, duty.agent, days[duty.day], begin, end, paid, times_off(duty)]


def _coverage_rows(roster: Roster) -> Iterator[list[Any]]:
    requirements = roster.requirements
    for group in roster.groups:
        for slot, (needed, covered) in enumerate(zip(group.needed.tolist(), group.covered.tolist(), strict=True)):
            if needed or covered:
                day, within = divmod(slot, requirements.slots_of_day)
                name = requirements.days[day] if day < len(requirements.days) else "after"
                time = clock(within * requirements.step)
                yield [group.group, name, time, f"{needed:g}", f"{covered:g}"]


def scenario_shifts(roster: Roster) -> dict[str, list[dict[str, Any]]]:
    """Return the shifts of each group in the words of a scenario.

    Parameters
    ----------
    roster
        The roster.
    """
    return {group.group: list(_shifts(roster, group)) for group in roster.groups}


def _shifts(roster: Roster, group: GroupRoster) -> Iterator[dict[str, Any]]:
    """Yield the shifts; days on which as many agents have the same hours and breaks share one."""
    counts: dict[tuple[float, float, tuple[Activity, ...]], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for duty in group.duties:
        counts[duty.begin, duty.end, duty.off][duty.day] += 1
    for (begin, end, off), by_day in sorted(counts.items()):
        alike: dict[int, list[int]] = defaultdict(list)
        for day, count in sorted(by_day.items()):
            alike[count].append(day)
        for count, days in alike.items():
            shift: dict[str, Any] = {"agents": count, "hours": spell_hours((begin, end))}
            if any(roster.requirements.days):
                shift["days"] = [_day_name(roster, day) for day in days]
            if off:
                shift["off"] = [_activity(each) for each in off]
            yield shift


def _day_name(roster: Roster, day: int) -> str:
    return WEEKDAY_KEYS[day] if roster.requirements.is_weekly else roster.requirements.days[day]


def _activity(activity: Activity) -> dict[str, Any]:
    as_usual = activity.is_paid == (activity.kind != "lunch")
    return {
        "kind": activity.kind,
        "hours": activity_hours(activity),
        **({} if as_usual else {"paid": activity.is_paid}),
    }


def _yaml(shifts: Mapping[str, list[dict[str, Any]]]) -> str:
    """Write shifts as YAML with a line for each, so that a planner can read and change them."""
    lines = []
    for group, own in shifts.items():
        lines.append(f"{group}:" if own else f"{group}: []")
        for shift in own:
            parts = [f"agents: {shift['agents']}", f'hours: "{shift["hours"]}"']
            if "days" in shift:
                parts.append(f"days: [{', '.join(shift['days'])}]")
            if "off" in shift:
                parts.append(f"off: [{', '.join(map(_flow, shift['off']))}]")
            lines.append(f"  - {{{', '.join(parts)}}}")
    return "\n".join(lines) + "\n"


def _flow(activity: Mapping[str, Any]) -> str:
    paid = f", paid: {str(activity['paid']).lower()}" if "paid" in activity else ""
    return f'{{kind: {activity["kind"]}, hours: "{activity["hours"]}"{paid}}}'


def roster_records(roster: Roster) -> dict[str, Any]:
    """Return a roster as JSON-able records.

    Parameters
    ----------
    roster
        The roster.
    """
    return {
        "cost": roster.cost,
        "lower_bound": roster.bound,
        "interrupted": roster.interrupted,
        "broken_rules": list(roster.broken),
        "groups": [_group_record(roster, group) for group in roster.groups],
    }


def _group_record(roster: Roster, group: GroupRoster) -> dict[str, Any]:
    return {
        "group": group.group,
        "shrinkage": group.shrinkage,
        "cost": {
            "paid": group.costs.paid,
            "under": group.costs.under,
            "over": group.costs.over,
            "different_shifts": group.costs.different,
            "total": group.costs.total,
        },
        "lower_bound": group.bound,
        "gap": group.gap,
        "people": group.people,
        "shifts": len(group.duties),
        "paid_hours": sum(duty.paid_hours for duty in group.duties),
        "shifts_left": group.left,
        "shortages": [
            {"from": roster.requirements.label(each.slot), "missing": each.missing, "cause": str(each.cause)}
            for each in group.shortages
        ],
    }
