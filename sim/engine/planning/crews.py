"""Queues, groups of agents, headcounts and shifts as arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from itertools import count as counter
from itertools import groupby, pairwise, takewhile
from typing import Any

import numpy as np

from sim.core.calendar import Calendar
from sim.core.headcounts import decimal_of, on_duty, rounded
from sim.engine.plan_tables import Crews, Dialers, Queueing, Shifts
from sim.engine.planning.arrays import DayValues, LawRows, f8, flat, i4, ptr
from sim.scenario.by_day import differs_by_day, hours_of_day, is_named, values_of_day
from sim.scenario.fields import shares_of
from sim.scenario.resources import Activity, Agents, Queue, Serving, Shift, Stage
from sim.scenario.run_days import RunDay, days_until, hours_within, run_day, run_days, spans_of
from sim.scenario.schema import Scenario
from sim.scenario.size_checks import MAX_AGENTS
from sim.scenario.steps import Outbound

__all__ = [
    "crews",
    "dialers",
    "exactly_on_duty",
    "part_of_interval",
    "queueing",
    "ranked",
    "scheduled_agents",
    "shift_spans",
    "shifts",
    "staffing",
    "stages_of",
]

_MICROSECOND = Decimal("1e-6")  # below it, a part of an interval is none


def stages_of(name: str, queue: Queue, scenario: Scenario) -> list[Stage]:
    """Return the groups to which a queue turns, first choice first."""
    return queue.agents or [Stage(group=group) for group, agents in scenario.agents.items() if name in agents.serves]


def queueing(scenario: Scenario, names: Sequence[str], stages: Sequence[Sequence[Stage]], laws: LawRows) -> Queueing:
    """Return the queues' rules as arrays; `stages` are those of each queue."""
    queues = [scenario.queues.get(name, Queue()) for name in names]
    rooms = list(scenario.waiting_rooms.values())
    room = [next((i for i, shared in enumerate(rooms) if name in shared.queues), -1) for name in names]
    callbacks = scenario.orchestration.callbacks
    offers = [queue.callback if callbacks else None for queue in queues]
    return Queueing(
        capacity=i4(-1 if queue.capacity is None else queue.capacity for queue in queues),
        room=i4(room),
        room_capacity=i4(rooms[number].capacity if number >= 0 else -1 for number in room),
        balks_first=i4(queue.balk_first for queue in queues),
        longest_wait=f8(math.inf if queue.longest_wait is None else queue.longest_wait for queue in queues),
        clears=i4(queue.closing == "clear" for queue in queues),
        weight=f8(queue.weight for queue in queues),
        head_start=f8(queue.head_start for queue in queues),
        ring=f8(queue.ring for queue in queues),
        balk_ptr=ptr([queue.balk for queue in queues]),
        balk_waiting=i4(band.waiting for queue in queues for band in queue.balk),
        balk_wait=f8(band.wait for queue in queues for band in queue.balk),
        balk_probability=f8(band.probability for queue in queues for band in queue.balk),
        announce_ptr=ptr([queue.announce for queue in queues]),
        announce_wait=f8(band.wait for queue in queues for band in queue.announce),
        announce_factor=f8(band.times for queue in queues for band in queue.announce),
        callback=f8(
            (offer.wait, offer.accept, offer.reach, offer.waiting) if offer else (math.inf, 0.0, 1.0, 0.0)
            for offer in offers
        ).reshape(-1, 4),
        callback_last=i4(bool(offer and offer.order == "last") for offer in offers),
        callback_talk=i4(laws.row(offer.talk if offer else None) for offer in offers),
        announces=i4(
            bool(queue.balk or queue.announce or (offer and offer.wait < math.inf))
            for queue, offer in zip(queues, offers, strict=True)
        ),
        after=f8(stage.after for row in stages for stage in row),
        idle=i4(stage.idle for row in stages for stage in row),
        waiting=i4(stage.waiting for row in stages for stage in row),
    )


def ranked(group: Agents) -> dict[str, Serving]:
    """Return the queues of a group, most urgent first."""
    return dict(sorted(group.serves.items(), key=lambda item: item[1].rank))


def crews(groups: Sequence[Agents], places: Sequence[int], laws: LawRows) -> Crews:
    """Return the rules of groups of agents as arrays; `places` are the contacts at once of each."""
    slower = [_slower(group, count) for group, count in zip(groups, places, strict=True)]
    serving = [served for group in groups for served in ranked(group).values()]
    most = MAX_AGENTS // max(sum(group.is_unlimited for group in groups), 1)
    return Crews(
        fill_up=i4(group.assign == "fill_up" for group in groups),
        slower_ptr=ptr(slower),
        slower=f8(flat(slower)),
        aht=f8(served.aht for served in serving),
        takes=i4(served.takes for served in serving),
        interrupts=i4(served.interrupts for served in serving),
        speed_sd=f8(float(f"{math.sqrt(math.log1p(group.speed_cv**2)):.12g}") for group in groups),
        break_share=f8(group.breaks.probability if group.breaks else 0.0 for group in groups),
        break_law=i4(laws.row(group.breaks.time if group.breaks else None) for group in groups),
        fatigue=f8(
            (fatigue.above, fatigue.times, fatigue.over) if (fatigue := group.fatigue) else (math.inf, 1.0, 1.0)
            for group in groups
        ).reshape(-1, 3),
        leave_own=i4(group.leaving == "own" for group in groups),
        stays=i4(group.stay_until_empty for group in groups),
        unlimited=i4(most if group.is_unlimited else 0 for group in groups),
    )


