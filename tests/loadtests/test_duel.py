"""Duels: the order of the runs, looks, validity, calibration, and the verdict, with simulated runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import loadtests.run.duel as machinery
from loadtests.run.calibration import read_noise
from loadtests.run.duel import LoadSettings, run_duel
from loadtests.run.duel_result import Duel, DuelPlan, Side
from loadtests.run.duel_verdict import COLUMNS, duel_rows, duel_sentences, verdict_of_duel
from loadtests.run.provenance import machine
from loadtests.verdict import Status, junit_xml, markdown, write_verdict
from loadtests.verdict.ci_reports import github_annotations
from loadtests.verdict.evidence import requests_without_errors, samples_wanted
from loadtests.verdict.pairs import Outcome
from sim.core.checksums import write_checksums
from sim.core.errors import InvalidInput, Problem
from sojourn.commands.duel import _left_by_interrupt, _print_pairs

A, B = Side("a", "http://a"), Side("b", "http://b")
SETTINGS = LoadSettings(Path("contract.yaml"), 60.0, 1, None, None, 30.0)
Fake = Callable[..., list[str]]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Let runs be simulated: B takes `ratio` times as long; return the list of the hosts in the order of the runs."""

    def simulate(ratio: float, requests: int = 5000, noise: float = 0.02, **special: Any) -> list[str]:
        hosts: list[str] = []
        generator = np.random.default_rng(8)

        def run_load(_trace: Any, _contract: Path, host: str, **_: Any) -> Any:
            number = len(hosts)
            hosts.append(host)
            if special.get("interrupt_at") == number:
                raise KeyboardInterrupt
            factor = (ratio if host.endswith("b") else 1.0) * float(np.exp(generator.normal(0, noise)))
            valid = number not in special.get("invalid", ())
            return SimpleNamespace(
                run=SimpleNamespace(interrupted=False),
                valid=valid,
                why=None if valid else "the generator was late",
                requests=requests,
                acknowledged=requests - (special.get("errors", 0) if host.endswith("b") else 0),
                journeys=100,
                samples=max(requests - 10, 0),
                latency=SimpleNamespace(p50=0.02 * factor, p95=0.06 * factor, p99=0.1 * factor, p999=None),
                lag=SimpleNamespace(p95=special.get("lag", 0.0001)),
                own_lag=SimpleNamespace(p95=special.get("own_lag")),
            )

        monkeypatch.setattr(machinery, "run_load", run_load)
        return hosts

    return simulate


def _duel(folder: Path, pairs: int = 5, looks: int = 3, warm_up: int = 0, **options: Any) -> Duel:
    return run_duel(None, A, B, SETTINGS, out=folder, plan=DuelPlan(pairs, looks, warm_up), **options)  # type: ignore[arg-type]


def test_runs_alternate_after_the_warm_up_and_end_at_the_first_look_that_settles_it(tmp_path: Path, fake: Fake) -> None:
    hosts = fake(1.5)
    shares: list[float] = []
    duel = _duel(tmp_path, pairs=4, warm_up=1, progress=shares.append)
    assert "".join(host[-1] for host in hosts) == "ab" + "abbaabba"
    assert (duel.looks, duel.outcome, len(duel.pairs)) == ((4,), Outcome.SLOWER, 4)
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {
        f"{number:03}-{side}" for number, side in enumerate("ababbaabba", 1)
    }


def test_what_is_not_settled_gets_more_pairs(tmp_path: Path, fake: Fake) -> None:
    hosts = fake(1.045, noise=0.06)
    duel = _duel(tmp_path, pairs=2, looks=3)
    assert (duel.looks, duel.outcome, len(hosts)) == ((2, 4, 6), Outcome.INCONCLUSIVE, 12)
    assert duel_sentences(duel)[0].startswith("Inconclusive after 6 pairs: p50 ")
    assert duel_sentences(duel)[0].endswith(" would settle it).")


