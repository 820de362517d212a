"""Store file: checks whether a path can be a SQLite store, before SQLite touches it.

SQLite opens whatever is there: it leaves a journal beside a device, waits for a FIFO, and calls a folder a file that it
cannot open.
"""

import errno
import os
import stat
from pathlib import Path

from orchestrator.store.errors import CannotServe

__all__ = ["PARTIAL", "check_new", "check_store", "shown"]

_KINDS = (
    (stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"),
)  # fmt: skip
_BESIDE = "-journal"
"""The longest ending of files that SQLite makes beside its own."""

PARTIAL = ".partial"
"""The ending of a copy that is not whole yet."""

_LONGEST = 100


def shown(path: Path) -> str:
    """Return a path for a sentence, shortened in its middle if it is very long."""
    text = str(path)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}...{text[-_LONGEST // 2 :]}"


def check_store(path: Path) -> None:
    """Check the path of a store that is made when it is not there.

    Raises
    ------
    CannotServe
        When something else than a file is there, its name is too long, or it or its folder cannot be written to.
    """
    mode = _mode(path)
    if mode is None:
        _check_folder(path)
        return
    if not stat.S_ISREG(mode):
        noun = next((noun for is_kind, noun in _KINDS if is_kind(mode)), "no file")
        raise CannotServe(f"{shown(path)}: is {noun}; a store is a file, such as journeys.db")
    if not os.access(path, os.R_OK | os.W_OK):
        raise CannotServe(f"{shown(path)}: cannot be written to; change its permissions, or give another file")
    _check_folder(path)


def check_new(path: Path) -> None:
    """Check the path of a file that is about to be made.

    Raises
    ------
    CannotServe
        When something is there, its name is too long, or its folder cannot be written to.
    """
    if _mode(path, PARTIAL + _BESIDE) is not None or path.is_symlink():
        raise CannotServe(f"{shown(path)}: exists already; a backup never overwrites a file")
    _check_folder(path)


def _mode(path: Path, beside: str = _BESIDE) -> int | None:
    """Return what is at a path, or ``None`` if nothing is."""
    try:
        os.lstat(f"{path}{beside}")
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise CannotServe(f"{shown(path)}: its name is too long, with {beside} that is added to it") from error
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise CannotServe(f"{shown(path)}: cannot be opened: {error.strerror}; give another file") from error


def _check_folder(path: Path) -> None:
    """Check that files can be made beside a path, as SQLite does."""
    folder = path.parent
    if not folder.is_dir():
        raise CannotServe(f"{shown(path)}: its folder does not exist; make it first, or give another file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CannotServe(f"{shown(path)}: its folder cannot be written to, where SQLite keeps files beside it")
