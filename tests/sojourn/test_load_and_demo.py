"""Load and demo from the command line: files, output and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import BUSY, desk, sojourn
from tests.support.service_process import launching

pytestmark = pytest.mark.command

ENDED = {0, 4}
"""Sent and read back; or that too, and the generator was late, as it may be on a busy machine."""


@pytest.mark.load
def test_a_load_test_prints_json_and_nothing_else(tmp_path: Path, host: str) -> None:
    folder = desk(tmp_path, BUSY)
    words = ["load", "desk.yaml", "--host", host, "--speed", "600", "--max-requests", "100", "--out", "load", "--json"]
    done = sojourn(*words, cwd=folder)
    assert done.code in ENDED, done.err
    printed = json.loads(done.out)
    written = json.loads((folder / "load" / "load.json").read_text(encoding="utf-8"))
    assert printed["load"] == written
    assert (written["planned"], written["verification"]["ok"]) == (100, True)
    assert written["requests"] + written["by_class"].get("not_sent", 0) == 100  # an agent may have come in vain
    assert written["valid"] == (done.code == 0)
    assert (done.err == "") == (done.code == 0)


@pytest.mark.load
@pytest.mark.slow
def test_what_was_not_read_back_in_time_is_unknown_and_invalid(tmp_path: Path) -> None:
    folder = desk(tmp_path, BUSY)
    with launching() as launch:
        url = f"http://127.0.0.1:{launch('--database', str(tmp_path / 'slow.db'), broken='reads_slowly').port}"
        words = ["load", "desk.yaml", "--host", url, "--speed", "600", "--max-requests", "100", "--out", "load"]
        done = sojourn(*words, "--read-limit", "0.1", cwd=folder)
    assert done.code == 4
    assert "not measured" in " ".join(done.out.split())
    written = json.loads((folder / "load" / "load.json").read_text(encoding="utf-8"))
    assert not written["valid"]
    assert written["verification"]["not_read"]["journeys"] > 0
    assert not written["verification"]["in_time"]
    if "the generator was late" not in done.err:  # as it may be on a busy machine
        assert "Not valid: reading back was ended after 0.1 s, without " in done.err
    assert sojourn("check", "load", cwd=folder).code == 4


@pytest.mark.load
@pytest.mark.slow
def test_the_demo_does_it_all(tmp_path: Path) -> None:
    folder = desk(tmp_path, BUSY + "objectives: {simulation: [{kpi: asa, at_most: 3600}]}\n")
    done = sojourn("demo", "desk.yaml", "--out", "demo", cwd=folder)
    assert (done.code, done.err) == (0, "")
    written = {str(path.relative_to(folder / "demo")) for path in (folder / "demo").rglob("*")}
    assert written >= {"run/report.html", "run/verdict.md", "load/load.json", "load/ledger.parquet", "load/verdict.md"}
    for what in ("desk.yaml is valid", "send the same customers", "lost 0, phantom 0", "PASS: one desk (demo/run)"):
        assert what in " ".join(done.out.split())
    assert "\x1b" not in done.out
