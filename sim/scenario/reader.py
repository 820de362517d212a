"""Load a scenario: read, resolve its tables, override, check, and report everything that is wrong at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.channels import channels
from sim.core.errors import InvalidInput, Problem, near
from sim.core.units import clock
from sim.distributions import laws
from sim.scenario.cross_checks import name_problems
from sim.scenario.document import Document, read_yaml
from sim.scenario.graph_checks import graph_problems
from sim.scenario.interval_tables import Table, read_table
from sim.scenario.overrides import apply_overrides
from sim.scenario.recordings import with_recordings
from sim.scenario.schema import Scenario

__all__ = ["read_scenario", "scenario_hash", "schema"]

Where = tuple[str | int, ...]
_LONGEST = 400  # characters of a sentence


def read_scenario(file: Path | str, overrides: Sequence[str] = ()) -> Scenario:
    """Read and check a scenario.

    Parameters
    ----------
    file
        A ``scenario.yaml``, or the folder that holds it.
    overrides
        Changes by path, such as ``"agents.cards.staff=+4"``.

    Returns
    -------
    Scenario
        Whole: its CSV columns are in it.

    Raises
    ------
    InvalidInput
        Everything that is wrong in all files at once.
    """
    path = Path(file)
    if path.is_dir():
        path /= "scenario.yaml"
    document = read_yaml(path)
    data, problems = _resolve(document)
    problems += _problems_of(data, str(path), document)
    if problems:
        raise InvalidInput(_unique(problems))
    scenario = Scenario.model_validate(data)
    if not overrides:
        return scenario
    changed, problems = _resolve(_overridden(scenario, document, tuple(overrides)))
    problems += _problems_of(changed, f"--set {' '.join(overrides)}", None)
    if problems:
        raise InvalidInput(_unique(problems))
    return Scenario.model_validate(changed)


def scenario_hash(scenario: Scenario) -> str:
    """Return what identifies everything in a scenario that a simulated number can depend on.

    Parameters
    ----------
    scenario
        A whole scenario.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    # Without defaults, so that a later version with more to say calls the same scenario the same.
    data = scenario.model_dump(mode="json", exclude={"objectives", "about"}, exclude_defaults=True)
    # Not sorted: the groups of agents are chosen in the order in which they stand.
    return sha256(json.dumps(data).encode()).hexdigest()[:16]


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of scenario files, for editors.

    Returns
    -------
    dict
        The schema.
    """
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scenario.model_json_schema()}


def _overridden(scenario: Scenario, document: Document, overrides: tuple[str, ...]) -> Document:
    """Change a whole scenario; it may name CSV files anew."""
    data = scenario.model_dump()
    changed = apply_overrides(data, overrides)
    if changed["demand"] != data["demand"]:
        for name, intent in document.data["intents"].items():
            if intent.get("demand") is None and changed["intents"][name]["demand"] == data["intents"][name]["demand"]:
                changed["intents"][name]["demand"] = None  # read from the forecast, which may be another now
    return Document(document.file, changed, {})


def _unique(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _resolve(document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """Put the columns of the CSV files in the place of their names."""
    folder = document.file.parent
    data, problems = with_recordings(document.data, folder)
    tables: dict[str, Table | None] = {}

    def column(owner: str, spec: Any, where: Where) -> Any:
        spec = {"file": spec} if isinstance(spec, str) else spec
        if not isinstance(spec, dict) or not isinstance(spec.get("file"), str) or set(spec) - {"file", "column"}:
            return spec
        try:
            if spec["file"] not in tables:
                tables[spec["file"]] = None
                tables[spec["file"]] = read_table(folder / spec["file"])
            table = tables[spec["file"]]
            if table is None:
                return 0
            problems.extend(_other_hours(table, data, document, where))
            return table.column(str(spec.get("column") or owner))
        except InvalidInput as error:
            problems.extend(error.problems)
            return 0  # a stand-in, so that the rest is checked too

    data = {**data}
    for section, field in (("intents", "demand"), ("agents", "staff")):
        owners = data.get(section)
        if not isinstance(owners, dict):
            continue
        data[section] = {
            name: {**it, field: column(name, it[field], (section, name, field))}
            if isinstance(it, dict) and it.get(field) is not None
            else it
            for name, it in owners.items()
        }
    demand = data.get("demand")
    forecast = demand.get("forecast") if isinstance(demand, dict) else None
    if isinstance(forecast, str) and isinstance(data.get("intents"), dict):
        data["intents"] = {
            name: {**it, "demand": column(name, forecast, ("demand", "forecast"))}
            if isinstance(it, dict) and it.get("demand") is None and not _replayed(it)
            else it
            for name, it in data["intents"].items()
        }
    return data, problems


def _replayed(intent: dict[str, Any]) -> bool:
    """Tell whether arrivals were recorded, which need no forecast."""
    return isinstance(intent.get("arrivals"), dict) and "replay" in intent["arrivals"]


def _other_hours(table: Table, data: dict[str, Any], document: Document, where: Where) -> list[Problem]:
    """Check that a table begins with the run's first interval and has rows as long as its intervals."""
    try:
        run = Scenario.model_validate({"name": "-", "run": data.get("run") or {}, "intents": _ANY}).run
    except ValidationError:
        return []  # the run's own problems are reported where they are
    step = table.begins[1] - table.begins[0] if len(table.begins) > 1 else run.interval
    if table.begins[0] == run.hours[0] and step == run.interval:
        return []
    found = f"rows of {step / 60:g} min from {clock(table.begins[0])}"
    wanted = f"{run.interval / 60:g} min from {clock(run.hours[0])}"
    path = ".".join(map(str, where))
    what = f"{table.file} has {found}; the run's hours and interval want {wanted}"
    return [Problem(str(document.file), path, what, document.line(where))]


