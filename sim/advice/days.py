"""Warnings about the run: numbers without a time that they are for, days that never come, work left for tomorrow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sim.advice.model import Flows, Path, ScenarioWarning, steps_of, warn
from sim.core.calendar import Calendar
from sim.core.units import WEEKDAYS, counted, spell
from sim.scenario.by_day import covers, hours_of_day, selector_of, spelled
from sim.scenario.demand import Replayed
from sim.scenario.resources import Queue
from sim.scenario.run_days import hours_by_day, overlap
from sim.scenario.schema import Scenario
from sim.scenario.steps import Assisted, Deferred, Outbound
from sim.scenario.variation import ForecastError

__all__ = ["warnings"]

_NEAR = 7  # days after a run, of which a holiday is no mistake


def warnings(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    """Yield the warnings about the run and its days."""
    yield from _interval(scenario, flows)
    yield from _one_day(scenario, flows)
    yield from _unused_days(scenario, flows)
    yield from _drifting_days(scenario, flows)
    yield from _never_open(scenario, flows)
    yield from _other_year(scenario, flows)
    yield from _holidays_outside(scenario)
    yield from _variation(scenario, flows)


def _interval(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    run, demand = scenario.run, scenario.demand
    if "interval" in run.model_fields_set or demand.per is not None:
        return
    plain = [
        intent
        for intent in scenario.intents.values()
        if ((isinstance(intent.demand, float) and intent.demand) or intent.rate)
        and not isinstance(intent.arrivals, Replayed)
    ]
    if plain:
        message = f"is left out, so demand is taken per {spell(run.interval)} ({{contacts}})"
        hint = "write demand: {per: 30 min}, or demand: {per: 1 h} for numbers per hour"
        weights: list[tuple[Path, float]] = [(("demand", "per"), flows.journeys)]
        yield from warn("per-left-out", weights, flows.journeys, message, hint, noun="journeys")


def _one_day(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    if "days" in scenario.run.model_fields_set:
        return
    written = sum(
        flows.visits[name]
        for _, name, step in steps_of(scenario)
        if isinstance(step, Deferred) and not isinstance(step, Assisted)
    )
    weights: list[tuple[Path, float]] = [(("run", "days"), written)]
    message = (
        "are left out, so the run is one day that begins without a backlog, and what is left of its written work is "
        "done when nobody new comes ({contacts})"
    )
    yield from warn("one-day", weights, flows.contacts, message, "write days: 5, or days: 1 if that is wanted")


def _unused_days(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    factors, days = scenario.demand.days, scenario.run.days
    if isinstance(factors, list) and len(factors) > days and len(set(factors)) > 1:
        message = f"holds {counted(len(factors), 'factor')}, and the run has {counted(days, 'day')}, so the others are "
        message += "never used ({contacts})"
        weights: list[tuple[Path, float]] = [(("demand", "days"), flows.journeys)]
        hint = f"write run: {{days: {len(factors)}}}, or only the factors of the days that are simulated"
        yield from warn("day-never-comes", weights, flows.journeys, message, hint, noun="journeys")


def _variation(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    """Find variation of volumes that arrivals of a given number do not follow."""
    steady = [
        name
        for name, intent in scenario.intents.items()
        if intent.arrivals in ("fixed", "scheduled") or isinstance(intent.arrivals, Replayed)
    ]
    for field in ("busyness", "intervals", "forecast_error"):
        varies = getattr(scenario.demand, field)
        cv = varies.cvs if isinstance(varies, ForecastError) else getattr(varies, "cv", 0.0)
        ignoring = [name for name in steady if (cv.get(name) if isinstance(cv, dict) else cv)]
        if ignoring:
            message = (
                f"has no effect on {', '.join(ignoring)}, whose arrivals are `fixed`, `scheduled` or recorded, so "
            )
            message += "that their number does not vary ({contacts})"
            hint = "write another `arrivals`, such as poisson, or a cv for the other intents only: cv: {INTENT: 20 %}"
            journeys = sum(flows.of_intent(scenario, name) for name in ignoring)
            weights: list[tuple[Path, float]] = [(("demand", field), journeys)]
            yield from warn("variation-ignored", weights, flows.touchpoints, message, hint, noun="visits")


def _drifting_days(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    """Find factors that repeat, but not every seven days, so that each week gives the weekdays other factors."""
    factors, days = scenario.demand.days, scenario.run.days
    count = len(factors) if isinstance(factors, list) else 0
    if 1 < count < days and count % len(WEEKDAYS) and len(set(factors)) > 1:
        again = count + 1
        message = f"holds {counted(count, 'factor')}, which repeat after day {count}: day {again} "
        weekdays = [scenario.calendar.weekday_name(day) for day in (again, 1)]
        message += f"({weekdays[0]}) has that of day 1 ({weekdays[1]}), and so on ({{contacts}})"
        hint = f"write {len(WEEKDAYS)} factors for a week, 0 for days without demand; or all {days}"
        weights: list[tuple[Path, float]] = [(("demand", "days"), flows.journeys)]
        yield from warn("days-drift", weights, flows.journeys, message, hint, noun="journeys")


def _overlaps(queue: Queue, day: int, hours: tuple[float, float], calendar: Calendar) -> bool:
    """Tell whether a queue is open within the run's hours of a day."""
    of_queue = hours_of_day(queue.hours, day, calendar)
    return of_queue is not None and overlap(of_queue, hours)


