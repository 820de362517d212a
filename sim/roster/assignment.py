"""Assignment of shifts to people, such that each keeps the rules of the contract."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.units import DAY, HOUR
from sim.roster.program import Limits, Program, Solution
from sim.roster.rules import Contract
from sim.roster.shift_model import GroupProblem, next_days, rest_conflicts, weeks_at_work, weeks_of

__all__ = ["Assignment", "assign"]

F8 = NDArray[np.float64]
DayShift = tuple[int, int]
"""The number of a pattern, and a day."""


@dataclass(frozen=True)
class Assignment:
    """Shifts of the people of a contract.

    Parameters
    ----------
    people
        Of each person, the shifts in the order of the days.
    left
        Shifts that nobody can work within the rules.
    added
        Shifts beyond those wanted, which a least number of people, hours or days asks for.
    is_possible
        Whether the rules can be kept at all.
    """

    people: tuple[tuple[DayShift, ...], ...]
    left: dict[DayShift, int]
    added: dict[DayShift, int]
    is_possible: bool = True


def assign(
    problem: GroupProblem, contract: Contract, wanted: dict[DayShift, int], people: int, limits: Limits
) -> Assignment:
    """Assign shifts to people.

    Parameters
    ----------
    problem
        With patterns and prices.
    contract
        Rules of each person.
    wanted
        How many of each shift.
    people
        Number of people; ignored where the contract has no limit.
    limits
        Of the integer program.
    """
    if contract.is_unlimited:
        return _in_turn(problem, contract, wanted)
    if not people:
        return Assignment((), dict(wanted), {})
    program = _AssignmentProgram(problem, contract, wanted, people)
    solution = program.program.solve(limits, program.start())
    if not solution.is_found and solution.interrupted:
        raise KeyboardInterrupt
    if not solution.is_found:
        return Assignment(((),) * people, dict(wanted), {}, is_possible=False)
    return program.assignment(solution)


def _in_turn(problem: GroupProblem, contract: Contract, wanted: dict[DayShift, int]) -> Assignment:
    """Give each shift to whoever is free again longest, or to somebody new."""
    patterns = problem.slots.patterns
    people: list[list[DayShift]] = []
    week = problem.days * DAY if problem.slots.requirements.is_weekly else math.inf
    shifts = sorted(
        (key for key, count in wanted.items() for _ in range(count)), key=lambda key: (key[1], patterns[key[0]].start)
    )
    for number, day in shifts:

        def is_free(own: list[DayShift], number: int = number, day: int = day) -> bool:
            last, first = own[-1], own[0]
            rested = last[1] * DAY + patterns[last[0]].end + contract.rest <= day * DAY + patterns[number].start
            again = day * DAY + patterns[number].end + contract.rest <= first[1] * DAY + patterns[first[0]].start + week
            return last[1] < day and rested and again

        free = [own for own in people if is_free(own)]
        if free:
            min(free, key=lambda own: own[-1][1] * DAY + patterns[own[-1][0]].end).append((number, day))
        else:
            people.append([(number, day)])
    return Assignment(tuple(map(tuple, people)), {}, {})


class _AssignmentProgram:
    """Who works which shift: a column for each, and for shifts that are left or added."""

    def __init__(self, problem: GroupProblem, contract: Contract, wanted: dict[DayShift, int], people: int) -> None:
        self.problem, self.contract, self.wanted, self.people = problem, contract, wanted, people
        self.program = Program()
        self.works: dict[tuple[int, int, int], int] = {}
        self.left: dict[DayShift, int] = {}
        self.added: dict[DayShift, int] = {}
        self.at_work = math.ceil(contract.people.at_least) if contract.people else 0
        self.has_least = bool(contract.hours.at_least or contract.days.at_least)
        for key, count in wanted.items():
            length = self._hours(key[0])
            self.left[key] = self.program.column(problem.rules.under * length, upper=count, integer=True)
            most = people if self.has_least or self.at_work else 0
            self.added[key] = self.program.column((contract.cost + 1e-3) * length, upper=most, integer=True)
            for person in range(people):
                self.works[(person, *key)] = self.program.column(upper=1.0, integer=True)
            row = {self.works[(person, *key)]: 1.0 for person in range(people)}
            self.program.row({**row, self.left[key]: 1.0, self.added[key]: -1.0}, count, count)
        for person in range(people):
            self._add_person(person)

    def _hours(self, number: int) -> float:
        return self.problem.slots.patterns[number].paid_seconds / HOUR

    def _add_person(self, person: int) -> None:
        by_day: dict[int, dict[int, int]] = defaultdict(dict)
        for number, day in self.wanted:
            by_day[day][number] = self.works[person, number, day]
        for columns in by_day.values():
            self.program.row(dict.fromkeys(columns.values(), 1.0), at_most=1.0)
        for days, is_whole in weeks_of(self.problem.days):
            hours = {column: self._hours(number) for day in days for number, column in by_day[day].items()}
            for factors, bounds in ((hours, self.contract.hours), (dict.fromkeys(hours, 1.0), self.contract.days)):
                least = bounds.at_least if is_whole and bounds.at_least else -math.inf
                if math.isfinite(bounds.at_most) or math.isfinite(least):
                    self.program.row(factors, least, bounds.at_most)
        for days in weeks_at_work(self.problem.days) if person < self.at_work else ():
            own = [column for day in days for column in by_day[day].values()]
            self.program.row(dict.fromkeys(own, 1.0), at_least=1.0)
        patterns = self.problem.slots.patterns
        for first, second in next_days(self.problem):
            for late, early in rest_conflicts(self.contract, patterns, sorted(by_day[first]), sorted(by_day[second])):
                resting = [by_day[first][number] for number in late] + [by_day[second][number] for number in early]
                self.program.row(dict.fromkeys(resting, 1.0), at_most=1.0)

    def start(self) -> F8 | None:
        """Return a roster to begin with: each shift to the person who may work it and has worked least."""
        if self.has_least:
            return None  # shifts would have to be added
        values = np.zeros(len(self.program.costs))
        own: list[list[DayShift]] = [[] for _ in range(self.people)]
        for key, count in sorted(self.wanted.items(), key=lambda item: (item[0][1], item[0][0])):
            able = [person for person in range(self.people) if self._may(own[person], key)]
            able.sort(key=lambda person: (sum(self._hours(number) for number, _ in own[person]), person))
            for person in able[:count]:
                own[person].append(key)
                values[self.works[(person, *key)]] = 1.0
            values[self.left[key]] = count - len(able[:count])
        weeks = weeks_at_work(self.problem.days)
        if not all(any(day in week for _, day in own[person]) for person in range(self.at_work) for week in weeks):
            return None
        return values

    def _may(self, own: list[DayShift], key: DayShift) -> bool:
        number, day = key
        week = [shift for shift in own if shift[1] // 7 == day // 7]
        hours = sum(self._hours(other) for other, _ in week) + self._hours(number)
        fits = hours <= self.contract.hours.at_most + 1e-9 and len(week) + 1 <= self.contract.days.at_most
        return fits and all(shift[1] != day and self._rests(shift, key) for shift in own)

    def _rests(self, earlier: DayShift, other: DayShift) -> bool:
        """Tell whether there is enough rest between two shifts, around the end of a typical week, too."""
        patterns, span = self.problem.slots.patterns, self.problem.days * DAY
        around = (-span, 0.0, span) if self.problem.slots.requirements.is_weekly else (0.0,)
        begin, end = earlier[1] * DAY + patterns[earlier[0]].start, earlier[1] * DAY + patterns[earlier[0]].end
        for shift in around:
            then = other[1] * DAY + patterns[other[0]].start + shift
            until = other[1] * DAY + patterns[other[0]].end + shift
            if end + self.contract.rest > then and until + self.contract.rest > begin:
                return False
        return True

    def assignment(self, solution: Solution) -> Assignment:
        """Return what a solution means."""
        own: list[list[DayShift]] = [[] for _ in range(self.people)]
        for (person, number, day), column in self.works.items():
            if solution.values[column] > 0.5:
                own[person].append((number, day))
        left = {key: count for key, column in self.left.items() if (count := round(solution.values[column]))}
        added = {key: count for key, column in self.added.items() if (count := round(solution.values[column]))}
        ordered = (tuple(sorted(shifts, key=lambda shift: shift[1])) for shifts in own)
        return Assignment(tuple(ordered), left, added)
