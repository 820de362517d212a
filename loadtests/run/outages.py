"""Outages of an endpoint: when nothing but failures came, and what that cost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from loadtests.contract.vocabulary import UNSENT, AnswerClass, Verb

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from loadtests.ledger import Ledger

__all__ = ["Outage", "outages"]

_FAILED: Final = (AnswerClass.REFUSED, AnswerClass.TIMEOUT, AnswerClass.OVERLOAD, AnswerClass.SERVER_ERROR)
_FEWEST: Final = 5
"""Failures one after the other; fewer may be chance."""
_SHORTEST: Final = 0.2
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which each attempt that ended was refused, timed out, or answered with 429, 503 or another 5xx."""

    begin: float  # seconds since the run's start: the last good answer before, or the first attempt that failed
    end: float | None  # the first good answer after; None = there was none
    failed: Mapping[str, int]  # attempts by class
    due: int  # requests that were due in it
    not_acknowledged: int  # of these, in spite of all retries
    longest_latency: float | None  # of these, seconds; None = none was acknowledged

    def __str__(self) -> str:
        """Return a sentence."""
        until = "to the end" if self.end is None else f"to {self.end:.1f} s ({self.end - self.begin:.1f} s)"
        counts = ", ".join(f"{count} {name}" for name, count in self.failed.items())
        slowest = "" if self.longest_latency is None else f", the slowest took {self.longest_latency:.1f} s"
        return (
            f"outage from {self.begin:.1f} s {until}: attempts that failed: {counts}; {self.due} requests were due "
            f"meanwhile, of which {self.not_acknowledged} were never acknowledged{slowest}"
        )


def outages(ledger: Ledger, last: NDArray[np.bool_]) -> tuple[Outage, ...]:
    """Find the outages of a run.

    Parameters
    ----------
    ledger
        Every attempt.
    last
        Which attempts are a request's last.

    Returns
    -------
    tuple
        In the order of time. Waits of agents for work are left out.
    """
    over = np.isfinite(ledger["ended"]) & (ledger["verb"] != Verb.READY)
    over &= ~np.isin(ledger["kind"], [AnswerClass.UNKNOWN, *UNSENT])
    order = np.flatnonzero(over)[np.argsort(ledger["ended"][over], kind="stable")]
    failed = np.isin(ledger["kind"][order], _FAILED)
    return tuple(
        outage
        for start, stop in _runs(failed)
        if stop - start >= _FEWEST and (outage := _outage(ledger, last, order, start, stop)) is not None
    )


def _runs(failed: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield where failures come one after the other: the first, and the one after the last."""
    edges = np.flatnonzero(np.diff(np.r_[False, failed, False].astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _outage(ledger: Ledger, last: NDArray[np.bool_], order: NDArray[np.int64], start: int, stop: int) -> Outage | None:
    """Return the outage of one run of failures; `None` if it was too short to be one."""
    rows = order[start:stop]
    before = float(ledger["ended"][order[start - 1]]) if start else -inf
    begin = max(before, float(ledger["began"][rows].min()))
    end = float(ledger["ended"][order[stop]]) if stop < len(order) else None
    if (float(ledger["ended"][rows].max()) if end is None else end) - begin < _SHORTEST:
        return None
    due = last & (ledger["due"] >= begin) & (ledger["due"] <= (inf if end is None else end))
    due &= ledger["verb"] != Verb.READY
    good = due & ledger.acknowledged
    counts = Counter(AnswerClass(code).name.lower() for code in ledger["kind"][rows].tolist())
    longest = float((ledger["ended"] - ledger["due"])[good].max()) if good.any() else None
    return Outage(begin, end, dict(counts), int(due.sum()), int(due.sum() - good.sum()), longest)
