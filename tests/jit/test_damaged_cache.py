"""Compiled code on disk that is damaged or unreadable is compiled anew: no error, and never other code."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.jit import folder

ROOT = Path(__file__).parents[2]
MODULE = """
from sim.jit.functions import compiled

@compiled("f8(f8)")
def half(x):
    return x / 2

@compiled()
def twice(x):
    return 2 * x
"""
PROGRAM = """
import sys
from pathlib import Path
import small
print(small.half(3.0), small.twice(2))
for function in (small.half, small.twice):
    print(sum(function.stats.cache_hits.values()))
"""
COMPILED, LOADED = "1.5 4\n0\n0\n", "1.5 4\n1\n1\n"


@pytest.fixture
def run(tmp_path: Path) -> Callable[[], str]:
    """A function that calls two compiled functions in a process; the output tells whether they were loaded."""
    (tmp_path / "small.py").write_text(MODULE, encoding="utf-8")

    def run(mode: str = "") -> str:
        environment = {
            **os.environ,
            "NUMBA_CACHE_DIR": str(tmp_path / "cache"),
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)]),
            "SOJOURN_JIT": mode,
        }
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


def _files(root: Path, ending: str) -> list[Path]:
    return sorted((root / "cache").rglob(f"*.{ending}"))


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _fill_with_garbage(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * (1 + file.stat().st_size // 256))


def _flip_a_bit(file: Path) -> None:
    """In the middle: of machine code, say, which would then do something else."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _make_a_folder(file: Path) -> None:
    """Nobody can read it as a file, and root cannot either."""
    file.unlink()
    file.mkdir()


def _make_a_pipe(file: Path) -> None:
    """Who reads it would wait for ever."""
    file.unlink()
    os.mkfifo(file)


DAMAGES = [_empty, _cut, _fill_with_garbage, _flip_a_bit, _make_a_pipe]


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_a_damaged_file_is_compiled_anew_and_replaced(run: Callable[[], str], tmp_path: Path, ending: str) -> None:
    assert run() == COMPILED
    for damage in DAMAGES:
        files = _files(tmp_path, ending)
        assert len(files) == 2
        for file in files:
            damage(file)
        assert run() == COMPILED, damage.__name__
    assert run() == LOADED


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["nbi", "nbc"])
def test_a_file_that_can_be_neither_read_nor_replaced(run: Callable[[], str], tmp_path: Path, ending: str) -> None:
    run()
    for file in _files(tmp_path, ending):
        _make_a_folder(file)
    assert run() == COMPILED


@pytest.mark.slow
def test_a_file_in_the_way_of_the_folder_or_of_the_lock(run: Callable[[], str], tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / "small.half.lock").mkdir(parents=True)
    assert run() == COMPILED
    assert run() == LOADED
    for path in [*cache.iterdir()]:
        if path.name.startswith("small-"):
            path.rename(tmp_path / "aside")
            path.write_text("no folder", encoding="utf-8")
    assert run() == COMPILED


@pytest.mark.slow
def test_damaged_files_are_compiled_anew_without_private_parts_too(run: Callable[..., str], tmp_path: Path) -> None:
    run("plain")
    for damage in (_empty, _cut, _fill_with_garbage):
        for file in _files(tmp_path, "nb?"):
            damage(file)
        assert run("plain").startswith("1.5 4\n"), damage.__name__


def test_a_pipe_in_place_of_the_lock_or_a_stopped_process_with_it_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "folder", lambda: tmp_path)
    monkeypatch.setattr(folder, "LONGEST_WAIT", 0.2)
    os.mkfifo(tmp_path / "pipe.lock")
    with folder.one_at_a_time("pipe"):
        pass
    with (tmp_path / "held.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        began = time.monotonic()
        with folder.one_at_a_time("held"):
            assert time.monotonic() - began >= 0.2, "it is waited for"


@pytest.mark.parametrize("mode", [0o700, 0o777, 0o720])
def test_no_code_is_taken_from_a_temporary_folder_that_others_can_write(
    mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its name is known, and everybody can make it before."""
    shared = tmp_path / f"sojourn-{os.getuid()}"
    shared.mkdir()
    shared.chmod(mode)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/proc/none")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    chosen = folder.folder.__wrapped__()
    assert (chosen == shared) is (mode == 0o700)
    assert chosen.stat().st_mode & 0o077 == 0
    shared.rename(tmp_path / "elsewhere")
    shared.symlink_to(tmp_path / "elsewhere")
    assert folder.folder.__wrapped__() != shared
