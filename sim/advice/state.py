"""Warnings about the state of the moment at which a run begins (`now`): what it leaves out, and what it cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.advice.model import Path, ScenarioWarning
from sim.core.units import clock, counted, spell
from sim.distributions import Law, LawTable, quantiles_of
from sim.distributions.conditional import share_within
from sim.scenario.law_fields import LawByDay, LawByTime
from sim.scenario.now import Busy, Waiting
from sim.scenario.now_checks import agents_at_opening, at_once, opening_day, turns_to
from sim.scenario.resources import Queue
from sim.scenario.schema import Scenario
from sim.scenario.steps import Assisted, Deferred

__all__ = ["warnings"]

_OLD = 0.999  # of the patiences or talks that are shorter than an age: whoever is left is one of a thousand
_FOR_CERTAIN = (0.0, 0, 0)  # after, idle and waiting of a group that takes any contact at once


def warnings(scenario: Scenario) -> Iterator[ScenarioWarning]:
    """Yield the warnings about who waits and which agents are busy."""
    yield from _no_age(scenario)
    yield from _old(scenario)
    yield from _full(scenario)
    yield from _idle(scenario)
    yield from _callbacks(scenario)


def _entries(scenario: Scenario) -> Iterator[tuple[Path, str, Waiting | Busy, int]]:
    """Yield path, name of the queue or group, entry and number of each entry."""
    for queue, waiting in scenario.now.waiting.items():
        for number, entry in enumerate(waiting):
            yield ("now", "waiting", queue, number), queue, entry, entry.customers
    for group, busy in scenario.now.busy.items():
        for number, doing in enumerate(busy):
            yield ("now", "busy", group, number), group, doing, doing.agents


def _no_age(scenario: Scenario) -> Iterator[ScenarioWarning]:
    """Find entries that say nothing of the time before: they begin as the run does."""
    ageless = [
        (path, number)
        for path, _, entry, number in _entries(scenario)
        if entry.since is None and getattr(entry, entry.AGE) is None and getattr(entry, "until", None) is None
    ]
    if ageless:
        number = sum(each for _, each in ageless)
        message = "has no time before the run begins, so waits and talks begin then, in full ({contacts})"
        hint = (
            'write since: 10:52, or a usual age such as waited: {law: exponential, mean: 2 min} ("busy_for" of agents)'
        )
        yield _warning("age-left-out", [path for path, _ in ageless], message, hint, number)


def _old(scenario: Scenario) -> Iterator[ScenarioWarning]:
    """Find ages that next to no patience, or talk, reaches."""
    _, (opens, _) = opening_day(scenario)
    for path, owner, entry, number in _entries(scenario):
        if entry.since is None or entry.since > opens or getattr(entry, "until", None) is not None:
            continue
        age, laws = opens - entry.since, _laws(scenario, owner, entry)
        if laws and all(_share_within(law, age) > _OLD for law in laws):
            what = "has waited longer than their patience" if isinstance(entry, Waiting) else "lasts longer"
            message = f"is {spell(age)} before the run begins: fewer than one of a thousand {what} ({{contacts}})"
            hint = f"write a time nearer to {clock(opens)}, or a law with so long times"
            yield _warning("since-long-ago", [(*path, "since")], message, hint, number)


def _share_within(law: Law, age: float) -> float:
    """Return the share of a law's times that do not exceed an age."""
    table = LawTable.from_laws([law])
    return share_within(table.value_of(0, quantiles_of(table.families)), age)


def _laws(scenario: Scenario, owner: str, entry: Waiting | Busy) -> list[Law]:
    """Return the laws of what an entry may be doing: of patience, talk or after-call work; none if one is unknown."""
    queues = [owner] if isinstance(entry, Waiting) else list(scenario.agents[owner].serves)
    if isinstance(entry, Busy) and entry.queue is not None:
        queues = [entry.queue]
    laws: list[Law] = []
    for intent, graph in scenario.intents.items():
        for step in graph.steps.values():
            if not isinstance(step, Deferred) or step.queue not in queues or entry.intent not in {None, intent}:
                continue
            law = _law(step, entry)
            if law is None:
                return []
            laws += law.laws() if isinstance(law, LawByTime | LawByDay) else [law]
    return laws


