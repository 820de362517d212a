"""How the functions of the kernel are compiled: each once, whatever constants it is called with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

__all__ = ["inner", "numbers"]

inner: Callable[..., Any] = njit(error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Compile a function that only the kernel calls; it is kept with the kernel, so it needs no cache of its own."""


def numbers(*values: int) -> tuple[np.int64, ...]:
    """Return constants of a kernel; numba would compile a function anew for every plain integer that it is given."""
    return tuple(np.int64(int(value)) for value in values)
