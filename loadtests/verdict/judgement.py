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
from loadtests.verdict.validity import check_evidence, check_validity
from sim.core.errors import InvalidInput, Problem, printable
from sim.core.files import is_there

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loadtests.verdict.model import Check
    from loadtests.verdict.results import Result

__all__ = ["judge_result", "scenario_file"]


def judge_result(result: Result, baseline: Mapping[str, Any] | None = None, *, strict: bool = False) -> Verdict:
    """Judge a result.

    Parameters
    ----------
    result
        As `loadtests.verdict.results.read_result` reads it.
    baseline
        As `loadtests.verdict.results.read_baseline` reads it; None = no comparison.
    strict
        Whether a comparison of load tests that is inconclusive fails.

    Returns
    -------
    Verdict
        An invalid result is judged no further, but what a load test has found wrong all the same is a missed objective.

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
    title = f"{result.manifest['scenario']} ({result.folder})"
    file = scenario_file(result.manifest)
    validity = tuple(check_validity(result, None if of_load else baseline))
    if baseline is not None and of_load:
        validity += tuple(check_alike(result, baseline))
    evidence = tuple(check_evidence(result))
    if not all(check.passed for check in (*validity, *evidence)):
        missed = tuple(_missed(result, validity))
        if missed:  # then the verdict stands, and what had too few requests is left out of it
            evidence = tuple(check if check.passed else replace(check, judged=False) for check in evidence)
        return Verdict(title, (*validity, *evidence, *missed, *_differences(result, baseline, validity)), file)
    checks = [*validity, *evidence]
    if result.kpis is not None:
        checks += check_simulation(result.objectives.get("simulation") or [], result.kpis)
    if result.load is not None:
        checks += check_load(result.objectives.get("load") or {}, result.load)
    if baseline is not None and of_load and result.load is not None:
        checks += check_load_baseline(result.load, baseline)
    elif baseline is not None and result.kpis is not None:
        checks.append(_compared(result.kpis, result.manifest, baseline))
    return Verdict(title, tuple(checks), file, strict=strict)


def _missed(result: Result, validity: Sequence[Check]) -> Iterator[Check]:
    """Yield what is wrong for certain though the result cannot be judged in full."""
    if result.load is not None:
        on_time = all(check.passed for check in validity)
        yield from check_missed(result.objectives.get("load") or {}, result.load, on_time=on_time)


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


def scenario_file(manifest: Mapping[str, Any]) -> str:
    """Return the scenario's file as the command of a result had it.

    Parameters
    ----------
    manifest
        Of the result.
    """
    words = [word for word in manifest.get("command") or () if isinstance(word, str)]
    files = [word for word in words if word.endswith((".yaml", ".yml"))]
    folders = [f"{word.rstrip('/')}/scenario.yaml" for word in words if is_there(Path(word) / "scenario.yaml")]
    return next(iter(folders + files), "scenario.yaml")
