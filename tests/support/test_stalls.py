"""A test of seconds is tried again after a stall, and only then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stalls import TRIES, again_after_a_stall, stall_watch


def _stall() -> None:
    """Have another process stop this one for a while."""
    pid = os.getpid()
    program = f"import os, time; os.kill({pid}, 19); time.sleep(0.3); os.kill({pid}, 18)"  # SIGSTOP, SIGCONT
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_stall_is_measured() -> None:
    with stall_watch() as watch:
        _stall()
    assert watch.longest > 0.2


def test_a_failure_after_a_stall_is_tried_again_in_an_empty_folder(tmp_path: Path) -> None:
    folders = []

    @again_after_a_stall
    def late(tmp_path: Path) -> None:
        folders.append(tmp_path)
        (tmp_path / "file").touch(exist_ok=False)
        if len(folders) == 1:
            _stall()
            raise AssertionError("too late")

    late(tmp_path=tmp_path)
    assert len(folders) == 2


def test_a_test_that_always_fails_fails() -> None:
    tries = []

    @again_after_a_stall
    def wrong() -> None:
        tries.append(0)
        _stall()
        raise AssertionError("wrong")

    with pytest.raises(AssertionError, match="wrong") as failure:
        wrong()
    assert len(tries) == TRIES
    assert failure.value.__notes__[0].startswith(f"try {TRIES}; the longest stall of this process was 0.")


def test_a_failure_without_a_stall_is_a_failure_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.stalls.LONGEST", 600.0)
    tries = []

    @again_after_a_stall
    def wrong() -> None:
        tries.append(0)
        raise AssertionError("wrong")

    with pytest.raises(AssertionError, match="wrong"):
        wrong()
    assert len(tries) == 1
