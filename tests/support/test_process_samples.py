"""Samples of a process: a leak is found, a peak is not taken for one."""

from __future__ import annotations

import subprocess
import sys

from tests.support.process_samples import growth, sample_of


def test_growth_is_a_drift_and_no_peak() -> None:
    assert growth([5.0] * 10 + [900.0] + [5.0] * 29) == 0
    assert growth([float(number) for number in range(40)]) == 20


def test_a_sample_counts_threads_descriptors_and_memory() -> None:
    # A process of its own: another test's memory that was freed would be taken again, and not count.
    program = f"""
import os, sys, threading
sys.stdin.readline()
over = threading.Event()
threading.Thread(target=over.wait).start()
kept, file = bytearray(os.urandom({1 << 25})), open(os.devnull, "rb")
print("done", flush=True)
sys.stdin.readline()
over.set()
"""
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        before = sample_of(process.pid)
        print(file=process.stdin)
        assert process.stdout.readline() == "done\n"
        after = sample_of(process.pid)
        print(file=process.stdin)
    assert (after.threads - before.threads, after.descriptors - before.descriptors) == (1, 1)
    assert after.memory - before.memory > (1 << 25) / 2
