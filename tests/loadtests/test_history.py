"""History of results: a line each, and change points as a report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from scipy.stats import binom

from loadtests.verdict import Check, Stage, Verdict, junit_xml, markdown
from loadtests.verdict.history import FEWEST, KEPT, LEVEL, change_of, note_in_history
from loadtests.verdict.results import Result
from tests.support.confidence import ALPHA

MANIFEST = {"kind": "load", "scenario": "bank", "machine": {"name": "ci"}, "created": "2026-11-28T10:00:00+00:00"}


def _result(p95: float, **manifest: Any) -> tuple[Result, Verdict]:
    load = {"latency": {"p50": 0.01, "p95": p95, "max": 1.0}, "error_rate": 0.0}
    checks = (Check(Stage.OBJECTIVE, "load lost", passed=True, actual=0, wanted=0, message="load lost is 0"),)
    return Result("out", {**MANIFEST, **manifest}, {}, None, load), Verdict("bank", checks)


def _noted(file: Path, p95s: list[float], **manifest: Any) -> list[str]:
    return [note_in_history(file, *_result(p95, run=uuid4().hex, **manifest), "")[-1] for p95 in p95s][-1:]


def test_a_change_of_level_is_found_where_it_is() -> None:
    """Of 1 to 10 and 21 to 30, all 100 pairs are in order: K = 100, p = 2 exp(-60000 / 8400)."""
    change = change_of([*range(1, 11), *range(21, 31)])
    assert (change.index, change.before, change.after) == (10, 5.5, 25.5)
    assert change.p_value == pytest.approx(2 * np.exp(-60_000 / 8_400))
    assert change_of([1.0] * 20).p_value == 1.0


@pytest.mark.statistical
def test_a_level_that_stays_changes_in_at_most_the_stated_share() -> None:
    generator = np.random.default_rng(3)
    alarms = sum(change_of(generator.normal(size=30).tolist()).p_value <= LEVEL for _ in range(1000))
    assert alarms <= binom.isf(ALPHA, 1000, LEVEL)


def test_the_notes_say_since_when_and_which_commit(tmp_path: Path) -> None:
    file = tmp_path / "main.jsonl"
    generator = np.random.default_rng(1)
    levels = [0.03] * 15 + [0.05] * 12
    p95s = [level * float(np.exp(generator.normal(0, 0.02))) for level in levels]
    notes = [note_in_history(file, *_result(p95, run=index), f"c{index}") for index, p95 in enumerate(p95s)][-1]
    assert len(notes) == 1
    assert notes[0].startswith("History: p95 changed 12 runs ago (2026-11-28T10:00:00+00:00, commit c15): median 0.0")
    assert len(file.read_text(encoding="utf-8").splitlines()) == 27


def test_few_runs_and_level_ones_say_so(tmp_path: Path) -> None:
    file = tmp_path / "main.jsonl"
    assert _noted(file, [0.03] * 3) == [f"History: 3 results alike; changes are looked for from {FEWEST} on."]
    notes = ["History: no change of level in the latest 12 results alike."]
    assert _noted(file, [0.03] * 9) == notes
    assert _noted(file, [0.03], tags=[], exclude_tags=[])[0].endswith("13 results alike.")  # Locust's way to say none
    for other in ({"machine": {"name": "laptop"}}, {"tags": ["card"]}):
        assert _noted(file, [0.9], **other)[0].startswith("History: 1 result alike; ")


def test_an_invalid_result_is_not_added_and_old_ones_are_dropped(tmp_path: Path) -> None:
    file = tmp_path / "main.jsonl"
    result, verdict = _result(0.03)
    invalid = Check(Stage.VALIDITY, "load generator", passed=False, actual=1, wanted=0, message="late")
    notes = note_in_history(file, result, replace(verdict, checks=(invalid,)), "")
    assert notes[0] == "History: this result is invalid, so it was not added."
    lost = Check(Stage.OBJECTIVE, "load lost", passed=False, actual=1, wanted=0, message="load lost is 1")
    assert note_in_history(file, result, replace(verdict, checks=(invalid, lost)), "") == notes
    assert not file.exists()
    note_in_history(file, result, verdict, "")
    file.write_text(file.read_text(encoding="utf-8") * (KEPT + 5), encoding="utf-8")
    note_in_history(file, *_result(0.04), "last")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) == KEPT
    assert json.loads(lines[-1])["commit"] == "last"


def test_a_result_that_is_checked_twice_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "main.jsonl"
    for commit in ("first", "second"):
        notes = note_in_history(file, *_result(0.03), commit)
    assert notes == [f"History: 1 result alike; changes are looked for from {FEWEST} on."]
    assert [json.loads(line)["commit"] for line in file.read_text(encoding="utf-8").splitlines()] == ["second"]


def test_a_value_that_no_line_may_have_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "main.jsonl"
    note_in_history(file, *_result(1e200), "")
    (line,) = file.read_text(encoding="utf-8").splitlines()
    assert sorted(json.loads(line)["values"]) == ["error rate", "load lost", "p50"]


ENTRY = '{"at": "", "commit": "", "alike": "", "values": {"a": %s}}'


@pytest.mark.parametrize(
    "line",
    [
        *(b'{"at": "x"}', b"[]", b"NaN", b"\xff\x00", b"garbage"),
        *((ENTRY % value).encode() for value in ("[]", "NaN", "-Infinity", "1e999", "2e308", "1e101")),
    ],
)
def test_a_line_that_is_no_entry_is_named_and_kept(tmp_path: Path, line: bytes) -> None:
    file = tmp_path / "main.jsonl"
    file.write_bytes(line + b"\n")
    notes = note_in_history(file, *_result(0.03), "")
    assert notes == [f"History: {file}: has no entry of a history; give another file; this result was not added."]
    assert file.read_bytes() == line + b"\n"  # it may be something else
    file.unlink()
    note_in_history(file, *_result(0.03), "")
    first = file.read_bytes()
    file.write_bytes(first + line + b"\n")
    notes = note_in_history(file, *_result(0.04), "")
    assert notes[0] == f"History: not used, as it is no entry: line 2 of {file}."
    assert notes[1].startswith("History: 2 results alike; ")
    assert file.read_bytes().startswith(first + line + b"\n{")


def test_a_history_that_cannot_be_written_fails_nothing(tmp_path: Path) -> None:
    (note,) = note_in_history(tmp_path, *_result(0.03), "")
    assert note.startswith(f"History: {tmp_path}: ")
    assert note.endswith("; this result was not added.")


def test_notes_are_reported_and_decide_nothing() -> None:
    _, verdict = _result(0.03)
    noted = replace(verdict, notes=("History: p95 changed.",))
    assert "\nHistory: p95 changed.\n" in markdown(noted)
    assert (noted.exit_code, junit_xml(noted)) == (0, junit_xml(verdict))
