"""Usage: the CPU time and memory of each generator of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loadtests.generators import GeneratorReport
    from loadtests.ledger import Ledger

__all__ = ["GeneratorUsage", "generators_usage"]


@dataclass(frozen=True, slots=True)
class GeneratorUsage:
    """CPU time and memory of one process that sent."""

    worker: int  # 1, 2 ...
    cpu_seconds: float  # while it sent
    attempts: int
    peak_memory: int  # bytes


def generators_usage(
    ledger: Ledger, sent: NDArray[np.bool_], workers: int, reports: Sequence[GeneratorReport]
) -> tuple[GeneratorUsage, ...]:
    """Return what each generator used that reported it.

    Parameters
    ----------
    ledger
        Every attempt.
    sent
        Which attempts were sent.
    workers
        Processes that sent, each every n-th journey.
    reports
        Of the generators.
    """
    attempts = np.bincount(ledger["journey"][sent] % workers, minlength=workers).tolist()
    return tuple(
        GeneratorUsage(report.shard + 1, report.cpu_seconds, attempts[report.shard], report.peak_memory)
        for report in reports
        if report.cpu_seconds is not None and report.peak_memory is not None
    )
