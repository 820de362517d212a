"""Interrupts: a flag that work polls, and an end that nothing holds up; each in a small program of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

BEGIN = """
import hashlib, os, pathlib, subprocess, sys, time
from sim.core import interrupts
from sim.core.files import publish, write_text

interrupts.watch()
out = pathlib.Path("out")
print("begins", flush=True)
"""
SWALLOWS = """
class Swallowed(BaseException): pass
while True:
    try:
        time.sleep(60)
    except BaseException:
        pass
"""
COMPUTES = "hashlib.pbkdf2_hmac('sha256', b'', b'', 2**31 - 1)\n"  # as compiled code does: no Python instruction


@contextmanager
def program(text: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a program, and wait until it begins."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN + text],
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "begins\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def interrupted(text: str, folder: Path, number: int = signal.SIGINT) -> tuple[int, str, str]:
    """Return the exit code and the output of a program that is interrupted in the midst."""
    with program(text, folder) as process:
        time.sleep(0.3)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("text", [SWALLOWS, COMPUTES])
def test_what_swallows_or_cannot_see_it_ends_all_the_same(text: str, number: int, tmp_path: Path) -> None:
    sentence = "Ended by SIGTERM.\n" if number == signal.SIGTERM else ""
    assert interrupted(text, tmp_path, number) == (130, "", sentence)


def test_nobody_reads_what_it_says_and_it_ends_all_the_same(tmp_path: Path) -> None:
    """Standard error is a full pipe, at which the main thread waits."""
    with program("while True: os.write(2, bytes(4096))\n", tmp_path) as process:
        time.sleep(0.3)
        process.terminate()
        assert process.wait(10) == 130


def test_work_that_has_something_to_keep_is_left_its_time(tmp_path: Path) -> None:
    text = """
interrupts.allow(30)
try:
    while True:
        interrupts.check()
        time.sleep(0.01)
except KeyboardInterrupt:
    print("keeps", interrupts.presses(), 0 < interrupts.seconds_since() < 20)
interrupts.end()
print("unreachable")
"""
    assert interrupted(text, tmp_path) == (130, "keeps 1 True\n", "")


def test_but_no_longer(tmp_path: Path) -> None:
    began = time.monotonic()
    assert interrupted("interrupts.allow(1.5)\n" + COMPUTES, tmp_path) == (130, "", "")
    assert time.monotonic() - began >= 1.5 + 0.3


def test_each_step_has_its_own_time(tmp_path: Path) -> None:
    """The time of a step that begins after the interrupt counts from its beginning; shorter ones take effect too."""
    text = """
interrupts.allow(20)
while not interrupts.presses():
    time.sleep(0.01)
interrupts.allow(0.5)
time.sleep(0.1)
interrupts.allow(20)
time.sleep(1.0)
print("lasts", flush=True)
interrupts.allow(0.5)
time.sleep(0.1)
print("goes on", flush=True)
time.sleep(60)
"""
    assert interrupted(text, tmp_path) == (130, "lasts\ngoes on\n", "")


def test_nothing_temporary_stays_and_nothing_that_was_started_goes_on(tmp_path: Path) -> None:
    text = """
start = lambda: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.DEVNULL)
with publish(out) as folder, interrupts.undone(start, subprocess.Popen.kill) as child:
    (folder / "part.txt").write_text("a part")
    print(child.pid, len(list(pathlib.Path().iterdir())), flush=True)
    time.sleep(60)
"""
    code, out, err = interrupted(text, tmp_path)
    pid, count = map(int, out.split())
    assert (code, count, err) == (130, 1, "")
    assert list(tmp_path.iterdir()) == []
    assert _ended(pid)


def _ended(pid: int) -> bool:
    for _ in range(100):
        status = Path(f"/proc/{pid}/stat")
        if not status.exists() or ") Z " in status.read_text():
            return True
        time.sleep(0.05)
    return False


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text("old")
    text = """
pathlib.Path.replace = lambda *_: time.sleep(60)
write_text(pathlib.Path("kept.json"), "new")
"""
    assert interrupted(text, tmp_path)[0] == 130
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]
    assert (tmp_path / "kept.json").read_text() == "old"


@pytest.mark.parametrize("slow", [0, 1])
def test_an_earlier_result_is_there_or_the_new_one(slow: int, tmp_path: Path) -> None:
    """The exchange of two folders is not cut in two, whichever of its steps takes long."""
    (tmp_path / "out").mkdir()
    for name in ("manifest.json", "earlier.txt"):
        (tmp_path / "out" / name).write_text("{}")
    text = f"""
count, rename = [0], os.rename
pathlib.Path.rename = lambda path, target: (
    count.append(0), time.sleep(1.0 if len(count) - 2 == {slow} else 0), rename(path, target))
with publish(out) as folder:
    (folder / "new.txt").write_text("new")
"""
    code, _, err = interrupted(text, tmp_path)
    assert (code in {0, 130}, err) == (True, "")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"new.txt"}


def test_who_ends_first_says_nothing_about_it(tmp_path: Path) -> None:
    """A process that the end has killed makes the main thread fail, which is no news."""
    text = """
start = lambda: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
stop = lambda child: (child.kill(), time.sleep(0.5))
try:
    with interrupts.undone(start, stop) as child:
        assert child.wait() == 0, "its process has failed"
except AssertionError as error:
    interrupts.hold()
    sys.exit(str(error))
"""
    assert interrupted(text, tmp_path) == (130, "", "")


def test_a_command_with_handlers_of_its_own_gets_them_all(tmp_path: Path) -> None:
    text = """
interrupts.forget()
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("mine", interrupts.presses())
interrupts.check()
interrupts.allow(0)
interrupts.end()
"""
    assert interrupted(text, tmp_path) == (0, "mine 0\n", "")
    assert interrupted("interrupts.forget()\ntime.sleep(60)\n", tmp_path, signal.SIGTERM)[0] == -signal.SIGTERM
