"""Limits of a run: where the endpoint fell behind, whether connections ran out, and whose fault a delay is."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from loadtests.contract.vocabulary import AnswerClass
from loadtests.generators import Connections
from sim.core.units import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from loadtests.generators import GeneratorReport
    from loadtests.ledger import Ledger

__all__ = ["Backlog", "Pace", "backlog", "combine", "remarks"]

_INSTANTS: Final = 500
"""Instants at which the backlog is looked at."""
_SHARE: Final = 0.05
"""Of all requests: an endpoint that falls behind by more was the limit."""
_FEWEST: Final = 20
"""Requests: a smaller backlog says nothing."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """The time in which an endpoint fell behind most; seconds since the run's start."""

    begin: float
    end: float
    due: int  # requests that were due in this time
    answered: int  # answers that came in it
    most_open: int  # requests without an answer at its end


@dataclass(frozen=True, slots=True)
class Pace:
    """The pace of a run while requests were due, in requests per second; ``None`` = there is no such time."""

    due_rate: float | None
    answered_rate: float | None
    worst: Backlog | None  # None = the endpoint kept pace


def backlog(ledger: Ledger, last: NDArray[np.bool_]) -> Pace:
    """Compare the requests that were due with the answers that came.

    A request counts as waiting from when it was due, later by the lag that the generator added. The first quartile of
    the latency is taken off, so an endpoint that takes two seconds for each request, and keeps pace, is not behind.

    Parameters
    ----------
    ledger
        Every attempt.
    last
        Which attempts are a request's last; without agents who wait for work.
    """
    answer_class, due, ended = (ledger[name][last] for name in ("kind", "due", "ended"))
    if len(due) < 2 or due.max() <= due.min():
        return Pace(None, None, None)
    lag = np.nan_to_num((ledger["began"] - ledger["ready"])[last])
    answered = np.where(np.isin(answer_class, [AnswerClass.UNKNOWN, AnswerClass.HELD]), inf, ended)
    begin, end = float(due.min()), float(due.max())
    usual = float(np.quantile(np.minimum(answered, ended.max(initial=end, where=~np.isnan(ended))) - due, 0.25))
    grid = np.linspace(begin, end, _INSTANTS)
    came = np.searchsorted(np.sort(due + lag + max(usual, 0.0)), grid, side="right")
    gone = np.searchsorted(np.sort(answered), grid, side="right")
    seconds = end - begin
    return Pace(len(due) / seconds, int(gone[-1]) / seconds, _worst(grid, came, gone, np.sort(due)))


def _worst(
    grid: NDArray[np.float64], came: NDArray[np.int64], gone: NDArray[np.int64], due: NDArray[np.float64]
) -> Backlog | None:
    """Return the time in which the backlog grew most, if it is worth a word."""
    behind = np.maximum(came - gone, 0)
    rise = behind - np.minimum.accumulate(behind)
    until = int(rise.argmax())
    if rise[until] < max(_SHARE * len(due), _FEWEST):
        return None
    since = until - int(behind[until::-1].argmin())  # the latest instant with the least backlog before
    begin, end = float(grid[since]), float(grid[until])
    wanted = np.searchsorted(due, [begin, end], side="right")
    return Backlog(
        begin, end, int(wanted[1] - wanted[0]), int(gone[until] - gone[since]), int(wanted[1]) - int(gone[until])
    )


def combine(generators: Sequence[GeneratorReport]) -> Connections | None:
    """Add the connections of all generators up; ``None`` if none reported."""
    parts = [report.connections for report in generators if report.connections is not None]
    if not parts:
        return None
    return Connections(
        sum(part.limit for part in parts),
        sum(part.most for part in parts),
        sum(part.waited for part in parts),
        max(part.longest_wait for part in parts),
    )


def remarks(
    worst: Backlog | None, connections: Connections | None, *, precise: bool | None, wanted_p95: float | None
) -> Iterator[str]:
    """Say in sentences what limited a run: the endpoint, the connections, the generator."""
    if worst is not None:
        yield (
            f"the endpoint was the limit: from {worst.begin:.1f} s to {worst.end:.1f} s "
            f"{counted(worst.due, 'request')} came due "
            f"and {worst.answered} were answered; in the end {worst.most_open} were open"
        )
    if connections is not None and connections.waited:
        yield (
            f"all {connections.limit} connections were busy: {counted(connections.waited, 'request')} waited for one, "
            f"the longest {connections.longest_wait:.2f} s, which counts as the endpoint's latency; "
            "give more --connections if customers would have had their own"
        )
    if precise is False:
        yield (
            f"the generator's own lag p95 is a tenth or more of the wanted p95 ({1e3 * (wanted_p95 or 0.0):g} ms), so "
            "the measured latencies are in part the generator's; lower --speed, or use a quieter machine"
        )
