"""Result folders and baselines, read and checked for a verdict."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from loadtests.verdict.forms import BASELINE_VALUES, KPIS, LOAD, MANIFEST, OBJECTIVES, RUN, RUN_VALUES, Form
from sim.core.checksums import checksum_problems
from sim.core.errors import InvalidInput, Problem
from sim.core.files import is_folder, is_there, refuse_special
from sim.core.repeated import repeated
from sim.core.units import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sim.scenario.objectives import Objectives

__all__ = [
    "ALIKE",
    "FORMAT",
    "IDENTITY",
    "Result",
    "checksum_of",
    "problems_of_form",
    "read_baseline",
    "read_json",
    "read_result",
    "refuse_no_baseline",
]

IDENTITY = ("scenario", "scenario_hash", "seed", "replications")  # runs that agree in these have the same KPIs
ALIKE = (
    *("scenario", "scenario_hash", "seed", "speed", "workers", "duration", "max_requests"),
    *("trace_hash", "contract_hash", "machine"),
)
"""Keys of a load test that must equal those of its baseline, and of a duel those of its calibration."""
FORMAT = 1  # of baselines; one without it is of the first
CONTENT = {"run": "kpis.json", "load": "load.json"}  # by the kind of a result, the file that a verdict is about
_PART = 1000  # records that are checked together
_ANEW = "restore the baseline, or make it anew with sojourn baseline"
LISTED = 5  # problems that are reported of one file
MAX_BYTES = 400_000_000  # of a file, which can take 20 times as much memory; a bank's day has 5 MB of KPIs


@dataclass(frozen=True, eq=False)
class Result:
    """A result folder, read.

    Parameters
    ----------
    folder
        The folder's name.
    manifest
        Of the result.
    objectives
        Of its scenario: ``{"simulation": [...], "load": {...}}``.
    kpis
        Records of the simulated KPIs; None = not of a simulation.
    load
        The content of ``load.json``; None = not of a load test.
    """

    folder: str
    manifest: Mapping[str, Any]
    objectives: Mapping[str, Any]
    kpis: list[Mapping[str, Any]] | None
    load: Mapping[str, Any] | None


def read_result(folder: Path) -> Result:
    """Read a result folder of ``sojourn run`` or ``sojourn load``.

    Parameters
    ----------
    folder
        The folder.

    Returns
    -------
    Result
        All that a verdict depends on.

    Raises
    ------
    InvalidInput
        The folder or one of its files is missing, not JSON, or of another form; all problems at once.
    """
    if not is_folder(folder):
        raise InvalidInput([Problem(str(folder), "", "no such folder; give the result folder of a run or a load")])
    problems: list[Problem] = []
    manifest = read_json(folder / "manifest.json", dict, problems)
    scenario = read_json(folder / "scenario.json", dict, problems)
    kpis = read_json(folder / "kpis.json", list, problems) if is_there(folder / "kpis.json") else None
    load = read_json(folder / "load.json", dict, problems) if is_there(folder / "load.json") else None
    if manifest is not None:
        problems += _problems_of_manifest(folder, manifest, {"kpis.json": kpis, "load.json": load})
        problems += problems_of_form(folder / "manifest.json", manifest, MANIFEST)
        problems += problems_of_form(folder / "manifest.json", manifest, RUN) if kpis is not None else []
    if scenario is not None:
        problems += problems_of_form(folder / "scenario.json", scenario.get("objectives"), OBJECTIVES, "objectives")
    problems += problems_of_form(folder / "kpis.json", kpis, KPIS) or _repeated(folder / "kpis.json", kpis or [])
    problems += problems_of_form(folder / "load.json", load, LOAD) or _impossible(folder / "load.json", load)
    if not problems:
        contents = {"kpis.json": kpis, "load.json": load}
        read = [name for name, content in contents.items() if content is not None]
        problems += checksum_problems(folder, ("manifest.json", "scenario.json", *read))
    if problems or manifest is None or scenario is None:
        raise InvalidInput(problems)
    return Result(str(folder), manifest, _objectives(scenario), kpis, load)


def _objectives(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """Return the objectives of ``scenario.json`` in its units, also where someone wrote 1 s or 5 %."""
    objectives: Objectives = _adapter(OBJECTIVES.type).validate_python(scenario.get("objectives") or {})
    return objectives.model_dump()


def read_baseline(file: Path) -> dict[str, Any]:
    """Read a baseline.

    Parameters
    ----------
    file
        As `loadtests.verdict.baseline.make_baseline` makes it.

    Returns
    -------
    dict
        The baseline.

    Raises
    ------
    InvalidInput
        The file is missing, not JSON, or not a baseline.
    """
    problems: list[Problem] = []
    baseline: dict[str, Any] | None = read_json(file, dict, problems)
    if baseline is not None and baseline.get("kind") != "baseline":
        actual = json.dumps(baseline.get("kind"))
        problems.append(Problem(str(file), "kind", f"{actual} is not a baseline"))
    elif baseline is not None:
        if (form := baseline.get("format", FORMAT)) != FORMAT:
            message = (
                f"{json.dumps(form)} is of another version of Sojourn; this one reads {FORMAT}; make the baseline anew"
            )
            raise InvalidInput([Problem(str(file), "format", message)])
        of_load = baseline.get("of") == "load"
        names = ALIKE if of_load else IDENTITY
        lacking = [name for name in (*names, "checksum", "values") if name not in baseline]
        problems += [Problem(str(file), name, "is missing") for name in lacking]
        values = baseline.get("values")
        problems += problems_of_form(file, values, RUN_VALUES if of_load else BASELINE_VALUES, "values")
        problems += [] if problems or of_load else _beyond_a_week(file, values or {})
        if not problems and baseline["checksum"] != checksum_of(baseline):
            problems.append(Problem(str(file), "checksum", "differs: the file was changed"))
    if problems or baseline is None:
        raise InvalidInput([replace(each, message=f"{each.message}; {_ANEW}") for each in problems])
    return baseline


def refuse_no_baseline(file: Path) -> None:
    """Refuse to replace a file that is not a baseline, such as a scenario; a damaged baseline may be replaced.

    Raises
    ------
    InvalidInput
        It holds something else.
    """
    if not is_there(file):
        return
    refuse_special(file)
    try:
        with file.open("rb") as opened:
            head = opened.read(1000)
    except OSError as error:
        raise InvalidInput([Problem(str(file), "", f"cannot be read: {error.strerror or error}")]) from None
    if head and b'"baseline"' not in head:
        raise InvalidInput([Problem(str(file), "", "holds something that is not a baseline; give another FILE")])


def checksum_of(baseline: Mapping[str, Any]) -> str:
    """Return the checksum of a baseline, over all of it but the checksum itself, however it is laid out."""
    content = {name: value for name, value in baseline.items() if name != "checksum"}
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_json(file: Path, shape: type[dict[str, Any] | list[Any]], problems: list[Problem]) -> Any:
    """Return the content of a JSON file, or None and one more problem.

    Parameters
    ----------
    file
        Of a result.
    shape
        The type that it must hold.
    problems
        Gets one more if it cannot be read.
    """
    line = 0
    try:
        refuse_special(file)
        with file.open("rb") as opened:
            text = opened.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES // 1_000_000} MB; give fewer days or longer intervals")  # noqa: TRY301
        content = json.loads(text.decode(), parse_constant=_refuse_constant, object_pairs_hook=_without_twins)
        if isinstance(content, shape):
            return content
        message = f"holds a {type(content).__name__} where a {shape.__name__} belongs"
    except InvalidInput as error:
        problems += error.problems
        return None
    except FileNotFoundError:
        message = "no such file"
    except IsADirectoryError:
        message = "is a folder; give a file"
    except RecursionError:
        message = "is nested too deeply"
    except json.JSONDecodeError as error:
        message, line = f"is not JSON: {error.msg}", error.lineno
    except (OSError, ValueError) as error:
        message = f"cannot be read: {error}"
    problems.append(Problem(str(file), "", message, line=line))
    return None


def _refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which Python reads although JSON has none."""
    raise ValueError(f"{name} is not a number of JSON")


