"""Checks of the days that a scenario names: numbers, and selectors such as ``sat``, ``holiday`` and ``2025-12-24``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sim.core.units import DAY
from sim.scenario.by_day import (
    day_name,
    differs_by_day,
    hours_of_day,
    is_left_out,
    key_of_day,
    rivals_of_day,
    selector_of,
)
from sim.scenario.law_fields import LawByDay
from sim.scenario.run_days import hours_by_day
from sim.scenario.schema import Scenario
from sim.scenario.steps import Notification, Outbound

__all__ = ["day_problems", "days_outside", "numbers_problems"]

Where = tuple[str | int, ...]
Problems = Iterator[tuple[Where, str]]
_NO_START = "is a date, and the run has none; write run: {start: 2025-03-24}, the date of the first day"


def day_problems(scenario: Scenario) -> Problems:
    """Yield path and message of each problem of holidays, and of hours and factors by day."""
    if scenario.holidays and scenario.run.start is None:
        yield ("holidays",), f"{next(iter(scenario.holidays))} {_NO_START}"
    if isinstance(scenario.demand.days, dict):
        yield from _selector_problems(scenario, scenario.demand.days, ("demand", "days"))
    for name, queue in scenario.queues.items():
        yield from _hours_problems(scenario, queue.hours, ("queues", name, "hours"))
    for name, intent in scenario.intents.items():
        yield from _hours_problems(scenario, intent.hours, ("intents", name, "hours"))
        if intent.rate_differs:
            yield from numbers_problems(scenario, intent.rate, 0.0, ("intents", name, "rate"))
        for step_name, step in intent.steps.items():
            at = ("intents", name, "steps", step_name)
            if isinstance(step, Outbound):
                yield from _hours_problems(scenario, step.dialer.hours, (*at, "dialer", "hours"))
            yield from _value_problems(scenario, step, at)
    yield from _value_problems(scenario, scenario.orchestration, ("orchestration",))
    yield from _hours_problems(scenario, scenario.run.hours, ("run", "hours"))
    if not hours_by_day(scenario):
        yield ("run", "hours"), _closed(scenario)


def _closed(scenario: Scenario) -> str:
    """Return what is wrong where no day has hours."""
    calendar, days = scenario.calendar, range(1, scenario.run.days + 1)
    skipped = [day for day in days if hours_of_day(scenario.run.hours, day, calendar)]
    if not skipped:
        return "are closed on all days of the run; open one"
    message = f"are closed on all days of the run, as the clock skips those of {day_name(skipped[0], calendar)}"
    return f"{message}; give other hours, or more days"


def _hours_problems(scenario: Scenario, hours: Any, where: Where) -> Problems:
    """Find days without hours, and hours that go on after midnight into those of the next day."""
    if not isinstance(hours, Mapping):
        return
    problems = list(_selector_problems(scenario, hours, where))
    yield from problems
    if problems:
        return
    calendar, days = scenario.calendar, range(1, scenario.run.days + 1)
    yield from _missing_days(scenario, hours, where, 'add their hours or "closed", or "else" for all other days')
    for day in days:
        today, tomorrow = (hours_of_day(hours, each, calendar) for each in (day, day + 1))
        if where[0] == "run" and today and tomorrow and today[1] > DAY + tomorrow[0]:
            names = [day_name(each, calendar) for each in (day, day + 1)]
            yield where, f"of {names[0]} end after those of {names[1]} begin; let them end before"
            return


def _value_problems(scenario: Scenario, owner: Any, where: Where) -> Problems:
    """Find days that the run cannot have, by which a law or a share of a step, or of the orchestration, differs."""
    for field in type(owner).model_fields:
        value = getattr(owner, field)
        by_day = value.root if isinstance(value, LawByDay) else value if field == "reach" else {}
        if differs_by_day(by_day):
            yield from _selector_problems(scenario, by_day, (*where, field))
        if isinstance(value, Notification):
            yield from _value_problems(scenario, value, (*where, field))


def days_outside(scenario: Scenario, days: list[int | str] | None, where: Where) -> Problems:
    """Yield a problem for each named day that the run cannot have."""
    for number, day in enumerate(days or ()):
        if message := _outside(scenario, str(day)[4:] if is_left_out(day) else day):
            yield (*where, number), message


def numbers_problems(scenario: Scenario, values: Any, length: float, where: Where) -> Problems:
    """Yield a problem for each day without numbers, and for each list of a length that does not fit its days.

    Parameters
    ----------
    scenario
        Has the run.
    values
        Of demand or staff: a number, a list, or these by selectors of days.
    length
        Seconds that a number is for.
    where
        Path of the values.
    """
    by_day = values if isinstance(values, Mapping) else {}
    problems = list(_selector_problems(scenario, by_day, where))
    yield from problems
    if not problems:
        days = hours_by_day(scenario)
        yield from _missing_days(scenario, by_day, where, 'add them, or "else" for all days that are not named', days)
        yield from _wrong_lengths(scenario, values, length, where)


def _missing_days(
    scenario: Scenario, by_day: Mapping[str, Any], where: Where, remedy: str, days: Iterable[int] = ()
) -> Problems:
    """Find days of a run, or some of them, that no selector names."""
    days = (days or range(1, scenario.run.days + 1)) if by_day else ()
    missing = [day for day in days if key_of_day(by_day, day, scenario.calendar) is None]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        days_named = f"{day_name(missing[0], scenario.calendar)}{more}"
        yield where, f"has nothing for {days_named}; {remedy}"


def _wrong_lengths(scenario: Scenario, values: Any, length: float, where: Where) -> Problems:
    """Find lists that have a number neither for each interval by the clock nor for each one that passes."""
    run, calendar, seen = scenario.run, scenario.calendar, set()
    if length <= 0:
        return
    for day in range(1, run.days + 1):
        key = key_of_day(values, day, calendar) if isinstance(values, Mapping) else None
        numbers = values[key] if key is not None else values
        hours = hours_of_day(run.hours, day, calendar)
        if hours is None or not isinstance(numbers, list) or (key, len(numbers)) in seen:
            continue
        opens, closes = (calendar.instant(day, time) for time in hours)
        by_clock, passing = (hours[1] - hours[0]) / length, (closes - opens) / length
        if len(numbers) not in {round(by_clock), round(passing)}:
            seen.add((key, len(numbers)))
            on_day = "" if key is None else f" on {day_name(day, calendar)}"
            message = f"has {len(numbers)} numbers; the run's hours{on_day} have {round(by_clock)} intervals of "
            yield (*where, key) if key is not None else where, f"{message}{length / 60:g} min"


def _selector_problems(scenario: Scenario, by_day: Mapping[str, Any], where: Where) -> Problems:
    """Yield a problem for each selector that the run cannot have, and for two that stand for the same day."""
    wrong = {key: message for key in by_day if (message := _outside(scenario, key))}
    for key, message in wrong.items():
        yield (*where, key), message
    for day in range(1, scenario.run.days + 1) if by_day and not wrong else ():
        if rivals := rivals_of_day(by_day, day, scenario.calendar):
            first, second = rivals
            name = day_name(day, scenario.calendar)
            message = f'stands for {name} as "{first}" does, and neither is more particular; name this day by its date'
            yield (*where, second), f"{message} or number too, or remove one"
            return


def _outside(scenario: Scenario, named: int | str) -> str:
    """Return what is wrong with a named day, empty if nothing is; dates may be those of a year, not of the run only."""
    last, selector = scenario.run.days, selector_of(f"day {named}" if isinstance(named, int) else named)
    if selector.by_date and scenario.run.start is None:
        return f"{named} {_NO_START}"
    if named == "holiday" and not scenario.holidays:
        return "there are no holidays; list them at the top, such as holidays: {2025-04-18: Good Friday}"
    if selector.by_date or selector.rank > 0 or selector.first <= last:
        return ""
    known = "1 only" if last == 1 else f"1 to {last}"
    return f"day {selector.first} is after the run's last, {last}; days count from 1, so give {known}"
