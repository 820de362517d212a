"""Checks of the state of the moment at which a run begins (`now`)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from typing import Any

from sim.channels import channels
from sim.core.errors import near
from sim.core.headcounts import on_duty, rounded
from sim.core.units import DAY, clock, counted
from sim.scenario.by_day import is_named, values_of_day
from sim.scenario.now import Busy, Waiting
from sim.scenario.resources import Agents, Queue, Shift
from sim.scenario.run_days import hours_by_day, hours_within
from sim.scenario.schema import Scenario
from sim.scenario.size_checks import MAX_AGENTS
from sim.scenario.steps import Assisted, Deferred

__all__ = ["MAX_CARRIED_OVER", "agents_at_opening", "at_once", "now_problems", "opening_day", "turns_to"]

MAX_CARRIED_OVER = 1_000_000
"""Customers who wait when a run begins, and agents who are busy then: some 300 bytes and 20 us each."""

Where = tuple[str | int, ...]
Problems = Iterator[tuple[Where, str]]


def opening_day(scenario: Scenario) -> tuple[int, tuple[float, float]]:
    """Return the day on which a run begins, from 1, and its hours by the wall clock."""
    return next(iter(hours_by_day(scenario).items()))


def at_once(group: Agents, scenario: Scenario) -> int:
    """Return how many contacts an agent may hold; by default the least that a channel served allows."""
    if group.at_once is not None or group.is_unlimited:
        return group.at_once or 1
    steps = [step for intent in scenario.intents.values() for step in intent.steps.values()]
    served = [step.channel for step in steps if getattr(step, "queue", None) in group.serves]
    return min((channels()[name].concurrency for name in served), default=1)


def agents_at_opening(scenario: Scenario, group: Agents) -> int:
    """Return how many agents of a group are on duty as a run begins, as scheduled."""
    if group.is_unlimited:
        return MAX_AGENTS
    day, (opens, _) = opening_day(scenario)
    if group.shifts:
        return sum(shift.agents for shift in group.shifts if _is_there(scenario, shift, day, opens))
    if group.staff is None:
        return 0
    staff = values_of_day(group.staff, day, scenario.calendar)
    first = (staff[0] if staff else 0.0) if isinstance(staff, list) else staff or 0.0
    present = on_duty(first, group.shrinkage)
    return int(present) + (present % 1 > 0) if group.rounding == "spread" else int(rounded(present))


def _is_there(scenario: Scenario, shift: Shift, day: int, time: float) -> bool:
    """Return whether the agents of a shift are on the queue at a time of a day; a night may be of the day before."""
    for of_day, instant in ((day, time), (day - 1, time + DAY)):
        if is_named(shift.days, of_day, scenario.calendar) and shift.hours[0] <= instant < shift.hours[1]:
            off = (hours_within(activity.hours, shift.hours) for activity in shift.off)
            return not any(begin <= instant < until for begin, until in off)
    return False


def now_problems(scenario: Scenario) -> Problems:
    """Yield path and message of what in the state contradicts the rest of a scenario; the run's days must be right."""
    now = scenario.now
    served = {queue for group in scenario.agents.values() for queue in group.serves}
    for queue, waiting in now.waiting.items():
        if queue not in served:
            yield ("now", "waiting", queue), f'"{queue}" is not a queue; {near(queue, served)}'
            continue
        for number, entry in enumerate(waiting):
            yield from _entry_problems(scenario, entry, [queue], ("now", "waiting", queue, number))
            yield from _kept_problems(scenario, entry, queue, ("now", "waiting", queue, number))
    for name, busy in now.busy.items():
        if name not in scenario.agents:
            yield ("now", "busy", name), f'"{name}" is not a group of agents; {near(name, scenario.agents)}'
            continue
        yield from _group_problems(scenario, name, busy)
    yield from _line_problems(scenario)
    entries = chain.from_iterable(now.waiting.values())
    count = sum(each.customers for each in entries) + sum(each.agents for each in chain(*now.busy.values()))
    if count > MAX_CARRIED_OVER:
        yield ("now",), f"{count:,} customers and agents are too many; give at most {MAX_CARRIED_OVER:,}"


