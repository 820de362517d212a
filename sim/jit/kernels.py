"""Kernels, and the functions that only kernels call, in the mode of the process."""

from __future__ import annotations

import numpy as np

from sim.jit.mode import PLAIN

if PLAIN:
    from sim.jit.plain import inner, kernel, part
else:
    from sim.jit.linkage import inner, kernel, part

__all__ = ["inner", "kernel", "numbers", "part"]


def numbers(*values: int) -> tuple[int, ...]:
    """Return whole numbers, such as members of an enumeration, as 64-bit integers: constants that kernels may name.

    For each plain Python integer that a compiled function is called with, numba would compile it anew.

    Parameters
    ----------
    *values
        One for each name on the left: ``_HANDLED, _NO_FLAG = numbers(Result.HANDLED, 0)``.
    """
    return tuple(np.int64(int(value)) for value in values)  # type: ignore[misc]
