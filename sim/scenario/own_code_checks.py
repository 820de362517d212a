"""Own code that a scenario asks for: its places, whether it is allowed, and whether it fits there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from routing import Policy, policies
from sim.core.errors import OwnCodeFailed, Problem, near
from sim.core.own_code import GROUPS, OwnCode, entry_points_of, is_dotted, load, loaded
from sim.core.own_kpi import OwnKpi
from sim.core.own_step import OwnStep
from sim.distributions import OwnLaw, law_names
from sim.scenario.document import Document
from sim.scenario.schema import Scenario

__all__ = ["OwnUse", "own_code_of", "own_code_problems"]

Where = tuple[str | int, ...]
_TYPES = {"law": OwnLaw, "policy": Policy, "step": OwnStep, "kpi": OwnKpi}
_MAKERS = {"law": "@law", "policy": "Policy(...)", "step": "@step", "kpi": "@kpi(...)"}


class OwnUse(NamedTuple):
    """A name that is none of ours, at its location in a scenario."""

    where: Where
    role: str
    name: str


def own_code_problems(data: dict[str, Any], file: str, document: Document, *, allow_code: bool) -> Iterator[Problem]:
    """Load the own code of a scenario, and yield what is wrong with it.

    Parameters
    ----------
    data
        The scenario as read, not yet checked.
    file
        Name of its file, or of the overrides.
    document
        Has the lines, and the folder whose modules may be imported.
    allow_code
        Whether modules may be imported that the scenario names.
    """
    for use in _uses(data):
        path, line = ".".join(map(str, use.where)), document.line(use.where)
        location = f"{document.file}:{line}: {path}" if line else f"{document.file}: {path}"
        if is_dotted(use.name) and not allow_code:
            module = use.name.rpartition(".")[0]
            message = f'"{use.name}" is Python of the module "{module}", and a scenario runs no code by itself; '
            message += "read that code, and if you trust it, allow it: --allow-code, in Python allow_code=True"
            yield Problem(file, path, message, line, "code-not-allowed")
            continue
        if not is_dotted(use.name) and use.name not in entry_points_of(use.role):
            if use.role in {"step", "kpi"}:
                hint = near(use.name, entry_points_of(use.role))
                message = f'"{use.name}" is no entry point of the group {GROUPS[use.role]} ({hint}); '
                yield Problem(file, path, f"{message}or write a dotted name, such as my_package.{use.name}", line)
            continue  # the schema knows the near names of laws and policies
        try:
            code = load(use.role, use.name, location, str(document.file.parent))
        except LookupError as error:
            yield Problem(file, path, str(error.args[0]), line, "code-failed")
        except OwnCodeFailed as error:
            sentence, _, detail = str(error).partition("\n")
            yield Problem(file, path, sentence.removeprefix(f"{location}: "), line, "code-failed", detail)
        else:
            if not isinstance(code.value, _TYPES[use.role]):
                wanted = f"make it with {_MAKERS[use.role]} of sojourn.extend"
                yield Problem(file, path, f'"{use.name}" is not a {use.role}; {wanted}', line, "code-failed")


def own_code_of(scenario: Scenario) -> tuple[OwnCode, ...]:
    """Return the own code that a scenario uses, each once."""
    data = scenario.model_dump(exclude_defaults=True)
    codes = (loaded(use.role, use.name) for use in _uses(data))
    return tuple({(code.role, code.name): code for code in codes if code is not None}.values())


def _uses(data: dict[str, Any]) -> Iterator[OwnUse]:
    """Yield the names that are none of ours."""
    routing = data.get("routing")
    if isinstance(routing, str) and routing not in policies():
        yield OwnUse(("routing",), "policy", routing)
    queues = data.get("queues")
    for name, queue in queues.items() if isinstance(queues, dict) else ():
        policy = queue.get("routing") if isinstance(queue, dict) else None
        if isinstance(policy, str) and policy not in policies():
            yield OwnUse(("queues", name, "routing"), "policy", policy)
    kpis = data.get("kpis")
    for number, name in enumerate(kpis if isinstance(kpis, list) else ()):
        if isinstance(name, str):
            yield OwnUse(("kpis", number), "kpi", name)
    yield from _uses_within(data, ())


def _uses_within(value: Any, where: Where) -> Iterator[OwnUse]:
    """Yield the laws and the processes of steps in a part of a scenario."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _uses_within(item, (*where, number))
    if not isinstance(value, dict):
        return
    law = value.get("law")
    if isinstance(law, str) and law not in law_names():
        yield OwnUse(where, "law", law)
    process = value.get("process") if where[-2:-1] == ("steps",) else None
    name = process.get("step") if isinstance(process, dict) else process
    if isinstance(name, str):
        yield OwnUse((*where, "process"), "step", name)
    for key, item in value.items():
        yield from _uses_within(item, (*where, key))
