"""Shares of a run: what each verb took, and what each generator used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loadtests.contract.vocabulary import Verb
from loadtests.run.quantiles import NOTHING, Quantiles, quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loadtests.generators import GeneratorReport
    from loadtests.ledger import Ledger

__all__ = ["GeneratorUsage", "VerbFigures", "generators_usage", "verb_figures"]


@dataclass(frozen=True, slots=True)
class VerbFigures:
    """The requests of one verb; times in seconds. An agent's wait for work is no latency."""

    requests: int  # sent ones
    acknowledged: int
    retries: int  # attempts after a request's first
    latency: Quantiles  # from due to the last answer
    service_time: Quantiles  # of each attempt


@dataclass(frozen=True, slots=True)
class GeneratorUsage:
    """CPU time and memory of one process that sent."""

    worker: int  # 1, 2 ...
    cpu_seconds: float  # while it sent
    attempts: int
    peak_memory: int  # bytes


def verb_figures(ledger: Ledger, sent: NDArray[np.bool_], last: NDArray[np.bool_]) -> dict[str, VerbFigures]:
    """Return the figures of each verb that was sent.

    Parameters
    ----------
    ledger
        Every attempt.
    sent
        Which attempts were sent.
    last
        Which attempts are a request's last.
    """
    latency, service_time = ledger["ended"] - ledger["due"], ledger["ended"] - ledger["began"]
    acknowledged, retry = ledger.acknowledged, ledger["attempt"] > 1
    figures = {}
    for verb in Verb:
        own = sent & (ledger["verb"] == verb)
        if own.any():
            waits = verb is Verb.READY
            figures[verb.name.lower()] = VerbFigures(
                int((own & last).sum()),
                int((own & last & acknowledged).sum()),
                int((own & retry).sum()),
                NOTHING if waits else quantiles(latency[own & last]),
                NOTHING if waits else quantiles(service_time[own]),
            )
    return figures


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
