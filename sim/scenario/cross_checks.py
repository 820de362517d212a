"""Checks across the parts of a scenario: unknown names, and values that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.core.errors import near
from sim.core.units import DAY, clock, spell, spell_hours
from sim.scenario.by_day import day_name, numbers_in
from sim.scenario.day_checks import day_problems, days_outside, numbers_problems
from sim.scenario.demand import Replayed
from sim.scenario.demand_checks import demand_problems
from sim.scenario.dialed_calls import channels_of_call
from sim.scenario.endless_checks import endless_problems
from sim.scenario.graph_checks import EXITS
from sim.scenario.hidden_entries import hidden_problems
from sim.scenario.law_fields import LawByDay, LawByTime
from sim.scenario.now_checks import now_problems
from sim.scenario.resources import Agents, Shift
from sim.scenario.routes import Condition, cases_of
from sim.scenario.run_days import RunDays, fitting_interval, hours_by_day, hours_within, run_days
from sim.scenario.schema import Intent, Scenario
from sim.scenario.size_checks import size_problems
from sim.scenario.steps import Assisted, Deferred, Outbound, Pause, Step

__all__ = ["cross_problems"]

Where = tuple[str | int, ...]
Problems = Iterator[tuple[Where, str]]


def cross_problems(scenario: Scenario) -> Problems:
    """Yield path and message of unknown names, and of values that contradict each other."""
    yield from _queue_problems(scenario)
    yield from _agent_problems(scenario)
    yield from _condition_problems(scenario)
    yield from _dialer_problems(scenario)
    yield from _transfer_problems(scenario)
    yield from _last_case_problems(scenario)
    yield from _start_problems(scenario)
    yield from hidden_problems(scenario)
    yield from _infinite_problems(scenario)
    yield from endless_problems(scenario)
    yield from _title_problems(scenario)
    yield from _patience_problems(scenario)
    share = sum(segment.share for segment in scenario.segments.values())
    if abs(share - 1) > 1e-9:
        yield ("segments",), f"the shares add up to {100 * share:.6g} %, not 100 %"
    problems = list(day_problems(scenario))
    yield from problems
    if not any(where == ("run", "hours") for where, _ in problems):
        of_run = list(_run_problems(scenario))
        yield from of_run
        if ("run", "interval") not in dict(of_run):  # else no number of intervals is right
            yield from _length_problems(scenario)
        yield from now_problems(scenario)
        yield from demand_problems(scenario)
    yield from size_problems(scenario)


def _patience_problems(scenario: Scenario) -> Problems:
    """Find patience that would be kept, of a law that another visit may not have."""
    for intent, name, step in _steps(scenario):
        patience: object = getattr(step, "patience", None)
        if isinstance(patience, LawByTime | LawByDay) and isinstance(step, Assisted) and step.patience_kept:
            message = "cannot be kept where patience differs by day or time; give one patience, or remove patience_kept"
            yield ("intents", intent, "steps", name, "patience_kept"), message


def _queue_problems(scenario: Scenario) -> Problems:
    groups = scenario.agents
    served = {queue for group in groups.values() for queue in group.serves}
    for name, queue in scenario.queues.items():
        if name not in served:
            yield ("queues", name), f"is served by no group of agents; {near(name, served)}"
        for stage in queue.agents or ():
            if stage.group not in groups:
                hint = near(stage.group, groups)
                yield ("queues", name, "agents"), f'"{stage.group}" is not a group of agents; {hint}'
            elif name not in groups[stage.group].serves:
                yield ("queues", name, "agents"), f'"{stage.group}" does not serve this queue; add it to its "serves"'
    yield from _room_problems(scenario, served)
    used = {
        ("intents", intent, "steps", name, "queue"): step.queue
        for intent, name, step in _steps(scenario)
        if isinstance(step, Deferred)
    }
    for where, wanted in used.items():
        if wanted not in served:
            yield where, f'no agents serve "{wanted}"; {near(wanted, served)}'
    for idle in sorted(served - set(used.values())):
        owner = next(name for name, group in groups.items() if idle in group.serves)
        yield ("agents", owner, "serves"), f'"{idle}" is the queue of no step; {near(idle, set(used.values()))}'


def _room_problems(scenario: Scenario, served: set[str]) -> Problems:
    room_of: dict[str, str] = {}
    for room, shared in scenario.waiting_rooms.items():
        for number, name in enumerate(shared.queues):
            if name not in served:
                yield ("waiting_rooms", room, "queues", number), f'"{name}" is not a queue; {near(name, served)}'
            elif name in room_of:
                message = f'"{name}" is in the waiting room "{room_of[name]}" already; name it in one'
                yield ("waiting_rooms", room, "queues", number), message
            room_of[name] = room


def _agent_problems(scenario: Scenario) -> Problems:
    for name, group in scenario.agents.items():
        where: Where = ("agents", name)
        if (group.staff is None) == (not group.shifts):
            yield where, 'needs either "staff" or "shifts", and not both'
        if group.is_unlimited:
            yield from _unlimited_problems(scenario, name, group)
        if group.shifts and group.shrinkage:
            yield (*where, "shrinkage"), f'applies to "staff"; with "shifts", {_instead_of_shrinkage(group)}'
        for field in ("absence", "lateness"):
            if group.staff is not None and getattr(group, field):
                yield (*where, field), 'applies to "shifts"; with "staff", use "shrinkage"'
        for number, shift in enumerate(group.shifts):
            yield from days_outside(scenario, shift.days, (*where, "shifts", number, "days"))
            yield from _activity_problems(shift, (*where, "shifts", number))
        slots = group.at_once or 1
        for queue, serving in group.serves.items():
            if serving.takes > slots:
                message = f"{serving.takes} is more than the agents' at_once, {slots}"
                yield (*where, "serves", queue, "takes"), message


def _instead_of_shrinkage(group: Agents) -> str:
    """Return what a group on shifts has in place of its shrinkage, and how much of it is as much."""
    hours = sum(shift.agents * (shift.hours[1] - shift.hours[0]) for shift in group.shifts)
    off = sum(shift.agents * (away.hours[1] - away.hours[0]) for shift in group.shifts for away in shift.off) / hours
    known = 'use "absence" and the activities off the queue ("off"): 1 - shrinkage = (1 - absence) * (1 - off)'
    if off >= group.shrinkage:
        return f"{known}; {100 * off:.3g} % of the shifts are off the queue already, so leave it out"
    absence = 100 * (1 - (1 - group.shrinkage) / (1 - off))
    return f"{known}; {100 * off:.3g} % of the shifts are off the queue, so write absence: {absence:.3g} %"


_OF_UNLIMITED = {"title", "about", "serves", "staff"}


def _unlimited_problems(scenario: Scenario, name: str, group: Agents) -> Problems:
    """Find settings of a group, and of queues and dialers, that mean nothing where there is always an agent."""
    why = 'means nothing where "staff" is "unlimited"; remove it, or give a headcount'
    for field in type(group).model_fields:
        if field not in _OF_UNLIMITED and getattr(group, field) != Agents.model_fields[field].get_default(
            call_default_factory=True
        ):
            yield ("agents", name, field), why
    for queue, serving in group.serves.items():
        if serving.interrupts:
            yield ("agents", name, "serves", queue, "interrupts"), why
    for queue, settings in scenario.queues.items():
        if any(stage.group == name and stage.idle for stage in settings.agents or ()):
            yield ("queues", queue, "agents"), f'"idle" of "{name}" {why}'
    for intent, step_name, step in _steps(scenario):
        if isinstance(step, Outbound) and name in {step.dialer.group, *(step.dialer.idle_in or ())}:
            message = f'"{name}" has unlimited agents, so its list would be called at once; give it a headcount'
            yield ("intents", intent, "steps", step_name, "dialer", "group"), message


def _activity_problems(shift: Shift, where: Where) -> Problems:
    """Find activities that do not lie within their shift, and those that overlap an earlier one."""
    begin, end = shift.hours
    within: list[tuple[float, float]] = []
    for number, activity in enumerate(shift.off):
        hours = hours_within(activity.hours, shift.hours)
        at = (*where, "off", number, "hours")
        shown, of_shift = spell_hours(activity.hours), spell_hours(shift.hours)
        if hours[1] > DAY >= end:
            message = f"{shown} ends on the next day, outside the shift, {of_shift}"
            yield at, f"{message}; give the earlier time first"
        elif hours[0] < begin or hours[1] > end:
            yield at, f"{shown} is outside the shift, {of_shift}; give hours within it"
        elif other := next((each for each in within if hours[0] < each[1] and each[0] < hours[1]), None):
            yield at, f"{shown} overlaps {spell_hours(other)} of the same shift; an agent does one at a time"
        within.append(hours)


def _condition_problems(scenario: Scenario) -> Problems:
    used = {step.channel for _, _, step in _steps(scenario)}
    for where, condition in _conditions(scenario):
        yield from days_outside(scenario, condition.day, (*where, "day"))
        for segment in condition.segment or ():
            if segment not in scenario.segments:
                yield (*where, "segment"), f'"{segment}" is not a segment; {near(segment, scenario.segments)}'
        for channel in condition.came_from or ():
            if channel not in used - {"pause"}:  # after a pause, the channel before it counts
                hint = near(channel, used - {"pause"})
                yield (*where, "came_from"), f'"{channel}" is the channel of no step; {hint}'
    yield from _line_problems(scenario, used)


def _line_problems(scenario: Scenario, used: set[str]) -> Problems:
    holding = {step.channel for _, _, step in _steps(scenario) if not isinstance(step, Pause)}
    dialed = [
        (step.channel, channels_of_call(scenario, intent, step) - {step.channel})
        for intent, _, step in _steps(scenario)
        if isinstance(step, Outbound)
    ]
    for name, lines in scenario.lines.items():
        for channel in lines.channels:
            if channel not in used:
                yield ("lines", name, "channels"), f'"{channel}" is the channel of no step; {near(channel, used)}'
            elif channel not in holding:
                yield ("lines", name, "channels"), f'"{channel}" needs no line; {near(channel, holding)}'
        for channel, answered in dialed:
            if channel in lines.channels and (missing := sorted(answered - set(lines.channels))):
                others = " and ".join(f'"{other}"' for other in missing)
                message = f'"{channel}" is here without {others}, where whoever answers goes on; add it'
                yield ("lines", name, "channels"), message
    steps = [f"{intent}.{name}" for intent, name, _ in _steps(scenario)]
    for begun in scenario.run.start_with:
        if begun not in steps:
            yield ("run", "start_with", begun), f'"{begun}" is not a step; {near(begun, steps)}'


def _transfer_problems(scenario: Scenario) -> Problems:
    """Find transfers to steps without an agent."""
    assisted = {f"{intent}.{name}" for intent, name, step in _steps(scenario) if isinstance(step, Deferred)}
    for intent, name, step in _steps(scenario):
        for target in step.transfer if isinstance(step, Assisted) else ():
            if (target if "." in target else f"{intent}.{target}") not in assisted:
                known = assisted | {full.removeprefix(f"{intent}.") for full in assisted}
                where = ("intents", intent, "steps", name, "transfer", target)
                yield where, f'"{target}" is not a step with agents; {near(target, known)}'


def _dialer_problems(scenario: Scenario) -> Problems:
    for intent, name, step in _steps(scenario):
        if not isinstance(step, Outbound):
            continue
        where: Where = ("intents", intent, "steps", name, "dialer")
        named = {(*where, "group"): step.dialer.group}
        named |= {(*where, "idle_in", number): group for number, group in enumerate(step.dialer.idle_in)}
        for place_of_group, group in named.items():
            if group not in scenario.agents:
                yield place_of_group, f'"{group}" is not a group of agents; {near(group, scenario.agents)}'


def _infinite_problems(scenario: Scenario) -> Problems:
    message = "would take for ever; only patience may be infinite"
    for intent, name, step in _steps(scenario):
        fields = ("talk", "hold", "wrap_up", "handover") if isinstance(step, Deferred) else ("time",)
        for field in fields if not isinstance(step, Pause) else ():
            law = getattr(step, field, None)
            if law is not None and law.infinite:
                yield ("intents", intent, "steps", name, field, "never"), message
    for name, queue in scenario.queues.items():
        if queue.callback and queue.callback.talk and queue.callback.talk.infinite:
            yield ("queues", name, "callback", "talk", "never"), message
    for name, group in scenario.agents.items():
        if group.breaks and group.breaks.time.infinite:
            yield ("agents", name, "breaks", "time", "never"), message


def _title_problems(scenario: Scenario) -> Problems:
    """Find titles that would be taken for something else."""
    owners: dict[Where, Any] = {
        (section,): getattr(scenario, section) for section in ("intents", "queues", "agents", "segments", "lines")
    }
    owners |= {("intents", name, "steps"): intent.steps for name, intent in scenario.intents.items()}
    for where, parts in owners.items():
        shown: dict[str, str] = {name: name for name, part in parts.items() if not part.title}
        for name, part in parts.items():
            if part.title and shown.setdefault(part.title, name) != name:
                message = f'"{part.title}" is what "{shown[part.title]}" is called too; give each a title of its own'
                yield (*where, name, "title"), message


def _last_case_problems(scenario: Scenario) -> Problems:
    lists: dict[Where, object] = {
        ("intents", intent, "steps", name, field): getattr(step, field, None)
        for intent, name, step in _steps(scenario)
        for field in EXITS
    }
    lists |= {("intents", name, "start"): intent.start for name, intent in scenario.intents.items()}
    for where, routes in lists.items():
        if isinstance(routes, list) and routes[-1].when != Condition():
            yield (*where, len(routes) - 1), 'the last case must have no "when": it takes everybody who is left'


def _start_problems(scenario: Scenario) -> Problems:
    """Find conditions on the start that speak of a past, which a new customer does not have."""
    for intent, graph in scenario.intents.items():
        for number, case in enumerate(cases_of(graph.start)):
            for field in sorted(case.when.model_fields_set - {"segment", "day", "time"}):
                where = ("intents", intent, "start", number, "when", field)
                yield where, f'"{field}" is not known of customers who come; give "segment", "day" or "time"'


def _conditions(scenario: Scenario) -> Iterator[tuple[Where, Condition]]:
    for intent, graph in scenario.intents.items():
        for number, case in enumerate(cases_of(graph.start)):
            yield ("intents", intent, "start", number, "when"), case.when
    for intent, name, step in _steps(scenario):
        where: Where = ("intents", intent, "steps", name)
        for field in EXITS:
            for number, case in enumerate(cases_of(getattr(step, field, None) or [])):
                yield (*where, field, number, "when"), case.when
        for number, factor in enumerate(step.impatience if isinstance(step, Assisted) else ()):
            yield (*where, "impatience", number, "when"), factor.when


def _steps(scenario: Scenario) -> Iterator[tuple[str, str, Step]]:
    """Yield every step with its intent and its name."""
    for intent, graph in scenario.intents.items():
        for name, step in graph.steps.items():
            yield intent, name, step


def _length_of(days: RunDays) -> float:
    """Return the time from a run's first opening to its end, in seconds."""
    return days.end - next(day.opens for day in days.days if day.opens < day.closes)


