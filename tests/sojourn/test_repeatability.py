"""The same seed gives the same files, with any number of processes and from any folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command_line import desk, sojourn

pytestmark = pytest.mark.command


def test_neither_processes_nor_the_folder_change_a_byte(simulated: Path, tmp_path: Path) -> None:
    desk(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    words = ["run", "../desk.yaml", "-n", "2", "-p", "2", "--seed", "5", "--out", "run"]
    done = sojourn(*words, cwd=elsewhere, loads=True)
    assert (done.code, done.err) == (0, "")
    tables = ("kpis.parquet", "log.parquet", "presence.parquet", "interruptions.parquet")
    for name in (*tables, "kpis.json", "scenario.json"):
        assert (elsewhere / "run" / name).read_bytes() == (simulated / "run" / name).read_bytes(), name
    manifest = json.loads((elsewhere / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == ["sojourn", *words]
    assert (manifest["seed"], manifest["replications"], manifest["kind"]) == (5, 2, "run")