def _never_open(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    for name, queue in scenario.queues.items():
        if not any(_overlaps(queue, day, hours, scenario.calendar) for day, hours in hours_by_day(scenario).items()):
            weights: list[tuple[Path, float]] = [(("queues", name, "hours"), flows.of_queue(scenario, name))]
            message = f"lie outside the run's hours, {spelled(scenario.run.hours)}, so whoever comes in these "
            message += "finds the queue closed ({contacts})"
            hint = "write hours that overlap those of the run"
            yield from warn("never-open", weights, flows.contacts, message, hint)


def _other_year(scenario: Scenario, flows: Flows) -> Iterator[ScenarioWarning]:
    """Find dates none of which comes in the run, as if they were of another year; some may lie outside it."""
    dated = [(path, day) for path, day in _named_days(scenario) if selector_of(day).by_date]
    days = range(1, scenario.run.days + 1)
    if dated and not any(covers(selector_of(name), day, scenario.calendar) for _, name in dated for day in days):
        first, last = (scenario.calendar.date_of(day) for day in (1, scenario.run.days))
        message = f"lies outside the run, {first} to {last}, as all dates do that are named, so none of them has an "
        weights: list[tuple[Path, float]] = [(path, flows.contacts) for path, _ in dated]
        hint = "write the dates of this run, or another run.start"
        yield from warn("dates-outside", weights, flows.contacts, f"{message}effect ({{contacts}})", hint)


def _holidays_outside(scenario: Scenario) -> Iterator[ScenarioWarning]:
    """Find holidays that are all before the run or all after it, and none of its year; a year's may miss a week."""
    first, last = (scenario.calendar.date_of(day) for day in (1, scenario.run.days))
    dates = scenario.calendar.holidays
    if not (first and last and dates) or {day.year for day in dates} & {first.year, (last + timedelta(_NEAR)).year}:
        return  # such as the whole list of a year, or New Year after a run
    if max(dates) < first or min(dates) > last:
        message = f"are all {'before' if max(dates) < first else 'after'} the run, {first} to {last}, so no day is one"
        hint = "write the holidays of this run, or another run.start"
        yield ScenarioWarning("holidays-outside", (("holidays",),), message, hint, 0.0)


def _named_days(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    """Yield path and selector of the days that values by day, events and shifts name."""
    by_day: list[tuple[Path, object]] = [
        (("run", "hours"), scenario.run.hours),
        (("demand", "days"), scenario.demand.days),
    ]
    by_day += [(("queues", name, "hours"), queue.hours) for name, queue in scenario.queues.items()]
    by_day += [
        ((*path, "dialer", "hours"), step.dialer.hours)
        for path, _, step in steps_of(scenario)
        if isinstance(step, Outbound)
    ]
    by_day += [(("agents", name, "staff"), group.staff) for name, group in scenario.agents.items()]
    by_day += [(("intents", name, "demand"), intent.demand) for name, intent in scenario.intents.items()]
    for path, values in by_day:
        yield from (((*path, day), day) for day in values) if isinstance(values, dict) else ()
    lists: list[tuple[Path, list[int | str] | None]] = [
        (("demand", "events", number, "days"), event.days) for number, event in enumerate(scenario.demand.events)
    ]
    for name, group in scenario.agents.items():
        lists += [(("agents", name, "shifts", number, "days"), shift.days) for number, shift in enumerate(group.shifts)]
    for path, days in lists:
        yield from (
            ((*path, number), day.removeprefix("not ")) for number, day in enumerate(days or ()) if isinstance(day, str)
        )
