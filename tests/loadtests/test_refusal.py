"""Results that cannot be judged: which folders get the files of a verdict, and what these say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadtests.verdict import Status
from loadtests.verdict.refusal import has_verdict_files, refusal
from sim.core.errors import InvalidInput, Problem
from sojourn.api.verdicts import judge


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"manifest.json": '{"kind": "run"}'}, True),
        ({"manifest.json": '{"kind": "lo'}, True),  # damaged
        ({"kpis.json": "[]"}, True),
        ({"manifest.json": '{"kind": "duel"}', "duel.json": "{}"}, False),  # it has a verdict of its own
        ({"manifest.json": '{"kind": "staffing"}'}, False),
        ({"letters.txt": ""}, False),
    ],
)
def test_only_results_of_runs_and_loads_get_a_verdict(tmp_path: Path, files: dict[str, str], expected: bool) -> None:
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert has_verdict_files(tmp_path) is expected
    (tmp_path / "verdict.md").write_text("# Passed\n", encoding="utf-8")
    with pytest.raises(InvalidInput):
        judge(tmp_path)
    text = (tmp_path / "verdict.md").read_text(encoding="utf-8")
    assert text.startswith("# Invalid: this result cannot be judged: " if expected else "# Passed\n")
    if expected:
        assert json.loads((tmp_path / "codequality.json").read_text(encoding="utf-8"))[0]["severity"] == "blocker"


def test_a_folder_that_is_not_there_gets_no_files(tmp_path: Path) -> None:
    assert not has_verdict_files(tmp_path / "nope")


def test_a_refusal_has_a_check_for_each_problem(tmp_path: Path) -> None:
    verdict = refusal(tmp_path, InvalidInput([Problem("a.json", "", "is not JSON"), Problem("b.json", "x", "is lost")]))
    assert (verdict.status, verdict.exit_code) == (Status.INVALID, 4)
    assert [check.message for check in verdict.checks] == ["a.json: is not JSON", "b.json: x: is lost"]
