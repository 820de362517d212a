"""Histogram of durations in buckets of equal ratio: quantiles of any number of values within 1 %, in little memory."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RATIO", "LogHistogram"]

RATIO: Final = 1.01
"""From one bound to the next: a quantile is too great by 1 % at most."""
_SHORTEST: Final = 1e-6
"""Seconds; all shorter durations are in the first bucket."""
_BUCKETS: Final = 2400
"""Up to 1e-6 s x 1.01**2399, some 7 hours; the last bucket has the longer ones, too."""


class LogHistogram:
    """Counts of durations by bucket; two histograms add up by adding their counts."""

    def __init__(self) -> None:
        self.counts = np.zeros(_BUCKETS, np.int64)
        self.longest = 0.0

    def add(self, seconds: NDArray[np.float64]) -> None:
        """Count durations in seconds."""
        if len(seconds):
            number = np.ceil(np.log(np.maximum(seconds, _SHORTEST) / _SHORTEST) / log(RATIO))
            self.counts += np.bincount(np.minimum(number, _BUCKETS - 1).astype(np.int64), minlength=_BUCKETS)
            self.longest = max(self.longest, float(seconds.max()))

    def quantile(self, share: float) -> float | None:
        """Return the bound under which a share of the durations is; None = there are none."""
        number = int(self.counts.sum())
        if not number:
            return None
        bucket = int(np.searchsorted(np.cumsum(self.counts), max(share * number, 1.0) - 1e-9))
        return float(min(_SHORTEST * RATIO**bucket, self.longest))
