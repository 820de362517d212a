"""How the functions of the kernel are compiled: each once, whatever constants it is called with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import njit

__all__ = ["inner", "numbers"]

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}  # half of the time to compile
inner: Callable[[F], F] = njit(error_model="numpy", **_OPTIONS)
"""Compile a function that only the kernel calls; it is kept with the kernel, so it needs no cache of its own."""


def numbers(*values: int) -> tuple[int, ...]:
    """Return constants of a kernel; numba would compile a function anew for every plain integer that it is given."""
    return tuple(np.int64(int(value)) for value in values)  # type: ignore[misc]
