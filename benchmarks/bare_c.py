"""The bare single queue in C, compiled when the benchmark runs."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.done import BATCHES, Done
from benchmarks.models import SINGLE_QUEUE

__all__ = ["COMPILER", "run_single_queue", "version"]

COMPILER = ("gcc", "-O2", "-march=native", "-std=c11")
SOURCE = Path(__file__).with_name("single_queue.c")
_KEPT: list[tempfile.TemporaryDirectory[str]] = []  # until the process ends


@cache
def _program() -> Path:
    _KEPT.append(tempfile.TemporaryDirectory(prefix="single_queue"))
    program = Path(_KEPT[-1].name) / "single_queue"
    subprocess.run([*COMPILER, "-o", program, SOURCE, "-lm"], check=True)
    return program


def version() -> str:
    """Return the compiler's version."""
    told = subprocess.run([COMPILER[0], "-dumpfullversion"], check=True, capture_output=True, text=True)
    return told.stdout.strip()


def run_single_queue(customers: int, seed: int = 1) -> Done:
    """Simulate M/M/52+M.

    Parameters
    ----------
    customers
        How many arrive.
    seed
        Of the generator.
    """
    model = SINGLE_QUEUE
    numbers = (model.agents, model.arrivals_per_second, model.service_mean, model.patience_mean)
    command = [str(_program()), *map(str, (customers, seed, BATCHES, *numbers))]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    came, served, left = map(int, told[0].split()[:3])
    assert came == served + left, "a customer was lost"
    shares = np.array([[float(number) for number in line.split()] for line in told[1:]])
    return Done(came, float(told[0].split()[3]), {"P(wait)": shares[:, 0], "P(abandon)": shares[:, 1]})
