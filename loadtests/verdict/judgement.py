"""Judgement of a result: validity first, then objectives, then the comparison with a baseline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadtests.verdict.baseline import values_of, values_of_baseline
from loadtests.verdict.comparison import compare_with_baseline
from loadtests.verdict.load_baseline import check_alike, check_load_baseline
from loadtests.verdict.load_objectives import check_load, check_missed
from loadtests.verdict.model import Verdict
from loadtests.verdict.objectives import check_simulation
from loadtests.verdict.validity import check_baseline, check_evidence, check_validity
from sim.core.errors import InvalidInput, Problem, printable
from sim.core.files import is_there

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loadtests.verdict.model import Check
    from loadtests.verdict.results import Result

__all__ = ["judge_result", "scenario_file", "title_of"]


def judge_result(
    result: Result, baseline: Mapping[str, Any] | None = None, *, unread: Sequence[Check] = (), strict: bool = False
) -> Verdict:
    """Judge a result.

    Parameters
    ----------
    result
        As `loadtests.verdict.results.read_result` reads it.
    baseline
        As `loadtests.verdict.results.read_baseline` reads it; None = no comparison.
    unread
        Failed checks of a baseline that cannot be read.
    strict
        Whether a comparison of load tests that is inconclusive fails.

    Returns
    -------
    Verdict
        Of an invalid result, only what is wrong for certain is judged. Objectives do not depend on the baseline: one
        that is wrong makes the comparison invalid, and them not.

    Raises
    ------
    InvalidInput
        The objectives name unknown KPIs, or the result has nothing to compare with the baseline.
    """
    of_load = baseline is not None and baseline.get("of") == "load"
    if baseline is not None and (result.load if of_load else result.kpis) is None:
        content, source = ("load.json", "load test") if of_load else ("kpis.json", "run")
        message = f"has no {content} to compare with the baseline; check the result of a {source}, or leave it out"
        raise InvalidInput([Problem(result.folder, "", message)])
    own = tuple(check_validity(result, compared=bool(unread) or baseline is not None))
    alike = tuple(unread)
    if baseline is not None:
        alike = tuple((check_alike if of_load else check_baseline)(result, baseline))
    evidence = tuple(check_evidence(result))
    objectives = tuple(_objectives(result, own, evidence))
    if not _all_passed(objectives):  # then the verdict stands, and what had too few requests is left out of it
        evidence = tuple(check if check.passed else replace(check, judged=False) for check in evidence)
    checks = [*own, *alike, *evidence, *objectives]
    if not _all_passed((*own, *alike, *evidence)):
        checks += _differences(result, baseline, (*own, *alike))
    elif baseline is not None and of_load and result.load is not None:
        checks += check_load_baseline(result.load, baseline)
    elif baseline is not None and result.kpis is not None:
        checks.append(_compared(result.kpis, result.manifest, baseline))
    title = title_of(result.manifest, result.folder)
    return Verdict(title, tuple(checks), scenario_file(result.manifest), strict=strict)


def _objectives(result: Result, own: Sequence[Check], evidence: Sequence[Check]) -> Iterator[Check]:
    """Yield the objectives of a result that is valid by itself; of another load test, what is wrong for certain."""
    valid = _all_passed(own)
    if result.kpis is not None and valid:
        yield from check_simulation(result.objectives.get("simulation") or [], result.kpis)
    if result.load is not None:
        bounds = result.objectives.get("load") or {}
        whole = valid and _all_passed(evidence)
        yield from check_load(bounds, result.load) if whole else check_missed(bounds, result.load, on_time=valid)


def _all_passed(checks: Sequence[Check]) -> bool:
    """Tell whether no check failed."""
    return all(check.passed for check in checks)


def _differences(result: Result, baseline: Mapping[str, Any] | None, validity: Sequence[Check]) -> Iterator[Check]:
    """Yield how the KPIs differ if nothing but the scenario is another: information for who has changed it."""
    failed = {check.name for check in validity if not check.passed}
    if baseline is not None and result.kpis is not None and failed <= {"baseline scenario", "baseline scenario_hash"}:
        yield _compared(result.kpis, result.manifest, baseline, judged=False)


def _compared(
    kpis: list[Mapping[str, Any]], manifest: Mapping[str, Any], baseline: Mapping[str, Any], *, judged: bool = True
) -> Check:
    """Compare the KPIs of a run with those of a baseline, and name the programs of another version."""
    now, then = (
        versions if isinstance(versions := record.get("versions"), dict) else {} for record in (manifest, baseline)
    )
    names = [name for name in then if name in now and now[name] != then[name]]
    versions = ", ".join(f"{name} {now[name]}, was {then[name]}" for name in names)
    about = printable(f" ({versions})") if versions else ""
    return compare_with_baseline(values_of(kpis), values_of_baseline(baseline), about, judged=judged)


def title_of(manifest: Mapping[str, Any], folder: str) -> str:
    """Return the title of a verdict: the scenario and the folder, or the folder alone if the scenario is not known.

    Parameters
    ----------
    manifest
        Of the result; may be empty.
    folder
        Of the result.
    """
    scenario = manifest.get("scenario")
    return f"{scenario} ({folder})" if isinstance(scenario, str) else folder


def scenario_file(manifest: Mapping[str, Any]) -> str:
    """Return the scenario's file as the command of a result had it.

    Parameters
    ----------
    manifest
        Of the result.
    """
    command = manifest.get("command")
    words = [word for word in command if isinstance(word, str)] if isinstance(command, list | tuple) else []
    files = [word for word in words if word.endswith((".yaml", ".yml"))]
    folders = [f"{word.rstrip('/')}/scenario.yaml" for word in words if is_there(Path(word) / "scenario.yaml")]
    return next(iter(folders + files), "scenario.yaml")
