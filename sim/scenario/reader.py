"""Reader of scenarios: parse, resolve tables, apply overrides, check, and report all problems at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.channels import channels
from sim.core.errors import InvalidInput, Problem, near
from sim.core.files import is_folder
from sim.distributions import Law, Minimum, law_names, laws
from sim.scenario.cross_checks import cross_problems
from sim.scenario.demand_checks import interval_problems
from sim.scenario.document import Document, read_yaml
from sim.scenario.graph_checks import graph_problems
from sim.scenario.now_tables import with_state
from sim.scenario.override_basis import basis_of, written_basis_of
from sim.scenario.overrides import apply_overrides
from sim.scenario.own_code_checks import own_code_of, own_code_problems
from sim.scenario.recordings import with_recordings
from sim.scenario.schema import Scenario
from sim.scenario.shift_files import with_shift_files
from sim.scenario.table_references import with_other_tables, with_tables
from sim.scenario.time_columns import with_time_columns
from sim.scenario.times_of_day import with_times_of_day
from sim.scenario.written_values import as_written

__all__ = ["ScenarioFile", "draft_of", "problems_of", "read_file", "read_scenario", "scenario_hash", "schema"]

Where = tuple[str | int, ...]
_LONGEST = 400  # characters of a message
_CODES = {"missing": "missing", "unknown_key": "unknown-key"}  # of pydantic's types


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario file that was read and checked, of which any number of changed scenarios can be made."""

    document: Document
    resolved: dict[str, Any]
    scenario: Scenario
    allow_code: bool

    def __repr__(self) -> str:
        """Return the file."""
        return f"<ScenarioFile: {self.document.file}>"

    def changed(self, overrides: Sequence[str]) -> Scenario:
        """Return the scenario with overrides; what `read_scenario` says about them holds here."""
        if not overrides:
            return self.scenario
        begun, left, misfits = _for_another_run(
            self.scenario, self.document, self.resolved, tuple(overrides), allow_code=self.allow_code
        )
        overridden = _overridden(begun, self.document, self.resolved, left)
        changed, problems = _resolve(overridden)
        source = f"--set {' '.join(overrides)}"
        problems += _problems_of(changed, source, overridden, allow_code=self.allow_code)
        if problems:
            raise InvalidInput(_unique(misfits + _without_consequences(problems, misfits)))
        result = Scenario.model_validate(changed)
        changed_meaning = list(interval_problems(self.scenario, result))
        if changed_meaning:
            raise InvalidInput(
                Problem(source, ".".join(path), message, code="changed-meaning") for path, message in changed_meaning
            )
        return result


def read_file(file: Path | str, *, overrides: Sequence[str] = (), allow_code: bool = False) -> ScenarioFile:
    """Read and check a scenario file, to change it more than once: most of the time goes into reading.

    Parameters
    ----------
    file, allow_code
        As for `read_scenario`.
    overrides
        Those that will change it: what is wrong with a table that they replace does not matter.

    Raises
    ------
    InvalidInput
        All problems in all files at once.
    """
    path = Path(file)
    if is_folder(path):
        path /= "scenario.yaml"
    document = read_yaml(path)
    try:
        return _checked(document, allow_code=allow_code)
    except InvalidInput:
        others = with_other_tables(document, overrides)
        if others is not document:
            with suppress(InvalidInput):
                return _checked(others, allow_code=allow_code)
        raise


def _checked(document: Document, *, allow_code: bool) -> ScenarioFile:
    data, problems = _resolve(document)
    problems += _problems_of(data, str(document.file), document, allow_code=allow_code)
    if problems:
        raise InvalidInput(_unique(problems))
    return ScenarioFile(document, data, Scenario.model_validate(data), allow_code)


def read_scenario(file: Path | str, overrides: Sequence[str] = (), *, allow_code: bool = False) -> Scenario:
    """Read and check a scenario.

    Parameters
    ----------
    file
        A ``scenario.yaml``, or the folder that holds it.
    overrides
        Changes by path, such as ``"agents.cards.staff=+4"``.
    allow_code
        Whether modules may be imported that the scenario names, for laws, policies, steps and KPIs of one's own.

    Returns
    -------
    Scenario
        With its CSV columns resolved.

    Raises
    ------
    InvalidInput
        All problems in all files at once.
    """
    return read_file(file, overrides=overrides, allow_code=allow_code).changed(overrides)


def _without_consequences(problems: list[Problem], misfits: list[Problem]) -> list[Problem]:
    """Leave out problems of numbers whose table does not fit another run."""
    paths = {misfit.path for misfit in misfits}
    if "demand.forecast" in paths:
        paths |= {problem.path for problem in problems if problem.path.split(".")[::2] == ["intents", "demand"]}
    return [problem for problem in problems if problem.path not in paths]


def _remove_titles(data: dict[str, Any]) -> None:
    """Remove the titles, on which no simulated number depends, from a scenario's data."""
    owners = [data.get(section, {}) for section in ("intents", "queues", "agents", "segments", "lines")]
    owners += [intent.get("steps", {}) for intent in data.get("intents", {}).values()]
    for parts in owners:
        for part in parts.values():
            part.pop("title", None)


def draft_of(document: Document) -> Scenario | None:
    """Return a scenario that the schema accepts, whatever else is wrong with it; None if it does not."""
    try:
        return Scenario.model_validate(_resolve(document)[0])
    except ValidationError:
        return None


def problems_of(document: Document) -> list[Problem]:
    """Return everything that is wrong with a scenario, but for code of one's own, which is not loaded."""
    data, problems = _resolve(document)
    problems += _problems_of(data, str(document.file), document, allow_code=False)
    return [problem for problem in _unique(problems) if problem.code != "code-not-allowed"]


