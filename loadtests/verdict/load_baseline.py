"""Baselines of load tests: the measures of all runs of a calibration, with which a later load test is compared.

One run cannot be compared with one other, because nobody knows how runs vary. A calibration has some tens of runs of
one build on one machine. The logarithm of a new run's measure then has a prediction interval: Student's, with the
standard error ``s sqrt(1 + 1/n)`` [1]_. Levels, margins and outcomes are those of `pairs`.

References
----------
.. [1] G. J. Hahn, W. Q. Meeker, Statistical Intervals, Wiley, 1991, section 4.7.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import exp, log, log1p, sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from loadtests.verdict.differences import ERROR_RATE, difference_text, interval_text, shown
from loadtests.verdict.evidence import MEASURES, QUANTILES, samples_wanted, too_few_without_errors
from loadtests.verdict.forms import RUN_VALUES
from loadtests.verdict.model import Check, Stage
from loadtests.verdict.pairs import LEAST_RATIO, Finding, Looks, Outcome, Statistics, judge_statistics
from loadtests.verdict.results import ALIKE, FORMAT, Result, problems_of_form, read_json
from sim.core.checksums import checksum_problems
from sim.core.errors import InvalidInput, Problem

__all__ = ["check_alike", "check_load_baseline", "is_duet", "make_load_baseline", "setting_text"]


def make_load_baseline(folder: Path) -> dict[str, Any]:
    """Make a baseline of a calibration.

    Parameters
    ----------
    folder
        The result of ``sojourn duel --calibrate``.

    Returns
    -------
    dict
        What a load test must share with it, and the values of each measure, one per run; without its checksum.

    Raises
    ------
    InvalidInput
        It is no calibration that ended, or was changed later.
    """
    problems: list[Problem] = []
    manifest, duel = (read_json(folder / name, dict, problems) for name in ("manifest.json", "duel.json"))
    problems += [] if problems else checksum_problems(folder, ("manifest.json", "duel.json"))
    if not problems and not (duel.get("calibration") and duel.get("values")):
        message = "is a duel, not a valid calibration that ended; make one with sojourn duel --calibrate"
        problems.append(Problem(str(folder), "", message))
    elif not problems and is_duet(duel):
        message = "has runs side by side, and a load test runs alone; calibrate anew without --duet"
        problems.append(Problem(str(folder), "", message))
    elif not problems:
        problems += problems_of_form(folder / "duel.json", duel["values"], RUN_VALUES, "values")
    if problems:
        raise InvalidInput(problems)
    names = (*ALIKE, "hosts", "versions", "command", "created")
    kept = {name: manifest.get(name) for name in names}
    return {"kind": "baseline", "format": FORMAT, "of": "load", **kept, "values": duel["values"]}


def is_duet(duel: Mapping[str, Any]) -> bool:
    """Tell whether the runs of each pair were made at the same time, by the content of ``duel.json``."""
    plan = duel.get("plan")
    return isinstance(plan, dict) and plan.get("duet") is True


def check_alike(result: Result, baseline: Mapping[str, Any]) -> Iterator[Check]:
    """Check that a load test is of the scenario, the load and the machine of its baseline.

    Parameters
    ----------
    result
        Of the load test.
    baseline
        Of load tests.
    """
    for name in ALIKE:
        actual, wanted = result.manifest.get(name), baseline[name]
        passed = actual == wanted
        message = f"result and baseline have the same {name}: {setting_text(wanted)}"
        if not passed:
            others = f"{setting_text(wanted)}, the result of {setting_text(actual)}"
            remedy = f"name the baseline of {actual}" if name == "scenario" else "calibrate anew"
            message = f"the baseline is of another {name}: {others}; {remedy}"
        yield Check(Stage.VALIDITY, f"baseline {name}", passed, actual, wanted, message)


def setting_text(value: Any) -> str:
    """Return a setting of a load, or the machine, as people write it."""
    if isinstance(value, dict):
        first, *others = [
            f"{each} cores" if name == "cores" else str(each) for name, each in value.items() if each
        ] or ["not known"]
        return f"{first} ({', '.join(others)})" if others else first
    return "none" if value is None else str(value)


def check_load_baseline(load: Mapping[str, Any], baseline: Mapping[str, Any]) -> Iterator[Check]:
    """Compare a load test with the runs of its baseline.

    Parameters
    ----------
    load
        The content of ``load.json``.
    baseline
        Of load tests.
    """
    measured = {name: value for name in baseline["values"] if (value := _measure(load, name)) is not None}
    for name in baseline["values"].keys() - measured.keys():
        message = f"{name} was not measured, or by too few requests; the baseline has it"
        yield Check(Stage.BASELINE, name, passed=True, actual=None, wanted=None, message=message, measured=False)
    if not measured:
        message = "none of the baseline's measures was measured; send more requests"
        yield Check(Stage.VALIDITY, "measures", passed=False, actual=0, wanted=1, message=message)
        return
    statistics = [_statistics(name, value, baseline["values"][name]) for name, value in measured.items()]
    runs = len(next(iter(baseline["values"].values())))
    for finding in judge_statistics(statistics, Looks((1,), 1)):
        if finding.name == ERROR_RATE and (why := too_few_without_errors(_failed(load), load["requests"])):
            yield Check(Stage.BASELINE, ERROR_RATE, passed=True, actual=None, wanted=None, message=why, measured=False)
            continue
        typical = exp(fmean(map(log, baseline["values"][finding.name])))
        passed, settled = finding.outcome != Outcome.SLOWER, finding.outcome != Outcome.INCONCLUSIVE
        message = _sentence(finding, typical, runs)
        yield Check(Stage.BASELINE, finding.name, passed, *shown(finding, typical), message=message, settled=settled)


def _measure(load: Mapping[str, Any], name: str) -> float | None:
    """Return a measure of a load test; None = not measured, or by too few requests."""
    if name == ERROR_RATE:
        return float(_failed(load) + 0.5) / float(load["requests"] + 1)
    if name not in QUANTILES or load.get("samples", load["requests"]) < samples_wanted(QUANTILES[name]):
        return None
    value: float | None = load["latency"].get(name)
    return value or None


def _failed(load: Mapping[str, Any]) -> int:
    """Return how many requests were not acknowledged."""
    return int(load["requests"] - load["acknowledged"])


def _statistics(name: str, value: float, runs: list[float]) -> Statistics:
    """Return the estimate of a run's log-ratio to those of the baseline."""
    logs = [log(each) for each in runs]
    deviation = stdev(logs)
    error = deviation * sqrt(1.0 + 1.0 / len(logs))
    margin = max(log1p(LEAST_RATIO), 2.0 * error, log1p(MEASURES.get(name, 0.0) / exp(fmean(logs))))
    return Statistics(name, log(value) - fmean(logs), deviation, error, len(logs), margin)


def _sentence(finding: Finding, typical: float, runs: int) -> str:
    """Say how a measure compares with the baseline."""
    outcome = {
        Outcome.SLOWER: "slower",
        Outcome.FASTER: "faster",
        Outcome.SAME: "the same",
        Outcome.INCONCLUSIVE: "inconclusive: one run; a sojourn duel has more",
    }[finding.outcome]
    difference, interval = difference_text(finding, typical), interval_text(finding, typical)
    return f"{finding.name} {difference} ({interval}) beside {runs} runs of the baseline: {outcome}"
