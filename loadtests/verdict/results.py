"""Result folders and baselines, read and checked for a verdict."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.core.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["IDENTITY", "Result", "read_baseline", "read_result"]

IDENTITY = ("scenario", "scenario_hash", "seed", "replications")  # runs that agree in these have the same KPIs
KINDS = ("run", "load")


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
    if not folder.is_dir():
        raise InvalidInput([Problem(str(folder), "", "no such folder; give the result folder of a run or a load")])
    problems: list[Problem] = []
    manifest = _read(folder / "manifest.json", dict, problems)
    scenario = _read(folder / "scenario.json", dict, problems)
    kpis = _read(folder / "kpis.json", list, problems) if (folder / "kpis.json").exists() else None
    load = _read(folder / "load.json", dict, problems) if (folder / "load.json").exists() else None
    if manifest is not None:
        problems += _problems_of_manifest(folder, manifest)
    if kpis is None and load is None and not problems:
        problems.append(Problem(str(folder), "", "holds neither kpis.json nor load.json: there is nothing to check"))
    problems += _problems_of_kpis(folder, kpis)
    if problems or manifest is None or scenario is None:
        raise InvalidInput(problems)
    return Result(str(folder), manifest, scenario.get("objectives") or {}, kpis, load)


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
    baseline: dict[str, Any] | None = _read(file, dict, problems)
    if baseline is not None and baseline.get("kind") != "baseline":
        actual = json.dumps(baseline.get("kind"))
        problems.append(Problem(str(file), "kind", f"{actual} is not a baseline; make one of a run's result"))
    elif baseline is not None:
        lacking = [name for name in (*IDENTITY, "values") if name not in baseline]
        problems += [Problem(str(file), name, "is missing; make the baseline anew") for name in lacking]
    if problems or baseline is None:
        raise InvalidInput(problems)
    return baseline


def _read(file: Path, shape: type[dict[str, Any] | list[Any]], problems: list[Problem]) -> Any:
    """Return the content of a JSON file, or None and one more problem."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(Problem(str(file), "", "no such file"))
        return None
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(str(file), "", f"cannot be read: {error}"))
        return None
    except json.JSONDecodeError as error:
        problems.append(Problem(str(file), "", f"is not JSON: {error.msg}", line=error.lineno))
        return None
    if not isinstance(content, shape):
        problems.append(Problem(str(file), "", f"holds a {type(content).__name__} where a {shape.__name__} belongs"))
        return None
    return content


def _problems_of_manifest(folder: Path, manifest: Mapping[str, Any]) -> list[Problem]:
    """Return the problems of a manifest: a result without verdict, or missing names."""
    file = str(folder / "manifest.json")
    if manifest.get("kind") not in KINDS:
        message = f"{json.dumps(manifest.get('kind'))} has no verdict; give the result of a run or a load"
        return [Problem(file, "kind", message)]
    lacking = [name for name in ("scenario", "scenario_hash") if name not in manifest]
    return [Problem(file, name, "is missing") for name in lacking]


def _problems_of_kpis(folder: Path, kpis: list[Any] | None) -> list[Problem]:
    """Return a problem for the first record that is not a KPI."""
    needed = {"kpi", "by", "key", "interval", "value"}
    for i, row in enumerate(kpis or []):
        if not isinstance(row, dict) or not needed <= row.keys():
            message = "is not a record with kpi, by, key, interval and value"
            return [Problem(str(folder / "kpis.json"), f"[{i}]", message)]
    return []