def _slower(group: Agents, count: int) -> list[float]:
    if isinstance(group.slower, list):
        last = group.slower[-1] if group.slower else 1.0
        return [*group.slower, *[last] * count][:count]
    return [1.0 + held * group.slower for held in range(count)]


def scheduled_agents(group: Agents, calendar: Calendar, day: RunDay) -> list[float]:
    """Return the headcount of each interval of a day's hours; days that no selector names have nobody."""
    staff = values_of_day(group.staff, day.day, calendar)
    return day.numbers(0.0 if staff is None or group.is_unlimited else staff)


def exactly_on_duty(group: Agents, scenario: Scenario) -> list[tuple[float, float]]:
    """Return the headcount and the agents on duty, not rounded, of each interval of the hours of the run's days.

    Parameters
    ----------
    group
        With a headcount.
    scenario
        Of the group.
    """
    days, calendar = run_days(scenario).days, scenario.calendar
    scheduled = [agents for day in days for agents in scheduled_agents(group, calendar, day)]
    return [(agents, float(on_duty(agents, group.shrinkage))) for agents in scheduled]


def staffing(groups: Iterable[Agents], scenario: Scenario, end: float) -> dict[str, Any]:
    """Return the changes of the headcounts as arrays; of agents on shifts, as scheduled."""
    days = [*days_until(scenario.run, scenario.calendar, end)]
    days.append(run_day(scenario.run, scenario.calendar, len(days) + 1))
    rows = [
        list(_scheduled(group, scenario, end) if group.shifts else _changes(group, scenario, days)) for group in groups
    ]
    return {
        "staff_ptr": ptr(rows),
        "staff_time": f8(time for row in rows for time, _ in row),
        "staff_count": i4(count for row in rows for _, count in row),
    }


def _changes(group: Agents, scenario: Scenario, days: Sequence[RunDay]) -> Iterator[tuple[float, int]]:
    """Yield the changes of all days but the last; outside the run's hours nobody is on duty."""
    before, interval = 0, scenario.run.interval
    present = cache(lambda scheduled: tuple(_present(group, scheduled, interval)))
    for day, following in pairwise(days):
        for number, scheduled in enumerate(scheduled_agents(group, scenario.calendar, day)):
            for time, count in present(scheduled):
                if count != before:
                    before = count
                    yield day.opens + (number * interval + time), before
        goes_on = len(following.slots) > 0 and following.opens <= day.closes
        if before and not goes_on:
            before = 0
            yield day.closes, 0


def _present(group: Agents, scheduled: float, interval: float) -> Iterator[tuple[float, int]]:
    """Yield the headcounts of an interval; where fractions are spread, one agent more is there for a part."""
    agents = on_duty(scheduled, group.shrinkage)
    if group.rounding == "half_up":
        yield 0.0, int(rounded(agents))
        return
    part = part_of_interval(agents, interval)
    if part > 0:
        yield 0.0, int(agents) + 1
    if part < interval:
        yield part, int(agents)


def part_of_interval(agents: Decimal, interval: float) -> float:
    """Return the seconds of an interval in which one agent more is there, so as to keep a fraction of an agent."""
    return float(rounded(agents % 1 * decimal_of(interval), _MICROSECOND))


def _scheduled(group: Agents, scenario: Scenario, end: float) -> Iterator[tuple[float, int]]:
    parts = _parts(group, scenario, end)
    changes = sorted(change for _, _, begin, until in parts for change in ((begin, 1), (until, -1)))
    count = 0
    for time, at_once_ in groupby(changes, key=lambda change: change[0]):
        before = count
        count += sum(step for _, step in at_once_)
        if count != before:
            yield time, count


def _parts(group: Agents, scenario: Scenario, end: float) -> Iterator[tuple[int, int, float, float]]:
    """Yield the parts of shifts on the queue: agent, day (from 1), from, until."""
    return (span[:4] for span in shift_spans(group, scenario, end) if span[4] is None)