@pytest.mark.parametrize(
    ("ratio", "sentence", "code"),
    [
        (1.2, "B is slower than A, after 5 pairs: p50 +", 3),
        (1.0, "B is as fast as A, after 5 pairs: no difference that matters in p50, p95, p99, error rate.", 0),
        (0.8, "B is faster than A, after 5 pairs: p50 -", 0),
    ],
)
def test_the_verdict_begins_with_a_sentence(tmp_path: Path, fake: Fake, ratio: float, sentence: str, code: int) -> None:
    fake(ratio, noise=0.005)
    duel = _duel(tmp_path)
    first, *others = duel_sentences(duel)
    assert first.startswith(sentence)
    assert others == [
        "Intervals: all measures and looks together have a confidence level of 95 %.",
        "Error rates are compared in percentage points; here, 0.100 points or less do not matter.",
        "CPU per journey was not judged: " + duel.not_judged["CPU per journey"] + ".",
    ]
    verdict = verdict_of_duel(duel, "desk")
    assert verdict.exit_code == code
    rows = list(duel_rows(duel))
    assert [row[0] for row in rows] == ["p50", "p95", "p99", "error rate", "CPU per journey"]
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert rows[3][1:] == ("0.000%", "0.000%", "+0.000 pt", "+0.000 to +0.000", "same")
    assert {check.name for check in verdict.checks if not check.judged} == {"CPU per journey"}
    root = ET.fromstring(junit_xml(verdict))
    assert root.attrib["failures"] == ("3" if code else "0")


def test_only_strict_duels_fail_when_they_are_inconclusive(tmp_path: Path, fake: Fake) -> None:
    fake(1.04, noise=0.08)
    duel = _duel(tmp_path, pairs=2, looks=1)
    assert duel.outcome == Outcome.INCONCLUSIVE
    verdict = verdict_of_duel(duel, "desk")
    assert (verdict.status, verdict.exit_code) == (Status.INCONCLUSIVE, 0)
    strict = verdict_of_duel(duel, "desk", strict=True)
    assert (strict.status, strict.exit_code) == (Status.INCONCLUSIVE, 5)


@pytest.mark.parametrize("strict", [False, True])
def test_no_file_calls_an_inconclusive_duel_passed(tmp_path: Path, fake: Fake, strict: bool) -> None:
    fake(2.2, noise=1.5)
    duel = _duel(tmp_path, pairs=2, looks=1)
    verdict = verdict_of_duel(duel, "desk", strict=strict)
    write_verdict(tmp_path, verdict, {"scenario": "desk"})
    summary, page = ((tmp_path / name).read_text(encoding="utf-8") for name in ("verdict.md", "verdict.html"))
    assert summary.startswith("# Inconclusive: desk\n")
    assert "| inconclusive | p50 |" in summary
    assert "- **p50**: inconclusive: p50 is " in summary
    assert "Passed" not in summary + page
    assert '<b class="open">Inconclusive after 2 pairs: ' in page
    assert '<td class="open">inconclusive</td>' in page
    unsettled = sum(finding.outcome == Outcome.INCONCLUSIVE for finding in duel.findings)
    root = ET.parse(tmp_path / "junit.xml").getroot()
    failures = unsettled if strict else 0  # the CPU time was not measured
    kinds = {"failures": str(failures), "skipped": str(unsettled + 1 - failures)}
    assert {name: root.attrib[name] for name in kinds} == kinds
    issues = json.loads((tmp_path / "codequality.json").read_text(encoding="utf-8"))
    assert [issue["severity"] for issue in issues] == ["minor" if strict else "info"] * unsettled
    annotations = list(github_annotations(verdict))
    assert len(annotations) == unsettled + 1
    assert all(line.startswith("::error" if strict else "::notice") for line in annotations[:-1])
    assert ",title=inconclusive%3A p50::" in annotations[0]


def test_more_errors_are_worse(tmp_path: Path, fake: Fake) -> None:
    fake(1.0, errors=100, noise=0.005)
    duel = _duel(tmp_path)
    assert duel.outcome == Outcome.SLOWER
    assert list(duel_rows(duel))[3][1:3] == ("0.000%", "2.000%")
    row = list(duel_rows(duel))[3]
    assert (row[3], row[-1]) == ("+2.000 pt", "more errors")
    check = next(each for each in verdict_of_duel(duel, "desk").checks if each.name == "error rate")
    assert (check.actual, check.wanted) == ("+2.000 points", "at most +0.100 points")
    assert check.message.startswith("error rate is 2.000% at B and 0.000% at A: +2.000 points (+2.000 to +2.000)")


def test_quantiles_of_too_few_requests_are_not_judged(tmp_path: Path, fake: Fake) -> None:
    assert [samples_wanted(quantile) for quantile in (0.5, 0.95, 0.99, 0.999)] == [40, 400, 2000, 20000]
    assert [requests_without_errors(rate) for rate in (0.1, 0.001, 0.0)] == [40, 3000, 40]
    fake(1.2, requests=2009)  # ten of them wait for work
    duel = _duel(tmp_path)
    assert duel.not_judged["p99"].startswith("a run has 1,999 requests, 2,000 are needed")
    assert [finding.name for finding in duel.findings] == ["p50", "p95", "error rate"]


