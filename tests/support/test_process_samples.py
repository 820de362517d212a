"""Samples of a process: a leak is found, a peak is not taken for one."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from tests.support.process_samples import growth, sample_of


def test_growth_is_a_drift_and_no_peak() -> None:
    assert growth([5.0] * 10 + [900.0] + [5.0] * 29) == 0
    assert growth([float(number) for number in range(40)]) == 20


def test_a_sample_counts_threads_descriptors_and_memory() -> None:
    before = sample_of(os.getpid())
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    kept = bytearray(os.urandom(1 << 25))
    with Path(os.devnull).open("rb"):
        after = sample_of(os.getpid())
    over.set()
    thread.join()
    assert (after.threads - before.threads, after.descriptors - before.descriptors) == (1, 1)
    assert after.memory - before.memory > len(kept) / 2