def _law(step: Deferred, entry: Waiting | Busy) -> Law | LawByTime | LawByDay | None:
    """Return the law that an age is compared with; None if there is none, or several times add up to it."""
    if isinstance(entry, Waiting):
        return step.patience if isinstance(step, Assisted) else None
    if entry.doing == "contact":
        return None if isinstance(step, Assisted) and step.hold.mean_value() else step.talk
    return step.wrap_up if entry.doing == "wrap_up" else None


def _full(scenario: Scenario) -> Iterator[ScenarioWarning]:
    """Find more who wait than a queue or a waiting room lets in."""
    waiting = {queue: sum(entry.customers for entry in entries) for queue, entries in scenario.now.waiting.items()}
    places: dict[tuple[str, ...], int] = {
        (queue,): capacity
        for queue, settings in scenario.queues.items()
        if queue in waiting and (capacity := settings.capacity) is not None
    }
    places |= {tuple(room.queues): room.capacity for room in scenario.waiting_rooms.values()}
    for queues, capacity in places.items():
        present = [queue for queue in queues if queue in waiting]
        number = sum(waiting[queue] for queue in present)
        if number > capacity:
            message = f"are more than the {capacity} who may wait there; they stay, and whoever comes is blocked "
            hint = "write those who wait in it, or a greater capacity"
            paths: list[Path] = [("now", "waiting", queue) for queue in present]
            yield _warning("more-than-capacity", paths, message + "({contacts})", hint, number)


def _idle(scenario: Scenario) -> Iterator[ScenarioWarning]:
    """Find queues in which contacts wait although agents who serve them are free."""
    for queue, entries in scenario.now.waiting.items():
        stages = scenario.queues.get(queue, Queue()).agents
        certain = {stage.group for stage in stages or () if (stage.after, stage.idle, stage.waiting) == _FOR_CERTAIN}
        able = [
            name
            for name, group in scenario.agents.items()
            if queue in group.serves and turns_to(scenario, queue, name) and (not stages or name in certain)
        ]
        free = {name: number for name in able if (number := _free(scenario, name))}
        if free:
            agents = ", ".join(f"{number:,} of {name}" for name, number in free.items())
            message = f"wait although agents are free, {agents}, who answer them as the run begins ({{contacts}})"
            hint = f"write who is busy, such as now.busy: {{{next(iter(free))}: [10:55, {{until: 11:04}}]}}"
            number = sum(entry.customers for entry in entries)
            yield _warning("agents-free-while-waiting", [("now", "waiting", queue)], message, hint, number)


def _free(scenario: Scenario, name: str) -> int:
    """Return how many agents of a group are on duty as the run begins, and neither busy nor away."""
    group, busy = scenario.agents[name], scenario.now.busy.get(name, [])
    away = sum(entry.agents for entry in busy if entry.doing == "break")
    held = sum(entry.agents for entry in busy if entry.doing != "break")
    return max(agents_at_opening(scenario, group) - away - -(-held // at_once(group, scenario)), 0)


def _callbacks(scenario: Scenario) -> Iterator[ScenarioWarning]:
    """Find queues with callbacks: who waits for one already cannot be said."""
    offers = scenario.orchestration.callbacks
    for queue, entries in scenario.now.waiting.items():
        if offers and scenario.queues.get(queue, Queue()).callback:
            message = (
                "wait on the line, and may give up: nobody here waits for a callback, and none is offered to them "
            )
            hint = "leave out who waits for a callback already"
            number = sum(entry.customers for entry in entries)
            yield _warning(
                "callbacks-not-carried-over", [("now", "waiting", queue)], message + "({contacts})", hint, number
            )


def _warning(code: str, paths: Sequence[Path], message: str, hint: str, number: int) -> ScenarioWarning:
    return ScenarioWarning(code, tuple(paths), message.replace("{contacts}", counted(number, "contact")), hint, number)
