"""Fixtures: a small scenario, its results and an endpoint, each made once."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sojourn.__main__ as command_line
from sim.core import interrupts
from tests.support.command_line import Command, Finished, desk, plain_environment, sojourn, start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with ``desk.yaml`` in it, to be the current one."""
    return desk(tmp_path)


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``desk.yaml`` and the result ``run`` of two days of it; not to be changed."""
    folder = desk(tmp_path_factory.mktemp("simulated"))
    done = sojourn("run", "desk.yaml", "-n", "2", "-p", "1", "--seed", "5", "--out", "run", cwd=folder)
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def earlier(folder: Path, simulated: Path) -> Path:
    """Return a folder with ``desk.yaml`` and an earlier result ``run``, to be changed at will."""
    shutil.copytree(simulated / "run", folder / "run")
    return folder


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of the reference endpoint."""
    with start("serve", "--port", "0", cwd=tmp_path_factory.mktemp("endpoint")) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), line
        yield line.removeprefix("listening on ").strip()


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Return `sojourn` within this process: what is refused ends before it could disturb anything.

    A process of its own would spend over a second on imports for each sentence; other tests have one.
    """

    def refuse(*words: str, cwd: Path) -> Finished:
        monkeypatch.chdir(cwd)
        for name in os.environ.keys() - plain_environment().keys():
            monkeypatch.delenv(name)
        monkeypatch.setattr(sys, "argv", ["sojourn", *words])
        monkeypatch.setattr(interrupts, "watch", lambda: None)  # the tests' own handlers stay
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        assert isinstance(ended.value.code, int)
        return Finished(ended.value.code, *capfd.readouterr())

    return refuse
