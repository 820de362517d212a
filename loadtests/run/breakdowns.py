"""Breakdowns of a load: requests, errors, retries and times by verb, channel and interval."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from loadtests.contract.vocabulary import ACKNOWLEDGED, AnswerClass, Verb
from loadtests.run.quantiles import Quantiles, quantiles
from sim.core.units import HOUR, clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from loadtests.ledger import Ledger
    from loadtests.trace.model import Trace

__all__ = ["RequestFigures", "breakdowns", "errors_of"]

_INTERVAL: Final = HOUR / 2.0
"""Seconds, of a trace whose scenario is not known."""


@dataclass(frozen=True, slots=True)
class RequestFigures:
    """What was measured of a part of the requests; times in seconds. An agent's wait for work is none of the times."""

    requests: int  # sent ones
    acknowledged: int
    retries: int  # attempts after a request's first
    samples: int  # requests that have a latency
    errors: Mapping[str, int]  # requests, by the class of their last answer
    latency: Quantiles  # from due to the last answer
    service_time: Quantiles  # of each attempt


def breakdowns(
    trace: Trace, ledger: Ledger, sent: NDArray[np.bool_], last: NDArray[np.bool_], interval: float | None
) -> dict[str, dict[str, RequestFigures]]:
    """Return what was measured of each verb, channel and interval that has requests.

    Parameters
    ----------
    trace
        With the channels of the requests, and the simulated instants at which they are due.
    ledger
        Every attempt.
    sent
        Which attempts were sent.
    last
        Which attempts are a request's last.
    interval
        Simulated seconds; None = half an hour.
    """
    attempts = np.flatnonzero(sent)
    rows = _rows_of(trace, ledger, attempts)
    length = interval or _INTERVAL
    slots = np.floor_divide(trace.due[rows] + trace.offset, length).astype(np.int64)
    dimensions: dict[str, tuple[NDArray[Any], Callable[[int], str]]] = {
        "verb": (ledger["verb"][attempts], lambda code: Verb(code).name.lower()),
        "channel": (trace.channel[rows], lambda code: trace.channels[code]),
        "interval": (slots, lambda slot: clock(round(slot * length))),
    }
    return {
        dimension: {
            name(code): _figures(ledger, attempts[codes == code], last)
            for code in np.unique(codes).tolist()
            if code >= 0
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


def _figures(ledger: Ledger, attempts: NDArray[np.int64], last: NDArray[np.bool_]) -> RequestFigures:
    """Return the figures of some requests, by their attempts that were sent."""
    final = attempts[last[attempts]]
    timed, timed_final = (each[ledger["verb"][each] != Verb.READY] for each in (attempts, final))
    errors = errors_of(ledger, final)
    return RequestFigures(
        requests=len(final),
        acknowledged=len(final) - sum(errors.values()),
        retries=int((ledger["attempt"][attempts] > 1).sum()),
        samples=len(timed_final),
        errors=errors,
        latency=quantiles((ledger["ended"] - ledger["due"])[timed_final]),
        service_time=quantiles((ledger["ended"] - ledger["began"])[timed]),
    )