def test_two_requests_are_no_evidence(tmp_path: Path, fake: Fake) -> None:
    fake(1.2, requests=2)
    duel = _duel(tmp_path, pairs=2, looks=1)
    assert duel.not_judged.keys() == {"p50", "p95", "p99", "error rate", "CPU per journey"}
    verdict = verdict_of_duel(duel, "desk")
    assert verdict.exit_code == 4
    assert duel_sentences(duel)[0].startswith("Invalid: nothing could be judged; p50: a run has 0 requests, 40 are ")


def test_few_requests_without_errors_leave_the_error_rate_unjudged_and_the_rest_settled(
    tmp_path: Path, fake: Fake
) -> None:
    fake(1.0, requests=500, noise=0.005)
    duel = _duel(tmp_path)
    why = "no request failed, and 2,500 are too few to show a difference of 0.1 points; 3,000 are needed"
    assert (duel.looks, duel.outcome, duel.not_judged["error rate"]) == ((5,), Outcome.SAME, why)
    strict = verdict_of_duel(duel, "desk", strict=True)
    assert strict.exit_code == 0
    assert f"- **error rate**: not judged: {why}\n" in markdown(strict)
    fake(1.0, requests=600, noise=0.005)
    assert "error rate" not in _duel(tmp_path / "longer").not_judged


def test_few_errors_of_few_requests_are_not_shown_to_be_the_same(tmp_path: Path, fake: Fake) -> None:
    fake(1.0, requests=300, errors=1, noise=0.005)
    duel = _duel(tmp_path, looks=1)
    assert duel.outcome != Outcome.SAME
    assert "error rate" not in duel.not_judged


def test_the_lag_is_compared_with_the_latency_of_the_table(tmp_path: Path, fake: Fake) -> None:
    fake(1.0, noise=0.5)
    duel = _duel(tmp_path, looks=1)
    check = next(each for each in verdict_of_duel(duel, "desk").checks if each.name == "generator's lag")
    assert list(duel_rows(duel))[1][1] in check.message


def test_many_errors_of_few_requests_are_found(tmp_path: Path, fake: Fake) -> None:
    fake(1.0, requests=60, errors=30, noise=0.005)
    assert _duel(tmp_path).outcome == Outcome.SLOWER


def test_pairs_with_a_run_that_is_not_valid_do_not_count(tmp_path: Path, fake: Fake) -> None:
    fake(1.3, invalid={2})
    duel = _duel(tmp_path)
    assert (len(duel.pairs), duel.looks, duel.outcome) == (4, (4,), Outcome.SLOWER)
    assert "1 run not valid, and not counted: the generator was late." in duel_sentences(duel)


def test_a_duel_without_two_valid_pairs_is_invalid(tmp_path: Path, fake: Fake) -> None:
    fake(1.3, invalid=range(1, 100))
    duel = _duel(tmp_path, pairs=2, looks=1)
    verdict = verdict_of_duel(duel, "desk")
    assert (verdict.status, verdict.exit_code) == (Status.INVALID, 4)
    assert duel_sentences(duel) == ("Invalid: 0 pairs of valid runs, at least 2 are needed; the generator was late.",)


def test_a_generator_that_is_slow_itself_is_named(tmp_path: Path, fake: Fake) -> None:
    fake(1.5, lag=0.004)  # beside a p50 of 20 and a p95 of 60 ms
    duel = _duel(tmp_path)
    assert "The generator's own lag is " in duel_sentences(duel)[-1]
    assert verdict_of_duel(duel, "desk").exit_code == 3


@pytest.mark.parametrize("lags", [{"lag": 0.007}, {"own_lag": 0.007}])
def test_a_generator_whose_lag_is_a_tenth_of_the_latency_judges_nothing(
    tmp_path: Path, fake: Fake, lags: dict[str, float]
) -> None:
    hosts = fake(1.5, **lags)
    duel = _duel(tmp_path, pairs=2)
    assert len(hosts) == 12  # no look has settled it
    verdict = verdict_of_duel(duel, "desk")
    assert (verdict.status, verdict.exit_code, duel.judged) == (Status.INVALID, 4, False)
    assert duel_sentences(duel)[0].startswith(
        "Invalid: the generator's own lag p95 is 7 ms, a tenth or more of A's p95 "
    )
    (tmp_path / "noise").mkdir()
    assert _duel(tmp_path / "noise", pairs=2, calibration=True).noise == {}