def shift_spans(
    group: Agents, scenario: Scenario, end: float
) -> Iterator[tuple[int, int, float, float, Activity | None]]:
    """Yield the spans of shifts: agent, day (from 1), from, until, and the activity off the queue, if it is one.

    A shift over midnight is of the day on which it begins. That of the evening before the first day, day 0, is there
    when the run begins.
    """
    first, run, calendar = 0, scenario.run, scenario.calendar
    opens = run_day(run, calendar, 1).opens
    days = list(takewhile(lambda day: calendar.midnight(day) < end, counter(0)))
    for shift in group.shifts:
        spans = [
            (day, calendar.instant(day, begin), calendar.instant(day, until), activity)
            for day in days
            if is_named(shift.days, day, calendar) and (hours := hours_of_day(run.hours, day, calendar))
            for begin, until, activity in _spans_of(shift, hours)
        ]
        for agent in range(first, first + shift.agents):
            for day, begin, until, activity in spans:
                if until > (begin if day else max(begin, opens)):  # the clock may skip it
                    yield agent, day, begin, until, activity
        first += shift.agents


def _spans_of(shift: Shift, hours_of_run: tuple[float, float]) -> Iterator[tuple[float, float, Activity | None]]:
    """Yield the spans of a shift, in order; activities may overlap, or lie beyond the shift."""
    at, end = hours = hours_within(shift.hours, hours_of_run)
    activities = [(hours_within(activity.hours, hours), activity) for activity in shift.off]
    for off, activity in sorted(activities, key=lambda pair: pair[0]):
        begin, until = (min(max(at, instant), end) for instant in off)
        if begin > at:
            yield at, begin, None
        if until > begin:
            yield begin, until, activity
        at = until
    if end > at:
        yield at, end, None


def dialers(
    scenario: Scenario,
    nodes: Sequence[tuple[str, str, Any]],
    days: DayValues,
    end: float,
    lines_of: Callable[[str, Outbound], int],
) -> Dialers:
    """Return the lists of customers to call as arrays; nodes are intent, name and model of each step."""
    lists = [(number, intent, step) for number, (intent, _, step) in enumerate(nodes) if isinstance(step, Outbound)]
    groups = list(scenario.agents)
    spans = [spans_of(step.dialer.hours, scenario.calendar, end) for _, _, step in lists]
    reach_days, reach = _reach([step.reach for _, _, step in lists], days)
    counted = [step.dialer.idle_in or [step.dialer.group] for _, _, step in lists]
    return Dialers(
        step=i4(number for number, _, _ in lists),
        group=i4(groups.index(step.dialer.group) for _, _, step in lists),
        open_ptr=ptr(spans),
        open_from=f8(begin for begin, _ in flat(spans)),
        open_until=f8(until for _, until in flat(spans)),
        when_freed=i4(step.dialer.dials == "when_freed" for _, _, step in lists),
        least=i4(step.dialer.min_idle for _, _, step in lists),
        keep=i4(step.dialer.keep_idle for _, _, step in lists),
        idle_ptr=ptr(counted),
        idle_groups=i4(map(groups.index, flat(counted))),
        per=f8(step.dialer.per_idle for _, _, step in lists),
        extra=i4(step.dialer.extra for _, _, step in lists),
        reach_days=i4(reach_days),
        reach_ptr=ptr(reach),
        reach_begin=f8(begin for begin, _ in flat(reach)),
        reach=f8(share for _, share in flat(reach)),
        line=i4(lines_of(intent, step) for _, intent, step in lists),
    )


def _reach(shares: Sequence[Any], days: DayValues) -> tuple[list[int], list[list[tuple[float, float]]]]:
    """Return the row of days of each list's reach, and rows of reach by the time of day; one for each list is first."""
    reach_days = [-1] * len(shares)
    rows = [[] if differs_by_day(share) else shares_of(share) for share in shares]
    for number, share in enumerate(shares):
        if differs_by_day(share):
            numbers = {key: len(rows) + further for further, key in enumerate(share)}
            rows += map(shares_of, share.values())
            reach_days[number] = days.row_of(numbers)
    return reach_days, rows


def shifts(groups: Sequence[Agents], scenario: Scenario, end: float, laws: LawRows) -> Shifts:
    """Return the shifts of agents as arrays."""
    rows = [(number, *part) for number, group in enumerate(groups) for part in _parts(group, scenario, end)]
    group, agent, day, begin, until = zip(*rows, strict=True) if rows else ((), (), (), (), ())
    counts_of = [[shift.agents for shift in agents.shifts] for agents in groups]
    return Shifts(
        group=i4(group),
        agent=i4(agent),
        day=i4(day),
        begin=f8(begin),
        until=f8(until),
        absence=f8(agents.absence for agents in groups),
        late=i4(laws.row(agents.lateness) for agents in groups),
        agents_ptr=i4(np.cumsum([0, *map(sum, counts_of)])),
        shift_of=i4(number for counts in counts_of for number, count in enumerate(counts) for _ in range(count)),
        number_in_shift=i4(number for counts in counts_of for count in counts for number in range(count)),
    )
