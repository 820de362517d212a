"""A command forked from a loaded process ends and prints as one that was started by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import desk, may_fork, plain_environment, sojourn

pytestmark = [
    pytest.mark.command,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="uses /proc"),
]
RUN = ("run", "desk.yaml", "-n", "2", "-p", "1", "--seed", "5", "--no-report", "--out")


@pytest.mark.parametrize("words", [("validate", "desk.yaml"), ("validate", "none.yaml"), ("run",), (*RUN, "out")])
def test_a_forked_command_is_like_one_of_its_own(tmp_path: Path, words: tuple[str, ...]) -> None:
    forked, own = ((tmp_path / name) for name in ("forked", "own"))
    for folder in (forked, own):
        folder.mkdir()
        desk(folder)
    assert may_fork()
    done = subprocess.run(
        [sys.executable, "-m", "sojourn", *words],
        check=False, cwd=own, capture_output=True, text=True, env=plain_environment(), stdin=subprocess.DEVNULL,
    )  # fmt: skip
    ended = sojourn(*words, cwd=forked)
    assert (ended.code, ended.out, ended.err) == (done.returncode, done.stdout, done.stderr)
    names = [sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) for folder in (forked, own)]
    assert names[0] == names[1]


def test_a_limit_is_the_commands_alone(tmp_path: Path) -> None:
    desk(tmp_path)
    full = sojourn(*RUN, "full", cwd=tmp_path, limit=1000)
    assert full.code not in {0, -25}, full  # it says what is wrong, and is not killed by SIGXFSZ
    assert sojourn(*RUN, "out", cwd=tmp_path).code == 0


def test_a_command_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    desk(tmp_path)
    with pytest.raises(subprocess.TimeoutExpired):
        sojourn("run", "desk.yaml", "-n", "100000", "-p", "1", "--out", "out", cwd=tmp_path, seconds=0.5)
    assert sojourn("validate", "desk.yaml", cwd=tmp_path).code == 0


def test_a_command_in_another_environment_is_not_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert may_fork()
    monkeypatch.setenv("SOJOURN_JIT", "plain")
    assert not may_fork()
