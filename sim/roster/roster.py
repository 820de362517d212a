"""Rosters from requirements: shifts that cover them at least cost, given to people, and checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InvalidInput, Problem, near
from sim.core.units import HOUR
from sim.roster.assignment import Assignment, DayShift, assign
from sim.roster.check import broken_rules, coverage_of
from sim.roster.different_shifts import start_of_used
from sim.roster.duty import Activity, Duty
from sim.roster.fixed_charge_cuts import add_cuts
from sim.roster.patterns import patterns_of
from sim.roster.program import Limits, Solution, Solver
from sim.roster.requirements import Requirements
from sim.roster.rules import Contract, Rules
from sim.roster.shift_model import Counts, GroupProblem, ShiftKey, ShiftModel, shift_model
from sim.roster.shortages import Shortage, shortages_of

__all__ = ["Costs", "GroupRoster", "Progress", "Roster", "find_roster"]

F8 = NDArray[np.float64]
_LEAST_SECONDS = 0.1
_MOST_SHIFTS = 100_000  # of a contract
_MOST_CHOICES = 2_000_000  # people times different shifts, each a column of some hundred bytes
_GIVEN = 1.0
"""Seconds from an interrupt in which the best shifts so far are given to people."""
Progress = Callable[[str, float, float], None]
"""Called with a group, the cost of its best shifts so far (infinite = none yet), and their lower bound."""


@dataclass(frozen=True)
class Costs:
    """Cost of a roster by its parts."""

    paid: float
    under: float
    over: float
    different: float

    @property
    def total(self) -> float:
        """All together."""
        return self.paid + self.under + self.over + self.different


@dataclass(frozen=True, eq=False)
class GroupRoster:
    """The roster of a group.

    Parameters
    ----------
    group
        The group.
    duties
        Of its people, in order.
    shrinkage
        Share of its agents who are not available.
    needed, covered
        [slots] agents required, with shrinkage, and on duty.
    costs
        By plain arithmetic, from the duties.
    bound
        No roster of the group costs less.
    shortages
        Slots that are not covered, and why.
    people
        Of each contract, how many people have a duty.
    left
        Shifts that nobody can work within the rules of the contracts.
    """

    group: str
    duties: tuple[Duty, ...]
    shrinkage: float
    needed: F8
    covered: F8
    costs: Costs
    bound: float
    shortages: tuple[Shortage, ...]
    people: dict[str, int]
    left: int
    interrupted: bool

    @property
    def gap(self) -> float:
        """Share of the cost by which it may exceed the least possible one."""
        total = self.costs.total
        return max(0.0, total - self.bound) / total if total else 0.0


@dataclass(frozen=True, eq=False)
class Roster:
    """Rosters of all groups, and what they were made of.

    Parameters
    ----------
    rules
        As given.
    requirements
        On the grid of the roster.
    groups
        One roster for each.
    broken
        Sentences about rules that are broken, by plain arithmetic; there should be none.
    """

    rules: Rules
    requirements: Requirements
    groups: tuple[GroupRoster, ...]
    broken: tuple[str, ...]

    @property
    def duties(self) -> tuple[Duty, ...]:
        """All duties."""
        return tuple(duty for group in self.groups for duty in group.duties)

    @property
    def cost(self) -> float:
        """Of all groups."""
        return sum(group.costs.total for group in self.groups)

    @property
    def bound(self) -> float:
        """No roster costs less."""
        return sum(group.bound for group in self.groups)

    @property
    def interrupted(self) -> bool:
        """Whether the search was ended by hand."""
        return any(group.interrupted for group in self.groups)


def find_roster(
    rules: Rules,
    requirements: Requirements,
    rules_file: str,
    *,
    shrinkage: Mapping[str, float] | None = None,
    limits: Limits | None = None,
    progress: Progress = lambda _group, _best, _bound: None,
) -> Roster:
    """Find shifts that cover requirements at least cost, and give them to people.

    Parameters
    ----------
    rules, requirements
        What may be used, and what is needed.
    rules_file
        For errors.
    shrinkage
        Of groups, where the rules say none.
    limits
        When to stop.
    progress
        Called while it searches.

    Raises
    ------
    InvalidInput
        The rules contradict each other, or do not fit the requirements.
    """
    contracts = _contracts_by_group(rules, requirements, rules_file)
    shares = _shrinkage(rules, contracts, shrinkage or {}, rules_file)
    slots = patterns_of(rules, requirements, rules_file)
    fitted = slots.requirements
    rosters = []
    for group, own in contracts.items():
        needed = np.ceil(fitted.needed[fitted.groups.index(group)] / (1 - shares[group]) - 1e-9)
        problem = GroupProblem(group, rules, own, slots, needed)
        rosters.append(_group_roster(problem, shares[group], limits or Limits(), progress, rules_file))
    duties = [duty for roster in rosters for duty in roster.duties]
    return Roster(rules, fitted, tuple(rosters), tuple(broken_rules(duties, rules, requirements)))


def _shrinkage(rules: Rules, groups: Iterable[str], others: Mapping[str, float], file: str) -> dict[str, float]:
    """Return the shrinkage of each group: that of the rules, else another."""
    shares = {group: others.get(group, 0.0) if rules.shrinkage is None else rules.shrinkage for group in groups}
    problems = [
        Problem(file, "shrinkage", f"is missing, and 100 % of {group} are away in the scenario; give less than 100 %")
        for group, share in shares.items()
        if share >= 1
    ]
    if problems:
        raise InvalidInput(problems)
    return shares


def _contracts_by_group(rules: Rules, requirements: Requirements, file: str) -> dict[str, dict[str, Contract]]:
    by_group: dict[str, dict[str, Contract]] = {group: {} for group in requirements.groups}
    problems = []
    for name, contract in rules.contracts.items():
        group = contract.group
        if group is None and len(requirements.groups) == 1:
            group = requirements.groups[0]
        if group is None:
            known = ", ".join(requirements.groups)
            problems.append(Problem(file, f"contracts.{name}", f'needs a "group", one of {known}'))
        elif group not in by_group:
            message = f'"{group}" is no column of {requirements.file}; {near(group, by_group)}'
            problems.append(Problem(file, f"contracts.{name}.group", message))
        else:
            by_group[group][name] = contract
    problems += [
        Problem(file, "contracts", f'no contract is of the group "{group}", which {requirements.file} needs')
        for group, own in by_group.items()
        if not own and not problems
    ]
    if problems:
        raise InvalidInput(problems)
    return by_group


def _group_roster(
    problem: GroupProblem, shrinkage: float, limits: Limits, progress: Progress, file: str
) -> GroupRoster:
    model = shift_model(problem)
    solution = _solve(model, limits, lambda best, bound: progress(problem.group, best, bound))
    if not solution.is_found:
        raise _unsolved(problem, solution, file)
    counts, limits = model.counts(solution.values), replace(limits, after_interrupt=_GIVEN)
    wanted = {name: _wanted(counts, name) for name in problem.contracts}
    hired = {name: min(_hired(model, solution, name), sum(shifts.values())) for name, shifts in wanted.items()}
    _refuse_many(problem, wanted, hired, file)
    assignments = {
        name: assign(problem, contract, wanted[name], hired[name], limits)
        for name, contract in problem.contracts.items()
    }
    impossible = [name for name, each in assignments.items() if not each.is_possible]
    if impossible:
        raise _impossible(impossible, file)
    placed = counts.breaks
    if any(each.left or each.added for each in assignments.values()):
        placed = _placed_again(problem, assignments, limits)
    duties = tuple(sorted(_duties(problem, assignments, placed)))
    covered = coverage_of(duties, problem.slots.requirements, problem.group)
    return GroupRoster(
        problem.group,
        duties,
        shrinkage,
        problem.needed,
        covered,
        _costs(problem, duties, covered),
        solution.bound,
        shortages_of(problem, covered),
        {name: sum(1 for own in each.people if own) for name, each in assignments.items()},
        sum(sum(each.left.values()) for each in assignments.values()),
        solution.interrupted,
    )


def _solve(model: ShiftModel, limits: Limits, progress: Callable[[float, float], None]) -> Solution:
    begin, solver, start = monotonic(), Solver(model.program), None
    if model.different:
        used = add_cuts(model, solver, inf if limits.seconds is None else limits.seconds)
        start = start_of_used(model, solver, used, limits) if used else None
    solver.make_integer()
    if limits.seconds is not None:
        limits = replace(limits, seconds=max(limits.seconds - (monotonic() - begin), _LEAST_SECONDS))
    return solver.solve(limits, start, progress)


def _unsolved(problem: GroupProblem, solution: Solution, file: str) -> BaseException:
    if solution.interrupted:
        return KeyboardInterrupt()
    message = (
        f"no roster of {problem.group} keeps these rules, or none was found in the time: lower the least numbers of "
        "people, hours or days, allow more lengths of shifts, or give more time"
    )
    return InvalidInput([Problem(file, "contracts", message)])


def _impossible(names: list[str], file: str) -> InvalidInput:
    message = "no person's shifts add up to these hours and days with this rest; widen them, or allow other lengths"
    return InvalidInput(Problem(file, f"contracts.{name}", message) for name in names)


def _wanted(counts: Counts, contract: str) -> dict[DayShift, int]:
    return {(number, day): count for (name, number, day), count in counts.shifts.items() if name == contract}


def _hired(model: ShiftModel, solution: Solution, contract: str) -> int:
    return round(solution.values[model.people[contract]]) if contract in model.people else 0


def _refuse_many(
    problem: GroupProblem, wanted: Mapping[str, Mapping[DayShift, int]], hired: Mapping[str, int], file: str
) -> None:
    """Refuse shifts that are too many to give to people: nobody could wait for that, or has the memory."""
    problems = []
    for name, shifts in wanted.items():
        count, choices = sum(shifts.values()), hired[name] * len(shifts)
        if count > _MOST_SHIFTS or choices > _MOST_CHOICES:
            people = (
                "" if problem.contracts[name].is_unlimited else f" of {len(shifts):,} sorts to {hired[name]:,} people"
            )
            message = (
                f"would give {count:,} shifts{people}, which is too much; require fewer agents, or allow fewer people"
            )
            problems.append(Problem(file, f"contracts.{name}", message))
    if problems:
        raise InvalidInput(problems)


def _placed_again(
    problem: GroupProblem, assignments: dict[str, Assignment], limits: Limits
) -> dict[tuple[int, int, int, int], int]:
    """Place the activities of the shifts that are worked indeed."""
    counts: dict[ShiftKey, int] = defaultdict(int)
    for name, assignment in assignments.items():
        for own in assignment.people:
            for number, day in own:
                counts[name, number, day] += 1
    model = shift_model(problem, counts=counts)
    solution = model.program.solve(limits)
    if not solution.is_found and solution.interrupted:
        raise KeyboardInterrupt
    return model.counts(solution.values).breaks


def _duties(
    problem: GroupProblem, assignments: dict[str, Assignment], placed: dict[tuple[int, int, int, int], int]
) -> Iterator[Duty]:
    """Yield the duties, each with the next of the places at which activities of its shift begin."""
    waiting: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for (number, at, day, begin), count in sorted(placed.items()):
        waiting[number, at, day] += [begin] * count
    for name, assignment in assignments.items():
        for person, own in enumerate(assignment.people):
            for number, day in own:
                pattern = problem.slots.patterns[number]
                off = []
                for at, placement in enumerate(pattern.placements):
                    begin, rule = waiting[number, at, day].pop(0), placement.off
                    off.append(Activity(begin, begin + rule.time, rule.kind, rule.is_paid))
                yield Duty(problem.group, name, person, day, pattern.start, pattern.end, tuple(off))


def _costs(problem: GroupProblem, duties: tuple[Duty, ...], covered: F8) -> Costs:
    prices, hours = problem.rules.prices, problem.step / HOUR
    different = {(duty.begin, duty.end) for duty in duties}
    return Costs(
        sum(duty.paid_hours * problem.contracts[duty.contract].cost for duty in duties),
        problem.rules.under * hours * float(np.maximum(problem.needed - covered, 0.0).sum()),
        prices.over * hours * float(np.maximum(covered - problem.needed, 0.0).sum()),
        prices.different_shifts * len(different),
    )
