"""Shift patterns: every start and length that the rules allow, on a grid of time, with the places of its breaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from sim.core.errors import InvalidInput, Problem
from sim.core.units import DAY, clock, counted
from sim.roster.requirements import Requirements, grid_of
from sim.roster.rules import Off, Rules, ShiftKind, Times
from sim.scenario.by_day import Selector, selector_of

__all__ = ["Pattern", "Placement", "Slots", "patterns_of", "works_on"]

_MOST = 20_000  # patterns of a day; more than a planner means
_MOST_TRIED = 10 * _MOST  # starts with lengths, with and without room for their activities
_MOST_SLOTS = 5_000_000  # of all patterns of all days: each takes some hundred bytes; and places of their activities


@dataclass(frozen=True)
class Placement:
    """An activity of a pattern, and where it may begin, in seconds after the midnight of the shift's day."""

    off: Off
    begins: tuple[int, ...]


@dataclass(frozen=True)
class Pattern:
    """A shift with a start and an end, in seconds after the midnight of its day."""

    kind: str
    start: int
    end: int
    placements: tuple[Placement, ...]

    @property
    def paid_seconds(self) -> float:
        """Time that is paid."""
        return self.end - self.start - sum(each.off.time for each in self.placements if not each.off.is_paid)


@dataclass(frozen=True)
class Slots:
    """Patterns on a grid that fits the requirements and all of them."""

    patterns: tuple[Pattern, ...]
    requirements: Requirements

    def within(self, day: int, begin: int, end: int) -> range:
        """Return the slots of a span of a day, not yet wrapped around the end of a week."""
        step = self.requirements.step
        midnight = day * self.requirements.slots_of_day
        return range(midnight + begin // step, midnight + end // step)


def patterns_of(rules: Rules, requirements: Requirements, file: str) -> Slots:
    """Return all shift patterns, and the requirements on a grid that fits them.

    Parameters
    ----------
    rules
        Kinds of shift.
    requirements
        For the default step.
    file
        Of the rules, for errors.

    Raises
    ------
    InvalidInput
        A kind has no shift with room for its activities, or activities whose windows overlap.
    """
    usable: list[Pattern] = []
    problems = list(_too_many(rules, requirements.interval, file))
    if problems:
        raise InvalidInput(problems)
    for name, rule in rules.shifts.items():
        patterns = _patterns(name, rule, requirements.interval)
        whole = [each for each in patterns if all(placement.begins for placement in each.placements)]
        path = f"shifts.{name}"
        if not whole:
            message = "no start and length leaves room for all activities off the queue; widen their windows"
            problems.append(Problem(file, path, message))
        problems += _overlaps(whole, rule, file, path)
        usable += whole
    if len(usable) > _MOST:
        message = f"{counted(len(usable), 'shift')} are possible; give fewer starts or lengths, by a longer `every`"
        problems.append(Problem(file, "shifts", message))
    if problems:
        raise InvalidInput(problems)
    step = grid_of(chain([requirements.step], (second for pattern in usable for second in _instants(pattern))))
    size = len(requirements.days) * sum(_seconds(pattern) for pattern in usable) // step
    if size > _MOST_SLOTS:
        message = (
            f"{counted(len(usable), 'shift')} on a grid of {step:,} s are too many; give rounder times, or a longer"
        )
        raise InvalidInput([Problem(file, "shifts", f"{message} `every`")])
    return Slots(tuple(usable), requirements.on_grid(step))


def _too_many(rules: Rules, interval: int, file: str) -> Iterator[Problem]:
    """Yield the kind of most starts and lengths, or the activity of most places, where all are too many to list."""
    tried: dict[str, float] = {}
    places: dict[str, float] = {}
    for name, rule in rules.shifts.items():
        step, path = rule.every or interval, f"shifts.{name}"
        tried[path] = _count(rule.start, step) * _count(rule.length, step)
        for number, off in enumerate(rule.off):
            begins = off.begins if off.after is None else off.after
            assert begins is not None
            places[f"{path}.off.{number}"] = tried[path] * _count(begins, off.every or off.time)
    remedy = "give a longer `every`, or narrower windows"
    if not sum(tried.values()) <= _MOST_TRIED:  # not a number: none of endless many
        message = f"more than {_MOST_TRIED:,} starts with lengths are too many to try; {remedy}"
        yield Problem(file, max(tried, key=tried.__getitem__), message)
    elif not sum(places.values()) <= _MOST_SLOTS:
        message = f"more than {_MOST_SLOTS:,} places of activities in all shifts are too many to try; {remedy}"
        yield Problem(file, max(places, key=places.__getitem__), message)


def _count(times: Times, step: float) -> float:
    """Return how many values `_values` gives, about; infinite for a tiny step."""
    return len(times) if isinstance(times, list) else (times.last - times.first) / step + 1


def _seconds(pattern: Pattern) -> int:
    """Return the time of a pattern and of all places of its activities."""
    away = sum(len(placement.begins) * round(placement.off.time) for placement in pattern.placements)
    return pattern.end - pattern.start + away


def _instants(pattern: Pattern) -> Iterator[float]:
    yield from (pattern.start, pattern.end)
    for placement in pattern.placements:
        yield placement.off.time
        yield from placement.begins


def _values(times: Times, step: float) -> list[float]:
    if isinstance(times, list):
        return times
    return [times.first + number * step for number in range(int((times.last - times.first) // step) + 1)]


def _patterns(name: str, rule: ShiftKind, interval: float) -> Iterator[Pattern]:
    step = rule.every or interval
    starts = sorted({round(start % DAY) for start in _values(rule.start, step)})
    for start in starts:
        for length in sorted(set(_values(rule.length, step))):
            end = start + round(length)
            placements = (Placement(off, _begins(off, start, end)) for off in rule.off)
            yield Pattern(name, start, end, tuple(placements))


def _begins(off: Off, start: int, end: int) -> tuple[int, ...]:
    """Return where an activity may begin within a shift; times before the start are those of the next day."""
    step = off.every or off.time
    if off.after is not None:
        begins = [start + after for after in _values(off.after, step)]
    else:
        assert off.begins is not None
        begins = [begin if begin >= start else begin + DAY for begin in _values(off.begins, step)]
    return tuple(sorted({round(begin) for begin in begins if start <= begin and begin + off.time <= end}))


def _overlaps(patterns: list[Pattern], rule: ShiftKind, file: str, path: str) -> Iterator[Problem]:
    """Yield a problem where an activity may begin before the one listed before it has ended."""
    for number in range(1, len(rule.off)):
        for pattern in patterns:
            before, after = pattern.placements[number - 1], pattern.placements[number]
            if max(before.begins) + before.off.time > min(after.begins):
                latest = clock(max(before.begins) + before.off.time)
                message = (
                    f"may begin at {clock(min(after.begins))} in the shift from {clock(pattern.start)}, when the "
                    f"activity before it may last until {latest}; let their windows lie apart, in their order"
                )
                yield Problem(file, f"{path}.off.{number}", message)
                break


def works_on(rule: ShiftKind, weekday: int) -> bool:
    """Return whether a kind of shift may be used on a weekday, Monday = 0; -1 = unknown."""
    if rule.days is None or weekday < 0:
        return True
    return any(_is_within(selector_of(day), weekday) for day in rule.days)


def _is_within(selector: Selector, weekday: int) -> bool:
    return (weekday - selector.first) % 7 < selector.size
