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
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba.core.caching import FunctionCache
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock
from numba.core.errors import NumbaError as NotCompilable
from numba.core.registry import CPUDispatcher
from numba.core.runtime.nrt import rtsys

__all__ = ["NotCompilable", "compiled", "folder", "one_at_a_time", "ready"]

_SOURCES = (
    "core",
    "numerics",
    "jit",
    "distributions",
    "../routing",
    "channels",
    "engine/effort.py",
    "engine/order.py",
    "engine/plan.py",
    "engine/compiled",
    "kpis/aggregate",
)


F = TypeVar("F", bound=Callable[..., Any])


def compiled(signature: Any = None, *, by: type[Compiler] = Compiler, **options: Any) -> Callable[[F], F]:
    """Compile a function with numba when it is first needed, and keep it on disk.

    Parameters
    ----------
    signature
        Of the function, where it is to be compiled for this alone, and not for whatever it is called with.
    by
        What compiles it.
    options
        As `numba.njit` has them.

    Returns
    -------
    callable
        The decorator.
    """

    def decorate(function: F) -> F:
        kind: Any = CPUDispatcher if signature is None else _Declared
        made = kind(function, targetoptions={"nopython": True, "boundscheck": None, **options}, pipeline_class=by)
        made.signature = signature
        before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(folder())  # type: ignore[attr-defined]
        try:
            made._cache = _Cache(function)  # type: ignore[no-untyped-call]  # noqa: SLF001 - as `enable_caching` does
        finally:
            numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
        return made  # type: ignore[no-any-return]

    return decorate


def ready(function: Any) -> Any:
    """Return a compiled function after loading or compiling it.

    Parameters
    ----------
    function
        Any of numba's.

    Returns
    -------
    callable
        The same function; where it has a signature, it has been compiled for it.
    """
    return function.ready() if isinstance(function, _Declared) else function


class _Declared(CPUDispatcher):
    """A function that waits for its first call, from Python or from compiled code; then it is one like numba's own."""

    signature: str

    def ready(self) -> Any:
        function = self.py_func
        with global_compiler_lock, one_at_a_time(f"{function.__module__}.{function.__qualname__}"):
            if type(self) is _Declared:
                self.compile(self.signature)
                self.disable_compile()
                self.__class__ = CPUDispatcher  # type: ignore[assignment]  # whose calls do not pass through Python
        return self

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.ready()(*arguments, **named)

    def __reduce__(self) -> Any:
        return _named, (self.py_func.__module__, self.py_func.__qualname__)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        return self.ready().get_call_template(args, kws)  # of the class that it has then


def _named(module: str, name: str) -> Any:
    """Return a compiled function by its name: what it is pickled as."""
    return getattr(import_module(module), name)


class _Cache(FunctionCache):
    """Loads a function without all of numba's own, which only compiling needs: 60 MB, and a quarter of a second."""

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]


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
