"""The bare single queue in C, and the same with Sojourn's draws and log; compiled when the benchmark runs."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from dataclasses import fields
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.done import BATCHES, Done
from benchmarks.models import SINGLE_QUEUE
from sim.engine import Log, Plan
from sim.population import Population

__all__ = ["COMPILER", "run_logged_queue", "run_single_queue", "version"]

COMPILER = ("gcc", "-O2", "-march=native", "-std=c11")
HERE = Path(__file__).parent
_KEPT: list[tempfile.TemporaryDirectory[str]] = []  # until the process ends


@cache
def _compiled(source: str, *options: str) -> Path:
    _KEPT.append(tempfile.TemporaryDirectory(prefix=source))
    program = Path(_KEPT[-1].name) / source
    subprocess.run([*COMPILER, *options, "-o", program, HERE / f"{source}.c", "-lm"], check=True)
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
    command = [str(_compiled("single_queue")), *map(str, (customers, seed, BATCHES, *numbers))]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    came, served, left = map(int, told[0].split()[:3])
    assert came == served + left, "a customer was lost"
    shares = np.array([[float(number) for number in line.split()] for line in told[1:]])
    return Done(came, float(told[0].split()[3]), {"P(wait)": shares[:, 0], "P(abandon)": shares[:, 1]})


class _Model(ctypes.Structure):
    _fields_ = (
        ("agents", ctypes.c_int64),
        ("service", ctypes.c_double),
        ("patience", ctypes.c_double),
        ("seed", ctypes.c_uint32),
        ("stream", ctypes.c_uint32),
        ("replication", ctypes.c_uint32),
    )


_WHOLE = ("customer", "step", "result", "next", "group", "agent")
_INSTANTS = ("began", "started", "ended", "freed", "announced")


def run_logged_queue(plan: Plan, population: Population, log: Log) -> float:
    """Simulate M/M/52+M for given customers, and fail unless it went as in a log.

    Parameters
    ----------
    plan
        Of `benchmarks.scenarios.single_queue`.
    population, log
        Who comes, and what happens to them: instants to a microsecond, since C's logarithm is not Sojourn's.

    Returns
    -------
    float
        Seconds that it took.
    """
    simulate = ctypes.CDLL(str(_compiled("logged_queue", "-shared", "-fPIC"))).simulate
    model = SINGLE_QUEUE
    of = _Model(
        model.agents,
        model.service_mean,
        model.patience_mean,
        population.seed,
        int(plan.step_stream[0]),
        population.replication,
    )
    began = perf_counter()
    columns: dict[str, NDArray[Any]] = {name: np.empty(len(population), np.int32) for name in _WHOLE}
    columns |= {name: np.empty(len(population)) for name in _INSTANTS}
    came = ctypes.c_int64(len(population)), _address(population.arrival), _address(population.key)
    into = (ctypes.c_void_p * len(columns))(*(column.ctypes.data for column in columns.values()))
    full = simulate(ctypes.byref(of), *came, into)
    seconds = perf_counter() - began
    assert not full, "more waited than there was room for"
    for field in fields(log):
        expected = getattr(log, field.name)
        found = columns.get(field.name, np.zeros(1, expected.dtype))  # the other columns are all 0
        alike = np.isclose(found, expected, rtol=0.0, atol=1e-6, equal_nan=True)
        assert alike.all(), f"{field.name}: C and Sojourn differ in row {alike.argmin()}"
    return seconds


def _address(column: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(column.ctypes.data)
