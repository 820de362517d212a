"""Report of this process as a generator, from its conductor."""

from __future__ import annotations

import os
import resource
import sys
from typing import TYPE_CHECKING

import numpy as np

from loadtests.generators import GeneratorReport

if TYPE_CHECKING:
    from loadtests.conductor.conductor import Conductor

__all__ = ["cpu_seconds", "report_of"]


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