def _group_problems(scenario: Scenario, name: str, busy: Sequence[Busy]) -> Problems:
    group, where = scenario.agents[name], ("now", "busy", name)
    serves = [queue for queue in group.serves if turns_to(scenario, queue, name)]
    for number, entry in enumerate(busy):
        if entry.queue is not None and entry.queue not in serves:
            message = f'"{entry.queue}" is not a queue that "{name}" takes contacts of; {near(entry.queue, serves)}'
            yield (*where, number, "queue"), message
        else:
            queues = serves if entry.queue is None else [entry.queue]
            yield from _entry_problems(scenario, entry, queues, (*where, number))
    places, present = at_once(group, scenario), agents_at_opening(scenario, group)
    whole = sum(entry.agents for entry in busy if entry.doing == "break")
    taken = sum(entry.agents * _takes(group, entry) for entry in busy if entry.doing != "break")
    if whole + -(-taken // places) > present:
        held = f" with {places} contacts each" if places > 1 else ""
        _, (opens, _) = opening_day(scenario)
        message = f"{sum(entry.agents for entry in busy)} are busy, of {counted(present, 'agent')}{held} on duty at"
        yield where, f"{message} {clock(opens)}; give fewer, or more agents"


def _takes(group: Agents, entry: Busy) -> int:
    """Return the places that a contact takes, the least of the queues it may be of."""
    queues = group.serves if entry.queue not in group.serves else [str(entry.queue)]
    return min(group.serves[queue].takes for queue in queues)


def turns_to(scenario: Scenario, queue: str, group: str) -> bool:
    """Return whether a queue turns to a group that serves it."""
    stages = scenario.queues.get(queue, Queue()).agents
    return not stages or any(stage.group == group for stage in stages)


def _entry_problems(scenario: Scenario, entry: Waiting | Busy, queues: Collection[str], where: Where) -> Problems:
    """Find names that do not fit, and times on the wrong side of the run's begin."""
    if entry.segment is not None and entry.segment not in scenario.segments:
        hint = near(entry.segment, scenario.segments)
        yield (*where, "segment"), f'"{entry.segment}" is not a segment; {hint}'
    steps = [
        (intent, step)
        for intent, graph in scenario.intents.items()
        for step in graph.steps.values()
        if isinstance(step, Deferred) and step.queue in queues
    ]
    known = dict.fromkeys(intent for intent, _ in steps)
    if entry.intent is not None and entry.intent not in known:
        message = f'"{entry.intent}" is not an intent with a step of {" or ".join(queues)}; {near(entry.intent, known)}'
        yield (*where, "intent"), message
    own: list[Any] = [step for intent, step in steps if entry.intent in (None, intent) and _is_own(step)]
    if own:
        message = f'the step "{own[0].process.step}" of your own cannot be under way as the run begins'
        yield where, f"{message}; name another intent"
    yield from _time_problems(scenario, entry, where)


def _kept_problems(scenario: Scenario, entry: Waiting, queue: str, where: Where) -> Problems:
    """Find customers who wait with a patience that is kept: that of their next tries would be another one."""
    for intent, graph in scenario.intents.items():
        for name, step in graph.steps.items():
            kept = isinstance(step, Assisted) and step.queue == queue and step.patience_kept
            if kept and entry.intent in (None, intent):
                message = (
                    f'wait at "{intent}.{name}", whose patience is kept over tries (patience_kept), and of that only '
                )
                yield where, f"{message}what is left is drawn here; remove patience_kept, or leave them out"
                return


def _line_problems(scenario: Scenario) -> Problems:
    """Find lines of which customers who are there as the run begins need more than there are."""
    held = dict.fromkeys(scenario.lines, 0)
    for queue, waiting in scenario.now.waiting.items():
        for entry in waiting:
            _add_lines(scenario, held, [queue], entry.intent, entry.customers)
    for name, busy in scenario.now.busy.items():
        group = scenario.agents.get(name)
        for contact in (entry for entry in busy if entry.doing == "contact" and group):
            queues = list(group.serves) if group and contact.queue is None else [str(contact.queue)]
            _add_lines(scenario, held, queues, contact.intent, contact.agents)
    for name, number in held.items():
        if number > scenario.lines[name].capacity:
            message = f"{number} who wait or are served as the run begins hold one of these lines, and there are "
            yield ("now",), f'"{name}": {message}{scenario.lines[name].capacity}; give fewer of them, or more lines'


def _add_lines(
    scenario: Scenario, held: dict[str, int], queues: Collection[str], intent: str | None, number: int
) -> None:
    """Count customers who hold lines for certain: whichever of the steps they are at needs one of them."""
    channels_of = {
        step.channel
        for name, graph in scenario.intents.items()
        for step in graph.steps.values()
        if isinstance(step, Deferred) and step.queue in queues and intent in (None, name)
    }
    for line, lines in scenario.lines.items():
        if channels_of and channels_of <= set(lines.channels):
            held[line] += number
            return


def _is_own(step: Any) -> bool:
    return getattr(step, "process", None) is not None


def _time_problems(scenario: Scenario, entry: Waiting | Busy, where: Where) -> Problems:
    _, (opens, closes) = opening_day(scenario)
    other = entry.AGE
    age = getattr(entry, other)
    if age is not None and age.infinite:
        yield (*where, other, "never"), "would have begun an infinite time ago; give a law without it"
    if entry.since is not None and entry.since > opens:
        message = f"{clock(entry.since)} is after the run begins, at {clock(opens)}; give an earlier time"
        yield (*where, "since"), f'{message}, or "{other}: 20 min" for one on the day before'
    until = getattr(entry, "until", None)
    if until is not None and until < opens and closes <= DAY:
        yield (*where, "until"), f"{clock(until)} is before the run begins, at {clock(opens)}; give a later time"
