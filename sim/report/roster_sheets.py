"""Tables of a roster as values: hours of groups and days, shifts, people, duties and coverage."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.core.units import DAY, HOUR, WEEKDAYS, spell_hours
from sim.report.workbook import Cell, Column, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.roster import Activity, Duty, Requirements, Roster

__all__ = ["DayHours", "activity_hours", "first_date", "hours_by_day", "hours_of", "roster_sheets", "times_off"]

FULL_TIME = (8.0, 40.0)  # hours of a full-time agent on a day and in a week, where no scenario says them
MOST_DAYS = len(WEEKDAYS)  # that stand beside one another in the table of people


class DayHours(NamedTuple):
    """Agent-hours of a group on a day, which counts from 0."""

    group: str
    day: int
    shifts: int
    needed: float
    on_duty: float
    missing: float
    surplus: float
    paid: float


def hours_by_day(roster: Roster) -> Iterator[DayHours]:
    """Yield the hours of each group and day; the last day has the night after it.

    Parameters
    ----------
    roster
        The roster.
    """
    requirements = roster.requirements
    width, hours = requirements.slots_of_day, requirements.step / HOUR
    for group in roster.groups:
        for day in range(len(requirements.days)):
            last = (day + 1) * width if day < len(requirements.days) - 1 else None
            needed, covered = group.needed[day * width : last], group.covered[day * width : last]
            missing, surplus = np.maximum(needed - covered, 0), np.maximum(covered - needed, 0)
            duties = [duty for duty in group.duties if duty.day == day]
            yield DayHours(
                group.group,
                day,
                len(duties),
                needed=float(needed.sum()) * hours,
                on_duty=float(covered.sum()) * hours,
                missing=float(missing.sum()) * hours,
                surplus=float(surplus.sum()) * hours,
                paid=sum(duty.paid_hours for duty in duties),
            )


def first_date(requirements: Requirements) -> date | None:
    """Return the date of the first day; None where days have weekdays, numbers or nothing.

    Parameters
    ----------
    requirements
        Of the roster.
    """
    if requirements.is_weekly or not requirements.days[0] or requirements.days[0].startswith("day "):
        return None
    return date.fromisoformat(requirements.days[0])


def hours_of(duty: Duty) -> str:
    """Return the hours of a shift, such as "08:00-16:30".

    Parameters
    ----------
    duty
        The shift.
    """
    return spell_hours((duty.begin, duty.end))


def times_off(duty: Duty) -> str:
    """Return the activities off the queue in a shift, such as "10:00-10:15 break; 12:00-12:30 lunch".

    Parameters
    ----------
    duty
        The shift.
    """
    return "; ".join(f"{activity_hours(each)} {each.kind}" for each in duty.off)


def activity_hours(activity: Activity) -> str:
    """Return the hours of an activity by the clock; in a night, they may be of the next day.

    Parameters
    ----------
    activity
        Of a shift.
    """
    begin = activity.begin % DAY
    return spell_hours((begin, begin + activity.end - activity.begin))


def roster_sheets(roster: Roster, full_time: tuple[float, float] = FULL_TIME) -> list[Sheet]:
    """Return all tables of a roster.

    Parameters
    ----------
    roster
        The roster.
    full_time
        Hours of a full-time agent on a day and in a week.
    """
    tables = (_days, _shifts, _people, _duties, _coverage)
    return [_groups(roster, full_time), *(table(roster) for table in tables)]


def _groups(roster: Roster, full_time: tuple[float, float]) -> Sheet:
    """Return hours, full-time equivalents and cost of each group."""
    days = len(roster.requirements.days)
    whole, rest = divmod(days, len(WEEKDAYS))
    day, week = full_time
    full_time_hours = whole * week + min(rest * day, week)
    rows: list[list[Cell]] = []
    hours = list(hours_by_day(roster))
    for group in roster.groups:
        own = [each for each in hours if each.group == group.group]
        sums = [sum(getattr(each, name) for each in own) for name in DayHours._fields[3:]]
        people, shifts = sum(group.people.values()), len(group.duties)
        rows.append([group.group, people, shifts, *sums, sums[-1] / full_time_hours, group.costs.total, group.bound])
    counts = (Column("people"), Column("shifts"), *_HOURS, Column("FTE", "FTE"))
    return Sheet("Groups", (Column("group"), *counts, Column("cost", "money"), Column("lower bound", "money")), rows)


_HOURS = tuple(Column(name, "h") for name in ("required", "on duty", "missing", "surplus", "paid"))


def _days(roster: Roster) -> Sheet:
    """Return the hours of each group on each day."""
    rows = [[each.group, *_day(roster, each.day), each.shifts, *each[3:]] for each in hours_by_day(roster)]
    return Sheet("Hours per day", (Column("group"), *_day_column(roster), Column("shifts"), *_HOURS), rows)


def _shifts(roster: Roster) -> Sheet:
    """Return the hours of shifts in use, and how many agents work them, on each day where the days are few."""
    shown = _shown_days(roster.requirements)
    counts: dict[tuple[str, float, float, float], Counter[int]] = defaultdict(Counter)
    for duty in roster.duties:
        counts[duty.group, duty.begin, duty.end, duty.paid_hours][duty.day] += 1
    rows: list[list[Cell]] = []
    for (group, begin, end, paid), by_day in sorted(counts.items()):
        of_day = [by_day[day] or None for day in range(len(shown))]
        rows.append([group, _time(begin), _time(end), paid, by_day.total(), *of_day])
    columns = (Column("from"), Column("until"), Column("paid", "h"), Column("shifts"), *map(Column, shown))
    return Sheet("Shifts", (Column("group"), *columns), rows)


def _shown_days(requirements: Requirements) -> tuple[str, ...]:
    """Return the names of the days that stand beside one another; none of a long roster, or of one day."""
    return requirements.days if 1 < len(requirements.days) <= MOST_DAYS else ()


def _people(roster: Roster) -> Sheet:
    """Return each person's shifts and paid hours, with the hours of each day where they are few."""
    shown = _shown_days(roster.requirements)
    by_person: dict[tuple[str, str], list[Duty]] = defaultdict(list)
    for duty in roster.duties:
        by_person[duty.agent, duty.contract].append(duty)
    rows: list[list[Cell]] = []
    for (agent, contract), duties in by_person.items():
        of_day = [", ".join(hours_of(duty) for duty in duties if duty.day == day) for day in range(len(shown))]
        rows.append([agent, contract, len(duties), sum(duty.paid_hours for duty in duties), *of_day])
    columns = (Column("contract"), Column("shifts"), Column("paid", "h"), *map(Column, shown))
    return Sheet("Agents", (Column("agent"), *columns), rows)


