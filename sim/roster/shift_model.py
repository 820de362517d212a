"""Numbers of shifts that cover the requirements of a group at least cost, as an integer program.

A shift is a column per contract, pattern and day. Its breaks are columns of their own: as many begin, at all their
places together, as there are shifts of the pattern (implicit breaks: Aykin 1996, Management Science 42(4), 591-602).
The limits of contracts are rows over all its people, which each roster of single people keeps. So the bound of this
program is one of the rosters, too.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.core.units import DAY, HOUR
from sim.roster.patterns import Pattern, Slots, works_on
from sim.roster.program import Program
from sim.roster.rules import Bounds, Contract, Rules

__all__ = [
    "Counts",
    "GroupProblem",
    "ShiftModel",
    "next_days",
    "rest_conflicts",
    "shift_model",
    "weeks_at_work",
    "weeks_of",
]

F8 = NDArray[np.float64]
ShiftKey = tuple[str, int, int]
"""A contract, the number of a pattern, and a day."""
BreakKey = tuple[int, int, int, int]
"""The number of a pattern, of its activity, a day, and when the activity begins there."""


@dataclass(frozen=True, eq=False)
class GroupProblem:
    """What has to be covered for a group, and by whom."""

    group: str
    rules: Rules
    contracts: dict[str, Contract]
    slots: Slots
    needed: F8

    @property
    def days(self) -> int:
        """Number of days."""
        return len(self.slots.requirements.days)

    @property
    def step(self) -> int:
        """Seconds of a slot."""
        return self.slots.requirements.step

    def on_axis(self, slots: range) -> list[int]:
        """Return slots, with those after the end of a typical week at its beginning."""
        count = len(self.needed)
        return [slot % count for slot in slots]


@dataclass(frozen=True)
class Counts:
    """How many shifts of each contract, pattern and day, and how many of their activities begin when."""

    shifts: dict[ShiftKey, int]
    breaks: dict[BreakKey, int]


@dataclass(eq=False)
class ShiftModel:
    """The program, and what its columns are."""

    problem: GroupProblem
    program: Program = field(default_factory=Program)
    shifts: dict[ShiftKey, int] = field(default_factory=dict)
    breaks: dict[BreakKey, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    under: dict[int, int] = field(default_factory=dict)
    over: dict[int, int] = field(default_factory=dict)
    different: dict[tuple[int, int], int] = field(default_factory=dict)

    def counts(self, values: F8) -> Counts:
        """Return what a solution means."""
        return Counts(_whole(self.shifts, values), _whole(self.breaks, values))


def _whole(columns: dict[ShiftKey, int] | dict[BreakKey, int], values: F8) -> dict:  # type: ignore[type-arg]
    return {key: number for key, column in columns.items() if (number := round(values[column]))}


def shift_model(
    problem: GroupProblem, *, with_people: bool = True, counts: dict[ShiftKey, int] | None = None
) -> ShiftModel:
    """Return the program of a group.

    Parameters
    ----------
    problem
        The group's.
    with_people
        Whether the numbers of people limit it.
    counts
        Numbers of shifts that are given, so that only their activities are to be placed.
    """
    model = ShiftModel(problem)
    model.program.is_whole = bool((problem.needed == np.floor(problem.needed)).all())
    _add_shifts(model, with_people=with_people, counts=counts)
    _add_coverage(model)
    if problem.rules.prices.different_shifts and counts is None:
        _add_different(model)
    if with_people and counts is None:
        for name, contract in problem.contracts.items():
            if contract.people is not None:
                _add_people(model, name, contract, contract.people)
    return model


def _add_shifts(model: ShiftModel, *, with_people: bool, counts: dict[ShiftKey, int] | None) -> None:
    problem = model.problem
    for name, contract in problem.contracts.items():
        kinds = problem.rules.kinds_of(contract)
        limit = contract.people.at_most if contract.people and with_people else math.inf
        for number, pattern in enumerate(problem.slots.patterns):
            if pattern.kind not in kinds:
                continue
            for day in _days_of(problem, pattern):
                key = name, number, day
                fixed = None if counts is None else counts.get(key, 0)
                if fixed == 0 or (fixed is None and not _is_useful(problem, contract, pattern, day)):
                    continue
                cost = contract.cost * pattern.paid_seconds / HOUR
                lower, upper = (0.0, limit) if fixed is None else (fixed, fixed)
                model.shifts[key] = model.program.column(cost, lower, upper, integer=True)


def _days_of(problem: GroupProblem, pattern: Pattern) -> Iterator[int]:
    rule = problem.rules.shifts[pattern.kind]
    weekdays = problem.slots.requirements.weekdays
    return (day for day in range(problem.days) if works_on(rule, weekdays[day]))


def _is_useful(problem: GroupProblem, contract: Contract, pattern: Pattern, day: int) -> bool:
    """Tell whether a shift covers a slot with a need, or may have to be worked anyway."""
    if _has_least(contract):
        return True
    return any(
        problem.needed[slot] > 0 for slot in problem.on_axis(problem.slots.within(day, pattern.start, pattern.end))
    )


def _has_least(contract: Contract) -> bool:
    least_people = contract.people.at_least if contract.people else 0.0
    return bool(contract.hours.at_least or contract.days.at_least or least_people)


def _add_coverage(model: ShiftModel) -> None:
    """Add breaks, and a row per slot: shifts less activities, plus missing, less surplus agents are those needed.

    Where different shifts have a price, the row before is subtracted. Then each says what begins less what ends, a flow
    from slot to slot in which a shift has two factors and not one per slot: the same relaxation, solved faster, in
    which HiGHS finds more cuts.
    """
    problem, program, step = model.problem, model.program, model.problem.step
    on_duty = _on_duty(model)
    prices, needed_before = problem.rules.prices, 0.0
    before: dict[int, float] = {}
    for slot, needed in enumerate(problem.needed.tolist()):
        if needed or slot in on_duty:
            model.over[slot] = program.column(prices.over * step / HOUR)
            row = {**on_duty[slot], model.over[slot]: -1.0}
            if needed:
                model.under[slot] = program.column(problem.rules.under * step / HOUR, upper=needed)
                row[model.under[slot]] = 1.0
            change = {column: row.get(column, 0.0) - before.get(column, 0.0) for column in row | before}
            change = {column: factor for column, factor in change.items() if factor}
            program.row(change, needed - needed_before, needed - needed_before)
            if prices.different_shifts:
                before, needed_before = row, needed


def _on_duty(model: ShiftModel) -> dict[int, dict[int, float]]:
    """Add breaks, and return how many agents a unit of each column puts on duty in each slot."""
    problem, program, slots = model.problem, model.program, model.problem.slots
    on_duty: dict[int, dict[int, float]] = defaultdict(dict)
    together: dict[tuple[int, int], list[int]] = defaultdict(list)
    for (_, number, day), column in model.shifts.items():
        pattern = slots.patterns[number]
        together[number, day].append(column)
        for slot in problem.on_axis(slots.within(day, pattern.start, pattern.end)):
            on_duty[slot][column] = 1.0
    for (number, day), columns in together.items():
        for at, placement in enumerate(slots.patterns[number].placements):
            row = dict.fromkeys(columns, -1.0)
            for begin in placement.begins:
                column = program.column(integer=True)
                model.breaks[number, at, day, begin] = column
                row[column] = 1.0
                for slot in problem.on_axis(slots.within(day, begin, begin + round(placement.off.time))):
                    on_duty[slot][column] = on_duty[slot].get(column, 0.0) - 1.0
            program.row(row, 0.0, 0.0)
    return on_duty


def _add_people(model: ShiftModel, name: str, contract: Contract, people: Bounds) -> None:
    """Add the limits of a contract, as rows over all its people."""
    problem, program = model.problem, model.program
    hired = program.column(lower=people.at_least, upper=people.at_most, integer=True)
    model.people[name] = hired
    own = {(number, day): column for (owner, number, day), column in model.shifts.items() if owner == name}
    by_day: dict[int, dict[int, int]] = defaultdict(dict)
    for (number, day), column in own.items():
        by_day[day][number] = column
    for columns in by_day.values():
        program.row({**dict.fromkeys(columns.values(), 1.0), hired: -1.0}, at_most=0.0)
    patterns = problem.slots.patterns
    for days, is_whole in weeks_of(problem.days):
        week = {(number, day): own[number, day] for day in days for number in by_day[day]}
        hours = {column: patterns[number].paid_seconds / HOUR for (number, _), column in week.items()}
        for factors, bounds in ((hours, contract.hours), (dict.fromkeys(week.values(), 1.0), contract.days)):
            if math.isfinite(bounds.at_most):
                program.row({**factors, hired: -bounds.at_most}, at_most=0.0)
            if is_whole and bounds.at_least:
                program.row({**factors, hired: -bounds.at_least}, at_least=0.0)
    for days in weeks_at_work(problem.days) if people.at_least else ():
        program.row({column: 1.0 for day in days for column in by_day[day].values()}, at_least=people.at_least)
    for first, second in next_days(problem):
        for late, early in rest_conflicts(contract, patterns, sorted(by_day[first]), sorted(by_day[second])):
            resting = [by_day[first][number] for number in late] + [by_day[second][number] for number in early]
            program.row({**dict.fromkeys(resting, 1.0), hired: -1.0}, at_most=0.0)


def weeks_of(days: int) -> Iterator[tuple[range, bool]]:
    """Yield the weeks from the first day on, and whether each has seven days."""
    for first in range(0, days, 7):
        week = range(first, min(first + 7, days))
        yield week, len(week) == 7


def weeks_at_work(days: int) -> list[range]:
    """Return the weeks in which the least number of people of a contract work: whole ones, else all days together."""
    return [week for week, is_whole in weeks_of(days) if is_whole] or [range(days)]


def next_days(problem: GroupProblem) -> Iterator[tuple[int, int]]:
    """Yield the pairs of days that follow each other; after the Sunday of a typical week comes its Monday."""
    for day in range(problem.days - 1):
        yield day, day + 1
    if problem.slots.requirements.is_weekly:
        yield problem.days - 1, 0


def rest_conflicts(
    contract: Contract, patterns: tuple[Pattern, ...], first: list[int], second: list[int]
) -> Iterator[tuple[list[int], list[int]]]:
    """Yield sets of patterns of a day and of the next, of which a person works one at most, for the sake of rest.

    Parameters
    ----------
    contract
        With the rest.
    patterns
        All.
    first, second
        Numbers of those that are used on a day and on the next.
    """
    known: set[tuple[int, ...]] = set()
    for start in sorted({patterns[number].start for number in second}, reverse=True):
        late = [number for number in first if patterns[number].end + contract.rest > DAY + start]
        if late and tuple(late) not in known:
            known.add(tuple(late))
            yield late, [number for number in second if patterns[number].start <= start]


def _add_different(model: ShiftModel) -> None:
    """Add a price for each pair of start and length that is used, with the most shifts of it that can be worth it."""
    problem, program = model.problem, model.program
    for (_, number, day), column in model.shifts.items():
        pattern = problem.slots.patterns[number]
        pair = pattern.start, pattern.end
        if pair not in model.different:
            model.different[pair] = program.column(problem.rules.prices.different_shifts, upper=1.0, integer=True)
        most = min(program.upper[column], _most_worth(model, pattern, day))
        program.upper[column] = most
        program.row({column: 1.0, model.different[pair]: -most}, at_most=0.0)


def _most_worth(model: ShiftModel, pattern: Pattern, day: int) -> float:
    """Return a number of shifts beyond which the last one costs no less than it brings.

    Without activities all of them are on duty in each slot. So with x shifts, the last one is of use at most in the
    slots that need x or more, and is one too many in the others.
    """
    problem, step = model.problem, model.problem.step
    needed = problem.needed[problem.on_axis(problem.slots.within(day, pattern.start, pattern.end))]
    if any(map(_has_least, problem.contracts.values())):
        return float(
            sum(contract.people.at_most if contract.people else math.inf for contract in problem.contracts.values())
        )
    if pattern.placements:
        return math.ceil(float(needed.sum()))
    rules = problem.rules
    cost = min(contract.cost for contract in problem.contracts.values()) * pattern.paid_seconds / HOUR
    for most in sorted({math.ceil(each) for each in needed.tolist()}, reverse=True):
        useful = (needed > most - 1).sum()
        if rules.under * step / HOUR * useful > cost + rules.prices.over * step / HOUR * (len(needed) - useful):
            return float(most)
    return 0.0
