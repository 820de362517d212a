"""Compiled functions, kept on disk: where, for how long they hold, and that nobody compiles what another one does.

numba notices that a function's own file has changed, but not that one which it calls has. So the folder is named after
all sources that compiled code is made of: an upgrade finds nothing stale, and another version keeps its own.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import blake2s
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import njit

__all__ = ["compiled", "folder", "one_at_a_time"]

_SOURCES = ("core", "distributions", "routing", "channels", "engine/plan.py", "engine/compiled")


F = TypeVar("F", bound=Callable[..., Any])


def compiled(*signature: str, **options: Any) -> Callable[[F], F]:
    """Compile a function with numba, and keep it on disk.

    Parameters
    ----------
    signature
        Of the function, when it is to be compiled at once, not when it is first called.
    options
        As `numba.njit` has them.

    Returns
    -------
    callable
        The decorator.
    """

    def decorate(function: F) -> F:
        before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder())  # type: ignore[attr-defined]
        try:
            made: Any = njit(*signature, cache=True, **options)  # type: ignore[call-overload]
            return made(function)  # type: ignore[no-any-return]
        finally:
            numba.config.CACHE_DIR = before  # type: ignore[attr-defined]

    return decorate


@cache
def folder() -> Path:
    """Return where compiled functions are kept; it may be deleted at any time.

    Returns
    -------
    Path
        In ``NUMBA_CACHE_DIR`` or the user's cache folder, or among temporary files where that cannot be written.
    """
    given = os.environ.get("NUMBA_CACHE_DIR")
    home = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sojourn"
    for place in (home, Path(tempfile.gettempdir()) / f"sojourn-{os.getuid() if hasattr(os, 'getuid') else 0}"):
        found = place / _fingerprint()
        try:
            found.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=found):
                return found
        except OSError:
            continue
    return Path(tempfile.mkdtemp(prefix="sojourn-"))


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Let one process at a time do something with the folder, where the system knows how.

    Parameters
    ----------
    name
        Of what is done.
    """
    try:
        import fcntl
    except ImportError:  # Windows: two processes may compile the same, which costs time and nothing else
        yield
        return
    with (folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint() -> str:
    """Return a name for the sources as they are."""
    home = Path(__file__).parent.parent
    digest = blake2s(numba.__version__.encode(), digest_size=8)
    for source in _SOURCES:
        path = home / source
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
