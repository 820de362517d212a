"""Cache of compiled functions on disk; a file that is damaged or unreadable counts as missing.

Private parts of numba do this: its own cache notices no file but a function's own, loads all of numba's own functions
first, and fails where a file is damaged, or runs what the file holds.
"""

from __future__ import annotations

import pickle
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, _CacheLocator
from numba.core.runtime.nrt import rtsys

from sim.jit.folder import folder_of

__all__ = ["Cache"]

_DIGEST = 16  # bytes at the beginning of each file


class _Locator(_CacheLocator):
    """The folder of a function: its name says which sources the code is made of, so its content is never stale."""

    def __init__(self, function: Any) -> None:
        self._path, self._line = str(folder_of(function)), str(function.__code__.co_firstlineno)

    @classmethod
    def from_function(cls, function: Any, _file: str) -> _Locator:
        return cls(function)

    def get_cache_path(self) -> str:
        return self._path

    def get_source_stamp(self) -> str:
        return ""

    def get_disambiguator(self) -> str:
        return self._line


class _Results(CompileResultCacheImpl):
    _locator_classes: Any = (_Locator,)


class _Files(IndexDataCacheFile):
    """The index and the code of a function, each in a file with a digest: damaged code must never run."""

    def _load_index(self) -> Any:
        return _read(Path(self._index_path)) or {}

    def _save_index(self, overloads: Any) -> None:
        with self._open_for_write(self._index_path) as file:
            file.write(_sealed(self._dump(overloads)))  # type: ignore[no-untyped-call]

    def _load_data(self, name: str) -> Any:
        return _read(Path(self._data_path(name)))  # type: ignore[no-untyped-call]

    def _save_data(self, name: str, data: Any) -> None:
        with self._open_for_write(self._data_path(name)) as file:  # type: ignore[no-untyped-call]
            file.write(_sealed(self._dump(data)))  # type: ignore[no-untyped-call]


def _sealed(content: bytes) -> bytes:
    """Return the content of a file with its digest before it."""
    return blake2b(content, digest_size=_DIGEST).digest() + content


def _read(path: Path) -> Any:
    """Return what a file holds; None if it is missing, unreadable or damaged."""
    try:
        if not path.is_file():  # reading a FIFO or a device may never end
            return None
        data = path.read_bytes()
    except OSError:
        return None
    content = data[_DIGEST:]
    return pickle.loads(content) if _sealed(content) == data else None  # noqa: S301 - we have written it


class Cache(FunctionCache):
    """Loads a function without all of numba's own, which only compiling needs: 60 MB, and a quarter of a second."""

    _impl_class = _Results

    def __init__(self, function: Any) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        base, stamp = self._impl.filename_base, self._impl.locator.get_source_stamp()
        self._cache_file = _Files(self._cache_path, base, stamp)  # type: ignore[no-untyped-call]

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Load the code for a signature; None if it is not there, or damaged."""
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)  # type: ignore[no-untyped-call]

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code for a signature, if that is possible."""
        with suppress(OSError):  # a full disk, a folder that cannot be written: the next process compiles again
            self._save_overload(sig, data)  # type: ignore[no-untyped-call]
