"""Results are written whole or not at all; an earlier result stays until then."""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sim.core.errors import CannotWrite, InvalidInput
from sim.core.files import MARK, is_folder, is_there, publish, write_text

NOBODY = 65_534
ROOT = Path(__file__).parents[2]


def write_result(out: Path, content: str) -> None:
    with publish(out) as fresh:
        (fresh / MARK).write_text(content, encoding="utf-8")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder that holds an earlier result."""
    out = tmp_path / "results" / "monday"
    write_result(out, "earlier")
    return out


def unharmed(out: Path) -> bool:
    """Tell whether the earlier result is there, and nothing else beside it."""
    return (out / MARK).read_text(encoding="utf-8") == "earlier" and list(out.parent.iterdir()) == [out]


@contextmanager
def tiny_files() -> Iterator[None]:
    """Let every write beyond 100 bytes of a file fail, as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Give up the right to write everywhere, where the tests have it."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def read_only() -> Iterator[Path]:
    """Return a folder that can be read but not written, with an earlier result in it."""
    folder = Path(tempfile.mkdtemp())
    write_result(folder / "monday", "earlier")
    folder.chmod(0o555)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_result_appears_whole_when_all_is_written(tmp_path: Path) -> None:
    out = tmp_path / "new" / "monday"
    with publish(out) as fresh:
        (fresh / MARK).write_text("{}", encoding="utf-8")
        (fresh / "plots").mkdir()
        assert fresh.parent == out.parent
        assert not out.exists()
    assert sorted(path.name for path in out.iterdir()) == [MARK, "plots"]
    assert list(out.parent.iterdir()) == [out]
    assert out.stat().st_mode & 0o777 == 0o755


def test_an_earlier_result_is_replaced(out: Path) -> None:
    (out / "stale.json").write_text("{}", encoding="utf-8")
    write_result(out, "later")
    assert (out / MARK).read_text(encoding="utf-8") == "later"
    assert not (out / "stale.json").exists()
    assert list(out.parent.iterdir()) == [out]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    write_result(tmp_path, "{}")
    assert (tmp_path / MARK).exists()


def test_a_foreign_folder_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    sentence = f"{tmp_path}: holds something that is not a result (no manifest.json); give another --out"
    with pytest.raises(InvalidInput, match=re.escape(sentence)), publish(tmp_path):
        pytest.fail("the work was begun")
    assert (tmp_path / "thesis.tex").read_text(encoding="utf-8") == "years of work"


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "monday"
    out.write_text("notes", encoding="utf-8")
    with pytest.raises(InvalidInput, match="holds something that is not a result"):
        write_result(out, "{}")
    assert out.read_text(encoding="utf-8") == "notes"


def test_a_file_in_the_place_of_a_parent_folder(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("notes", encoding="utf-8")
    with pytest.raises(CannotWrite, match="nothing was changed"):
        write_result(tmp_path / "results" / "monday", "{}")
    assert (tmp_path / "results").read_text(encoding="utf-8") == "notes"


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_a_failure_in_the_middle_loses_nothing(out: Path, error: type[BaseException]) -> None:
    def work() -> None:
        with publish(out) as fresh:
            (fresh / MARK).write_text("half", encoding="utf-8")
            raise error

    with pytest.raises(error):
        work()
    assert unharmed(out)


def test_a_full_disk_loses_nothing(out: Path) -> None:
    sentence = f"{out}: cannot write the result: File too large; nothing was changed"
    with tiny_files(), pytest.raises(CannotWrite) as caught:
        write_result(out, "x" * 1000)
    assert str(caught.value) == sentence
    assert unharmed(out)


def test_a_read_only_folder_loses_nothing(read_only: Path) -> None:
    with unprivileged(), pytest.raises(CannotWrite) as caught:
        write_result(read_only / "monday", "later")
    assert str(caught.value) == f"{read_only}/monday: cannot write the result: Permission denied; nothing was changed"
    assert unharmed(read_only / "monday")


def test_a_folder_that_may_not_be_looked_into(read_only: Path) -> None:
    (read_only / "monday").chmod(0o000)
    with unprivileged(), pytest.raises(CannotWrite, match="Permission denied; nothing was changed"):
        write_result(read_only / "monday", "later")
    (read_only / "monday").chmod(0o755)
    assert unharmed(read_only / "monday")


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt()])
def test_the_last_step_fails_and_the_earlier_result_comes_back(
    out: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    rename = Path.rename

    def fail_to_publish(self: Path, target: Path) -> Path:
        if target == out and self.name != "was":
            raise error
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_to_publish)
    with pytest.raises((CannotWrite, KeyboardInterrupt)):
        write_result(out, "later")
    assert unharmed(out)


def test_the_earlier_result_is_kept_even_where_it_cannot_be_put_back(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if target == out:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(CannotWrite) as caught:
        write_result(out, "later")
    kept = next(out.parent.rglob(MARK))
    assert kept.read_text(encoding="utf-8") == "earlier"
    assert f"the earlier result is in {kept.parent}" in str(caught.value)


def test_a_text_file_is_written_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "junit.xml"
    write_text(path, "é\n")
    write_text(path, "ü\n")
    assert path.read_bytes() == "ü\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_a_text_file_that_cannot_be_written_whole_is_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    write_text(path, "earlier")
    with tiny_files(), pytest.raises(CannotWrite) as caught:
        write_text(path, "x" * 1000)
    assert str(caught.value) == f"{path}: cannot write: File too large; nothing was changed"
    assert path.read_text(encoding="utf-8") == "earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_file_in_a_read_only_folder(read_only: Path) -> None:
    with unprivileged(), pytest.raises(CannotWrite, match="Permission denied; nothing was changed"):
        write_text(read_only / "junit.xml", "text")
    assert list(read_only.iterdir()) == [read_only / "monday"]


def test_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInput, match="is a pipe or a device"):
        write_text(tmp_path / "pipe", "text")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["x" * 300, "."])
def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    assert is_there(tmp_path / name) is is_folder(tmp_path / name) is (name == ".")
    with pytest.raises(CannotWrite, match="nothing was changed"):
        write_text(tmp_path / name, "text")


KILLED = """
import sys, time
from pathlib import Path
from sim.core.files import publish
with publish(Path(sys.argv[1])) as fresh:
    (fresh / "part.txt").write_text("a part")
    print(fresh, flush=True)
    time.sleep(60)
"""


def test_the_next_result_removes_what_a_killed_process_has_left_and_nothing_else(out: Path) -> None:
    (out.parent / ".monday-notes").mkdir()
    killed, living = (
        subprocess.Popen([sys.executable, "-c", KILLED, str(out)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        for _ in range(2)
    )
    folders = [Path(process.stdout.readline().strip()) for process in (killed, living) if process.stdout]
    killed.kill()
    killed.communicate()
    write_result(out, "later")
    assert [folder.exists() for folder in folders] == [False, True]
    living.kill()
    living.communicate()
    write_result(out, "last")
    assert {path.name for path in out.parent.iterdir()} == {"monday", ".monday-notes"}
    assert (out / MARK).read_text(encoding="utf-8") == "last"
