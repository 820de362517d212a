"""Compare simulations with published results, which have intervals of their own."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from tests.support.confidence import ALPHA

__all__ = ["Published", "bound", "distances"]

Published = dict[str, tuple[float, float]]  # mean, and half-width of its 95 % interval


def distances(published: Published, rows: list[dict[str, float]]) -> dict[str, float]:
    """Return how far each mean is from the published one, in combined standard errors."""
    errors = {}
    for name, (mean, half_width) in published.items():
        values = np.array([row[name] for row in rows])
        error = np.hypot(half_width / norm.ppf(0.975), values.std(ddof=1) / np.sqrt(len(values)))
        errors[name] = float((values.mean() - mean) / error)
    return errors


def bound(measures: int) -> float:
    """Return the distance that none of so many right measures exceeds, but with a probability of `ALPHA`."""
    return float(-norm.ppf(ALPHA / 2 / measures))
