"""Local search over single shifts whose service is judged from outside, by simulation, and not by requirements.

Requirements are a detour: they say one number for each interval, where a shift more at ten may save one at eleven.
From the roster of the requirements, shifts are left out, shortened or moved as long as the judge finds nothing lacking.
Where no single change does, one that saves is repaired by moving one more shift to where the first has left a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, product

from sim.core.units import HOUR
from sim.roster.check import broken_rules
from sim.roster.duty import Activity, Duty
from sim.roster.patterns import Pattern, patterns_of, works_on
from sim.roster.roster import Roster
from sim.roster.rules import Rules

__all__ = ["Improved", "Judge", "cost_of", "improve_duties"]

Duties = tuple[Duty, ...]
Judge = Callable[[Duties], float]
"""Returns what targets lack together with these duties; 0 = nothing."""
_SHAPES = 27  # of a pattern: the first, the middle and the last place of each activity, combined
_REPAIRED = 4  # changes that save but lack something, for which a second one is tried
_SECOND = 40  # changes that are tried for each
_ADDED = 60  # shifts that are tried where something is lacking
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Improved:
    """Duties that a local search found.

    Parameters
    ----------
    duties
        In order.
    cost
        Of paid hours and different shifts.
    lacking
        What targets lack together; 0 = nothing.
    evaluations
        How often duties were judged.
    """

    duties: Duties
    cost: float
    lacking: float
    evaluations: int


@dataclass(frozen=True)
class _Change:
    """A duty that goes, and one that comes in its place, if any."""

    gone: Duty | None
    new: Duty | None


def improve_duties(
    roster: Roster,
    judge: Judge,
    *,
    evaluations: int,
    progress: Callable[[float, int], None] = lambda _cost, _evaluations: None,
) -> Improved:
    """Find cheaper duties with which nothing is lacking.

    Parameters
    ----------
    roster
        Where to begin.
    judge
        Of duties.
    evaluations
        How often it may be asked.
    progress
        Called with the best cost and the number of evaluations.
    """
    return _Search(roster, judge, evaluations, progress).run()


def cost_of(duties: Duties, rules: Rules) -> float:
    """Return the cost of paid hours and different shifts."""
    paid = sum(duty.paid_hours * rules.contracts[duty.contract].cost for duty in duties)
    return paid + rules.prices.different_shifts * len({(duty.group, duty.begin, duty.end) for duty in duties})


class _Search:
    def __init__(self, roster: Roster, judge: Judge, budget: int, progress: Callable[[float, int], None]) -> None:
        self.roster, self.rules, self.budget, self.progress = roster, roster.rules, budget, progress
        self.patterns = patterns_of(roster.rules, roster.requirements, roster.requirements.file).patterns
        self.judge, self.evaluations = judge, 0

    def run(self) -> Improved:
        """Improve until nothing better is found, or the budget is used up."""
        duties = self.roster.duties
        lacking = self._judged(duties)
        while self.evaluations < self.budget:
            step = self._cheaper(duties) if lacking == 0 else self._fuller(duties, lacking)
            if step is None:
                break
            duties, lacking = step
            self.progress(self.cost(duties), self.evaluations)
        return Improved(duties, self.cost(duties), lacking, self.evaluations)

    def cost(self, duties: Duties) -> float:
        """Return the cost of paid hours and different shifts."""
        return cost_of(duties, self.rules)

    def _judged(self, duties: Duties) -> float:
        self.evaluations += 1
        return self.judge(duties)

    def _cheaper(self, duties: Duties) -> tuple[Duties, float] | None:
        """Return cheaper duties that lack nothing: by one change, or by two."""
        before = self.cost(duties)
        options = [(self.cost(after), at, change, after) for at, (change, after) in enumerate(self._replaced(duties))]
        failed = []
        for cost, at, change, after in sorted(options, key=lambda option: option[:2]):
            if cost >= before - _TINY or self.evaluations >= self.budget:
                break
            lacking = self._judged(after)
            if lacking == 0:
                return after, lacking
            failed.append((lacking / (before - cost), at, change, after))
        for *_, change, after in sorted(failed, key=lambda option: option[:2])[:_REPAIRED]:
            repaired = self._repaired(change, after, before)
            if repaired is not None:
                return repaired
        return None

    def _repaired(self, change: _Change, duties: Duties, before: float) -> tuple[Duties, float] | None:
        """Return duties that lack nothing after a second change, and cost less than before the first."""
        gap = change
        seconds = [
            (-_filled(second, gap), self.cost(after), at, after)
            for at, (second, after) in enumerate(self._replaced(duties))
            if _filled(second, gap) > 0 and self.cost(after) < before - _TINY
        ]
        for *_, after in sorted(seconds, key=lambda option: option[:3])[:_SECOND]:
            if self.evaluations >= self.budget:
                return None
            lacking = self._judged(after)
            if lacking == 0:
                return after, lacking
        return None

    def _fuller(self, duties: Duties, before: float) -> tuple[Duties, float] | None:
        """Return duties that lack less for their cost: moved, lengthened or added ones."""
        cost = self.cost(duties)
        options = [*(after for _, after in self._replaced(duties)), *self._added(duties)]
        dearer = sorted(
            ((self.cost(after), at, after) for at, after in enumerate(options) if self.cost(after) >= cost - _TINY),
            key=lambda option: option[:2],
        )
        best: tuple[float, Duties, float] | None = None
        for price, _, after in _spread(dearer, _ADDED):
            if self.evaluations >= self.budget:
                break
            lacking = self._judged(after)
            if lacking == 0:
                return after, lacking
            gain = (before - lacking) / (price - cost + 1.0)
            if lacking < before - _TINY and (best is None or gain > best[0]):
                best = gain, after, lacking
        return None if best is None else best[1:]

    def _replaced(self, duties: Duties) -> Iterator[tuple[_Change, Duties]]:
        """Yield the duties that keep the rules after one of each sort is left out, or has another shape."""
        hours: dict[tuple[str, str, int], float] = {}
        for duty in duties:
            person = duty.group, duty.contract, duty.person
            hours[person] = hours.get(person, 0.0) + duty.paid_hours
        alike: dict[tuple[object, ...], Duty] = {}
        for duty in sorted(duties, key=lambda duty: hours[duty.group, duty.contract, duty.person]):
            alike[duty.group, duty.contract, duty.day, duty.begin, duty.end, duty.off] = duty  # who works most
        for duty in sorted(alike.values()):
            others = [each for each in duties if each != duty]
            for new in (None, *self._shapes(duty)):
                after = tuple(sorted(others if new is None else [*others, new]))
                if new != duty and not self._is_broken(after):
                    yield _Change(duty, new), after

    def _added(self, duties: Duties) -> Iterator[Duties]:
        """Yield the duties that keep the rules after one more is worked."""
        groups = {group.group: group for group in self.roster.groups}
        for name, contract in self.rules.contracts.items():
            group = contract.group or next(iter(groups))
            for day in range(len(self.roster.requirements.days)):
                people = {duty.person for duty in duties if duty.contract == name}
                free = sorted(people - {duty.person for duty in duties if duty.contract == name and duty.day == day})
                for shape in self._shapes(Duty(group, name, 0, day, 0.0, 0.0, ())):
                    for person in (*free, max(people, default=-1) + 1):
                        after = tuple(sorted((*duties, replace(shape, person=person))))
                        if not self._is_broken(after):
                            yield after
                            break

    def _is_broken(self, duties: Duties) -> bool:
        return bool(broken_rules(duties, self.rules, self.roster.requirements))

    def _shapes(self, duty: Duty) -> Iterator[Duty]:
        """Yield the shifts that somebody may work in place of a duty."""
        kinds = self.rules.kinds_of(self.rules.contracts[duty.contract])
        weekday = self.roster.requirements.weekdays[duty.day]
        for pattern in self.patterns:
            if pattern.kind in kinds and works_on(self.rules.shifts[pattern.kind], weekday):
                for off in islice(_places(pattern), _SHAPES):
                    yield replace(duty, begin=float(pattern.start), end=float(pattern.end), off=off)


def _places(pattern: Pattern) -> Iterator[tuple[Activity, ...]]:
    chosen = [
        sorted({each.begins[0], each.begins[len(each.begins) // 2], each.begins[-1]}) for each in pattern.placements
    ]
    for begins in product(*chosen):
        yield tuple(
            Activity(begin, begin + each.off.time, each.off.kind, each.off.is_paid)
            for begin, each in zip(begins, pattern.placements, strict=True)
        )


def _filled(second: _Change, first: _Change) -> float:
    """Return the hours on the queues that a second change brings where the first has taken some."""
    if first.gone is None or second.new is None or second.gone is None:
        return 0.0
    if (second.new.group, second.new.day) != (first.gone.group, first.gone.day):
        return 0.0
    vacated = _work(first.gone) - (set() if first.new is None else _work(first.new))
    return float(len(vacated & (_work(second.new) - _work(second.gone))))


def _work(duty: Duty, step: int = int(HOUR / 4)) -> set[int]:
    """Return the quarters of an hour, begun, that a duty is on the queues."""
    work = set(range(int(duty.begin // step), int(-(-duty.end // step))))
    for each in duty.off:
        work -= set(range(int(each.begin // step), int(-(-each.end // step))))
    return work


def _spread(options: list[tuple[float, int, Duties]], most: int) -> list[tuple[float, int, Duties]]:
    """Return so many options, evenly over all."""
    step = max(1, len(options) // most)
    return options[::step][:most]
