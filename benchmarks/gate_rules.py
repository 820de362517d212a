"""Benchmark of rules that call a build slower: false alarms and slowdowns found, on the same simulated load runs.

``python -m benchmarks.gate_rules > benchmarks/GATE.md`` writes the page. All figures are of one seed, so they are the
same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, ttest_ind

from loadtests.verdict.pairs import Looks, Outcome, PairedRuns, compare_pairs, overall

__all__ = ["RULES", "SETTINGS", "Comparison", "compare_rules", "page", "simulate"]

F8 = NDArray[np.float64]
REQUESTS: Final = 2000
MOST, EVERY = 15, 5  # pairs of runs, and pairs from one look to the next
TYPICAL, SPREAD = 0.05, 0.5  # seconds; standard deviation of the logarithm of a request's latency
MEMORY: Final = 0.6  # correlation of neighbouring requests of a run
NOISE, DRIFT, STICKS = 0.03, 0.05, 0.8  # of a run; of the machine from run to run, and its correlation
LEAST: Final = 0.001


@dataclass(frozen=True)
class Comparison:
    """Latencies of the requests of 15 runs of A and 15 of B, in the order ABBA, [15, requests]."""

    a: F8
    b: F8


def _autoregression(generator: np.random.Generator, shape: tuple[int, int], memory: float) -> F8:
    """Return rows of a stationary first-order autoregression with variance 1."""
    from scipy.signal import lfilter

    steps = generator.normal(size=shape) * sqrt(1.0 - memory**2)
    steps[:, 0] /= sqrt(1.0 - memory**2)
    return np.asarray(lfilter([1.0], [1.0, -memory], steps, axis=1))


def simulate(generator: np.random.Generator, median: float = 1.0, tail: float = 1.0) -> Comparison:
    """Simulate the runs of a comparison.

    Parameters
    ----------
    generator
        Of random numbers.
    median, tail
        B over A: of the latency of all requests, and of the slowest tenth in addition.
    """
    of_b = np.array([(run + 1) // 2 % 2 == 1 for run in range(2 * MOST)])
    speed = DRIFT * _autoregression(generator, (1, 2 * MOST), STICKS)[0] + generator.normal(0.0, NOISE, 2 * MOST)
    noise = _autoregression(generator, (2 * MOST, REQUESTS), MEMORY)
    latency = TYPICAL * np.exp(SPREAD * noise + speed[:, None])
    slowest = noise > 1.2815515655446004  # the upper tenth of a normal variable
    latency[of_b] *= np.where(slowest[of_b], median * tail, median)
    return Comparison(latency[~of_b], latency[of_b])


def _single_run(runs: Comparison) -> bool:
    return bool(np.quantile(runs.b[0], 0.95) > 1.05 * np.quantile(runs.a[0], 0.95))


def _bound(runs: Comparison) -> bool:
    return bool(np.quantile(runs.b[0], 0.95) > 1.05 * TYPICAL * np.exp(1.6448536269514722 * SPREAD))


def _mean_of_three(runs: Comparison) -> bool:
    a, b = (np.quantile(side[:3], 0.95, axis=1).mean() for side in (runs.a, runs.b))
    return bool(b > 1.05 * a)


def _mann_whitney(runs: Comparison) -> bool:
    return bool(mannwhitneyu(runs.b[0], runs.a[0], alternative="greater").pvalue < 0.05)


def _t_test(runs: Comparison) -> bool:
    return bool(ttest_ind(runs.b[0], runs.a[0], equal_var=False, alternative="greater").pvalue < 0.05)


def _quantiles(runs: F8, share: float) -> tuple[float, ...]:
    """Return a quantile of each run."""
    return tuple(np.quantile(runs, share, axis=1).tolist())


def _duel(runs: Comparison) -> bool:
    for pairs in range(EVERY, MOST + 1, EVERY):
        measures = [
            PairedRuns(
                name, *(tuple(np.quantile(side[:pairs], q, axis=1).tolist()) for side in (runs.a, runs.b)), LEAST
            )
            for name, q in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
        ]
        looks = Looks(tuple(range(EVERY, pairs + 1, EVERY)), MOST)
        if (outcome := overall(compare_pairs(measures, looks))) != Outcome.INCONCLUSIVE:
            return outcome == Outcome.SLOWER
    return False


RULES: Final[dict[str, tuple[str, Callable[[Comparison], bool]]]] = {
    "one run of each, p95 more than 5 % higher": ("2", _single_run),
    "a bound on p95, as in k6: 5 % above that of A in the long run": ("1", _bound),
    "mean p95 of three runs of each more than 5 % higher": ("6", _mean_of_three),
    "Mann-Whitney test on the requests of one run of each": ("2", _mann_whitney),
    "Welch's t test on the requests of one run of each": ("2", _t_test),
    "`sojourn duel`": ("10 to 30", _duel),
}
"""The runs that each rule takes, and whether it calls B slower."""

SETTINGS: Final = {"equal": {}, "all requests +10 %": {"median": 1.1}, "slowest tenth +20 %": {"tail": 1.2}}


def compare_rules(comparisons: int, seed: int = 1) -> Iterator[tuple[str, str, list[float]]]:
    """Yield each rule, the runs that it takes, and the share of comparisons in which it calls B slower, by setting.

    Parameters
    ----------
    comparisons
        Of each setting.
    seed
        Of the random numbers.
    """
    counts = {name: [0] * len(SETTINGS) for name in RULES}
    for column, setting in enumerate(SETTINGS.values()):
        generator = np.random.default_rng([seed, column])
        for _ in range(comparisons):
            runs = simulate(generator, **setting)
            for name, (_, rule) in RULES.items():
                counts[name][column] += rule(runs)
    for name, (runs_taken, _) in RULES.items():
        yield name, runs_taken, [count / comparisons for count in counts[name]]


def page(comparisons: int = 400) -> str:
    """Return the page with the figures.

    Parameters
    ----------
    comparisons
        Of each setting.
    """
    rows = [
        f"| {name} | {runs} | " + " | ".join(f"{share:.1%}" for share in shares) + " |"
        for name, runs, shares in compare_rules(comparisons)
    ]
    head = f"| rule | runs | {' | '.join(SETTINGS)} |\n|---|---|" + "---|" * len(SETTINGS)
    numbers = {"comparisons": comparisons, "requests": f"{REQUESTS:,}", "spread": f"{SPREAD:g}"}
    numbers |= {"memory": f"{MEMORY:g}", "noise": f"{NOISE:.0%}", "drift": f"{DRIFT:.0%}", "sticks": f"{STICKS:g}"}
    return TEMPLATE.format(**numbers, table="\n".join([head, *rows]))


TEMPLATE: Final = """# Rules that call a build slower

`python -m benchmarks.gate_rules > benchmarks/GATE.md` writes this page: {comparisons} simulated comparisons of two
builds in each column, and the share in which a rule calls B slower. A run has {requests} requests, whose logarithms
have a standard deviation of {spread}, and neighbours a correlation of {memory}. Runs vary by {noise}, and the machine's
speed drifts by {drift} (correlation of neighbouring runs {sticks}). All rules see the same runs.

{table}

The first column holds false alarms; in the others, more is better. Rules that see one run of each take a drift of the
machine for the build, and tests on requests take thousands of them for independent ones. A duel takes more runs; [the
page about it](../docs/duel.md) says why. [DUELS.md](DUELS.md) has duels of the real endpoint.
"""


if __name__ == "__main__":
    print(page(), end="")