_ANY = {"any": {"demand": 0, "start": "s", "steps": {"s": {"channel": "web", "time": 0, "next": "resolved"}}}}


def _problems_of(data: dict[str, Any], file: str, document: Document | None) -> list[Problem]:
    problems: list[Problem] = []

    def add(where: Where, message: str) -> None:
        line = document.line(where) if document else 0
        if len(message) > _LONGEST:  # a value found may be half the file; what would be right stands at the end
            message = f"{message[: _LONGEST // 2]} ... {message[-_LONGEST // 2 :]}"
        problems.append(Problem(file, ".".join(map(str, where)), message, line))

    scenario = None
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        for detail in error.errors():
            where = _place(data, detail["loc"], detail["type"])
            add(where, _sentence(dict(detail), where))
    for where, message in graph_problems(data.get("intents")):
        add(where, message)
    if scenario:
        for where, message in name_problems(scenario):
            add(where, message)
    return problems


def _place(data: Any, loc: tuple[str | int, ...], kind: str) -> Where:
    """Keep of an error's location what stands in the file; pydantic also names the choices it made."""
    where: list[str | int] = []
    for depth, part in enumerate(loc):
        inside = isinstance(data, dict) and part in data
        inside = inside or (isinstance(data, list) and isinstance(part, int) and part < len(data))
        if inside:
            data = data[part]
        elif not (kind == "missing" and depth == len(loc) - 1):
            continue
        where.append(part)
    return tuple(where)


def _sentence(detail: dict[str, Any], where: Where) -> str:
    kind, found = detail["type"], detail["input"]
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _unknown_choice(found, "channel" if where[-2:-1] == ("steps",) else "law")
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    if kind in {"value_error", "unknown_key"}:
        return message
    keys = f'{_short(found)} should hold keys and their values, such as "name: value"'
    fixed = {
        "missing": "is missing",
        "dict_type": keys,
        "model_attributes_type": keys,
        "model_type": keys,
        "string_pattern_mismatch": f"{_short(found)} is not a name; write it in small letters, digits and underscores, "
        'such as "lost_card"',
    }
    return fixed.get(kind) or f"{_short(found)} {message}"


def _unknown_choice(found: Any, what: str) -> str:
    known = list(channels() if what == "channel" else laws())
    name = found.get(what) if isinstance(found, dict) else None
    if name is None:
        return f"{_short(found)} names no {what}; {near('', known)}"
    return f'"{name}" is not a {what}; {near(str(name), known)}'


def _short(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
