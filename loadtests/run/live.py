"""Live figures of a run: read from the ledger files while the generators write them."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from loadtests.contract.vocabulary import ACKNOWLEDGED, UNSENT, Verb
from loadtests.ledger import written_attempts
from loadtests.run.histogram import LogHistogram

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["LiveFigures", "LiveLedger"]

_WINDOW: Final = 3.0
"""Seconds over which rates are measured."""


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """Figures of a run so far; latencies in seconds, of acknowledged requests, from when they were due."""

    acknowledged: int
    failed: int  # attempts; some will be made again
    open: int  # attempts without an answer
    per_second: float | None  # acknowledged ones in the latest seconds; None = not known yet
    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None

    def __str__(self) -> str:
        """Return one line."""
        rate = "" if self.per_second is None else f"{self.per_second:,.0f}/s, "
        shown = {"p50": self.p50, "p95": self.p95, "p99": self.p99, "max": self.max}
        times = ", ".join(f"{name} {1000 * value:,.0f} ms" for name, value in shown.items() if value is not None)
        return f"{rate}{self.acknowledged:,} acknowledged, {self.failed:,} failed, {self.open:,} open; {times or '-'}"


class LiveLedger:
    """Reads what the generators have appended to their files since the last look.

    Parameters
    ----------
    folder
        Of the run's ledger; it need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}
        self._latencies = LogHistogram()
        self._begun, self._over, self._acknowledged, self._failed = 0, 0, 0, 0
        self._past: deque[tuple[float, int]] = deque()

    def look(self) -> LiveFigures:
        """Read what is new, and return the figures."""
        for path in self._folder.glob("attempts-*.bin"):
            self._add(path)
        rate = self._rate()
        p50, p95, p99 = map(self._latencies.quantile, (0.5, 0.95, 0.99))
        longest = self._latencies.longest if self._acknowledged else None
        return LiveFigures(self._acknowledged, self._failed, self._begun - self._over, rate, p50, p95, p99, longest)

    def _add(self, path: Path) -> None:
        """Count the whole records that were appended to a file."""
        records, self._read[path] = written_attempts(path, self._read.get(path, 0))
        records = records[records["verb"] != Verb.READY]  # agents who wait for work
        over = np.isfinite(records["ended"]) | np.isin(records["kind"], list(UNSENT))
        good = over & np.isin(records["kind"], list(ACKNOWLEDGED))
        self._begun += int((~over).sum())
        self._over += int(over.sum())
        self._acknowledged += int(good.sum())
        self._failed += int((over & ~good & ~np.isin(records["kind"], list(UNSENT))).sum())
        self._latencies.add((records["ended"] - records["due"])[good])

    def _rate(self) -> float | None:
        """Return the acknowledged attempts per second in the latest seconds."""
        now = time.monotonic()
        self._past.append((now, self._acknowledged))
        while now - self._past[0][0] > _WINDOW:
            self._past.popleft()
        since, before = self._past[0]
        return (self._acknowledged - before) / (now - since) if now > since else None
