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
    """Return constants of a kernel; numba would compile a function anew for every plain integer that it is given."""
    return tuple(np.int64(int(value)) for value in values)  # type: ignore[misc]
