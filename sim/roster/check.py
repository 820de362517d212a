"""Check of a roster by plain arithmetic, from the rules as they are written and without the integer program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.core.units import DAY, HOUR, clock
from sim.roster.duty import Activity, Duty
from sim.roster.requirements import Requirements
from sim.roster.rules import Bounds, Contract, Off, Rules, ShiftKind, Span, Times

__all__ = ["broken_rules", "coverage_of"]

F8 = NDArray[np.float64]
_TINY = 1e-6
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def coverage_of(duties: Iterable[Duty], requirements: Requirements, group: str) -> F8:
    """Count the agents of a group on the queues in each slot: those on a shift less those who are off.

    Parameters
    ----------
    duties
        All.
    requirements
        With the slots.
    group
        The group.
    """
    count, step = requirements.slots, requirements.step
    covered = np.zeros(count)

    def add(day: int, begin: float, end: float, agents: float) -> None:
        for slot in range(round((day * DAY + begin) / step), round((day * DAY + end) / step)):
            covered[slot % count] += agents

    for duty in duties:
        if duty.group == group:
            add(duty.day, duty.begin, duty.end, 1.0)
            for off in duty.off:
                add(duty.day, off.begin, off.end, -1.0)
    return covered


def broken_rules(duties: Sequence[Duty], rules: Rules, requirements: Requirements) -> list[str]:
    """Return a sentence for each rule that a roster breaks; none if it keeps all.

    Parameters
    ----------
    duties
        The roster.
    rules, requirements
        What it was made of.
    """
    return list(_broken(duties, rules, requirements))


def _broken(duties: Sequence[Duty], rules: Rules, requirements: Requirements) -> Iterator[str]:
    of_person: dict[tuple[str, str, int], list[Duty]] = defaultdict(list)
    for duty in duties:
        contract = rules.contracts[duty.contract]
        when = f"{duty.agent}, {requirements.days[duty.day] or 'the day'} {clock(duty.begin)}"
        shifts = [rules.shifts[name] for name in rules.kinds_of(contract)]
        if not any(_is_of_kind(duty, rule, requirements) for rule in shifts):
            yield f"{when}: is of no kind of shift that the contract has"
        of_person[duty.group, duty.contract, duty.person].append(duty)
    for name, contract in rules.contracts.items():
        people = [own for (_, owner, _), own in of_person.items() if owner == name]
        if contract.people is not None and len(people) > contract.people.at_most + _TINY:
            yield f"{name}: has {len(people)} people, of {contract.people.at_most:g}"
        if contract.people is not None:
            yield from _too_few_people(name, people, contract.people.at_least, len(requirements.days))
        for own in people:
            yield from _broken_by_person(sorted(own, key=lambda duty: duty.day), contract, requirements)


def _too_few_people(contract: str, people: list[list[Duty]], least: float, days: int) -> Iterator[str]:
    """Yield the whole weeks, or the shorter roster, in which fewer people than the least number have a shift."""
    length = min(7, days)
    for first in range(0, days - length + 1, 7):
        working = sum(any(first <= duty.day < first + length for duty in own) for own in people)
        if working < least - _TINY:
            yield f"{contract}: has {working} people with a shift in week {first // 7 + 1}, of at least {least:g}"


def _is_of_kind(duty: Duty, rule: ShiftKind, requirements: Requirements) -> bool:
    step = rule.every or requirements.interval
    length = duty.end - duty.begin
    if not _is_among(duty.begin, rule.start, step) or not _is_among(length, rule.length, step):
        return False
    weekday = requirements.weekdays[duty.day]
    if rule.days is not None and weekday >= 0 and not any(_covers(day, weekday) for day in rule.days):
        return False
    if len(duty.off) != len(rule.off):
        return False
    inside = all(duty.begin <= each.begin and each.end <= duty.end for each in duty.off)
    apart = all(each.end <= later.begin for each, later in pairwise(duty.off))
    return inside and apart and all(map(_is_of_rule, duty.off, rule.off, [duty.begin] * len(rule.off)))


def _is_of_rule(activity: Activity, off: Off, start: float) -> bool:
    if activity.kind != off.kind or abs(activity.end - activity.begin - off.time) > _TINY:
        return False
    step = off.every or off.time
    if off.after is not None:
        return _is_among(activity.begin - start, off.after, step)
    assert off.begins is not None
    return any(_is_among(begin, off.begins, step) for begin in (activity.begin, activity.begin - DAY))


def _is_among(number: float, times: Times, step: float) -> bool:
    """Tell whether a number is in a list, or a whole number of steps within a span."""
    if isinstance(times, Span):
        candidates = number, number + DAY  # of starts after midnight, in hours that cross it
        return any(
            times.first - _TINY <= each <= times.last + _TINY
            and abs((each - times.first) / step % 1 - 0.5) > 0.5 - _TINY
            for each in candidates
        )
    return any(abs(number - each) < _TINY for each in times)


def _covers(day: str, weekday: int) -> bool:
    names = {"weekdays": ("mon", "fri"), "weekend": ("sat", "sun")}
    first, last = names.get(day) or (day.partition("-")[0], day.partition("-")[2] or day)
    begin, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last)
    return begin <= weekday <= end if begin <= end else weekday >= begin or weekday <= end


def _broken_by_person(own: list[Duty], contract: Contract, requirements: Requirements) -> Iterator[str]:
    agent, days = own[0].agent, len(requirements.days)
    for week in range(0, days, 7):
        mine = [duty for duty in own if week <= duty.day < week + 7]
        is_whole = week + 7 <= days
        for word, number, bounds in (
            ("paid hours", sum(duty.paid_hours for duty in mine), contract.hours),
            ("days", len(mine), contract.days),
        ):
            if number > bounds.at_most + _TINY or (is_whole and number < bounds.at_least - _TINY):
                yield f"{agent}: works {number:g} {word} in week {week // 7 + 1}, outside {_range(bounds)}"
    following = [(earlier, later, 0.0) for earlier, later in pairwise(own)]
    if requirements.is_weekly:
        following.append((own[-1], own[0], days * DAY))
    for earlier, later, around in following:
        rest = later.day * DAY + later.begin + around - earlier.day * DAY - earlier.end
        if later.day == earlier.day and not around:
            yield f"{agent}: works two shifts on {requirements.days[later.day] or 'the day'}"
        elif rest < contract.rest - _TINY:
            yield (
                f"{agent}: rests {rest / HOUR:g} h before the shift on {requirements.days[later.day]}, "
                f"less than {contract.rest / HOUR:g} h"
            )


def _range(bounds: Bounds) -> str:
    return f"{bounds.at_least:g} to {bounds.at_most:g}"
