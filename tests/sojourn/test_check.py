"""``sojourn check``: its exit codes and the files that CI reads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from loadtests.verdict.results import checksum_of
from tests.support.command_line import desk, sojourn
from tests.support.minimal_scenario import MINIMAL

pytestmark = pytest.mark.command

MISSED = MINIMAL + "objectives: {simulation: [{kpi: occupancy, at_least: 0.99}]}\n"


@pytest.fixture
def kept(earlier: Path) -> Path:
    """Return a folder with the result ``run`` and its baseline ``kept.json``."""
    done = sojourn("baseline", "run", "kept.json", cwd=earlier)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("kept.json: ")
    return earlier


def _junit(result: Path) -> dict[str, int]:
    """Count the cases of a result's ``junit.xml``, those that failed, and those that could not be judged."""
    root = ET.parse(result / "junit.xml").getroot()
    counts = {name: len(root.findall(f".//{name}")) for name in ("testcase", "failure", "error")}
    assert {name: int(root.attrib[name]) for name in ("tests", "failures", "errors")} == {
        "tests": counts["testcase"],
        "failures": counts["failure"],
        "errors": counts["error"],
    }
    return counts


def test_the_same_run_passes(kept: Path) -> None:
    done = sojourn("check", "run", "--baseline", "kept.json", cwd=kept)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("PASS: one desk (run)\n")
    assert done.out.endswith("\nPage, Markdown and JUnit XML: run/verdict.html, run/verdict.md, run/junit.xml\n")
    assert _junit(kept / "run") == {"testcase": 7, "failure": 0, "error": 0}
    assert (kept / "run" / "verdict.md").read_text(encoding="utf-8").startswith("# Passed: one desk (run)\n")


def test_a_kpi_that_is_another_is_a_regression(kept: Path) -> None:
    baseline = json.loads((kept / "kept.json").read_text(encoding="utf-8"))
    baseline["values"]["journeys"]["all"][""] += 1
    baseline["checksum"] = checksum_of(baseline)
    (kept / "kept.json").write_text(json.dumps(baseline), encoding="utf-8")
    done = sojourn("check", "run", "--baseline", "kept.json", cwd=kept)
    assert (done.code, done.err) == (3, "")
    assert done.out.startswith("REGRESSION: one desk (run)\n")
    assert re.search(
        r"  FAILED simulated KPIs: 1 of \d+ values differ from the baseline:\njourneys: \S+, was \S+\n", done.out
    )
    assert _junit(kept / "run") == {"testcase": 7, "failure": 1, "error": 0}


def test_another_seed_cannot_be_compared(kept: Path) -> None:
    done = sojourn("run", "desk.yaml", "-n", "2", "-p", "1", "--seed", "6", "--out", "other", cwd=kept)
    assert done.code == 0
    done = sojourn("check", "other", "--baseline", "kept.json", cwd=kept)
    assert (done.code, done.err) == (4, "")
    assert done.out.startswith("INVALID: one desk (other)\n")
    assert "of another seed: 5, the result of 6; run it again with --seed 5\n" in done.out
    assert _junit(kept / "other") == {"testcase": 6, "failure": 0, "error": 1}


def test_an_objective_that_is_missed(tmp_path: Path) -> None:
    folder = desk(tmp_path, MISSED)
    done = sojourn("run", "desk.yaml", "-n", "2", "-p", "1", "--out", "run", cwd=folder)
    assert done.code == 0, done.err
    done = sojourn("check", "run", cwd=folder)
    assert (done.code, done.err) == (2, "")
    assert done.out.startswith("OBJECTIVE MISSED: one desk (run)\n")
    assert "  FAILED occupancy at least 0.99: occupancy is 0." in done.out
    assert _junit(folder / "run")["failure"] == 1


def test_a_baseline_that_is_none(kept: Path) -> None:
    assert sojourn("check", "run", "--baseline", "kept.json", cwd=kept).code == 0
    (kept / "kept.json").write_text("{}", encoding="utf-8")
    done = sojourn("check", "run", "--baseline", "kept.json", cwd=kept)
    assert (done.code, done.err) == (4, "")
    advice = "restore the baseline, or make it anew with sojourn baseline"
    assert done.out.splitlines() == [
        "INVALID: one desk (run)",
        "  ok     replications: all 2 replications were simulated",
        f"  FAILED baseline: kept.json: kind: null is not a baseline; {advice}",
        "Page, Markdown and JUnit XML: run/verdict.html, run/verdict.md, run/junit.xml",
    ]
    assert _junit(kept / "run") == {"testcase": 2, "failure": 0, "error": 1}  # not those of the check before
    summary = (kept / "run" / "verdict.md").read_text(encoding="utf-8")
    assert f"- **baseline**: kept.json: kind: null is not a baseline; {advice}\n" in summary
    done = sojourn("check", "run", "--baseline", "nope.json", cwd=kept)
    assert (done.code, done.err) == (4, "")
    assert f"  FAILED baseline: nope.json: no such file; {advice}\n" in done.out


@pytest.mark.parametrize("name", ["kpis.json", "scenario.json", "manifest.json"])
def test_a_file_that_was_changed_later_proves_nothing(kept: Path, name: str) -> None:
    file = kept / "run" / name
    file.write_text(file.read_text(encoding="utf-8").replace(": 0.", ": 0.1") + " ", encoding="utf-8")
    done = sojourn("check", "run", cwd=kept)
    files = ", ".join(f"run/{each}" for each in ("verdict.html", "verdict.md", "junit.xml"))
    assert (done.code, done.out) == (4, f"INVALID: one desk (run)\nPage, Markdown and JUnit XML: {files}\n")
    assert done.err.endswith("\n1 problem; nothing was judged.\n")
    assert done.err.startswith(f"run/{name}: is not what SHA256SUMS says: it was changed or damaged later; ")


def test_a_baseline_that_was_changed_later_proves_nothing(kept: Path) -> None:
    baseline = json.loads((kept / "kept.json").read_text(encoding="utf-8"))
    del baseline["values"]["journeys"]
    (kept / "kept.json").write_text(json.dumps(baseline), encoding="utf-8")
    done = sojourn("check", "run", "--baseline", "kept.json", cwd=kept)
    assert (done.code, done.err) == (4, "")
    assert "  FAILED baseline: kept.json: checksum: differs: the file was changed; restore the " in done.out


def test_a_baseline_replaces_only_a_baseline(kept: Path) -> None:
    done = sojourn("baseline", "run", "desk.yaml", cwd=kept)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("desk.yaml: holds something that is not a baseline; give another FILE\n")
    assert (kept / "desk.yaml").read_text(encoding="utf-8") == MINIMAL
    assert sojourn("baseline", "run", "kept.json", cwd=kept).code == 0
