"""Results that cannot be judged: which folders get the files of a verdict, and what these say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loadtests.verdict import Status, code_quality
from loadtests.verdict.ci_reports import github_annotations
from loadtests.verdict.refusal import has_verdict_files, refusal
from sim.core.checksums import write_checksums
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


def test_a_refusal_has_a_check_for_each_problem_named_after_its_input(tmp_path: Path) -> None:
    damaged, bounds = tmp_path / "kpis.json", "bounds.yaml"
    damaged.write_text("[", encoding="utf-8")
    problems = [
        Problem(str(damaged), "", "is not JSON", 3),
        Problem(bounds, "load", "is lost"),
        Problem(str(tmp_path / "b.json"), "x", "is lost"),
    ]
    verdict = refusal(tmp_path, InvalidInput(problems))
    assert (verdict.status, verdict.exit_code) == (Status.INVALID, 4)
    assert [(check.name, check.message) for check in verdict.checks] == [
        ("result", f"{damaged}:3: is not JSON"),
        ("result 2", f"{tmp_path}/b.json: x: is lost"),
        ("objectives", "bounds.yaml: load: is lost"),
    ]
    issues = json.loads(code_quality(verdict))
    assert [issue["location"] for issue in issues] == [
        {"path": str(damaged), "lines": {"begin": 3}},
        *[{"path": "scenario.yaml", "lines": {"begin": 1}}] * 2,
    ]


RUN = {"kind": "run", "scenario": "bank", "scenario_hash": "c0ffee", "replications": 1, "wanted": 1, "seed": 1}
KPIS = [{"kpi": "asa", "by": "queue", "key": "cards", "interval": None, "value": 31.5}]


@pytest.mark.parametrize(("bound", "code"), [(40.0, 4), (10.0, 2)])
@pytest.mark.parametrize(
    ("text", "line", "why"),
    [('{\n "kind": "base', 2, "is not JSON: "), ("nothing", 1, "is not JSON: "), (None, 1, "no such file; ")],
)
def test_a_baseline_that_cannot_be_read_leaves_title_and_objectives_as_they_are(
    tmp_path: Path, bound: float, code: int, text: str | None, line: int, why: str
) -> None:
    objectives = {"simulation": [{"kpi": "asa", "by": "queue", "key": "cards", "at_most": bound}], "load": {"lost": 0}}
    folder, file = tmp_path / "run", tmp_path / "kept.json"
    folder.mkdir()
    for name, content in {"manifest": RUN, "scenario": {"objectives": objectives}, "kpis": KPIS}.items():
        (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    write_checksums(folder, ["manifest.json", "scenario.json", "kpis.json"])
    if text is not None:
        file.write_text(text, encoding="utf-8")
    verdict = judge(folder, file)
    names = ["replications", "baseline", f"asa queue cards at most {bound:g}"]
    assert (verdict.exit_code, [check.name for check in verdict.checks]) == (code, names)
    assert verdict.title == judge(folder).title == f"bank ({folder})"
    issue = json.loads(code_quality(verdict))[0]
    shown = f"{file}:{line}" if text else str(file)
    assert issue["description"].startswith(f"{shown}: {why}")
    assert issue["description"].endswith("; restore the baseline, or make it anew with sojourn baseline")
    assert issue["location"] == {"path": str(file) if text else "scenario.yaml", "lines": {"begin": line}}
    where = f",line={line},title=" if text else ",title="
    assert f"{where}invalid%3A baseline::" in next(github_annotations(verdict))