def _without_twins(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object; refuse a name that stands twice, one of whose values nobody would look at."""
    content = dict(members)
    if len(content) < len(members):
        name = next(iter(repeated(name for name, _ in members)))
        raise ValueError(f'"{name}" stands twice in an object')
    return content


def _impossible(file: Path, load: Mapping[str, Any] | None) -> list[Problem]:
    """Return a problem if more requests were acknowledged than there were."""
    if load is None or load["acknowledged"] <= load["requests"]:
        return []
    message = f"{load['acknowledged']:,} is more than the {load['requests']:,} requests"
    return [Problem(str(file), "acknowledged", message)]


def _problems_of_manifest(folder: Path, manifest: Mapping[str, Any], contents: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of a manifest: a result without verdict, without its content, or missing names."""
    file, result_kind = str(folder / "manifest.json"), manifest.get("kind")
    if not isinstance(result_kind, str) or result_kind not in CONTENT:
        why = "has its verdict already, in verdict.md" if result_kind == "duel" else "has no verdict"
        return [Problem(file, "kind", f"{json.dumps(result_kind)} {why}; give the result of a run or a load")]
    lacking = [name for name in ("scenario", "scenario_hash") if not isinstance(manifest.get(name), str)]
    problems = [Problem(file, name, "is missing, or is not text") for name in lacking]
    content = CONTENT[result_kind]
    if not contents[content] and not is_there(folder / content):
        problems.append(Problem(str(folder), "", f"has no {content}: the {result_kind} did not end; repeat it"))
    return problems


def problems_of_form(file: Path, content: Any, form: Form, root: str = "") -> list[Problem]:
    """Return the problems of a file's content that has a wrong form, one per location.

    Parameters
    ----------
    file, content
        The file, and what it holds; None has no problems.
    form
        The form that it must have.
    root
        Path of the content in the file.
    """
    if content is None:
        return []
    locations: dict[tuple[int | str, ...], None] = {}
    for begin, part in _parts(content):
        try:
            _adapter(form.type).validate_python(part)
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False, include_input=False):
                first, *others = problem["loc"][: form.depth] or ("",)
                locations[(begin + first if isinstance(first, int) else first, *others)] = None
        if len(locations) >= LISTED:
            break  # a million wrong records would take gigabytes
    return [Problem(str(file), _path(root, location), form.message) for location in list(locations)[:LISTED]]


