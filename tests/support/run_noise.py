"""Simulated measures of load runs: noise of each run, on a machine whose speed drifts from run to run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import sqrt

import numpy as np

from loadtests.verdict.pairs import Finding, Looks, Outcome, PairedRuns, compare_pairs, overall

__all__ = ["DEVIATIONS", "compare_in_looks", "paired_measures", "sides"]

TYPICAL = {"p50": 0.02, "p95": 0.06, "p99": 0.15, "error rate": 0.004, "cpu": 0.003}
DEVIATIONS = {"p50": 0.03, "p95": 0.05, "p99": 0.10, "error rate": 0.20, "cpu": 0.015}
"""Standard deviation of the logarithm of a run's measure, drift apart; 2.7 % is usual on runners of clouds."""
LEAST = {"p50": 0.001, "p95": 0.001, "p99": 0.001, "error rate": 0.001, "cpu": 0.0}
DRIFT = 0.05
MEMORY = 0.8
"""Of the machine's speed, an autoregression over the runs: standard deviation, and correlation of neighbours."""


def sides(pairs: int) -> list[bool]:
    """Return whether each run is of B, in the order ABBA."""
    return [bool((run + 1) // 2 % 2) for run in range(2 * pairs)]


def paired_measures(
    generator: np.random.Generator, pairs: int, effects: Mapping[str, float], drift: float = DRIFT
) -> list[PairedRuns]:
    """Return all measures of some pairs of runs; `effects` are ratios of B over A, 1 where left out."""
    of_b = np.array(sides(pairs))
    speed = np.empty(2 * pairs)
    speed[0] = generator.normal()
    for run in range(1, 2 * pairs):
        speed[run] = MEMORY * speed[run - 1] + sqrt(1.0 - MEMORY**2) * generator.normal()
    measures = []
    for name, deviation in DEVIATIONS.items():
        logs = np.log(TYPICAL[name]) + drift * speed + generator.normal(0.0, deviation, 2 * pairs)
        values = np.exp(logs) * np.where(of_b, effects.get(name, 1.0), 1.0)
        measures.append(PairedRuns(name, tuple(values[~of_b].tolist()), tuple(values[of_b].tolist()), LEAST[name]))
    return measures


def compare_in_looks(measures: list[PairedRuns], every: int) -> tuple[tuple[Finding, ...], int]:
    """Compare after every few pairs until the outcome is settled; return the findings and the pairs that it took."""
    most = len(measures[0].a)
    for counts in _growing(every, most):
        until = [PairedRuns(m.name, m.a[: counts[-1]], m.b[: counts[-1]], m.least, m.noise) for m in measures]
        findings = compare_pairs(until, Looks(counts, most))
        if overall(findings) != Outcome.INCONCLUSIVE:
            break
    return findings, counts[-1]


def _growing(every: int, most: int) -> Iterator[tuple[int, ...]]:
    """Yield the numbers of pairs at the looks until now, for each look."""
    for looks in range(1, most // every + 1):
        yield tuple(every * (look + 1) for look in range(looks))
