"""The single queue in C, bare and with Sojourn's draws and log; the benchmark compiles it."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.models import SINGLE_QUEUE
from benchmarks.program_runs import BATCHES, ProgramRun
from sim.engine import Log, Plan
from sim.engine.log import COLUMNS
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
    output = subprocess.run([COMPILER[0], "-dumpfullversion"], check=True, capture_output=True, text=True)
    return output.stdout.strip()


def run_single_queue(customers: int, seed: int = 1) -> ProgramRun:
    """Simulate M/M/52+M.

    Parameters
    ----------
    customers
        Their number.
    seed
        Of the generator.
    """
    model = SINGLE_QUEUE
    numbers = (model.agents, model.arrivals_per_second, model.service_mean, model.patience_mean)
    command = [str(_compiled("single_queue")), *map(str, (customers, seed, BATCHES, *numbers))]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    came, served, left = map(int, lines[0].split()[:3])
    assert came == served + left, "a customer was lost"
    shares = np.array([[float(number) for number in line.split()] for line in lines[1:]])
    return ProgramRun(came, float(lines[0].split()[3]), {"P(wait)": shares[:, 0], "P(abandon)": shares[:, 1]})


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
    """Simulate M/M/52+M for the customers of a population, and fail unless the log is the same.

    Parameters
    ----------
    plan
        Of `benchmarks.scenarios.single_queue`.
    population, log
        Customers and log; instants are compared to a microsecond, because C's logarithm is not Sojourn's.

    Returns
    -------
    float
        Seconds of the run.
    """
    simulate = ctypes.CDLL(str(_compiled("logged_queue", "-shared", "-fPIC"))).simulate
    model = SINGLE_QUEUE
    parameters = _Model(
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
    inputs = ctypes.c_int64(len(population)), _address(population.arrival), _address(population.key)
    outputs = (ctypes.c_void_p * len(columns))(*(column.ctypes.data for column in columns.values()))
    full = simulate(ctypes.byref(parameters), *inputs, outputs)
    seconds = perf_counter() - began
    assert not full, "more waited than there was room for"
    for name in COLUMNS:
        expected = getattr(log, name)
        computed = columns.get(name, np.zeros(1, expected.dtype))  # the other columns are all 0
        alike = np.isclose(computed, expected, rtol=0.0, atol=1e-6, equal_nan=True)
        assert alike.all(), f"{name}: C and Sojourn differ in row {alike.argmin()}"
    return seconds


def _address(column: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(column.ctypes.data)
