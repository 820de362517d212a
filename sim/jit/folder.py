"""Folder of compiled functions on disk, and the lock that lets one process compile while others wait for it."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from sim.jit.sources import fingerprint

__all__ = ["folder", "folder_of", "is_kept", "one_at_a_time"]

LONGEST_WAIT: Final = 120.0
"""Seconds to wait for a process that compiles the same: three times as long as that takes, unless it was stopped."""

_POLL: Final = 0.05


@cache
def folder() -> Path:
    """Return where compiled functions are kept; it may be deleted at any time.

    Returns
    -------
    Path
        ``NUMBA_CACHE_DIR`` or a folder in the user's cache, or among temporary files where that cannot be written.
    """
    wanted = os.environ.get("NUMBA_CACHE_DIR")
    home = Path(wanted) if wanted else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sojourn"
    shared = Path(tempfile.gettempdir()) / f"sojourn-{os.getuid() if hasattr(os, 'getuid') else 0}"
    for path, mode in ((home, 0o777), (shared, 0o700)):
        try:
            path.mkdir(mode, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                if path is home or _is_ours(path):
                    return path
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="sojourn-"))


def _is_ours(path: Path) -> bool:
    """Tell whether nobody else can put code into a folder among temporary files, where everybody can make folders."""
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and (
        not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)
    )


def folder_of(function: Any) -> Path | None:
    """Return where a function's compiled code is kept; None where it stands in no file.

    Parameters
    ----------
    function
        A Python function whose module is being imported, or has been.

    Returns
    -------
    Path
        It may not be there yet; its name depends on all sources that the function is made of.
    """
    module = function.__module__
    return folder() / f"{module}-{key}" if (key := fingerprint(module)) else None


def is_kept(compiled: Any) -> bool:
    """Tell whether a function has been compiled before, so that it only has to be loaded.

    Parameters
    ----------
    compiled
        The compiled function.
    """
    function = compiled.py_func
    path = folder_of(function)
    return path is not None and any(path.rglob(f"*.{function.__qualname__}-*.nbi"))


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Let one process at a time do something with the folder, where the system knows how; wait for two minutes at most.

    Parameters
    ----------
    name
        Name of what is done.
    """
    try:
        import fcntl
    except ImportError:  # Windows: two processes may compile the same, which costs time and nothing else
        yield
        return
    try:
        lock = os.open(folder() / f"{name}.lock", os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, 0o666)
    except OSError:  # it belongs to another user, or is no file
        yield
        return
    try:
        end = monotonic() + LONGEST_WAIT
        while monotonic() < end:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                sleep(_POLL)
        yield
    finally:
        os.close(lock)
