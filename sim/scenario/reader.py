"""Reader of scenarios: parse, resolve tables, apply overrides, check, and report all problems at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.channels import channels
from sim.core.errors import InvalidInput, Problem, near
from sim.core.files import is_folder
from sim.core.units import clock, spell
from sim.distributions import laws
from sim.scenario.cross_checks import cross_problems
from sim.scenario.demand_checks import interval_problems
from sim.scenario.document import Document, read_yaml
from sim.scenario.graph_checks import graph_problems
from sim.scenario.interval_tables import Table, read_table, step_between
from sim.scenario.overrides import apply_overrides
from sim.scenario.recordings import with_recordings
from sim.scenario.schema import Scenario
from sim.scenario.written_values import as_written

__all__ = ["read_scenario", "scenario_hash", "schema"]

Where = tuple[str | int, ...]
_LONGEST = 400  # characters of a message
_CODES = {"missing": "missing", "unknown_key": "unknown-key"}  # of pydantic's types


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
        With its CSV columns resolved.

    Raises
    ------
    InvalidInput
        All problems in all files at once.
    """
    path = Path(file)
    if is_folder(path):
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
    source = f"--set {' '.join(overrides)}"
    problems += _problems_of(changed, source, None)
    if problems:
        raise InvalidInput(_unique(problems))
    result = Scenario.model_validate(changed)
    changed_meaning = list(interval_problems(scenario, result))
    if changed_meaning:
        raise InvalidInput(
            Problem(source, ".".join(path), message, code="changed-meaning") for path, message in changed_meaning
        )
    return result


def scenario_hash(scenario: Scenario) -> str:
    """Return a hash of everything in a scenario that can change a simulated number: 16 hexadecimal digits."""
    # Defaults are left out, so that a later version with new fields gives the same hash.
    data = scenario.model_dump(mode="json", exclude={"objectives", "about"}, exclude_defaults=True)
    # Keys are not sorted: agents are chosen in the order of their groups.
    return sha256(json.dumps(data).encode()).hexdigest()[:16]


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of scenario files, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Scenario.model_json_schema()}


def _overridden(scenario: Scenario, document: Document, overrides: tuple[str, ...]) -> Document:
    """Apply overrides, which may name other CSV files."""
    data = scenario.model_dump()
    changed = apply_overrides(data, overrides)
    if changed["demand"] != data["demand"]:
        for name, intent in document.data["intents"].items():
            if intent.get("demand") is None and changed["intents"][name]["demand"] == data["intents"][name]["demand"]:
                changed["intents"][name]["demand"] = None  # read it from the forecast again, which may have changed
    return Document(document.file, as_written(changed, data, scenario.model_dump(exclude_unset=True), overrides), {})


def _unique(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))