def _parts(content: Any) -> Iterator[tuple[int, Any]]:
    """Yield a list in parts, each with the place of its first item; anything else as a whole."""
    if not isinstance(content, list) or not content:
        yield 0, content
        return
    for begin in range(0, len(content), _PART):
        yield begin, content[begin : begin + _PART]


def _repeated(file: Path, rows: list[Mapping[str, Any]]) -> list[Problem]:
    """Return a problem for each KPI that stands twice: one of its values would not be looked at."""
    names = ("kpi", "by", "key", "interval", "day", "weekday")
    counts = Counter(tuple(row.get(name) for name in names) for row in rows)
    repeated = [row for row, count in counts.items() if count > 1]
    return [
        Problem(str(file), " ".join(str(part) for part in row if part not in {None, ""}), "stands there twice")
        for row in repeated[:LISTED]
    ]


def _beyond_a_week(file: Path, values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[Problem]:
    """Return a problem for each list by weekday that is longer than a week."""
    lists = [
        f"values.{kpi}.{by}" + (f".{key}" if key else "")
        for kpi, breakdowns in values.items()
        for by, keys in breakdowns.items()
        for key, value in keys.items()
        if by.rpartition("_")[2] == "weekday" and isinstance(value, list) and len(value) > len(WEEKDAYS)
    ]
    return [Problem(str(file), name, "has more values than a week has days") for name in lists[:LISTED]]


def _path(root: str, location: tuple[int | str, ...]) -> str:
    """Return a location in a file as people write it, such as ``[3]`` or ``values.asa.queue``."""
    names = [f"[{name}]" if isinstance(name, int) else name for name in location]
    return ".".join(filter(None, [root, *names]))


@cache
def _adapter(form: Any) -> TypeAdapter[Any]:
    """Return what checks a form."""
    return TypeAdapter(form)
