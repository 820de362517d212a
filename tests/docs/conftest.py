"""Fixtures: a folder laid out like the project, and an endpoint in it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.documentation import ROOT
from tests.support.page_commands import BIN


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with what the commands name, and results of its own."""
    for name in ("scenarios", "loadtests"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "results" / "baselines").mkdir(parents=True)
    (tmp_path / "my.yaml").write_bytes((ROOT / "loadtests" / "contracts" / "reference.yaml").read_bytes())
    return tmp_path


@pytest.fixture
def endpoint(folder: Path) -> Iterator[str]:
    """Return the URL of an endpoint that is started as the README says, but on a port that is free."""
    process = subprocess.Popen(
        [str(BIN / "sojourn"), "serve", "--database", "journeys.db", "--port", "0"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    yield line.removeprefix("listening on ").strip()
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()
    assert (folder / "journeys.db").exists()
