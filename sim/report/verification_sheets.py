"""Tables of a verified plan as values: each target with its value and how likely it fails, and missing agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.kpis import Row, kpi
from sim.kpis.intervals import days_of
from sim.report.number_format import or_none
from sim.report.tables import part_cells, part_titles
from sim.report.workbook import Cell, Column, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sim.engine.plan import Plan
    from sim.experiment.staffing.overload import Overload
    from sim.experiment.staffing.targets import Target
    from sim.experiment.staffing.verification import Verification

__all__ = ["verification_sheets"]


def verification_sheets(plan: Plan, verified: Verification, overloads: Sequence[Overload]) -> list[Sheet]:
    """Return all tables of a verified plan: one for the targets of each KPI, so that a column has one unit.

    Parameters
    ----------
    plan
        Of the scenario.
    verified
        On fresh days.
    overloads
        Of the plan.
    """
    kinds: dict[tuple[str, str, str], list[int]] = {}
    for number, target in enumerate(verified.requirements.targets):
        kinds.setdefault((target.row.kpi, target.row.by, target.per), []).append(number)
    sheets = [_targets(plan, verified, numbers) for numbers in kinds.values()]
    return [*sheets, *_missing_agents(plan, overloads)]


def _targets(plan: Plan, verified: Verification, numbers: Sequence[int]) -> Sheet:
    """Return the table of targets of one KPI, of one dimension and per the same time."""
    requirements = verified.requirements
    first = requirements.targets[numbers[0]]
    of_kpi, by = kpi(first.row.kpi), "" if first.row.by == "all" else first.row.by
    per = _part_of(plan, first)
    rows: list[list[Cell]] = []
    for row in range(len(requirements)):
        target = requirements.targets[requirements.target[row]]
        if requirements.target[row] in numbers:
            fails = [round(1.0 - float(share), 6) for share in (verified.likely[row], verified.days_held[row])]
            values = [target.bound, or_none(verified.value[row]), or_none(verified.error[row])]
            when = part_cells(plan, _row_of(plan, target.row, per, int(requirements.first[row])))
            rows.append([*([target.row.key] if by else []), *when, *values, *fails])
    nouns = map(Column, [*([by] if by else []), *part_titles(plan, per)])
    bound = "at least" if first.at_least else "at most"
    numbers_of = (Column(name, of_kpi.unit) for name in (bound, "value", "standard error"))
    shares = (Column(name, "share") for name in ("fails in the long run", "fails on the day"))
    return Sheet(f"{of_kpi.title} per {first.per}{f' by {by}' if by else ''}", (*nouns, *numbers_of, *shares), rows)


def _part_of(plan: Plan, target: Target) -> str:
    """Return what part of the run a target is per; empty where that is the whole run."""
    return "" if target.per == "run" or (target.per == "day" and days_of(plan) == 1) else target.per


def _row_of(plan: Plan, row: Row, per: str, interval: int) -> Row:
    """Return a KPI's row of the interval or day with which a requirement begins."""
    if per == "interval":
        return row._replace(interval=interval)
    return row._replace(day=plan.calendar.local(plan.origin + plan.interval * interval)[0]) if per else row


def _missing_agents(plan: Plan, overloads: Sequence[Overload]) -> Iterator[Sheet]:
    """Yield the table of intervals in which customers bring more work than the agents can do, if there are any."""
    rows: list[list[Cell]] = []
    for each in overloads:
        when = part_cells(plan, Row("", "interval", "", each.interval))
        names = " and ".join(plan.queues[queue] for queue in each.queues)
        rows.append([*when, names, each.load, each.agents])
    if rows:
        work = (Column("queues"), Column("work", "erlangs"), Column("agents for it", "agents"))
        yield Sheet("Too few agents", (*map(Column, part_titles(plan, "interval")), *work), rows)
