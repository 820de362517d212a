"""Silence of compiled libraries, such as SciPy's HiGHS, whose lines for debugging would stand among results."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_native_output"]


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
