"""Rosters on the terminal: hours of each group and day, and sentences about cost, bound and what is not covered."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import numpy as np
from rich.table import Table

from sim.core.errors import printable
from sim.core.units import HOUR, clock, counted
from sim.report.number_format import number
from sim.report.roster_sheets import hours_by_day
from sim.roster import Cause, GroupRoster, Roster, Shortage

__all__ = [
    "cost_sentence",
    "cover_sentence",
    "roster_sentences",
    "roster_table",
    "scenario_changes",
    "shortage_sentences",
]

_NAMED = 12  # spans that are named
_REMEDIES = {
    Cause.NO_SHIFT: "no kind of shift is on duty then; allow an earlier start, a later end or another day",
    Cause.PEOPLE: "more people, more hours or days for each, or less rest would help",
    Cause.PRICE: "covering it costs more than it is worth; shorter shifts, or a higher price `under`, would help",
}


def roster_table(roster: Roster) -> Table:
    """Return a row per group and day: agents at work, hours needed, on duty, missing and surplus, and paid hours."""
    requirements = roster.requirements
    table = Table(title="Hours of agents", title_justify="left")
    for name in ("group", *(["day"] if any(requirements.days) else [])):
        table.add_column(name)
    for name in ("shifts", "needed", "on duty", "missing", "surplus", "paid"):
        table.add_column(name, justify="right")
    for row in hours_by_day(roster):
        label = [printable(row.group), *([requirements.days[row.day]] if any(requirements.days) else [])]
        table.add_row(*label, str(row.shifts), *(f"{each:,.1f}" for each in row[3:]))
    return table


def roster_sentences(roster: Roster) -> Iterator[str]:
    """Yield sentences: what the roster costs, how far it is from the least, and what it does not cover."""
    yield cost_sentence(roster)
    yield _parts(roster)
    for group in roster.groups:
        people = ", ".join(f"{count} {name}" for name, count in group.people.items())
        shifts = counted(len(group.duties), "shift")
        yield f"{group.group}: {shifts}, by {people}."
        if group.left:
            yield f"  {counted(group.left, 'shift')} of the cheapest cover fit nobody's hours, days and rest."
        yield from _shrinkage(roster, group)
        yield from _idle(roster, group)
        yield from shortage_sentences(roster, group)
    if roster.broken:
        yield "The check by plain arithmetic found broken rules; this is a fault of Sojourn, please report it:"
        yield from (f"  {sentence}" for sentence in roster.broken[:_NAMED])
    else:
        yield "Checked by plain arithmetic: every shift, break, rest, and the hours and days of each person."


def scenario_changes(roster: Roster, file: Path) -> Iterator[str]:
    """Yield the changes of a scenario whose groups work a roster; its shrinkage is their absence.

    Parameters
    ----------
    roster
        Of the groups.
    file
        Of its shifts.
    """
    for group in roster.groups:
        away = ("shrinkage=0 %", f"absence={100 * group.shrinkage:.12g} %") if group.shrinkage else ()
        yield from (f"agents.{group.group}.{change}" for change in ("staff=null", f"shifts={file}", *away))


def cost_sentence(roster: Roster) -> str:
    """Return what a roster costs, and how far it is from the least."""
    gap = max(0.0, roster.cost - roster.bound) / roster.cost if roster.cost else 0.0
    optimal = "which is the least possible" if gap < 5e-5 else (
        f"at most {100 * gap:.1f} % above the least possible, which is {number(roster.bound)} or more"
    )  # fmt: skip
    return f"Cost {number(roster.cost)}, {optimal}."


def cover_sentence(roster: Roster) -> str:
    """Return how many people work how many shifts, and how many intervals they leave short."""
    slots = roster.requirements.interval // roster.requirements.step
    people = sum(sum(group.people.values()) for group in roster.groups)
    who = f"{people:,} {'person works' if people == 1 else 'people work'} {counted(len(roster.duties), 'shift')}"
    wanted = sum(len({slot // slots for slot in np.flatnonzero(group.needed).tolist()}) for group in roster.groups)
    short = sum(len({each.slot // slots for each in group.shortages}) for group in roster.groups)
    if not short:
        return f"{who}; {f'all {wanted:,} intervals are' if wanted > 1 else 'the interval is'} covered."
    missing = sum(each.missing for group in roster.groups for each in group.shortages) * roster.requirements.step / HOUR
    lack = f"{short:,} of {counted(wanted, 'interval')} {'lacks' if short == 1 else 'lack'} agents"
    return f"{who}; {lack}, {number(missing)} agent-{'hour' if missing == 1 else 'hours'} in all."


def _parts(roster: Roster) -> str:
    parts = {
        "paid hours": sum(group.costs.paid for group in roster.groups),
        "missing agents": sum(group.costs.under for group in roster.groups),
        "surplus agents": sum(group.costs.over for group in roster.groups),
        "different shifts": sum(group.costs.different for group in roster.groups),
    }
    return (
        "Of it "
        + ", ".join(f"{name} {number(cost)}" for name, cost in parts.items() if cost or name == "paid hours")
        + "."
    )


def _shrinkage(roster: Roster, group: GroupRoster) -> Iterator[str]:
    """Yield how many hours of rostered agents the hours that are needed on duty take."""
    if group.shrinkage:
        requirements, hours = roster.requirements, roster.requirements.step / HOUR
        present = float(requirements.needed[requirements.groups.index(group.group)].sum()) * hours
        yield (
            f"  With a shrinkage of {100 * group.shrinkage:g} %, {number(present)} agent-hours on duty take "
            f"{number(float(group.needed.sum()) * hours)} of whole agents on shifts."
        )


def _idle(roster: Roster, group: GroupRoster) -> Iterator[str]:
    idle = float(group.covered[group.needed == 0].sum()) * roster.requirements.step / HOUR
    if idle > 0:
        yield f"  {idle:g} hours on duty fall where nobody is needed, because of the rules' lengths and limits."


def shortage_sentences(roster: Roster, group: GroupRoster) -> Iterator[str]:
    """Yield the times at which a group lacks agents, and what would help.

    Parameters
    ----------
    roster, group
        A group of the roster.
    """
    spans = list(_spans(group.shortages))
    requirements = roster.requirements
    for first, last in spans[:_NAMED]:
        end = clock((last.slot % requirements.slots_of_day + 1) * requirements.step, end=True)
        missing = f"{counted(round(first.missing), 'agent')} missing"
        yield f"  {requirements.label(first.slot)}-{end}: {missing}; {_REMEDIES[first.cause]}."
    if len(spans) > _NAMED:
        yield f"  And {len(spans) - _NAMED} more spans (roster.json)."


def _spans(shortages: tuple[Shortage, ...]) -> Iterator[tuple[Shortage, Shortage]]:
    """Yield the first and the last slot of each span with the same shortage."""
    alike = groupby(enumerate(shortages), lambda pair: (pair[1].slot - pair[0], pair[1].missing, pair[1].cause))
    for _, pairs in alike:
        own = [shortage for _, shortage in pairs]
        yield own[0], own[-1]
