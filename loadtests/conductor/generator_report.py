"""Report of this process as a generator, from its conductor."""

from __future__ import annotations

import os
import resource
import sys
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from loadtests.generators import GeneratorReport

if TYPE_CHECKING:
    from collections.abc import Collection

    from loadtests.conductor.conductor import Conductor

__all__ = ["cpu_seconds", "report_of", "worker_report"]


def cpu_seconds() -> float:
    """Return the CPU time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def report_of(conductor: Conductor, shard: int, used: float, *, complete: bool) -> GeneratorReport:
    """Return the report of this process.

    Parameters
    ----------
    conductor
        Has sent, or was stopped.
    shard
        The number of the process: 0, 1 ...
    used
        Seconds of CPU time while it sent.
    complete
        Whether it sent its whole part.
    """
    unit = 1 if sys.platform == "darwin" else 1024
    return GeneratorReport(
        shard,
        process=os.getpid(),
        complete=complete,
        connections=conductor.connections,
        cpu_seconds=used,
        peak_memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        gave_up=conductor.gave_up,
        failures=conductor.failures.failures(),
        own_lag=np.frombuffer(conductor.own_lag, dtype=np.float32),
    )


def worker_report(data: object, workers: Collection[str]) -> dict[str, Any] | None:
    """Return the report of a worker that has sent its part; None if it is not that of a worker of this run.

    Parameters
    ----------
    data
        What came.
    workers
        Of this run.
    """
    match data:
        case {"worker": str(worker), "lag": float(lag)} if worker in workers and isfinite(lag):
            return {"worker": worker, "lag": lag}
    return None