def _duties(roster: Roster) -> Sheet:
    """Return each shift of each person."""
    rows = [
        [duty.agent, *_day(roster, duty.day), *_times(duty), duty.paid_hours, times_off(duty)] for duty in roster.duties
    ]
    columns = (*_day_column(roster), Column("from"), Column("until"), Column("paid", "h"), Column("off"))
    return Sheet("Agents and days", (Column("agent"), *columns), rows, is_long=True)


def _coverage(roster: Roster) -> Sheet:
    """Return agents required and on duty in each slot of time in which there are any."""
    requirements = roster.requirements
    rows: list[list[Cell]] = []
    for group in roster.groups:
        for slot in np.flatnonzero((group.needed > 0) | (group.covered > 0)).tolist():
            day, within = divmod(slot, requirements.slots_of_day)
            needed, covered = float(group.needed[slot]), float(group.covered[slot])
            agents = [needed, covered, max(needed - covered, 0.0), max(covered - needed, 0.0)]
            rows.append([group.group, *_day(roster, day), _time(within * requirements.step), *agents])
    names = ("required", "on duty", "missing", "surplus")
    columns = (*_day_column(roster), Column("from"), *(Column(name, "agents") for name in names))
    return Sheet("Coverage", (Column("group"), *columns), rows, is_long=True)


def _day_column(roster: Roster) -> list[Column]:
    """Return the column of the day; none where all is on one that has no name."""
    return [Column(_day_title(roster.requirements))] if _has_days(roster) else []


def _day_title(requirements: Requirements) -> str:
    return "weekday" if requirements.is_weekly else "date" if first_date(requirements) else "day"


def _has_days(roster: Roster) -> bool:
    width = roster.requirements.slots_of_day
    return any(roster.requirements.days) or any(
        group.needed[width:].any() or group.covered[width:].any() for group in roster.groups
    )


def _day(roster: Roster, day: int) -> list[Cell]:
    """Return the cell of a day, which may be the one after the last."""
    if not _has_days(roster):
        return []
    if roster.requirements.is_weekly:
        return [roster.requirements.days[day]]
    first = first_date(roster.requirements)
    return [day + 1 if first is None else first + timedelta(days=day)]


def _times(duty: Duty) -> list[Cell]:
    return [_time(duty.begin), _time(duty.end)]


def _time(seconds: float) -> time:
    """Return a time of day, also of the next day."""
    minutes, rest = divmod(round(seconds % DAY), 60)
    return time(minutes // 60, minutes % 60, rest)
