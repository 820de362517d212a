"""Folder of compiled functions on disk, and the lock that lets one process compile while others wait for it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sim.jit.sources import fingerprint

__all__ = ["folder", "folder_of", "is_kept", "one_at_a_time"]


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
    for path in (home, Path(tempfile.gettempdir()) / f"sojourn-{os.getuid() if hasattr(os, 'getuid') else 0}"):
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                return path
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="sojourn-"))


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
    """Let one process at a time do something with the folder, where the system knows how.

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
        lock = (folder() / f"{name}.lock").open("w")
    except OSError:  # it belongs to another user, or is no file
        yield
        return
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