def test_an_interrupt_keeps_the_pairs_until_then(tmp_path: Path, fake: Fake) -> None:
    hosts = fake(1.5, interrupt_at=9)
    duel = _duel(tmp_path, pairs=10)
    assert duel.interrupted
    assert (len(hosts), len(duel.pairs), duel.looks, duel.outcome) == (10, 4, (4,), Outcome.SLOWER)
    kept = json.loads(json.dumps(duel.as_json(), allow_nan=False))
    assert kept["interrupted"]
    assert not kept["judged"]


def test_every_file_says_that_a_duel_was_interrupted(tmp_path: Path, fake: Fake) -> None:
    fake(1.0, interrupt_at=9, noise=0.005)
    duel = _duel(tmp_path, pairs=10)
    first, second, *_ = duel_sentences(duel)
    assert first == "Interrupted after 4 of at most 30 pairs: no verdict."
    assert second.startswith("B is as fast as A, after 4 pairs")
    verdict = verdict_of_duel(duel, "desk")
    assert (verdict.status, verdict.exit_code) == (Status.INVALID, 4)
    write_verdict(tmp_path, verdict, {"scenario": "desk"})
    summary, page = ((tmp_path / name).read_text(encoding="utf-8") for name in ("verdict.md", "verdict.html"))
    assert summary.startswith("# Invalid: ")
    assert "- **end**: the duel was interrupted after 4 of 30 pairs; repeat it to the end\n" in summary
    assert f'<b class="bad">{first}</b>' in page
    assert "| not judged | p50 |" in summary
    assert "measured until then, and not judged: p50" in (tmp_path / "junit.xml").read_text(encoding="utf-8")
    root = ET.parse(tmp_path / "junit.xml").getroot()
    assert (root.attrib["errors"], root.attrib["skipped"]) == ("1", str(len(duel.findings) + 1))


def test_a_calibration_that_was_interrupted_teaches_no_noise(tmp_path: Path, fake: Fake) -> None:
    fake(1.0, interrupt_at=9)
    duel = _duel(tmp_path, pairs=10, looks=1, calibration=True)
    assert duel.noise == {}
    assert duel_sentences(duel)[0] == "Interrupted after 4 of at most 10 pairs: no verdict."
    assert verdict_of_duel(duel, "desk").exit_code == 4


def test_an_interrupt_in_the_first_pair_leaves_nothing_to_judge(tmp_path: Path, fake: Fake) -> None:
    fake(1.5, interrupt_at=1)
    duel = _duel(tmp_path)
    assert verdict_of_duel(duel, "desk").exit_code == 4
    assert duel_sentences(duel)[0] == "Invalid: the duel was interrupted after 0 of 15 pairs; repeat it to the end."


@pytest.mark.parametrize(("side", "option"), [(A, "--a"), (B, "--b")])
def test_an_error_says_which_endpoint_it_is_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: Side, option: str
) -> None:
    def refused(_trace: Any, _contract: Path, host: str, **_: Any) -> None:
        if host == side.host:
            raise InvalidInput([Problem("contract.yaml", "setup", "the endpoint answered 401")])

    monkeypatch.setattr(machinery, "run_load", refused)
    where = f"endpoint {side.name.upper()}"
    with pytest.raises(
        InvalidInput, match=rf"^contract.yaml: setup: the endpoint answered 401 \({where}, {side.host}\)"
    ):
        machinery.run_once(None, side, SETTINGS, tmp_path, 0, 1, lambda _share: None)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=f"^{option}: "):
        machinery.check_side(replace(side, host="nowhere"))


