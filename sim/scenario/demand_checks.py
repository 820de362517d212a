"""Checks of events and recorded arrivals against the rest of the scenario."""

from __future__ import annotations

from collections.abc import Iterator

from sim.core.errors import near
from sim.core.units import DAY, clock
from sim.scenario.demand import Replayed
from sim.scenario.schema import Scenario

__all__ = ["days_outside", "demand_problems"]

Problems = Iterator[tuple[tuple[str | int, ...], str]]


def demand_problems(scenario: Scenario) -> Problems:
    """Yield path and message of each problem of events and recorded arrivals, in a valid scenario."""
    for number in range(len(scenario.demand.events)):
        yield from _event_problems(scenario, number)
    for name, intent in scenario.intents.items():
        if isinstance(intent.arrivals, Replayed):
            yield from _replay_problems(scenario, name, intent.arrivals)


def days_outside(scenario: Scenario, days: list[int] | None, where: tuple[str | int, ...]) -> Problems:
    """Yield a problem for each day that the run does not have."""
    last = scenario.run.days
    for number, day in enumerate(days or ()):
        if day > last:
            known = "1 only" if last == 1 else f"1 to {last}"
            yield (*where, number), f"day {day} is after the run's last, {last}; days count from 1, so give {known}"


def _event_problems(scenario: Scenario, number: int) -> Problems:
    event, run, where = scenario.demand.events[number], scenario.run, ("demand", "events", number)
    for name in event.intents or ():
        if name not in scenario.intents:
            yield (*where, "intents"), f'"{name}" is not an intent; {near(name, scenario.intents)}'
    if event.hours[1] <= run.hours[0] or event.hours[0] >= run.hours[1]:
        hours = f"{clock(run.hours[0])}-{clock(run.hours[1])}"
        yield (*where, "hours"), f"lie outside the run's hours, {hours}, so the event has no effect"
    yield from days_outside(scenario, event.days, (*where, "days"))


def _replay_problems(scenario: Scenario, name: str, arrivals: Replayed) -> Problems:
    run, recorded, where = scenario.run, arrivals.replay, ("intents", name, "arrivals", "replay")
    if scenario.intents[name].demand is not None:
        yield ("intents", name, "demand"), "is not used, because the arrivals are replayed; remove one of the two"
    outside = [t for t in recorded.times if t >= run.days * DAY or not run.hours[0] <= t % DAY < run.hours[1]]
    if outside:
        hours = f"{clock(run.hours[0])}-{clock(run.hours[1])} of {run.days} days"
        yield where, f"{len(outside)} arrivals, the first at {clock(outside[0])}, are outside the run, {hours}"
    if recorded.segments is not None:
        if len(recorded.segments) != len(recorded.times):
            yield where, f"has {len(recorded.times)} times and {len(recorded.segments)} segments"
        for segment in sorted(set(recorded.segments) - set(scenario.segments)):
            yield where, f'"{segment}" is not a segment; {near(segment, scenario.segments)}'
