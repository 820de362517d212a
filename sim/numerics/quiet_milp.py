"""SciPy's integer programs without the lines that its HiGHS prints for debugging, which would stand among results."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scipy.optimize import milp

__all__ = ["quiet_milp", "without_native_output"]


def quiet_milp(*arguments: Any, **options: Any) -> Any:
    """Return what `scipy.optimize.milp` does, and print nothing; parameters are the same."""
    with without_native_output():
        return milp(*arguments, **options)


@contextmanager
def without_native_output() -> Iterator[None]:
    """Discard what compiled libraries print to standard output meanwhile, on POSIX systems."""
    if os.name != "posix":
        yield
        return
    flush = ctypes.CDLL(None).fflush
    sys.stdout.flush()
    flush(None)
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        flush(None)
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
