"""Checks of a scenario's size, made before any array of it is built.

Each bound is far above what companies plan with, and low enough that a plan within all of them is built in seconds and
in some hundred MB. Beyond them, the program would be ended by the system, without a sentence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.core.calendar import Calendar
from sim.core.units import DAY, spell
from sim.scenario.by_day import is_named, numbers_in
from sim.scenario.resources import Agents
from sim.scenario.schema import Run, Scenario

__all__ = ["MAX_AGENTS", "MAX_INTERVALS", "MAX_PRESENT", "MAX_SHIFT_PARTS", "MAX_VOLUMES", "size_problems"]

MAX_INTERVALS = 50_000
"""Intervals of a run, nights included. Each has some 100 to 400 KPI values of some 100 bytes; a year of intervals of
15 min has 35,040."""
MAX_VOLUMES = 5_000_000
"""Intervals times intents: the numbers in the table of expected journeys, of 8 bytes, in a few copies."""
MAX_STAFFING = 5_000_000
"""Intervals times groups, with the time after the last day's hours: the loop over the headcounts, .2 us each."""
MAX_AGENTS = 100_000
"""Agents of a group at the same time; each has a place in memory. The largest companies employ as many."""
MAX_SHIFT_PARTS = 2_000_000
"""Shifts of single agents on single days, times the parts between breaks: .5 us and 200 bytes each."""
MAX_PRESENT = 10_000_000
"""Customers present at the start, for each step."""

Problems = Iterator[tuple[tuple[str | int, ...], str]]


def size_problems(scenario: Scenario) -> Problems:
    """Yield path and message of each number in a valid scenario that makes it too large to be planned."""
    run = scenario.run
    if run.interval >= 1:
        yield from _interval_problems(scenario)
    for step, count in run.start_with.items():
        if count > MAX_PRESENT:
            yield ("run", "start_with", step), f"{count} is too many customers; give at most {MAX_PRESENT:,}"
    for name, group in scenario.agents.items():
        yield from _group_problems(name, group, run, scenario.calendar)


def _interval_problems(scenario: Scenario) -> Problems:
    run = scenario.run
    per_day = DAY / run.interval
    intervals, intents, groups = run.days * per_day, len(scenario.intents), len(scenario.agents)
    if intervals > MAX_INTERVALS:
        path, value = (("run", "days"), str(run.days)) if run.days > 1 else (("run", "interval"), spell(run.interval))
        remedy = f"give at most {math.floor(MAX_INTERVALS / per_day)} days, or longer intervals"
        if run.days == 1:
            remedy = "give longer intervals, such as 1 min"
        yield path, f"{value} makes {intervals:,.0f} intervals, and the limit is {MAX_INTERVALS:,}; {remedy}"
    elif intervals * intents > MAX_VOLUMES:
        message = f"{intents:,} intents in {intervals:,.0f} intervals exceed {MAX_VOLUMES:,} numbers; give fewer of one"
        yield ("run", "days"), message
    per = scenario.demand.per
    times = (
        run.days * DAY / per if per and any(isinstance(each.demand, list) for each in scenario.intents.values()) else 0
    )
    if times * intents > MAX_VOLUMES:
        message = (
            f"{spell(per or 0)} makes {times:,.0f} times of {intents:,} intents, and the limit is {MAX_VOLUMES:,} "
        )
        yield ("demand", "per"), message + "numbers of demand; give a longer time, or fewer days"
    horizon = intervals + run.drain / run.interval
    if intervals <= MAX_INTERVALS and horizon * groups > MAX_STAFFING:
        message = f"{spell(run.drain)} after the last day make {horizon:,.0f} intervals of {groups} groups of agents; "
        yield ("run", "drain"), f"{message}the limit is {MAX_STAFFING:,} in all, so give a shorter time"


def _group_problems(name: str, group: Agents, run: Run, calendar: Calendar) -> Problems:
    staff = max(numbers_in(group.staff), default=0.0)
    if staff > MAX_AGENTS:
        yield ("agents", name, "staff"), f"{staff:g} is too many agents; give at most {MAX_AGENTS:,}"
    days = run.days + math.ceil(run.drain / DAY)
    agents = sum(shift.agents for shift in group.shifts)
    if agents > MAX_AGENTS:
        yield ("agents", name, "shifts"), f"{agents} is too many agents; give at most {MAX_AGENTS:,}"
        return
    parts = sum(
        shift.agents * (days if shift.days is None else _count(shift.days, days, calendar)) * (1 + len(shift.off))
        for shift in group.shifts
    )
    if parts > MAX_SHIFT_PARTS:
        message = f"{agents:,} agents on {days:,} days make {parts:,} parts of shifts, and the limit is "
        yield ("agents", name, "shifts"), f"{message}{MAX_SHIFT_PARTS:,}; give fewer agents or days, or a headcount"


def _count(named: list[int | str], days: int, calendar: Calendar) -> int:
    """Return how many of the first days a list of days names."""
    if not any(isinstance(day, str) for day in named):
        return len(named)
    return sum(is_named(named, day, calendar) for day in range(1, days + 1))
