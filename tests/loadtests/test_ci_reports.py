"""Reports of verdicts for CI systems."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from loadtests.verdict import Check, Stage, Verdict, code_quality, junit_xml, markdown, scenario_file, write_verdict
from loadtests.verdict.ci_reports import github_annotations
from sojourn.terminal.ci import report_to_ci

MISSED = "p95 is 0.25 s, above 0.2 s: 5 %\nsecond line"
CHECKS = (
    Check(Stage.VALIDITY, "load generator", passed=True, actual=0.001, wanted=None, message="on time"),
    Check(Stage.OBJECTIVE, "load p95", passed=False, actual=0.25, wanted=0.2, message=MISSED, seconds=0.25),
    Check(Stage.OBJECTIVE, "load lost", passed=True, actual=None, wanted=0, message="not measured: x", measured=False),
)
ESCAPED = "p95 is 0.25 s, above 0.2 s: 5 %25%0Asecond line"
VERDICT = Verdict("bank", CHECKS, "scenarios/a,b/scenario.yaml")


def test_annotations_are_one_line_each_and_escaped() -> None:
    assert list(github_annotations(VERDICT)) == [
        "::error file=scenarios/a%2Cb/scenario.yaml,title=objective missed%3A load p95::" + ESCAPED,
        "::notice file=scenarios/a%2Cb/scenario.yaml,title=not measured%3A load lost::not measured: x",
    ]


def test_code_quality_has_the_fields_that_gitlab_asks_for() -> None:
    (issue,) = json.loads(code_quality(VERDICT))
    assert issue["check_name"] == "sojourn.objective"
    assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
    assert issue["location"] == {"path": "scenarios/a,b/scenario.yaml", "lines": {"begin": 1}}
    assert issue["description"].startswith("p95 is 0.25 s")
    other = Check(Stage.OBJECTIVE, "load p95", passed=False, actual=0.3, wanted=0.2, message="p95 is 0.3 s")
    again = json.loads(code_quality(Verdict("bank", (other,), VERDICT.file)))
    assert again[0]["fingerprint"] == issue["fingerprint"]  # so that GitLab knows that it is the same one
    assert json.loads(code_quality(Verdict("bank", CHECKS[:1]))) == []


def test_junit_has_times_and_skips_what_was_not_measured() -> None:
    root = ET.fromstring(junit_xml(VERDICT))
    assert [case.attrib["time"] for case in root.iter("testcase")] == ["0.000000", "0.250000", "0.000000"]
    assert [case.attrib["name"] for case in root.iter("testcase") if case.find("skipped") is not None] == ["load lost"]
    assert {name: root.attrib[name] for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    assert "| not measured | load lost |" in markdown(VERDICT)


def test_the_summary_of_a_step_gets_each_verdict(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = f"{tmp_path}/summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", summary)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    report_to_ci(VERDICT)
    report_to_ci(VERDICT)
    assert capsys.readouterr().out == ""
    with open(summary, encoding="utf-8") as opened:  # noqa: PTH123
        assert opened.read() == 2 * (markdown(VERDICT) + "\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    report_to_ci(VERDICT)
    assert capsys.readouterr().out.count("::") == 4


@pytest.mark.parametrize(
    ("command", "file"),
    [
        (["sojourn", "run", "--seed", "9", "scenarios/retail_bank"], "scenarios/retail_bank/scenario.yaml"),
        (["sojourn", "load", "desk.yaml", "--contract", "my.yaml"], "desk.yaml"),
        (["python", "program.py"], "scenario.yaml"),
        (None, "scenario.yaml"),
    ],
)
def test_the_scenario_of_a_result_is_that_of_its_command(
    command: list[str] | None, file: str, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.chdir(pytestconfig.rootpath)
    assert scenario_file({} if command is None else {"command": command}) == file


class _Cells(HTMLParser):
    """The texts of a page's cells, and its tags that load or run something."""

    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "img", "iframe"} or any(value and value.startswith("http") for _, value in attributes):
            self.foreign.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, text: str) -> None:
        if self.cells:
            self.cells[-1] += text


def test_the_page_of_a_duel_begins_with_what_it_found(tmp_path: Path) -> None:
    outcome = ("B is slower than A.", "The noise is small.")
    write_verdict(tmp_path, replace(VERDICT, outcome=outcome), {"scenario": "bank"})
    text = (tmp_path / "verdict.html").read_text(encoding="utf-8")
    assert "B is slower than A.</b> The noise is small. " in text.split('<p class="verdict">')[1].split("</p>")[0]


def test_times_are_in_milliseconds_and_own_code_is_no_json(tmp_path: Path) -> None:
    assert "| **failed** | load p95 | 250 ms | 200 ms |" in markdown(VERDICT)
    code = [{"role": "law", "name": "my.laws.burr", "sha256": "c0ffee"}]
    write_verdict(tmp_path, VERDICT, {"scenario": "bank", "code": code})
    page = (tmp_path / "verdict.html").read_text(encoding="utf-8")
    assert "<code>role law, name my.laws.burr, sha256 c0ffee</code>" in page


def test_the_page_has_all_checks_and_runs_nothing(tmp_path: Path) -> None:
    attack = Check(
        Stage.OBJECTIVE,
        "<script>alert(1)</script>",
        passed=False,
        actual=1,
        wanted=0,
        message="load lost is 1\n<img src=x>",
    )
    verdict = Verdict(VERDICT.title, (*VERDICT.checks, attack), VERDICT.file)
    write_verdict(tmp_path, verdict, {"scenario": "bank", "seed": 7})
    page = _Cells()
    page.feed((tmp_path / "verdict.html").read_text(encoding="utf-8"))
    assert page.foreign == []
    for check in verdict.checks:
        row = page.cells.index(check.name)
        mark = "not measured" if not check.measured else "ok" if check.passed else "failed"
        assert page.cells[row + 1] == mark
        assert page.cells[row + 4].startswith(check.message.partition("\n")[0])
    assert {path.name for path in tmp_path.iterdir()} == {
        "junit.xml",
        "verdict.md",
        "verdict.html",
        "codequality.json",
    }
