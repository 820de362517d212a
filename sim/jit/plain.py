"""Compilation by numba's public interface alone, for a numba whose private parts have changed.

A function with a signature is compiled or loaded when it is declared, below those that it calls. A function of a kernel
is compiled by itself first. Laws and policies are called as C functions. Results are the same to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from pickletools import genops
from typing import Any, TypeVar

import numba
from llvmlite import ir

from sim.jit.folder import folder_of

__all__ = ["address_of", "build_call", "compiled", "inner", "kernel", "part"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(signature: Any = None, **options: Any) -> Callable[[F], F]:
    """Compile a function, or load it, and keep it on disk; as `sim.jit.dispatchers.compiled`, but at once."""
    options.pop("forceinline", None)

    def decorate(function: F) -> F:
        path = folder_of(function)
        if path is not None:
            _remove_damaged(path)
        with _kept_in(path):
            return numba.njit(signature, cache=path is not None, **options)(function)  # type: ignore[no-any-return]

    return decorate


def address_of(function: Any) -> int:
    """Return the address of a compiled function, as `sim.jit.dispatchers.address_of`."""
    return int(_callback(function).address)


def build_call(context: Any, builder: Any, address: Any, signature: Any, arguments: Sequence[Any]) -> Any:
    """Build the call of the function at an address, into LLVM's code."""
    result, *parameters = (context.get_value_type(type_) for type_ in (signature.return_type, *signature.args))
    function = ir.FunctionType(result, parameters).as_pointer()
    return builder.call(builder.inttoptr(address, function), arguments)


@cache
def _callback(function: Any) -> Any:
    """Return a compiled function as C calls it; it has its address for as long as it is kept."""
    return numba.cfunc(function.nopython_signatures[0])(function.py_func)


@cache
def _remove_damaged(path: Path) -> None:
    """Remove files that numba would fail on from a folder, once: they are cut off, or no pickles at all."""
    with suppress(OSError):
        if path.is_file():
            path.unlink()
        for file in [*path.rglob("*.nbi"), *path.rglob("*.nbc")]:
            if not _is_whole(file):
                file.unlink()


def _is_whole(path: Path) -> bool:
    """Tell whether a file consists of complete pickles, without loading them: numba's version and index, or code."""
    try:
        with path.open("rb") as file:
            for _ in range(2 if path.suffix == ".nbi" else 1):
                for _ in genops(file):
                    pass
            return not file.read(1)
    except (OSError, ValueError, IndexError):
        return False


@contextmanager
def _kept_in(path: Path | None) -> Iterator[None]:
    """Let numba keep what it compiles in a folder."""
    before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(path or "")  # type: ignore[attr-defined]
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]


_OPTIONS: Any = {"error_model": "numpy"}
kernel: Callable[[F], F] = compiled(nogil=True, **_OPTIONS)
"""Compile a kernel, which takes arrays of records, and lets other threads run meanwhile."""

inner: Callable[[F], F] = numba.njit(**_OPTIONS)
"""Compile a function that only a kernel calls; it is kept with the kernel, so it needs no cache of its own."""

part = inner
"""Compile a function into those that call it; LLVM decides whether it does."""
