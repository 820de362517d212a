"""Breakdowns of a load: requests, errors and latencies by verb, channel and interval."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from loadtests.contract.vocabulary import ACKNOWLEDGED, AnswerClass, Verb
from loadtests.run.quantiles import quantiles
from sim.core.units import DAY, HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from loadtests.ledger import Ledger
    from loadtests.trace.model import Trace

__all__ = ["breakdowns", "errors_of"]

_INTERVAL: Final = HOUR / 2.0
"""Seconds, of a trace whose scenario is not known."""


def breakdowns(
    trace: Trace, ledger: Ledger, final: NDArray[np.bool_], interval: float | None
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return what was measured of each verb, channel and interval that has requests.

    Parameters
    ----------
    trace
        With the channels of the requests, and the simulated instants at which they are due.
    ledger
        Every attempt.
    final
        Which attempts are the last ones of requests that were sent.
    interval
        Simulated seconds; None = half an hour.
    """
    attempts = np.flatnonzero(final)
    rows = _rows_of(trace, ledger, attempts)
    length = interval or _INTERVAL
    slots = np.floor_divide(trace.due[rows] + trace.offset, length).astype(np.int64)
    dimensions: dict[str, tuple[NDArray[Any], Callable[[int], str]]] = {
        "verb": (ledger["verb"][attempts], lambda code: Verb(code).name.lower()),
        "channel": (trace.channel[rows], lambda code: trace.channels[code]),
        "interval": (slots, lambda slot: _time_of_day(slot * length)),
    }
    return {
        dimension: {
            name(code): _measured(ledger, attempts[codes == code]) for code in np.unique(codes).tolist() if code >= 0
        }
        for dimension, (codes, name) in dimensions.items()
    }


def errors_of(ledger: Ledger, final: NDArray[Any]) -> dict[str, int]:
    """Count the requests that were not acknowledged, by the class of their last answer."""
    return dict(_errors(ledger["kind"][final]))


def _errors(codes: NDArray[np.int8]) -> Iterator[tuple[str, int]]:
    for code, count in sorted(Counter(codes.tolist()).items()):
        if code not in ACKNOWLEDGED:
            yield AnswerClass(code).name.lower(), count


def _rows_of(trace: Trace, ledger: Ledger, attempts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the row of the trace of each attempt."""
    wanted, known = (
        (journey.astype(np.int64) << 32) | seq
        for journey, seq in (
            (ledger["journey"][attempts], ledger["seq"][attempts]),
            (trace.journey, trace.seq),
        )
    )
    order = np.argsort(known, kind="stable")
    rows: NDArray[np.int64] = order[np.searchsorted(known, wanted, sorter=order)]
    return rows


def _measured(ledger: Ledger, attempts: NDArray[np.int64]) -> dict[str, Any]:
    """Return the requests, errors and latencies of some requests, by their last attempts."""
    timed = attempts[ledger["verb"][attempts] != Verb.READY]  # an agent's wait for work is no latency
    errors = errors_of(ledger, attempts)
    return {
        "requests": len(attempts),
        "acknowledged": len(attempts) - sum(errors.values()),
        "samples": len(timed),
        "errors": errors,
        "latency": asdict(quantiles((ledger["ended"] - ledger["due"])[timed])),
    }


def _time_of_day(seconds: float) -> str:
    """Return seconds since the midnight of the first day as a time of day; of later days, with the day."""
    days, rest = divmod(round(seconds), round(DAY))
    clock = f"{rest // round(HOUR):02}:{rest % round(HOUR) // round(MINUTE):02}"
    return f"day {days + 1} {clock}" if days else clock
