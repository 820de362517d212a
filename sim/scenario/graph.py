"""Checks across names: what no field can tell by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sim.core.errors import near
from sim.scenario.demand import Replayed
from sim.scenario.demand_checks import demand_problems
from sim.scenario.schema import Deferred, Scenario

__all__ = ["EXITS", "OUTCOMES", "intent_problems", "name_problems"]

OUTCOMES = ("resolved", "unresolved", "gave_up")
EXITS = ("next", "if_abandoned", "if_closed")  # where a step may lead
Where = tuple[str | int, ...]
Found = Iterator[tuple[Where, str]]


def intent_problems(intent: object) -> Found:
    """Find what is wrong with the graph of an intent, whatever else is wrong with it.

    Parameters
    ----------
    intent
        As read, not yet validated; what is not of the right form is passed over, since the schema reports it.

    Yields
    ------
    tuple
        Path within the intent, and a sentence.
    """
    steps = _mapping(_mapping(intent).get("steps"))
    start = _targets(_mapping(intent).get("start"))
    known = {*steps, *OUTCOMES}
    exits = {name: {field: _targets(_mapping(step).get(field)) for field in EXITS} for name, step in steps.items()}
    for name in steps:
        if name in OUTCOMES:
            yield ("steps", name), "is the name of an outcome; choose another for the step"
    for target in start:
        if target not in steps:
            yield ("start", target), f'"{target}" is not a step of this intent; {near(target, steps)}'
    for name, fields in exits.items():
        for field, targets in fields.items():
            for target in targets:
                if target not in known:
                    hint = near(target, known)
                    yield ("steps", name, field, target), f'"{target}" leads nowhere; {hint}'
    if known.issuperset(set(start).union(*(targets for fields in exits.values() for targets in fields.values()))):
        yield from _dead_ends(start, {name: set().union(*fields.values()) for name, fields in exits.items()})


def _dead_ends(start: list[str], leads: dict[str, set[str]]) -> Found:
    reached = _closure(set(start), lambda name: leads.get(name, set()))
    ending = _closure(set(OUTCOMES), lambda name: {step for step, targets in leads.items() if name in targets})
    for name, targets in leads.items():
        if start and name not in reached:
            yield ("steps", name), "is never reached from the start; lead to it, or take it out"
        elif targets and name not in ending:
            yield ("steps", name), f"never leads to an outcome; let it end in {', '.join(OUTCOMES)}"


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _targets(routes: object) -> list[str]:
    return [routes] if isinstance(routes, str) else [str(target) for target in _mapping(routes)]


def _closure(of: set[str], neighbours: Callable[[str], set[str]]) -> set[str]:
    found, todo = set(of), list(of)
    while todo:
        fresh = neighbours(todo.pop()) - found
        found |= fresh
        todo += fresh
    return found


def name_problems(scenario: Scenario) -> Found:
    """Find names that stand for nothing, and numbers that do not fit one another.

    Parameters
    ----------
    scenario
        Valid by its fields, its CSV columns resolved.

    Yields
    ------
    tuple
        Path, and a sentence.
    """
    yield from _queue_problems(scenario)
    share = sum(segment.share for segment in scenario.segments.values())
    if abs(share - 1) > 1e-9:
        yield ("segments",), f"the shares add up to {100 * share:.6g} %, not 100 %"
    yield from _run_problems(scenario)
    yield from _length_problems(scenario)
    yield from demand_problems(scenario)


def _queue_problems(scenario: Scenario) -> Found:
    groups = scenario.agents
    served = {queue for group in groups.values() for queue in group.serves}
    for name, queue in scenario.queues.items():
        if name not in served:
            yield ("queues", name), f"is served by no group of agents; {near(name, served)}"
        for group in queue.agents or ():
            if group not in groups:
                yield ("queues", name, "agents"), f'"{group}" is not a group of agents; {near(group, groups)}'
            elif name not in groups[group].serves:
                yield ("queues", name, "agents"), f'"{group}" does not serve this queue; add it to its "serves"'
    waits = {
        ("intents", intent, "steps", name, "queue"): step.queue
        for intent, it in scenario.intents.items()
        for name, step in it.steps.items()
        if isinstance(step, Deferred)
    }
    for where, wanted in waits.items():
        if wanted not in served:
            yield where, f'no agents serve "{wanted}"; {near(wanted, served)}'
    for idle in sorted(served - set(waits.values())):
        owner = next(name for name, group in groups.items() if idle in group.serves)
        yield ("agents", owner, "serves"), f'"{idle}" is the queue of no step; {near(idle, set(waits.values()))}'


def _run_problems(scenario: Scenario) -> Found:
    run = scenario.run
    if run.interval < 1 or (run.hours[1] - run.hours[0]) % run.interval or 86400 % run.interval:
        yield ("run", "interval"), f"{run.interval:g} s does not divide the hours of the run and the day; give 30 min"


def _length_problems(scenario: Scenario) -> Found:
    run = scenario.run
    wanted = round((run.hours[1] - run.hours[0]) / run.interval) if run.interval > 0 else 0
    expected = {key: it for key, it in scenario.intents.items() if not isinstance(it.arrivals, Replayed)}
    tables = {("intents", key, "demand"): it.demand for key, it in expected.items()}
    tables |= {("agents", key, "staff"): it.staff for key, it in scenario.agents.items()}
    for where, table in tables.items():
        if table is None:
            yield where, "is missing; give the expected journeys per interval, or a demand.forecast with this column"
        values = table if isinstance(table, list) else []
        if isinstance(table, list) and len(values) != wanted:
            yield (
                where,
                f"has {len(values)} numbers; the run's hours have {wanted} intervals of {run.interval / 60:g} min",
            )
        if where[0] == "agents":
            fractions = [v for v in ([table] if isinstance(table, float) else values) if v % 1]
            if fractions:
                yield where, f"{fractions[0]:g} is not a whole number of agents"