def test_a_line_counts_the_pairs_that_count(tmp_path: Path, fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    fake(1.0, invalid={5}, interrupt_at=9)  # B of the second pair, after a warm-up of two runs; A of the fourth
    duel = _duel(tmp_path, pairs=5, warm_up=1, pair_ended=_print_pairs)
    assert capsys.readouterr().err.splitlines() == [
        "1 of at most 15 pairs done.",
        "1 of at most 15 pairs done, 1 not valid.",
        "2 of at most 15 pairs done, 1 not valid.",
    ]
    assert _left_by_interrupt(duel) == "the pairs until then are shown, without a verdict"


@pytest.mark.parametrize("number", [0, 1, 2])
def test_an_interrupt_in_the_first_pair_leaves_no_line_of_it(
    tmp_path: Path, fake: Fake, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    fake(1.0, interrupt_at=number)
    duel = _duel(tmp_path, pair_ended=_print_pairs)
    pairs = number // 2
    assert capsys.readouterr().err == "1 of at most 15 pairs done.\n" * pairs
    assert duel_sentences(duel)[0].startswith(f"Invalid: the duel was interrupted after {pairs} of 15 pairs")
    assert _left_by_interrupt(duel) == "there are too few pairs to compare, and no verdict"
    assert list(duel_rows(duel)) == []


def test_the_markdown_says_what_the_terminal_says(tmp_path: Path, fake: Fake) -> None:
    fake(1.5, lag=0.004)
    duel = _duel(tmp_path)
    text = markdown(verdict_of_duel(duel, "desk"))
    assert all(f"\n{sentence}\n" in text for sentence in duel_sentences(duel))
    assert ", after 5 pairs: " in text
    assert "The generator's own lag is 17% of the latency" in text


MANIFEST = {"scenario_hash": "c0ffee", "seed": 1, "speed": 60.0, "machine": machine()}


def _calibrated(folder: Path, fake: Fake, **changes: Any) -> Path:
    fake(1.0, noise=0.03)
    duel = _duel(folder, pairs=10, looks=1, calibration=True)
    assert duel_sentences(duel)[0].startswith("Noise floor of 10 pairs, and the smallest slowdown that 80 of 100 ")
    (folder / "duel.json").write_text(json.dumps(duel.as_json()), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps({**MANIFEST, **changes}), encoding="utf-8")
    write_checksums(folder, ("manifest.json", "duel.json"))
    return folder


def test_a_calibration_learns_the_noise_and_a_duel_must_exceed_it_twice(tmp_path: Path, fake: Fake) -> None:
    noise = read_noise(_calibrated(tmp_path, fake), MANIFEST)
    assert noise["p50"].deviation == pytest.approx(0.03 * 2**0.5, rel=0.8)  # of a difference of two, from ten pairs
    assert noise["p50"].pairs == 10
    fake(1.2, noise=0.005)
    (tmp_path / "next").mkdir()
    duel = _duel(tmp_path / "next", noise=noise)
    floor = noise["p50"].floor(5)
    assert duel.findings[0].margin == pytest.approx(max(np.exp(2 * floor), 1.05), rel=0.01)


def test_the_noise_of_another_machine_or_load_is_refused(tmp_path: Path, fake: Fake) -> None:
    folder = _calibrated(tmp_path, fake, speed=120.0, machine={"name": "other"}, contract_hash="c0")
    with pytest.raises(InvalidInput) as caught:
        read_noise(folder, MANIFEST)
    assert [problem.path for problem in caught.value.problems] == ["speed", "contract_hash", "machine", ""]
    damaged = folder / "duel.json"
    damaged.write_text(damaged.read_text(encoding="utf-8").replace("0.0", "0.1"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="was changed or damaged later"):
        read_noise(folder, MANIFEST)


def test_the_noise_of_turns_is_not_that_of_a_duet(tmp_path: Path, fake: Fake) -> None:
    with pytest.raises(InvalidInput, match="the calibration ran in turns, the duel runs side by side"):
        read_noise(_calibrated(tmp_path, fake), MANIFEST, duet=True)


def test_a_duel_is_no_calibration(tmp_path: Path, fake: Fake) -> None:
    fake(1.0)
    duel = _duel(tmp_path)
    (tmp_path / "duel.json").write_text(json.dumps(duel.as_json()), encoding="utf-8")
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is no valid calibration that ended"):
        read_noise(tmp_path, MANIFEST)


def test_a_build_that_is_many_times_slower_shows_by_how_much(tmp_path: Path, fake: Fake) -> None:
    fake(150.0, noise=0.005)
    duel = _duel(tmp_path)
    assert duel_sentences(duel)[0].startswith("B is slower than A, after 5 pairs: p50 x 1")
    assert all(row[3].startswith("x 1") and row[4] == "no bound" for row in list(duel_rows(duel))[:2])


def test_an_interval_of_many_magnitudes_is_no_bound(tmp_path: Path, fake: Fake) -> None:
    """Two pairs that vary as much as here bound nothing."""
    fake(1.0, noise=3.0)
    interval = [row[4] for row in duel_rows(_duel(tmp_path, pairs=2, looks=1))]
    assert interval[:2] == ["no bound", "no bound"]