def _run_problems(scenario: Scenario) -> Problems:
    run = scenario.run
    days = hours_by_day(scenario)
    first, lengths = next(iter(days.values()))[0], {until - begin for begin, until in days.values()}
    if run.interval < 1 or any(length % run.interval for length in lengths) or DAY % run.interval:
        part = spell(fitting_interval([*lengths, DAY]))
        yield (
            ("run", "interval"),
            f"{spell(run.interval)} does not divide the hours of the run and the day; give {part}",
        )
    elif changes := [day for day in range(1, run.days + 1) if scenario.calendar.length(day) % run.interval]:
        hours = f"{spell(scenario.calendar.length(changes[0]))}, as the clocks change in {run.time_zone}"
        message = f"{scenario.calendar.date_of(changes[0])} has {hours}, which is no multiple of {spell(run.interval)}"
        yield ("run", "interval"), f"{message}; give a shorter interval, such as 30 min, or no time_zone"
    elif apart := next((day for day, (begin, _) in days.items() if (begin - first) % run.interval), None):
        message = f"begin on {day_name(apart, scenario.calendar)} at {clock(days[apart][0])}, and at {clock(first)} on"
        message += f" other days, which is no multiple of the interval, {spell(run.interval)}"
        yield ("run", "hours"), f"{message}; give a shorter interval, or other hours"
    elif run.warm_up % run.interval:
        whole = run.warm_up // run.interval * run.interval
        nearest = " or ".join(spell(length) for length in (whole, whole + run.interval) if length)
        message = f"{spell(run.warm_up)} is no whole number of intervals of {spell(run.interval)}; give {nearest}"
        yield ("run", "warm_up"), message
    elif run.warm_up and run.warm_up >= (length := _length_of(run_days(scenario))):
        message = f"{spell(run.warm_up)} is as long as the run, {spell(length)}, or longer, so nothing counts; "
        yield ("run", "warm_up"), f"{message}give a shorter one, or more days"


def _needs_no_demand(intent: Intent) -> bool:
    """Tell whether an intent has a rate, or customers who are there from the start for ever."""
    return intent.rate is not None or intent.endless


def _length_problems(scenario: Scenario) -> Problems:
    run = scenario.run
    forecast = {name: intent for name, intent in scenario.intents.items() if not isinstance(intent.arrivals, Replayed)}
    tables: dict[Where, Any] = {("intents", name, "demand"): intent.demand for name, intent in forecast.items()}
    tables |= {
        ("agents", name, "staff"): group.staff for name, group in scenario.agents.items() if not group.is_unlimited
    }
    for where, table in tables.items():
        if table is None and where[0] == "intents" and not _needs_no_demand(forecast[str(where[1])]):
            yield where, "is missing; give the expected journeys per interval, or a demand.forecast with this column"
        length = (scenario.demand.per if where[0] == "intents" else None) or run.interval
        yield from numbers_problems(scenario, table, length, where)
        if where[0] == "agents" and scenario.agents[str(where[1])].rounding != "spread":
            fractions = [number for number in numbers_in(table) if number % 1]
            if fractions:
                message = f'{fractions[0]:g} is not a whole number of agents; "rounding: spread" keeps the fraction'
                yield where, message
