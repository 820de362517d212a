"""Checks of events and recorded arrivals against the rest of the scenario."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.core.errors import near
from sim.core.units import counted, spell
from sim.scenario.by_day import has_list, spelled
from sim.scenario.day_checks import days_outside
from sim.scenario.demand import Replayed
from sim.scenario.fields import points_of
from sim.scenario.run_days import fitting_interval, hours_by_day, overlap, run_days
from sim.scenario.schema import Intent, Scenario

__all__ = ["demand_problems", "interval_problems"]

Problems = Iterator[tuple[tuple[str | int, ...], str]]


def demand_problems(scenario: Scenario) -> Problems:
    """Yield path and message of each problem of events and recorded arrivals, in a valid scenario."""
    yield from _per_problems(scenario)
    for field, part in (("busyness", "cv"), ("intervals", "cv"), ("forecast_error", "cv"), ("forecast_error", "mape")):
        cv = getattr(getattr(scenario.demand, field), part, None)
        for name in cv if isinstance(cv, dict) else ():
            if name not in scenario.intents:
                message = f'"{name}" is not an intent; {near(name, scenario.intents)}'
                yield ("demand", field, part, name), message
    for number in range(len(scenario.demand.events)):
        yield from _event_problems(scenario, number)
    for name, intent in scenario.intents.items():
        if isinstance(intent.arrivals, Replayed):
            yield from _replay_problems(scenario, name, intent.arrivals)
        elif intent.rate is not None and intent.demand is not None:
            yield ("intents", name, "demand"), "is not used, because the rate says what comes; remove one of the two"
        if intent.rate is not None or intent.hours is not None:
            yield from _never_problems(scenario, name, intent)


def _never_problems(scenario: Scenario, name: str, intent: Intent) -> Problems:
    """Find a rate or hours that are not used, or leave an intent without a time in which journeys begin."""
    frames, outside = hours_by_day(scenario).values(), f"outside the run's hours, {spelled(scenario.run.hours)}"
    for field in ("rate", "hours"):
        if getattr(intent, field) is not None and isinstance(intent.arrivals, Replayed):
            yield ("intents", name, field), "is not used, because the arrivals are replayed; remove one of the two"
    rates = intent.rate.values() if intent.rate_differs and intent.rate else [intent.rate]
    times = [[time for time, _ in points_of(rate) or ()] for rate in rates]
    spans = [(min(each), max(each)) for each in times if each]
    if spans and not any(overlap(span, frame) for span in spans for frame in frames):
        yield ("intents", name, "rate"), f"lies {outside}, so nobody comes"
    hours = intent.hours.values() if isinstance(intent.hours, dict) else [intent.hours]
    spans = [span for span in hours if isinstance(span, tuple)]
    if spans and not any(overlap(span, frame) for span in spans for frame in frames):
        yield ("intents", name, "hours"), f"lie {outside}, so nobody comes"


def interval_problems(before: Scenario, after: Scenario) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield a problem if overrides change the interval, and so the meaning of numbers per interval."""
    old, new = before.run.interval, after.run.interval
    if old == new or after.demand.per is not None:
        return
    kept = [
        f"intents.{name}.demand"
        for name, intent in after.intents.items()
        if _is_plain(intent.demand) and intent.demand == before.intents[name].demand
    ]
    rates = {name: intent.rate for name, intent in after.intents.items() if intent.rate}
    kept += [f"intents.{name}.rate" for name, rate in rates.items() if rate == before.intents[name].rate]
    kept += [f"demand.events.{number}.add" for number, event in enumerate(after.demand.events) if event.add]
    if kept:
        message = (
            f"{spell(new)} in place of {spell(old)} multiplies the volume by {old / new:.4g}, as {kept[0]} counts "
        )
        message += f"journeys per interval; add --set demand.per={spell(old)!r} to keep the volume"
        yield ("run", "interval"), message


def _is_plain(demand: Any) -> bool:
    """Tell whether demand has a number for all intervals of a day, which then counts journeys per interval."""
    by_day = demand.values() if isinstance(demand, dict) else [demand]
    return any(isinstance(number, float) and number for number in by_day)


def _per_problems(scenario: Scenario) -> Problems:
    """Find a time of demand that does not fit the intervals, where demand has several numbers a day."""
    run, per = scenario.run, scenario.demand.per
    if per is None:
        return
    if per < 1:
        yield ("demand", "per"), f"{spell(per)} is too short; give the time that the numbers are for, such as 30 min"
    elif run.interval >= 1 and any(has_list(intent.demand) for intent in scenario.intents.values()):
        lengths = {until - begin for begin, until in hours_by_day(scenario).values()}
        fits = not any(length % per for length in lengths) and not (per % run.interval and run.interval % per)
        message = f"{spell(per)} does not divide the run's hours, or is no multiple or part of run.interval, "
        if not fits:
            divides = not any(length % run.interval for length in lengths)
            part = run.interval if divides else fitting_interval([*lengths, run.interval])
            yield ("demand", "per"), f"{message}{spell(run.interval)}; give one that is, such as {spell(part)}"


def _event_problems(scenario: Scenario, number: int) -> Problems:
    event, run, where = scenario.demand.events[number], scenario.run, ("demand", "events", number)
    for name in event.intents or ():
        if name not in scenario.intents:
            yield (*where, "intents"), f'"{name}" is not an intent; {near(name, scenario.intents)}'
    if not any(overlap(event.hours, hours) for hours in hours_by_day(scenario).values()):
        yield (*where, "hours"), f"lie outside the run's hours, {spelled(run.hours)}, so the event has no effect"
    yield from days_outside(scenario, event.days, (*where, "days"))


def _replay_problems(scenario: Scenario, name: str, arrivals: Replayed) -> Problems:
    run, recorded, where = scenario.run, arrivals.replay, ("intents", name, "arrivals", "replay")
    if scenario.intents[name].demand is not None:
        yield ("intents", name, "demand"), "is not used, because the arrivals are replayed; remove one of the two"
    spans = [(day.opens, day.closes) for day in run_days(scenario).days] if run.interval >= 1 else []
    outside = [time for time in recorded.times if not any(opens <= time < closes for opens, closes in spans)]
    if spans and outside:
        hours = f"{spelled(run.hours)} of {counted(run.days, 'day')}"
        first = scenario.calendar.label(outside[0])
        yield where, f"{len(outside)} arrivals, the first at {first}, are outside the run, {hours}"
    if recorded.segments is not None:
        if len(recorded.segments) != len(recorded.times):
            yield where, f"has {len(recorded.times)} times and {len(recorded.segments)} segments"
        for segment in sorted(set(recorded.segments) - set(scenario.segments)):
            yield where, f'"{segment}" is not a segment; {near(segment, scenario.segments)}'
