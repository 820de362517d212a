"""Evidence: how many requests a quantile or an error rate needs before it says something."""

from __future__ import annotations

from math import ceil
from typing import Final

__all__ = [
    "BEYOND",
    "FEWEST_REQUESTS",
    "LAGS",
    "MEASURES",
    "QUANTILES",
    "requests_without_errors",
    "samples_wanted",
    "too_few_without_errors",
]

BEYOND: Final = 20
"""Requests beyond a quantile that make it worth judging: with fewer, a few slow ones decide."""
QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999}
MEASURES: Final = {"p50": 0.001, "p95": 0.001, "p99": 0.001, "error rate": 0.001, "CPU per journey": 0.0}
"""The measures that are compared, and the smallest difference of each that matters: 1 ms, and 1 of 1,000 requests."""
LAGS: Final = 10.0
"""A wanted latency must be more than so many times the generator's own lag p95; else, nothing can judge it."""
FEWEST_REQUESTS: Final = 40
"""Requests of a load test that says anything: those of its median."""


def too_few_without_errors(failed: int, requests: int) -> str:
    """Say why a comparison of error rates says nothing: no request failed, and they are few; else, nothing.

    Parameters
    ----------
    failed, requests
        Of all runs that are compared, and of the side that has fewer requests.
    """
    wanted = requests_without_errors(MEASURES["error rate"])
    if failed or requests >= wanted:
        return ""
    return f"no request failed, and {requests:,} are too few to show a difference of 0.1 points; {wanted:,} are needed"


def samples_wanted(quantile: float) -> int:
    """Return how many requests a quantile needs, so that 20 of them are beyond it."""
    return round(BEYOND / (1.0 - quantile))


def requests_without_errors(error_rate: float) -> int:
    """Return how many requests without an error show that the error rate is at most this, with 95 % confidence.

    It is the rule of three (J. A. Hanley, A. Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 249
    (1983), 1743-1745). No number of requests shows a rate of 0; then, those of any load test are enough.
    """
    return max(FEWEST_REQUESTS, ceil(3.0 / error_rate) if error_rate > 0.0 else 0)
