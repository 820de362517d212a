"""Quantiles of durations, without interpolation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NOTHING", "Quantiles", "quantiles"]


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Quantiles of durations in seconds; ``None`` = there were none."""

    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None
    p999: float | None = None  # None also if there were fewer than 1,000 durations, and of p9999, fewer than 10,000
    p9999: float | None = None


NOTHING: Final = Quantiles(None, None, None, None)


def quantiles(seconds: NDArray[np.float64]) -> Quantiles:
    """Return quantiles of the finite values, without interpolation."""
    finite = seconds[np.isfinite(seconds)]
    if not len(finite):
        return NOTHING
    shares = [0.5, 0.95, 0.99, 1.0, 0.999, 0.9999]
    p50, p95, p99, most, p999, p9999 = np.quantile(finite, shares, method="inverted_cdf").tolist()
    number = len(finite)
    return Quantiles(p50, p95, p99, most, p999 if number >= 1_000 else None, p9999 if number >= 10_000 else None)
