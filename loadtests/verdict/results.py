"""Read what a verdict looks at: a result folder, a baseline."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.core.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["IDENTITY", "Result", "read_baseline", "read_result"]

IDENTITY = ("scenario", "scenario_hash", "seed", "replications")  # two runs that agree in these must agree in all
KINDS = ("run", "load")


@dataclass(frozen=True, eq=False)
class Result:
    """A result folder, read.

    Parameters
    ----------
    folder
        As the user named it.
    manifest
        Where it comes from.
    objectives
        What its scenario wants: ``{"simulation": [...], "load": {...}}``.
    kpis
        Records of the simulated KPIs, None where nothing was measured in simulation.
    load
        What the load generator found, None where nothing was loaded.
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
        What a verdict needs.

    Raises
    ------
    InvalidInput
        The folder or one of its files is missing, not JSON, or of another kind; all problems at once.
    """
    if not folder.is_dir():
        raise InvalidInput([Problem(str(folder), "", "no such folder; give the result folder of a run or a load")])
    problems: list[Problem] = []
    manifest = _read(folder / "manifest.json", dict, problems)
    scenario = _read(folder / "scenario.json", dict, problems)
    kpis = _read(folder / "kpis.json", list, problems) if (folder / "kpis.json").exists() else None
    load = _read(folder / "load.json", dict, problems) if (folder / "load.json").exists() else None
    if manifest is not None:
        problems += _wrong_kind(folder, manifest)
    if kpis is None and load is None and not problems:
        problems.append(Problem(str(folder), "", "holds neither kpis.json nor load.json: there is nothing to check"))
    problems += _foreign_rows(folder, kpis)
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
    found: dict[str, Any] | None = _read(file, dict, problems)
    if found is not None and found.get("kind") != "baseline":
        kind = found.get("kind")
        problems.append(Problem(str(file), "kind", f"{json.dumps(kind)} is not a baseline; make one of a run's result"))
    elif found is not None:
        lacking = [name for name in (*IDENTITY, "values") if name not in found]
        problems += [Problem(str(file), name, "is missing; make the baseline anew") for name in lacking]
    if problems or found is None:
        raise InvalidInput(problems)
    return found


def _read(file: Path, shape: type[dict[str, Any] | list[Any]], problems: list[Problem]) -> Any:
    """Return what a JSON file holds, or None and one more problem."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problems.append(Problem(str(file), "", "no such file"))
        return None
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(str(file), "", f"cannot be read: {error}"))
        return None
    except json.JSONDecodeError as error:
        problems.append(Problem(str(file), "", f"is not JSON: {error.msg}", line=error.lineno))
        return None
    if not isinstance(found, shape):
        problems.append(Problem(str(file), "", f"holds a {type(found).__name__} where a {shape.__name__} belongs"))
        return None
    return found


def _wrong_kind(folder: Path, manifest: Mapping[str, Any]) -> list[Problem]:
    """Refuse results that have no verdict, and those that do not say where they come from."""
    file = str(folder / "manifest.json")
    kind = manifest.get("kind")
    if kind not in KINDS:
        what = f"{json.dumps(kind)} has no verdict; give the result of a run or a load"
        return [Problem(file, "kind", what)]
    lacking = [name for name in ("scenario", "scenario_hash") if name not in manifest]
    return [Problem(file, name, "is missing") for name in lacking]


def _foreign_rows(folder: Path, kpis: list[Any] | None) -> list[Problem]:
    """Refuse records that are not KPIs."""
    needed = {"kpi", "by", "key", "interval", "value"}
    for i, row in enumerate(kpis or []):
        if not isinstance(row, dict) or not needed <= row.keys():
            what = "is not a record with kpi, by, key, interval and value"
            return [Problem(str(folder / "kpis.json"), f"[{i}]", what)]
    return []