def _resolve(document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """Replace the names of CSV files by their columns."""
    folder = document.file.parent
    data, problems = with_recordings(document.data, folder)
    tables: dict[str, Table | None] = {}

    def column(owner: str, spec: Any, where: Where) -> Any:
        if isinstance(spec, str) and spec.rstrip().endswith("%"):
            message = f'"{spec}" is neither a number nor a CSV file; give a number, or change what is there: --set '
            message += f'"{".".join(map(str, where))}=+{spec}" adds so much of it, and "*1.1" multiplies it'
            problems.append(Problem(str(document.file), ".".join(map(str, where)), message, document.line(where)))
            return 0
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
            return 0  # a placeholder, so that the rest is checked too

    data = {**data}
    for section, field in (("intents", "demand"), ("agents", "staff")):
        owners = data.get(section)
        if not isinstance(owners, dict):
            continue
        data[section] = {
            name: {**owner, field: column(name, owner[field], (section, name, field))}
            if isinstance(owner, dict) and owner.get(field) is not None
            else owner
            for name, owner in owners.items()
        }
    demand = data.get("demand")
    forecast = demand.get("forecast") if isinstance(demand, dict) else None
    if isinstance(forecast, str) and isinstance(data.get("intents"), dict):
        data["intents"] = {
            name: {**intent, "demand": column(name, forecast, ("demand", "forecast"))}
            if isinstance(intent, dict) and intent.get("demand") is None and not _replayed(intent)
            else intent
            for name, intent in data["intents"].items()
        }
    return data, problems


def _replayed(intent: dict[str, Any]) -> bool:
    """Tell whether an intent replays recorded arrivals, which need no forecast."""
    return isinstance(intent.get("arrivals"), dict) and "replay" in intent["arrivals"]


def _other_hours(table: Table, data: dict[str, Any], document: Document, where: Where) -> list[Problem]:
    """Check that the rows of a table match the intervals of the run, or the time that demand is for."""
    demand = data.get("demand") if where[0] != "agents" else None
    per = demand.get("per") if isinstance(demand, dict) else None
    run_and_demand = {"run": data.get("run") or {}, "demand": {"per": per}}
    try:
        bare = Scenario.model_validate({"name": "-", "intents": _ANY, **run_and_demand})
    except ValidationError:
        return []  # the schema reports problems of the run
    run, length = bare.run, bare.demand.per or bare.run.interval
    step = step_between(*table.begins[:2]) if len(table.begins) > 1 else length
    if table.begins[0] == run.hours[0] and step == length:
        return []
    actual = f"rows of {step / 60:g} min from {clock(table.begins[0])}"
    wanted = f"{length / 60:g} min from {clock(run.hours[0])}"
    message = f"{table.file} has {actual}; the run's hours and {'demand.per' if per else 'interval'} want {wanted}"
    if where[0] != "agents" and step > 0 and step != length:
        message += f", or write demand.per: {spell(step)}"
    return [Problem(str(document.file), ".".join(map(str, where)), message, document.line(where))]


_ANY = {"any": {"demand": 0, "start": "s", "steps": {"s": {"channel": "web", "time": 0, "next": "resolved"}}}}


def _problems_of(data: dict[str, Any], file: str, document: Document | None) -> list[Problem]:
    problems: list[Problem] = []

    def add(where: Where, message: str, code: str) -> None:
        line = document.line(where) if document else 0
        if len(message) > _LONGEST:  # a value may be half the file; the remedy is at the end
            message = f"{message[: _LONGEST // 2]} ... {message[-_LONGEST // 2 :]}"
        problems.append(Problem(file, ".".join(map(str, where)), message, line, code))

    scenario = None
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        for detail in error.errors():
            where = _path(data, detail["loc"], detail["type"])
            add(where, _sentence(dict(detail), where), _CODES.get(detail["type"], "wrong-value"))
    for where, message in graph_problems(data.get("intents")):
        add(where, message, "wrong-graph")
    if scenario:
        for where, message in cross_problems(scenario):
            add(where, message, "contradiction")
    return problems


def _path(data: Any, loc: tuple[str | int, ...], error_type: str) -> Where:
    """Return an error's location without the tags of unions, which pydantic adds and the file does not have."""
    where: list[str | int] = []
    for depth, part in enumerate(loc):
        inside = isinstance(data, dict) and part in data
        inside = inside or (isinstance(data, list) and isinstance(part, int) and part < len(data))
        if inside:
            data = data[part]
        elif not (error_type == "missing" and depth == len(loc) - 1):
            continue
        where.append(part)
    return tuple(where)


def _sentence(detail: dict[str, Any], where: Where) -> str:
    error_type, value = detail["type"], detail["input"]
    if error_type in {"union_tag_invalid", "union_tag_not_found"}:
        return _unknown_choice(value, "channel" if where[-2:-1] == ("steps",) else "law")
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    if error_type in {"value_error", "unknown_key"}:
        return message
    keys = f'{_short(value)} should hold keys and their values, such as "name: value"'
    fixed = {
        "missing": "is missing",
        "dict_type": keys,
        "model_attributes_type": keys,
        "model_type": keys,
        "string_pattern_mismatch": f"{_short(value)} is not a name; write it in small letters, digits and underscores, "
        'such as "lost_card"',
    }
    return fixed.get(error_type) or f"{_short(value)} {message}"


def _unknown_choice(value: Any, key: str) -> str:
    known = list(channels() if key == "channel" else laws())
    name = value.get(key) if isinstance(value, dict) else None
    if name is None:
        return f"{_short(value)} names no {key}; {near('', known)}"
    return f'"{name}" is not a {key}; {near(str(name), known)}'


def _short(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
