"""Verdicts on the result folders of runs and load tests."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from loadtests.verdict import (
    Stage,
    Status,
    Verdict,
    baseline_text,
    judge_result,
    junit_xml,
    make_baseline,
    markdown,
    read_baseline,
    read_result,
)
from loadtests.verification.findings import CHECKS
from sim.core.checksums import write_checksums
from sim.core.errors import InvalidInput

MANIFEST = {"kind": "run", "scenario": "bank", "scenario_hash": "c0ffee", "seed": 7, "replications": 20, "wanted": 20}
LEVEL = 0.3
ROWS: list[dict[str, Any]] = [
    {"kpi": "service_level", "by": "all", "key": "", "interval": None, "value": 0.83},
    {"kpi": "service_level", "by": "queue", "key": "cards", "interval": None, "value": LEVEL},
    {"kpi": "service_level", "by": "queue", "key": "mail", "interval": None, "value": 0.95},
    *(
        {"kpi": "service_level", "by": "queue_interval", "key": "cards", "interval": i, "value": v}
        for i, v in enumerate([0.9, None, *[0.5 + i / 100 for i in range(30)]])
    ),
    {"kpi": "asa", "by": "queue", "key": "cards", "interval": None, "value": 31.5},
    {"kpi": "fcr", "by": "all", "key": "", "interval": None, "value": None},
]
LOAD: dict[str, Any] = {
    "valid": True,
    "why": None,
    "requests": 5000,
    "acknowledged": 4998,
    "latency": {"p50": 0.004, "p95": 0.03, "p99": 0.08, "max": 0.2},
    "lag": {"p50": 0.0001, "p95": 0.0004, "p99": 0.0011, "max": 0.004},
    "error_rate": 0.0004,
    "verification": {
        "ok": True,
        **dict.fromkeys((*CHECKS, "unread"), 0),
        "checked": 900,
        "not_verifiable": [],
        "examples": {},
    },
}


OF_DAYS: list[dict[str, Any]] = [
    *(
        {"kpi": "offered", "by": "queue_day", "key": "cards", "interval": None, "day": day, "weekday": None, "value": v}
        for day, v in ((1, 30.0), (2, 40.0))
    ),
    *(
        {"kpi": "offered", "by": "weekday", "key": "", "interval": None, "day": None, "weekday": weekday, "value": v}
        for weekday, v in (("Monday", 31.0), ("Tuesday", 41.0))
    ),
]


def write(folder: Path, **files: Any) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    write_checksums(folder, [path.name for path in folder.glob("*.json") if path.is_file()])
    return folder


def a_run(folder: Path, rows: list[dict[str, Any]] = ROWS, simulation: Any = (), **manifest: Any) -> Path:
    scenario = {"objectives": {"simulation": list(simulation), "load": {"lost": 0}}}
    return write(folder, manifest={**MANIFEST, **manifest}, scenario=scenario, kpis=rows)


def a_load(folder: Path, load: dict[str, Any] = LOAD, **bounds: Any) -> Path:
    manifest = {**MANIFEST, "kind": "load"}
    return write(folder, manifest=manifest, scenario={"objectives": {"load": bounds}}, load=load)


def judged(folder: Path, baseline: Any = None) -> Verdict:
    return judge_result(read_result(folder), baseline)


def changed(load: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    fresh = copy.deepcopy(load)
    *way, last = path.split(".")
    node = fresh
    for name in way:
        node = node[name]
    node[last] = value
    return fresh


def test_a_run_that_meets_its_objectives_and_is_the_baseline_passes(tmp_path: Path) -> None:
    bounds = [{"kpi": "service_level", "by": "queue", "key": "cards", "at_least": 0.3}]
    folder = a_run(tmp_path / "run", simulation=bounds)
    verdict = judged(folder, make_baseline(folder))
    assert (verdict.status, verdict.exit_code, verdict.failures) == (Status.PASS, 0, ())
    assert [check.name for check in verdict.checks][-2:] == ["service_level queue cards at least 0.3", "simulated KPIs"]
    assert verdict.checks[-1].message == f"all {len(ROWS)} values are those of the baseline"


def test_days_and_weekdays_are_compared_and_have_objectives(tmp_path: Path) -> None:
    bound = {"kpi": "offered", "by": "queue_day", "key": "cards", "at_most": 35}
    folder = a_run(tmp_path / "run", OF_DAYS, simulation=[bound])
    baseline = make_baseline(folder)
    assert baseline["values"]["offered"] == {"queue_day": {"cards": [30.0, 40.0]}, "weekday": {"": [31.0, 41.0]}}
    verdict = judged(folder, baseline)
    assert [check.message for check in verdict.checks[-2:]] == [
        "offered is 40 (cards, day 2), at most 35 is wanted",
        "all 4 values are those of the baseline",
    ]
    baseline["values"]["offered"] = {"queue_day": {"cards": [30.0, 41.0]}, "weekday": {"": [31.0, 40.0]}}
    message = judged(folder, baseline).checks[-1].message
    assert "offered by queue_day cards #2: 40.0, was 41.0" in message
    assert "offered by weekday #Tuesday: 41.0, was 40.0" in message


def test_a_baseline_survives_the_way_through_its_file(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "run")
    baseline = make_baseline(folder)
    file = tmp_path / "baseline.json"
    file.write_text(baseline_text(baseline), encoding="utf-8")
    assert read_baseline(file) == baseline
    assert baseline["values"]["service_level"]["queue_interval"]["cards"][:2] == [0.9, None]
    assert judged(folder, read_baseline(file)).status == Status.PASS
    assert len(file.read_text().splitlines()) < 30


@pytest.mark.parametrize(
    ("bound", "passed", "actual"),
    [
        ({"kpi": "service_level", "at_least": 0.83}, True, 0.83),
        ({"kpi": "service_level", "at_least": 0.8301}, False, 0.83),
        ({"kpi": "asa", "by": "queue", "key": "cards", "at_most": 31}, False, 31.5),
        ({"kpi": "service_level", "by": "queue", "key": "", "at_least": 0.5}, False, LEVEL),  # the worst queue
        ({"kpi": "service_level", "by": "queue_interval", "key": "cards", "at_least": 0.5}, True, 0.5),
        ({"kpi": "fcr", "at_least": 0.1}, False, None),  # undefined
    ],
)
def test_bounds_of_the_simulation(tmp_path: Path, bound: dict[str, Any], passed: bool, actual: float | None) -> None:
    verdict = judged(a_run(tmp_path / "run", simulation=[bound]))
    objectives = [check for check in verdict.checks if check.stage == Stage.OBJECTIVE]
    assert [(check.passed, check.actual) for check in objectives] == [(passed, actual)]
    assert verdict.exit_code == (0 if passed else 2)


def test_the_worst_row_is_named(tmp_path: Path) -> None:
    bounds = [{"kpi": "service_level", "by": "queue_interval", "key": "cards", "at_least": 0.6}]
    (failure,) = judged(a_run(tmp_path / "run", simulation=bounds)).failures
    assert failure.message == "service_level is 0.5 (cards, interval 3 of 32), at least 0.6 is wanted"


def test_objectives_that_speak_of_what_there_is_not_are_all_told(tmp_path: Path) -> None:
    bounds = [
        {"kpi": "servce_level", "at_least": 0.8},
        {"kpi": "asa", "by": "all", "at_most": 3},
        {"kpi": "service_level", "by": "queue", "key": "card", "at_least": 0.8},
    ]
    with pytest.raises(InvalidInput) as caught:
        judged(a_run(tmp_path / "run", simulation=bounds))
    assert [str(problem) for problem in caught.value.problems] == [
        f"scenario.json: objectives.simulation[{i}]: {what}"
        for i, what in enumerate(
            (
                '"servce_level" is not a KPI of this result; did you mean "service_level"?',
                'asa is not broken down by "all"; known are queue',
                '"card" is no queue of this result; did you mean "cards"?',
            )
        )
    ]


def test_a_difference_of_rounding_is_none_as_processors_add_in_other_orders(tmp_path: Path) -> None:
    baseline = make_baseline(a_run(tmp_path / "was"))
    rows = copy.deepcopy(ROWS)
    rows[1]["value"] = 0.1 + 0.2
    assert judged(a_run(tmp_path / "now", rows), baseline).status == Status.PASS


def test_a_difference_in_the_eleventh_digit_is_a_regression(tmp_path: Path) -> None:
    baseline = make_baseline(a_run(tmp_path / "was"))
    rows = copy.deepcopy(ROWS)
    rows[1]["value"] = 0.30000000001
    verdict = judged(a_run(tmp_path / "now", rows), baseline)
    assert (verdict.status, verdict.exit_code) == (Status.REGRESSION, 3)
    assert verdict.failures[0].message == (
        f"1 of {len(ROWS)} values differ from the baseline:\nservice_level by queue cards: 0.30000000001, was 0.3"
    )


def test_a_regression_lists_each_kpi_once_also_missing_ones_but_new_ones_are_none(tmp_path: Path) -> None:
    baseline = make_baseline(a_run(tmp_path / "was"))
    fewer = [row for row in ROWS if row["by"] != "queue_interval"]
    (failure,) = judged(a_run(tmp_path / "now", fewer), baseline).failures
    assert failure.message.splitlines() == [
        f"32 of {len(ROWS)} values differ from the baseline:",
        "service_level by queue_interval cards #0: missing, was 0.9; the most of 32 that differ",
    ]
    names = [{**ROWS[0], "by": "queue", "key": f"q{index}"} for index in range(25)]
    names.append({**ROWS[0], "value": 0.7})
    before = make_baseline(a_run(tmp_path / "many", names))
    (failure,) = judged(a_run(tmp_path / "none", ROWS), before).failures
    lines = failure.message.splitlines()
    assert (len(lines), lines[1], lines[-1]) == (22, "service_level: 0.83, was 0.7", "and 6 more")
    more = judged(a_run(tmp_path / "more"), make_baseline(a_run(tmp_path / "less", fewer)))
    assert more.status == Status.PASS
    assert more.checks[-1].message.endswith("; 32 are new")


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("scenario", "shop", ' FILE --reason "what was changed"'),
        ("scenario_hash", "decaf", ' FILE --reason "what was changed"'),
        ("seed", 8, "run it again with --seed 7"),
        ("replications", 5, "run it again with --replications 20"),
    ],
)
def test_a_baseline_of_something_else_is_invalid_and_says_what_to_do(
    tmp_path: Path, name: str, value: Any, remedy: str
) -> None:
    baseline = make_baseline(a_run(tmp_path / "was"))
    bounds = [{"kpi": "service_level", "at_least": 0.5}]
    numbers = {name: value} | ({"wanted": value} if name == "replications" else {})
    verdict = judged(a_run(tmp_path / "now", simulation=bounds, **numbers), baseline)
    assert (verdict.status, verdict.exit_code) == (Status.INVALID, 4)
    assert [failure.name for failure in verdict.failures] == [f"baseline {name}"]
    assert verdict.failures[0].message.endswith(remedy)
    assert verdict.checks[-1].judged == (name in {"seed", "replications"})
    missed = judged(
        a_run(tmp_path / "low", simulation=[{"kpi": "service_level", "at_least": 0.99}], **numbers), baseline
    )
    assert (missed.status, missed.exit_code) == (Status.OBJECTIVE_MISSED, 2)
    assert [check.name for check in missed.checks if check.stage == Stage.OBJECTIVE] == ["service_level at least 0.99"]


def test_the_baseline_of_another_scenario_is_called_so_and_nobody_is_told_to_replace_it(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "now", scenario="shop", scenario_hash="decaf", seed=8)
    verdict = judged(folder, make_baseline(a_run(tmp_path / "was")))
    messages = {check.name: check.message for check in verdict.failures}
    assert messages["baseline scenario"].startswith(
        "the baseline is of another scenario: bank, the result of shop; name the baseline of shop, or, if the scenario "
    )
    assert messages["baseline scenario_hash"].endswith("the result of decaf; it is of bank")
    assert messages["baseline seed"] == "the baseline is of another seed: 7, the result of 8; it is of bank"


def test_another_scenario_is_invalid_and_still_shows_which_kpis_differ(tmp_path: Path) -> None:
    baseline = make_baseline(a_run(tmp_path / "was", versions={"sojourn": "0.1"}))
    rows = copy.deepcopy(ROWS)
    rows[0]["value"], rows[3]["value"], rows[6]["value"] = 0.5, 0.8, 0.1
    verdict = judged(a_run(tmp_path / "now", rows, scenario_hash="decaf", versions={"sojourn": "0.2"}), baseline)
    assert (verdict.status, verdict.exit_code) == (Status.INVALID, 4)
    assert verdict.failures[0].message.endswith(
        f'keep this run as the new baseline: sojourn baseline {tmp_path / "now"} FILE --reason "what was changed"'
    )
    assert verdict.checks[-1].message.splitlines() == [
        f"3 of {len(ROWS)} values differ from the baseline (sojourn 0.2, was 0.1):",
        "service_level: 0.5, was 0.83",
        "service_level by queue_interval cards #3: 0.1, was 0.51; the most of 2 that differ",
    ]
    text = markdown(verdict)
    assert "- **simulated KPIs**: not judged: 3 of " in text
    assert "| not judged | simulated KPIs | 3 | 0 |" in text
    assert ET.fromstring(junit_xml(verdict)).attrib["skipped"] == "1"


def test_a_good_load_passes(tmp_path: Path) -> None:
    verdict = judged(a_load(tmp_path / "load", p95=0.2, p99=0.5, error_rate=0.001, lost=0))
    assert verdict.status == Status.PASS
    assert len(verdict.checks) == 2 + 4 + 3 + 8


@pytest.mark.parametrize(
    ("path", "value", "name"),
    [
        ("latency.p95", 0.21, "load latency p95"),
        ("latency.p99", 0.51, "load latency p99"),
        ("latency.p99", None, "load latency p99"),
        ("error_rate", 0.0011, "load error rate"),
        ("verification.lost", 1, "load lost"),
        ("verification.lost", None, "load lost"),
        ("verification.leak", None, "load leak"),
        ("verification.phantom", 1, "load phantom"),
        ("verification.duplicate", 2, "load duplicate"),
        ("verification.out_of_order", 1, "load out_of_order"),
        ("verification.context_wrong", 1, "load context_wrong"),
        ("verification.leak", 1, "load leak"),
        ("verification.unread", 1, "load unread"),
        ("verification.not_verifiable", ["history"], "load verification"),
        ("verification", None, "load verification"),
    ],
)
def test_a_load_that_misses_an_objective(tmp_path: Path, path: str, value: Any, name: str) -> None:
    load = changed(LOAD, path, value)
    verdict = judged(a_load(tmp_path / "load", load, p95=0.2, p99=0.5, error_rate=0.001, lost=0))
    assert (verdict.status, verdict.exit_code) == (Status.OBJECTIVE_MISSED, 2)
    assert [failure.name for failure in verdict.failures] == [name]


def test_what_was_lost_is_shown(tmp_path: Path) -> None:
    load = changed(changed(LOAD, "verification.lost", 1), "verification.examples", {"lost": ["bank-3-7: step.left"]})
    (failure,) = judged(a_load(tmp_path / "load", load, lost=0)).failures
    assert failure.message == "load lost is 1, above 0; e.g. bank-3-7: step.left"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"valid": False}, "the load generator calls it invalid"),
        ({"requests": 0, "acknowledged": 0}, "nothing was sent"),
        ({"acknowledged": 0}, "no request was acknowledged"),
    ],
)
def test_a_load_without_meaning_is_invalid(tmp_path: Path, changes: dict[str, Any], why: str) -> None:
    verdict = judged(a_load(tmp_path / "load", LOAD | changes, p95=1e-9))
    assert (verdict.status, verdict.exit_code) == (Status.INVALID, 4)
    assert verdict.failures[0].message == f"this load test is not valid: {why}"


@pytest.mark.parametrize("name", ["own_lag", "lag"])
@pytest.mark.parametrize(("lag", "status"), [(0.0199, Status.PASS), (0.02, Status.INVALID)])
def test_a_generator_whose_lag_is_a_tenth_of_the_wanted_latency_judges_nothing(
    tmp_path: Path, name: str, lag: float, status: Status
) -> None:
    load = {**LOAD, name: {"p50": 0.001, "p95": lag, "p99": 0.04, "max": 0.05}}
    verdict = judged(a_load(tmp_path / "load", load, p95=0.2, p99=0.5))
    assert verdict.status == status
    assert [failure.name for failure in verdict.failures] == ["generator's lag"] * (status == Status.INVALID)
    assert judged(a_load(tmp_path / "free", load, error_rate=0.01)).status == Status.PASS  # no latency is wanted


def test_a_lag_that_nobody_measured_is_not_measured(tmp_path: Path) -> None:
    load = {name: value for name, value in LOAD.items() if name != "lag"}
    verdict = judged(a_load(tmp_path / "load", load, p95=0.2))
    (check,) = [check for check in verdict.checks if check.name == "generator's lag"]
    assert (check.measured, check.actual, verdict.status) == (False, None, Status.PASS)


def test_an_endpoint_that_fell_behind_is_told_from_a_late_generator(tmp_path: Path) -> None:
    load = {**LOAD, "due_rate": 50.0, "answered_rate": 31.0, "backlog": {"begin": 2.0, "end": 9.5}}
    verdict = judged(a_load(tmp_path / "load", load, p95=0.2))
    assert verdict.checks[0].passed
    assert verdict.checks[0].message.endswith(
        "; 50.0 a second came due, 31.0 were answered meanwhile: the endpoint was the limit from 2.0 s to 9.5 s"
    )


def test_a_late_generator_says_why(tmp_path: Path) -> None:
    load = changed({**LOAD, "valid": False}, "why", "lag p99 12 ms is over 2 ms; lower --speed")
    (failure,) = judged(a_load(tmp_path / "load", load)).failures
    assert failure.message.endswith("lag p99 12 ms is over 2 ms; lower --speed")


def _problems(call: Any, *args: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        call(*args)
    assert caught.value.exit_code == 2
    return [str(problem) for problem in caught.value.problems]


def test_wrong_input_is_told_in_sentences_all_at_once(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert _problems(read_result, nowhere) == [f"{nowhere}: no such folder; give the result folder of a run or a load"]
    broken = a_run(tmp_path / "broken")
    (broken / "manifest.json").unlink()
    (broken / "scenario.json").write_text("{\n oops", encoding="utf-8")
    (broken / "kpis.json").write_text('[{"kpi": "asa"}]', encoding="utf-8")
    first, second, third = _problems(read_result, broken)
    assert first == f"{broken}/manifest.json: no such file"
    assert second.startswith(f"{broken}/scenario.json:2: is not JSON: ")
    assert third == f"{broken}/kpis.json: [0]: is not a record with kpi, by, key, interval and value"
    whatif = a_run(tmp_path / "whatif", kind="whatif")
    assert _problems(read_result, whatif) == [
        f'{whatif}/manifest.json: kind: "whatif" has no verdict; give the result of a run or a load'
    ]
    empty = write(tmp_path / "empty", manifest=MANIFEST, scenario={})
    assert _problems(read_result, empty) == [f"{empty}: has no kpis.json: the run did not end; repeat it"]
    odd = write(tmp_path / "odd", manifest=[], scenario={}, kpis=[])
    assert _problems(read_result, odd) == [f"{odd}/manifest.json: holds a list where a dict belongs"]


ANEW = "restore the baseline, or make it anew with sojourn baseline"


def test_wrong_baselines_are_told_in_sentences(tmp_path: Path) -> None:
    missing = tmp_path / "missing.json"
    assert _problems(read_baseline, missing) == [f"{missing}: no such file; {ANEW}"]
    write(tmp_path, other=MANIFEST, half={"kind": "baseline", "scenario": "bank", "scenario_hash": "", "seed": 1})
    other, half = tmp_path / "other.json", tmp_path / "half.json"
    assert _problems(read_baseline, other) == [f'{other}: kind: "run" is not a baseline; {ANEW}']
    assert _problems(read_baseline, half) == [
        f"{half}: replications: is missing; {ANEW}",
        f"{half}: checksum: is missing; {ANEW}",
        f"{half}: values: is missing; {ANEW}",
    ]
    run = make_baseline(a_run(tmp_path / "run"))
    write(tmp_path, text={**run, "values": "all"}, deep={**run, "values": {"asa": {"all": {"": {"": 1}, "b": True}}}})
    numbers = "is not a number, null, or a list of them by interval"
    assert _problems(read_baseline, tmp_path / "text.json") == [f"{tmp_path}/text.json: values: {numbers}; {ANEW}"]
    assert _problems(read_baseline, tmp_path / "deep.json") == [
        f"{tmp_path}/deep.json: values.asa.all{key}: {numbers}; {ANEW}" for key in ("", ".b")
    ]
    (tmp_path / "nan.json").write_text(json.dumps({**run, "values": {"asa": {"all": {"": float("nan")}}}}))
    assert _problems(read_baseline, tmp_path / "nan.json") == [
        f"{tmp_path}/nan.json: cannot be read: NaN is not a number of JSON; {ANEW}"
    ]
    write(tmp_path, later={**run, "format": 2})
    assert _problems(read_baseline, tmp_path / "later.json") == [
        f"{tmp_path}/later.json: format: 2 is of another version of Sojourn; this one reads 1; make the baseline anew"
    ]
    (tmp_path / "nested.json").write_text("[" * 100_000)
    assert _problems(read_baseline, tmp_path / "nested.json") == [
        f"{tmp_path}/nested.json: is nested too deeply; {ANEW}"
    ]
    folder = a_load(tmp_path / "load")
    assert _problems(make_baseline, folder) == [f"{folder}: has no kpis.json; make a baseline of the result of a run"]
    run = make_baseline(a_run(tmp_path / "run"))
    (sentence,) = _problems(judged, folder, run)
    assert sentence.startswith(f"{folder}: has no kpis.json to compare with the baseline")


def test_what_proves_nothing_is_invalid(tmp_path: Path) -> None:
    whole = make_baseline(a_run(tmp_path / "whole", wanted=20))
    passed = judged(tmp_path / "whole", whole)
    assert passed.status == Status.PASS
    undefined = sum(row["value"] is None for row in ROWS)
    count = len(ROWS) - undefined
    counted = f"the baseline holds {count} values; {undefined} more are undefined"
    assert (count, counted) in [(check.actual, check.message) for check in passed.checks]
    for values in ({}, {"asa": {"all": {"": None}}}):
        verdict = judged(tmp_path / "whole", {**whole, "values": values})
        assert (verdict.status, verdict.exit_code) == (Status.INVALID, 4)
        assert "the baseline holds no value" in verdict.failures[0].message
    interrupted = a_run(tmp_path / "interrupted", wanted=4000, replications=2)
    (failure,) = judged(interrupted, whole | {"replications": 2}).failures
    assert (failure.stage, failure.actual, failure.wanted) == (Stage.VALIDITY, 2, 4000)
    assert failure.message.startswith("2 of 4000 replications were simulated, so the run was interrupted")
    (problem,) = _problems(make_baseline, interrupted)
    assert problem == f"{interrupted}: only 2 of 4000 replications were simulated; repeat the run"
    nobody = a_run(tmp_path / "nobody", [{**row, "value": None} for row in ROWS])
    assert judged(nobody).failures[0].message.startswith("no KPI has a value")


def test_a_run_without_objectives_or_baseline_is_not_judged(tmp_path: Path) -> None:
    verdict = judged(a_run(tmp_path / "a"))
    assert [check.name for check in verdict.failures] == ["criteria"]
    assert verdict.exit_code == 4
    bound = {"kpi": "service_level", "by": "queue", "key": "mail", "at_least": 0.9}
    assert judged(a_run(tmp_path / "b", simulation=[bound])).status == Status.PASS


@pytest.mark.parametrize(
    ("acknowledged", "bounds", "passed"),
    [(2501, {}, True), (2500, {}, False), (1, {}, False), (1, {"error_rate": 1.0}, True)],
)
def test_a_load_that_was_mostly_refused_measures_refusals(
    tmp_path: Path, acknowledged: int, bounds: dict[str, float], passed: bool
) -> None:
    load = LOAD | {"acknowledged": acknowledged, "error_rate": 1 - acknowledged / 5000}
    verdict = judged(a_load(tmp_path, load, **bounds))
    assert [check.name for check in verdict.failures] == ([] if passed else ["acknowledged"])
    assert verdict.exit_code == (0 if passed else 4)


def test_a_load_test_that_is_damaged_is_told_in_sentences(tmp_path: Path) -> None:
    for i, (name, content) in enumerate([("latency", 3), ("requests", "many"), ("valid", None), ("verification", [])]):
        folder = a_load(tmp_path / str(i), {**LOAD, name: content})
        assert _problems(read_result, folder) == [
            f"{folder}/load.json: {name}: is missing, or of another type than a load test writes"
        ]
    killed = write(tmp_path / "killed", manifest={**MANIFEST, "kind": "load"}, scenario={})
    assert _problems(read_result, killed) == [f"{killed}: has no load.json: the load did not end; repeat it"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("valid", "false", "is missing, or of another type than a load test writes"),
        ("latency.p50", -0.1, "is missing, or of another type than a load test writes"),
        ("acknowledged", 5001, "5,001 is more than the 5,000 requests"),
    ],
)
def test_figures_that_cannot_be_are_refused(tmp_path: Path, name: str, value: object, message: str) -> None:
    folder = a_load(tmp_path / "load", changed(LOAD, name, value))
    assert _problems(read_result, folder) == [f"{folder}/load.json: {name}: {message}"]


def test_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    folder = a_load(tmp_path / "load", LOAD)
    text = (folder / "load.json").read_text(encoding="utf-8")
    (folder / "load.json").write_text(text.replace("{", '{"valid": true, ', 1), encoding="utf-8")
    problem = f'{folder}/load.json: cannot be read: "valid" stands twice in an object'
    assert problem in _problems(read_result, folder)


def test_of_very_many_wrong_records_the_first_five_are_named(tmp_path: Path) -> None:
    folder = a_run(tmp_path / "run", [*ROWS, *[{}] * 100_000])
    problems = _problems(read_result, folder)
    first = len(ROWS)
    assert [problem.split(": ")[1] for problem in problems] == [f"[{first + at}]" for at in range(5)]


def test_a_verification_that_read_nothing_back_is_none(tmp_path: Path) -> None:
    verdict = judged(a_load(tmp_path / "load", changed(LOAD, "verification.checked", 0)))
    assert (verdict.status, verdict.exit_code) == (Status.OBJECTIVE_MISSED, 2)
    assert [failure.name for failure in verdict.failures] == ["load verification"]
    assert verdict.failures[0].message.startswith("no journey was read back")


@pytest.mark.parametrize("name", [*CHECKS, "unread", "checked", "examples", "not_verifiable"])
def test_a_verification_without_a_count_is_damaged(tmp_path: Path, name: str) -> None:
    for i, value in enumerate(["many", -1] if name in CHECKS else ["many", -1, None]):  # a check may say nothing
        folder = a_load(tmp_path / str(i), changed(LOAD, f"verification.{name}", value))
        (problem,) = _problems(read_result, folder)
        assert problem.startswith(f"{folder}/load.json: verification.{name}: is missing")
    lacking = copy.deepcopy(LOAD)
    del lacking["verification"][name]
    assert len(_problems(read_result, a_load(tmp_path / "lacking", lacking))) == 1


@pytest.mark.parametrize("numbers", [{"replications": 0, "wanted": 0}, {"wanted": None}, {"replications": "20"}])
def test_a_run_without_its_number_of_replications_is_damaged(tmp_path: Path, numbers: dict[str, Any]) -> None:
    problems = _problems(read_result, a_run(tmp_path / "run", **numbers))
    assert len(problems) == len(numbers)
    assert all(problem.endswith("is missing, or is no number of replications") for problem in problems)


@pytest.mark.parametrize(
    "objectives",
    [
        [3], 3, {"simulation": 3}, {"simulation": [3]}, {"simulation": [{}]}, {"simulation": [{"kpi": "asa"}]},
        {"simulation": [{"kpi": "asa", "at_most": "x"}]}, {"load": []}, {"load": {"p9": 1}}, {"load": {"p95": [1]}},
    ],
)  # fmt: skip
def test_objectives_of_a_wrong_form_are_told_in_sentences(tmp_path: Path, objectives: Any) -> None:
    folder = a_run(tmp_path / "run")
    write(folder, scenario={"objectives": objectives})
    (problem,) = _problems(read_result, folder)
    assert problem.startswith(f"{folder}/scenario.json: objectives")
    assert problem.endswith("is no objective of the scenario language")


def test_a_kpi_that_stands_twice_is_damaged(tmp_path: Path) -> None:
    asa = next(row for row in ROWS if row["kpi"] == "asa")
    folder = a_run(tmp_path / "run", [*ROWS, {**asa, "value": 1.0}])
    assert _problems(read_result, folder) == [f"{folder}/kpis.json: asa queue cards: stands there twice"]


def test_a_week_has_seven_days(tmp_path: Path) -> None:
    baseline = make_baseline(a_run(tmp_path / "run"))
    write(tmp_path, long={**baseline, "values": {"offered": {"weekday": {"": [1.0] * 8}}}})
    assert _problems(read_baseline, tmp_path / "long.json") == [
        f"{tmp_path}/long.json: values.offered.weekday: has more values than a week has days; {ANEW}"
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_pipes_and_devices_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    for file in (tmp_path / "pipe.json", Path("/dev/zero")):
        (problem,) = _problems(read_baseline, file)
        assert "is a pipe or a device" in problem
    folder = a_run(tmp_path / "run")
    (folder / "kpis.json").unlink()
    os.mkfifo(folder / "kpis.json")
    assert any("is a pipe or a device" in problem for problem in _problems(read_result, folder))
    folder = a_run(tmp_path / "other")
    (folder / "SHA256SUMS").unlink()
    os.mkfifo(folder / "SHA256SUMS")
    (problem,) = _problems(read_result, folder)
    assert problem.startswith(f"{folder}: has no SHA256SUMS: it is damaged, not finished or old")


def test_junit(tmp_path: Path) -> None:
    baseline = make_baseline(a_run(tmp_path / "was"))
    rows = copy.deepcopy(ROWS)
    rows[0]["value"] = 0.5
    bounds = [{"kpi": "service_level", "at_least": 0.8}]
    verdict = judged(
        a_run(tmp_path / "now", rows, bounds, scenario="a <b> & \x00"), {**baseline, "scenario": "a <b> & \x00"}
    )
    root = ET.fromstring(junit_xml(verdict))
    assert root.attrib == {"tests": "8", "failures": "2", "errors": "0", "skipped": "0"}
    failures = root.findall("testsuite/testcase/failure")
    assert [failure.get("type") for failure in failures] == ["objective_missed", "regression"]
    assert "service_level: 0.5, was 0.83" in (failures[1].text or "")
    invalid = ET.fromstring(junit_xml(judged(a_run(tmp_path / "now", seed=8), baseline)))
    assert invalid.attrib["errors"] == "1"
    assert invalid.find("testsuite/testcase/error") is not None


def test_markdown(tmp_path: Path) -> None:
    baseline = make_baseline(a_run(tmp_path / "was"))
    assert markdown(judged(tmp_path / "was", baseline)).startswith("# Passed: bank (")
    rows = copy.deepcopy(ROWS)
    rows[1]["value"] = 0.30000000001
    text = markdown(judged(a_run(tmp_path / "now", rows), baseline))
    assert text.startswith("# Regression: bank (")
    assert "\n```\nservice_level by queue cards: 0.30000000001, was 0.3\n```\n" in text
    assert "| **failed** | simulated KPIs | 1 | 0 |" in text
    assert "| ok | baseline seed | 7 | 7 |" in text


@pytest.mark.parametrize(
    ("requests", "samples", "bounds", "lacking"),
    [
        (2, 2, {"lost": 0}, ["requests for load test"]),
        (5000, 1999, {"p99": 0.5}, ["requests for latency p99"]),
        (5000, 399, {"p50": 0.5, "p95": 0.5}, ["requests for latency p95"]),
        (2999, 2999, {"error_rate": 0.001}, ["requests for error rate"]),
        (41, 39, {"p50": 0.5, "p95": 0.5}, ["requests for latency p50", "requests for latency p95"]),
        (3000, 2000, {"p99": 0.5, "error_rate": 0.001}, []),
    ],
)
def test_too_few_requests_are_no_evidence(
    tmp_path: Path, requests: int, samples: int, bounds: dict[str, float], lacking: list[str]
) -> None:
    load = {**LOAD, "requests": requests, "acknowledged": requests, "samples": samples, "error_rate": 0.0}
    verdict = judged(a_load(tmp_path / "load", load, **bounds))
    assert [failure.name for failure in verdict.failures] == lacking
    assert verdict.exit_code == (4 if lacking else 0)


FEW: dict[str, Any] = {**LOAD, "requests": 332, "acknowledged": 332, "samples": 332, "error_rate": 0.0}


def test_a_small_sample_hides_nothing_that_was_found_wrong(tmp_path: Path) -> None:
    wrong = changed(FEW, "verification", {**LOAD["verification"], "lost": 3, "leak": 2, "duplicate": 1})
    wrong["verification"]["examples"] = {"lost": ["cust-7: step.left"]}
    verdict = judged(a_load(tmp_path / "wrong", wrong, p95=0.25, error_rate=0.001))
    assert (verdict.status, verdict.exit_code) == (Status.OBJECTIVE_MISSED, 2)
    assert [check.name for check in verdict.failures] == ["load lost", "load duplicate", "load leak"]
    left_out = [check.name for check in verdict.checks if not check.judged]
    assert left_out == ["requests for latency p95", "requests for error rate"]
    assert "not judged: 332 requests are too few to judge the latency p95" in markdown(verdict)
    assert "load lost is 3, above 0; e.g. cust-7: step.left" in markdown(verdict)
    assert judged(a_load(tmp_path / "allowed", changed(FEW, "verification.lost", 3), p95=0.25, lost=3)).exit_code == 4


@pytest.mark.parametrize(
    ("changes", "bounds", "missed"),
    [
        ({"acknowledged": 60, "error_rate": 0.82}, {"p95": 0.25, "error_rate": 0.01}, ["load error rate"]),
        (
            {"latency": {"p50": 0.02, "p95": 0.03}},
            {"p50": 0.01, "p95": 0.01},
            ["load latency p50"],
        ),
        ({"due_rate": 9.0, "answered_rate": 1.0, "backlog": None}, {"p95": 0.25, "rate": 0.9}, ["load rate"]),
        ({"verification": None}, {"p95": 0.25}, []),  # nothing was measured, so nothing was found
        ({"acknowledged": 20, "requests": 30, "samples": 30}, {"p95": 0.25, "error_rate": 0.01, "rate": 0.9}, []),
    ],
)
def test_a_bound_with_requests_enough_is_missed_though_another_had_too_few(
    tmp_path: Path, changes: dict[str, Any], bounds: dict[str, float], missed: list[str]
) -> None:
    verdict = judged(a_load(tmp_path / "load", FEW | changes, **bounds))
    assert [check.name for check in verdict.checks if check.stage == Stage.OBJECTIVE] == missed
    assert verdict.exit_code == (2 if missed else 4)


def test_a_late_generator_or_an_interrupt_hides_no_loss_but_judges_nothing_else(tmp_path: Path) -> None:
    load = {**changed(LOAD, "verification.lost", 75), "valid": False, "why": "interrupted after 200 of 332 requests"}
    verdict = judged(a_load(tmp_path / "load", load, p95=0.02, error_rate=0.0001))
    assert [check.name for check in verdict.failures] == ["load generator", "load lost"]
    assert (verdict.status, verdict.exit_code) == (Status.OBJECTIVE_MISSED, 2)
    unread = changed(load, "verification", {**LOAD["verification"], "unread": 4})
    assert judged(a_load(tmp_path / "unread", unread)).status == Status.INVALID


def test_few_requests_are_enough_to_miss_a_bound_on_errors(tmp_path: Path) -> None:
    load = {**LOAD, "requests": 50, "acknowledged": 30, "error_rate": 0.4}
    assert judged(a_load(tmp_path / "load", load, error_rate=0.001)).exit_code == 2


@pytest.mark.parametrize(
    ("path", "value", "skipped"),
    [
        ("verification", None, 1),
        ("verification.lost", None, 1),
        ("verification.not_verifiable", ["history"], 1),
    ],
)
def test_what_was_not_measured_passes_only_if_the_scenario_says_so(
    tmp_path: Path, path: str, value: Any, skipped: int
) -> None:
    load = changed(LOAD, path, value)
    assert judged(a_load(tmp_path / "strict", load, read_back="required")).exit_code == 2
    verdict = judged(a_load(tmp_path / "free", load, read_back="optional"))
    assert verdict.exit_code == 0
    unmeasured = [check for check in verdict.checks if not check.measured]
    assert len(unmeasured) == skipped
    assert all(check.message.startswith("not measured: ") for check in unmeasured)
    wrong = changed(LOAD, "verification.lost", 1)
    assert judged(a_load(tmp_path / "wrong", wrong, read_back="optional")).exit_code == 2
