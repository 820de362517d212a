"""Checks of the journey graph, on the file as read, so that other mistakes do not hide dead ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from sim.core.errors import near
from sim.scenario.fields import OUTCOMES

__all__ = ["EXITS", "graph_problems"]

EXITS = (  # fields with routes
    *("next", "if_abandoned", "if_closed", "if_blocked", "if_balked", "if_failed", "if_timed_out"),
)
Where = tuple[str | int, ...]
Problems = Iterator[tuple[Where, str]]
Exits = dict[str, list[str]]  # field to targets


def graph_problems(intents: object) -> Problems:
    """Yield path and message of each problem of the journey graph.

    ``intents`` are as read, not yet validated. Values of a wrong form are skipped, because the schema reports them.
    """
    steps = {name: _mapping(_mapping(intent).get("steps")) for name, intent in _mapping(intents).items()}
    starts = {name: _targets(_mapping(intent).get("start")) for name, intent in _mapping(intents).items()}
    exits = {(intent, name): _exits(step) for intent, members in steps.items() for name, step in members.items()}
    incomplete = set()
    for intent, within, message in _unknown(steps, starts, exits):
        incomplete.add(intent)
        yield ("intents", intent, *within), message
    for (intent, step), message in _dead_ends(starts, exits):
        if intent not in incomplete:  # an unknown target hides what follows it
            yield ("intents", intent, "steps", step), message


def _unknown(
    steps: Mapping[str, Mapping[str, object]], starts: Mapping[str, list[str]], exits: Mapping[tuple[str, str], Exits]
) -> Iterator[tuple[str, Where, str]]:
    for intent, members in steps.items():
        for name in members:
            if name in OUTCOMES:
                yield intent, ("steps", name), "is the name of an outcome; choose another for the step"
        for target in starts[intent]:
            if target not in members:
                yield intent, ("start", target), f'"{target}" is not a step of this intent; {near(target, members)}'
    dotted = {f"{intent}.{name}" for intent, members in steps.items() for name in members}
    for (intent, name), fields in exits.items():
        own = {*steps[intent], *OUTCOMES}
        for field, targets in fields.items():
            for target in targets:
                known = dotted if "." in target else own
                if target not in known:
                    yield intent, ("steps", name, field, target), f'"{target}" leads nowhere; {near(target, known)}'


def _dead_ends(
    starts: Mapping[str, list[str]], exits: Mapping[tuple[str, str], Exits]
) -> Iterator[tuple[tuple[str, str], str]]:
    def full(intent: str, target: str) -> str:
        return target if "." in target or target in OUTCOMES else f"{intent}.{target}"

    leads = {
        f"{intent}.{name}": {full(intent, target) for targets in fields.values() for target in targets}
        for (intent, name), fields in exits.items()
    }
    back: dict[str, set[str]] = {}
    for step, targets in leads.items():
        for target in targets:
            back.setdefault(target, set()).add(step)
    begin = {full(intent, target) for intent, targets in starts.items() for target in targets}
    reached = _closure(begin, lambda name: leads.get(name, set()))
    ending = _closure(set(OUTCOMES), lambda name: back.get(name, set()))
    for intent, name in exits:
        step = f"{intent}.{name}"
        if starts[intent] and step not in reached:
            yield (intent, name), "is never reached from the start; add a route to it, or remove it"
        elif leads[step] and step not in ending:
            yield (intent, name), f"never leads to an outcome; let it end in {', '.join(OUTCOMES)}"


def _exits(step: object) -> Exits:
    routes = {field: _targets(_mapping(step).get(field)) for field in EXITS}
    return routes | {"notify": _targets(_mapping(_mapping(step).get("notify")).get("to"))}


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _targets(routes: object) -> list[str]:
    if isinstance(routes, list):
        return [target for case in routes for target in _targets(_mapping(case).get("to"))]
    return [routes] if isinstance(routes, str) else [str(target) for target in _mapping(routes)]


def _closure(roots: set[str], neighbours: Callable[[str], set[str]]) -> set[str]:
    reached, pending = set(roots), list(roots)
    while pending:
        new = neighbours(pending.pop()) - reached
        reached |= new
        pending += new
    return reached
