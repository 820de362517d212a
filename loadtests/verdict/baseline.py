"""Baselines: the KPIs of a run, kept to compare later runs with, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadtests.verdict.forms import PAIRED_VALUES
from loadtests.verdict.results import FORMAT, IDENTITY, checksum_of, problems_of_form, read_json, read_result
from sim.core.checksums import checksum_problems
from sim.core.errors import InvalidInput, Problem
from sim.core.files import is_there
from sim.core.units import WEEKDAYS
from sim.experiment.paired_values import PAIRED, paired_differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = [
    "KpiKey",
    "KpiValues",
    "baseline_text",
    "differences_from",
    "make_baseline",
    "sealed",
    "values_of",
    "values_of_baseline",
]

KpiKey = tuple[str, str, str, int | str | None]  # kpi, by, key; and interval, day or weekday
KpiValues = dict[KpiKey, float | None]


_POSITIONS: dict[str, Callable[[int], Sequence[int | str]]] = {
    "day": lambda days: range(1, days + 1),
    "weekday": lambda days: WEEKDAYS[:days],
}


def make_baseline(folder: Path) -> dict[str, Any]:
    """Make a baseline of a run's result.

    Parameters
    ----------
    folder
        The result folder of ``sojourn run``.

    Returns
    -------
    dict
        The run's identity, and every value by KPI, breakdown and key; for breakdowns by interval, day or weekday, a
        list.

    Raises
    ------
    InvalidInput
        The folder is not the result of a run.
    """
    result = read_result(folder)
    lacking = [name for name in IDENTITY if name not in result.manifest]
    if result.kpis is None or lacking:
        problem = f"manifest.json lacks {', '.join(lacking)}" if lacking else "has no kpis.json"
        raise InvalidInput([Problem(str(folder), "", f"{problem}; make a baseline of the result of a run")])
    if (wanted := result.manifest["wanted"]) != result.manifest["replications"]:
        problem = f"only {result.manifest['replications']} of {wanted} replications were simulated; repeat the run"
        raise InvalidInput([Problem(str(folder), "", problem)])
    values: dict[str, dict[str, dict[str, Any]]] = {}
    for (kpi, by, key, position), value in values_of(result.kpis).items():
        keys = values.setdefault(kpi, {}).setdefault(by, {})
        if position is None:
            keys[key] = value
        else:
            keys.setdefault(key, []).append(value)
    kept = {name: result.manifest[name] for name in IDENTITY}
    kept |= {
        name: result.manifest[name] for name in ("engine", "versions", "command", "created") if name in result.manifest
    }
    if paired := _paired_values(folder, result.manifest["replications"]):
        kept["paired"] = paired
    return sealed({"kind": "baseline", "format": FORMAT, **kept, "values": values})


def _paired_values(folder: Path, replications: int) -> dict[str, Any]:
    """Return what a later run is paired with; nothing if the run has too few or too many replications for it."""
    file = folder / PAIRED
    if not is_there(file):
        return {}
    problems: list[Problem] = []
    content: dict[str, Any] = read_json(file, dict, problems) or {}
    problems += problems_of_form(file, content, PAIRED_VALUES) or list(checksum_problems(folder, (PAIRED,)))
    if not problems and any(len(kpi["influence"]) != replications for kpi in content.values()):
        problems.append(Problem(str(file), "", f"is not of {replications} replications; repeat the run"))
    if problems:
        raise InvalidInput(problems)
    return content


def differences_from(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the KPIs that differ between two baselines with the same customers, with their paired differences.

    Parameters
    ----------
    before
        The earlier baseline, if there is one.
    after
        The new one.
    """
    names = ("scenario", "seed", "replications")
    if before is None or any(before.get(name) != after.get(name) for name in names):
        return {}
    old, new = before.get("paired") or {}, after.get("paired") or {}
    if problems_of_form(Path("baseline"), old, PAIRED_VALUES):
        return {}
    same = {kpi for kpi in old.keys() & new.keys() if len(old[kpi]["influence"]) == len(new[kpi]["influence"])}
    return paired_differences({kpi: old[kpi] for kpi in same}, {kpi: new[kpi] for kpi in same})


def sealed(baseline: Mapping[str, Any]) -> dict[str, Any]:
    """Return a baseline with its checksum.

    Parameters
    ----------
    baseline
        With or without one.
    """
    content = {name: value for name, value in baseline.items() if name != "checksum"}
    return {**content, "checksum": checksum_of(content)}


def baseline_text(baseline: Mapping[str, Any]) -> str:
    """Return a baseline as JSON with one line per KPI and breakdown, so that a diff of it can be read.

    Parameters
    ----------
    baseline
        As `make_baseline` makes it.
    """
    if baseline.get("of") == "load":
        return json.dumps(baseline, indent=1, allow_nan=False) + "\n"
    head = {name: value for name, value in baseline.items() if name != "values"}
    lines = [f" {json.dumps(name)}: {json.dumps(value)}," for name, value in head.items()]
    kpis = [
        f"  {json.dumps(kpi)}: {{\n"
        + ",\n".join(f"   {json.dumps(by)}: {json.dumps(keys, allow_nan=False)}" for by, keys in breakdowns.items())
        + "\n  }"
        for kpi, breakdowns in baseline["values"].items()
    ]
    return "{\n" + "\n".join(lines) + '\n "values": {\n' + ",\n".join(kpis) + "\n }\n}\n"


def values_of(records: Sequence[Mapping[str, Any]]) -> KpiValues:
    """Return the values of the records in ``kpis.json`` by their keys; intervals, days and weekdays in order."""
    return {(row["kpi"], row["by"], row["key"], _position(row)): row["value"] for row in records}


def _position(row: Mapping[str, Any]) -> int | str | None:
    """Return the interval, day or weekday of a record, if it is of one."""
    per = row["by"].rpartition("_")[2]
    position: int | str | None = row.get(per) if per in {"interval", "day", "weekday"} else None
    return position


def values_of_baseline(baseline: Mapping[str, Any]) -> KpiValues:
    """Return the values of a baseline by their keys."""
    return dict(_flat(baseline["values"]))


def _flat(values: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[tuple[KpiKey, float | None]]:
    """Yield each value with its key."""
    for kpi, breakdowns in values.items():
        for by, keys in breakdowns.items():
            for key, value in keys.items():
                if isinstance(value, list):
                    positions = _POSITIONS.get(by.rpartition("_")[2], range)(len(value))
                    yield from (((kpi, by, key, each), number) for each, number in zip(positions, value, strict=True))
                else:
                    yield (kpi, by, key, None), value
