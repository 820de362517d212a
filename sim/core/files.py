"""Files of results, written so that a failure loses nothing that was there."""

from __future__ import annotations

import glob
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sim.core.errors import CannotWrite, InvalidInput, Problem
from sim.core.interrupts import remove, undivided, undone

if sys.platform != "win32":  # there, what a killed process has left stays
    import fcntl

__all__ = ["MARK", "is_folder", "is_there", "publish", "refuse_foreign", "refuse_special", "write_bytes", "write_text"]

_UNFINISHED = "-unfinished-"
MARK = "manifest.json"  # a folder that holds this file is a result, and may be replaced


@contextmanager
def publish(out: Path) -> Iterator[Path]:
    """Make an empty folder to write into, which replaces `out` in the end.

    Parameters
    ----------
    out
        Folder of the result. An earlier result is replaced in one step; any other folder that is not empty is refused.

    Yields
    ------
    Path
        An empty folder beside `out`.

    Raises
    ------
    InvalidInput
        `out` holds something that is not a result.
    CannotWrite
        The disk is full, or the folder cannot be written; an earlier result is still there.
    """
    try:
        refuse_foreign(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        _remove_left(out)
        with undone(lambda: _make(out), remove) as fresh, _in_use(fresh):
            try:
                yield fresh
                with undivided():
                    _swap(fresh, out)
            except CannotWrite as error:  # of a file inside, whose folder nobody but us knows
                raise CannotWrite(str(error).replace(str(fresh), str(out))) from error.__cause__
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise CannotWrite(f"{out}: cannot write the result: {error.strerror or error}; nothing was changed") from error


def _make(out: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix=f".{out.name}{_UNFINISHED}", dir=out.parent))


@contextmanager
def _in_use(folder: Path) -> Iterator[None]:
    """Mark a folder as that of a living process; its end, even by SIGKILL, takes the mark away."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a disk of another machine may know no locks; its folders stay
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _remove_left(out: Path) -> None:
    """Remove the unfinished folders of processes that were killed while they made the same result."""
    if sys.platform == "win32":
        return
    for folder in out.parent.glob(f".{glob.escape(out.name)}{_UNFINISHED}*"):
        with suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # an error: somebody is at it
                remove(folder)
            finally:
                os.close(descriptor)


def is_folder(path: Path) -> bool:
    """Tell whether a path is that of a folder; False, too, where it cannot be: too long, or behind a locked door."""
    with suppress(OSError, ValueError):
        return path.is_dir()
    return False


def is_there(path: Path) -> bool:
    """Tell whether something stands at a path; False, too, where nobody can know."""
    with suppress(OSError, ValueError):
        return path.exists()
    return False


def refuse_special(file: Path) -> None:
    """Refuse what is neither a file nor a folder: opening a pipe would wait for ever, and a device may have no end.

    Raises
    ------
    InvalidInput
        It is a pipe or a device.
    OSError
        It is missing, or cannot be looked at.
    """
    mode = file.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InvalidInput([Problem(str(file), "", "is a pipe or a device; give a file, which can be read twice")])


def refuse_foreign(out: Path) -> None:
    """Refuse a folder that `publish` would refuse: before the work, and not after it.

    Parameters
    ----------
    out
        Folder of the result.

    Raises
    ------
    InvalidInput
        It holds something that is not a result.
    CannotWrite
        It cannot be read.
    """
    try:
        foreign = any(out.iterdir()) and not (out / MARK).exists() if out.is_dir() else out.exists()
    except OSError as error:
        raise CannotWrite(f"{out}: cannot be read: {error.strerror or error}; nothing was changed") from error
    if foreign:
        problem = Problem(str(out), "", f"holds something that is not a result (no {MARK}); give another --out")
        raise InvalidInput([problem])


def write_text(path: Path, text: str) -> None:
    """Write a whole text file, or leave what was there; parameters and errors as of `write_bytes`.

    A name of a file that is no UTF-8 is written with backslashes.
    """
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file, or leave what was there.

    Parameters
    ----------
    path
        The file; its folder is made.
    content
        The content.

    Raises
    ------
    CannotWrite
        The disk is full, or the file cannot be written; the earlier content is still there.
    InvalidInput
        A pipe or a device stands there.
    """
    fresh = path.parent / f".{path.name}.{os.getpid()}"
    if is_there(path):
        refuse_special(path)  # it would be replaced
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with undone(lambda: fresh, remove):
            fresh.write_bytes(content)
            fresh.replace(path)
    except OSError as error:
        raise CannotWrite(f"{path}: cannot write: {error.strerror or error}; nothing was changed") from error
    finally:
        with suppress(OSError):
            fresh.unlink()


def _swap(fresh: Path, out: Path) -> None:
    fresh.chmod(0o755)
    if not out.exists():
        fresh.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
    try:
        out.rename(old / "was")
        fresh.rename(out)
    finally:  # an interrupt, too, must not cost the earlier result
        if not out.exists():
            _put_back(old / "was", out)
        shutil.rmtree(old, ignore_errors=True)


def _put_back(earlier: Path, out: Path) -> None:
    try:
        earlier.rename(out)
    except OSError as error:
        reason = error.strerror or error
        raise CannotWrite(f"{out}: cannot write the result: {reason}; the earlier result is in {earlier}") from error