def scenario_hash(scenario: Scenario) -> str:
    """Return a hash of everything in a scenario that can change a simulated number: 16 hexadecimal digits."""
    # Defaults are left out, so that a later version with new fields gives the same hash.
    data = scenario.model_dump(mode="json", exclude={"objectives", "about", "kpi_families"}, exclude_defaults=True)
    _remove_titles(data)
    code = [own.record() for own in own_code_of(scenario)]
    data |= {"code": code} if code else {}
    # Keys are not sorted: agents are chosen in the order of their groups.
    return sha256(json.dumps(data).encode()).hexdigest()[:16]


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of scenario files, for editors."""
    known: list[type[Law]] = [*laws().values(), Minimum]
    document = with_times_of_day(Scenario.model_json_schema(), [law.__name__ for law in known])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **document}


def _for_another_run(
    scenario: Scenario,
    document: Document,
    resolved: dict[str, Any],
    overrides: tuple[str, ...],
    *,
    allow_code: bool,
) -> tuple[Scenario, tuple[str, ...], list[Problem]]:
    """Apply the overrides of the run first, and read the tables again for it.

    Returns
    -------
    scenario
        With another run; as it was if its tables do not fit that, for the other overrides may replace them.
    overrides
        Those that are not applied yet.
    problems
        Of the tables.
    """
    of_run = tuple(override for override in overrides if override.partition(".")[0].strip() in {"run", "holidays"})
    if not of_run:
        return scenario, overrides, []
    of_run = tuple(override for override in overrides if override in of_run or _is_of_per(override))
    data = basis_of(scenario, resolved)
    apply_overrides(data, overrides)  # all problems of paths at once
    changed = as_written(apply_overrides(data, of_run), data, written_basis_of(scenario, resolved), of_run)
    run: dict[str, Any] = {name: changed[name] for name in ("run", "holidays") if name in changed}
    if any(map(_is_of_per, of_run)):
        run["demand"] = {**document.data.get("demand", {}), "per": changed["demand"]["per"]}
    again, misfits = _resolve(Document(document.file, {**document.data, **run}, {}))
    if misfits or _problems_of(again, "", document, allow_code=allow_code):
        return scenario, overrides, misfits
    return Scenario.model_validate(again), tuple(each for each in overrides if each not in of_run), []


def _is_of_per(override: str) -> bool:
    return override.partition("=")[0].strip() == "demand.per"


def _overridden(
    scenario: Scenario, document: Document, resolved: dict[str, Any], overrides: tuple[str, ...]
) -> Document:
    """Apply overrides, which may name other CSV files."""
    data = basis_of(scenario, resolved)
    changed = apply_overrides(data, overrides)
    if changed["demand"] != data["demand"]:
        for name, intent in document.data["intents"].items():
            if intent.get("demand") is None and changed["intents"][name]["demand"] == data["intents"][name]["demand"]:
                changed["intents"][name]["demand"] = None  # read it from the forecast again, which may have changed
    if changed["run"] != data["run"]:
        for name, intent in document.data["intents"].items():
            if "arrivals" in intent and changed["intents"][name]["arrivals"] == data["intents"][name]["arrivals"]:
                changed["intents"][name]["arrivals"] = intent["arrivals"]  # recorded times may have dates
    written = written_basis_of(scenario, resolved)
    return Document(document.file, as_written(changed, data, written, overrides), {})


def _unique(problems: Iterable[Problem]) -> list[Problem]:
    """Return each problem once; where the interval does not fit the run's hours, no table can."""
    unique = list(dict.fromkeys(problems))
    misfit = any(problem.path == "run.interval" and problem.code == "contradiction" for problem in unique)
    return [problem for problem in unique if not (misfit and _is_of_table(problem))]


def _is_of_table(problem: Problem) -> bool:
    """Tell whether a problem is that of numbers which contradict the run."""
    parts = problem.path.split(".")
    of_table = parts == ["demand", "forecast"] or parts[::2][:2] in (["intents", "demand"], ["agents", "staff"])
    return of_table and problem.code == "contradiction"


def _resolve(document: Document) -> tuple[dict[str, Any], list[Problem]]:
    """Replace the names of CSV files by what they hold."""
    data, problems = with_recordings(document.data, document.file.parent)
    data, of_state = with_state(data, document.file.parent)
    data, in_steps = with_time_columns(data, document.file.parent)
    data, of_shifts = with_shift_files(data, document)
    data, more = with_tables(data, document)
    return data, problems + of_state + in_steps + of_shifts + more


def _problems_of(data: dict[str, Any], file: str, document: Document, *, allow_code: bool) -> list[Problem]:
    problems = list(own_code_problems(data, file, document, allow_code=allow_code))
    refused = {problem.path for problem in problems}

    def add(where: Where, message: str, code: str, detail: str = "") -> None:
        line = document.line(where)
        if len(message) > _LONGEST:  # a value may be half the file; the remedy is at the end
            message = f"{message[: _LONGEST // 2]} ... {message[-_LONGEST // 2 :]}"
        problems.append(Problem(file, ".".join(map(str, where)), message, line, code, detail))

    scenario = None
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        for detail in error.errors():
            where = _path(data, detail["loc"], detail["type"])
            if ".".join(map(str, where)) not in refused:  # what could not be loaded has its problem already
                lines = str(detail.get("ctx", {}).get("detail", ""))
                add(where, _sentence(dict(detail), where), _CODES.get(detail["type"], "wrong-value"), lines)
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
    if error_type in {"value_error", "unknown_key", "own_code"}:
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
    known = list(channels()) if key == "channel" else law_names()
    name = value.get(key) if isinstance(value, dict) else None
    if name is None:
        return f"{_short(value)} names no {key}; {near('', known)}"
    return f'"{name}" is not a {key}; {near(str(name), known)}'


def _short(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
