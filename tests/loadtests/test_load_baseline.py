"""Baselines of load tests, made of calibrations: who wrote them, what they are compared with, and what they find."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom
from scipy.stats import t as student

from loadtests.verdict import Stage, Verdict, judge_result, make_load_baseline, read_baseline, read_result
from sim.core.checksums import write_checksums
from sim.core.errors import InvalidInput
from sojourn.api.verdicts import judge, keep_baseline
from sojourn.commands.baseline import baseline
from tests.support.confidence import ALPHA

LOAD_OF = {"scenario": "bank", "scenario_hash": "c0ffee", "seed": 7, "speed": 60.0, "workers": 1, "duration": None}
MANIFEST: dict[str, Any] = {
    **LOAD_OF,
    "max_requests": 5000,
    "trace_hash": "7ace",
    "contract_hash": "c0de",
    "machine": {"name": "ci", "cores": 2, "system": "Linux"},
}
TYPICAL = {"p50": 0.02, "p95": 0.06, "p99": 0.1}


def _written(folder: Path, **files: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    write_checksums(folder, [f"{name}.json" for name in files])
    return folder


def _calibration(folder: Path, runs: int = 20, noise: float = 0.02, **changes: Any) -> Path:
    generator = np.random.default_rng(1)
    values = {name: (v * np.exp(generator.normal(0, noise, runs))).tolist() for name, v in TYPICAL.items()}
    duel = {"calibration": True, "values": {**values, "error rate": [0.0001] * runs}, **changes}
    return _written(folder, manifest={**MANIFEST, "kind": "duel", "hosts": ["a", "a"]}, duel=duel)


def _load(folder: Path, ratio: float = 1.0, errors: int = 0, requests: int = 5000, **manifest: Any) -> Path:
    load = {
        "valid": True,
        "requests": requests,
        "samples": requests,
        "acknowledged": requests - errors,
        "latency": {name: value * ratio for name, value in TYPICAL.items()},
        "error_rate": errors / requests,
        "verification": None,
    }
    scenario = {"objectives": {"load": {"read_back": "optional"}}}
    return _written(folder, manifest={**MANIFEST, "kind": "load", **manifest}, scenario=scenario, load=load)


def _judged(folder: Path, ratio: float = 1.0, *, strict: bool = False, **changes: Any) -> Verdict:
    file = folder / "kept.json"
    keep_baseline(_calibration(folder / "noise"), file, "first")
    return judge(_load(folder / "load", ratio, **changes), file, strict=strict)


@pytest.mark.parametrize(("ratio", "code"), [(1.3, 3), (1.0, 0), (0.7, 0)])
def test_a_load_test_that_is_slower_than_its_baseline_is_a_regression(tmp_path: Path, ratio: float, code: int) -> None:
    verdict = _judged(tmp_path, ratio)
    assert verdict.exit_code == code
    assert {check.name for check in verdict.failures} == ({"p50", "p95", "p99"} if code else set())
    assert any(" beside 20 runs of the baseline: " in check.message for check in verdict.checks)


def test_more_errors_are_a_regression(tmp_path: Path) -> None:
    assert [check.name for check in _judged(tmp_path, errors=50).failures] == ["error rate"]


def test_error_rates_are_compared_in_points_and_not_judged_without_errors_of_few_requests(tmp_path: Path) -> None:
    messages = {check.name: check.message for check in _judged(tmp_path, errors=50).checks}
    assert re.match(r"error rate \+\d\.\d{3} points \(\S+ to \S+\) beside 20 runs ", messages["error rate"])
    few = {check.name: check for check in _judged(tmp_path, requests=500).checks}["error rate"]
    assert (few.measured, few.passed) == (False, True)
    assert few.message.endswith("500 are too few to show a difference of 0.1 points; 3,000 are needed")


def test_what_one_run_does_not_settle_fails_only_if_strict(tmp_path: Path) -> None:
    assert _judged(tmp_path, 1.045).exit_code == 0
    assert _judged(tmp_path, 1.045, strict=True).exit_code == 5


def test_quantiles_of_too_few_requests_are_not_measured(tmp_path: Path) -> None:
    verdict = _judged(tmp_path, 1.3, requests=500)
    assert {check.name for check in verdict.checks if not check.measured} >= {"p99"}
    assert {check.name for check in verdict.failures} == {"p50", "p95"}


def test_a_load_test_of_which_nothing_can_be_compared_is_invalid(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    keep_baseline(_calibration(tmp_path / "noise", values={"p99": [0.1, 0.11, 0.1, 0.12]}), file)
    assert judge(_load(tmp_path / "load", requests=100), file).exit_code == 4


@pytest.mark.parametrize(
    ("name", "value"), [("speed", 120.0), ("machine", {"name": "laptop"}), ("scenario_hash", "decaf"), ("workers", 2),
     ("trace_hash", "5ea1"), ("contract_hash", "beef")],
)  # fmt: skip
def test_a_baseline_of_another_load_or_machine_is_invalid(tmp_path: Path, name: str, value: Any) -> None:
    verdict = _judged(tmp_path, 1.3, **{name: value})
    assert verdict.exit_code == 4
    assert [check.name for check in verdict.failures] == [f"baseline {name}"]
    alone = [check.name for check in judge(tmp_path / "load").checks if check.stage == Stage.OBJECTIVE]
    assert [check.name for check in verdict.checks if check.stage == Stage.OBJECTIVE] == alone != []


def test_the_baseline_of_another_scenario_is_called_so(tmp_path: Path) -> None:
    (failure,) = _judged(tmp_path, scenario="shop").failures
    assert failure.message == "the baseline is of another scenario: bank, the result of shop; name the baseline of shop"


def test_the_file_says_who_wrote_it_and_why_and_what_was_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept.json"
    baseline(_calibration(tmp_path / "noise"), file, "")
    assert capsys.readouterr().out == f"{file}: 4 measures of 20 runs kept.\n"
    file.unlink()
    for reason in ("first", "new hardware"):
        assert keep_baseline(_calibration(tmp_path / "noise"), file, reason) == 4
    kept = read_baseline(file)
    assert [entry["reason"] for entry in kept["history"]] == ["first", "new hardware"]
    assert all(entry["at"] and entry["on"] and "by" in entry for entry in kept["history"])
    assert kept["machine"] == MANIFEST["machine"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"calibration": False}, "is a duel, not a valid calibration that ended"),
        ({"values": {}}, "is a duel, not a valid calibration that ended"),
        ({"values": {"p50": [0.1, 0.1, 0.1]}}, "values.p50: is no list of four or more positive numbers"),
        ({"values": {"p50": [0.1, 0.1, 0.1, -1.0]}}, "values.p50: is no list of four or more positive numbers"),
    ],
)
def test_only_a_calibration_makes_a_baseline(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        make_load_baseline(_calibration(tmp_path, **changes))


def test_damaged_baselines_and_those_of_something_else_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    keep_baseline(_calibration(tmp_path / "noise"), file)
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"seed": 7', '"seed": 8'), encoding="utf-8")
    with pytest.raises(InvalidInput, match="checksum: differs"):
        read_baseline(file)
    file.write_text(text[: len(text) // 2], encoding="utf-8")
    with pytest.raises(InvalidInput, match="is not JSON"):
        read_baseline(file)
    file.write_text(text.replace("0.0001", "NaN"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="NaN is not a number of JSON"):
        read_baseline(file)
    file.write_text(text, encoding="utf-8")
    run = _written(tmp_path / "run", manifest={**MANIFEST, "kind": "run", "replications": 1, "wanted": 1}, scenario={},
                   kpis=[{"kpi": "asa", "by": "all", "key": "", "interval": None, "value": 1.0}])  # fmt: skip
    with pytest.raises(InvalidInput, match=r"has no load\.json to compare with the baseline"):
        judge_result(read_result(run), read_baseline(file))


@pytest.mark.statistical
@pytest.mark.slow
def test_a_run_like_those_of_the_baseline_is_called_slower_in_at_most_5_percent(tmp_path: Path) -> None:
    """Without the margin it would be 2.5 % of the measures; a p50 alone is compared, 300 times."""
    generator = np.random.default_rng(2)
    alarms = 0
    baseline: dict[str, Any] = {**MANIFEST, "kind": "baseline", "of": "load"}
    result = read_result(_load(tmp_path))
    for _ in range(300):
        draws = 0.02 * np.exp(generator.normal(0, 0.05, 11))
        load = {**(result.load or {}), "latency": {"p50": float(draws[0])}}
        fresh = type(result)("load", result.manifest, result.objectives, None, load)
        verdict = judge_result(fresh, {**baseline, "values": {"p50": draws[1:].tolist()}})
        alarms += verdict.exit_code == 3
    assert alarms <= binom.isf(ALPHA, 300, 0.025)
    assert student.ppf(0.975, 9) > 2.0  # so the interval is wider than the margin, which is twice the error
