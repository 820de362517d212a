"""Compiled libraries print nothing among the results."""

from __future__ import annotations

import ctypes
import os
import sys

import pytest

from sim.numerics.native_output import without_native_output


@pytest.mark.skipif(os.name != "posix", reason="standard output is a file descriptor on POSIX systems only")
def test_native_output_is_discarded_and_ours_is_not(capfd: pytest.CaptureFixture[str]) -> None:
    library = ctypes.CDLL(None)
    sys.stdout.write("before\n")
    with without_native_output():
        library.printf(b"debugging\n")
    sys.stdout.write("after\n")
    sys.stdout.flush()
    library.printf(b"native\n")
    library.fflush(None)
    assert capfd.readouterr().out.split() == ["before", "after", "native"]
