"""Examples of every law, with the same law in SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from sim.distributions import Law, laws

LOWEST, HIGHEST = 2.0**-53, 1.0 - 2.0**-53  # of the numbers that are drawn
KNOTS, SURVIVAL = [0.0, 20.0, 60.0, 60.5, 300.0], [1.0, 0.9, 0.9, 0.5, 0.0]
TABLE = {f"{knot} s": share for knot, share in zip(KNOTS, SURVIVAL, strict=True)}


class Mixture:
    """Mixture of laws of SciPy, which has none of its own for scalars."""

    def __init__(self, parts: list[tuple[float, Any]]) -> None:
        self.parts = parts

    def cdf(self, x: Any) -> Any:
        return sum(share * law.cdf(x) for share, law in self.parts)

    def sf(self, x: Any) -> Any:
        return sum(share * law.sf(x) for share, law in self.parts)

    def mean(self) -> float:
        return math.fsum(share * law.mean() for share, law in self.parts)

    def ppf(self, u: float) -> float:
        ends = [law.ppf(u) for _, law in self.parts]
        return brentq(lambda x: self.cdf(x) - u, min(ends), max(ends), xtol=1e-300, rtol=1e-14)

    def isf(self, left: float) -> float:
        ends = [law.isf(left) for _, law in self.parts]
        return brentq(lambda x: left - self.sf(x), min(ends), max(ends), xtol=1e-300, rtol=1e-14)


MIXED = [(0.6, stats.expon(scale=60.0)), (0.4, stats.expon(scale=300.0))]
OFTEN = (1 + math.sqrt(0.5)) / 2  # of the phases with balanced means and cv² = 3
BALANCED = [(share, stats.expon(scale=120.0 / share)) for share in (OFTEN, 1 - OFTEN)]
# What a scenario may write, and the same law in SciPy where it has it: a new law needs at least one line here.
EXAMPLES: dict[str, list[tuple[dict[str, Any], Any]]] = {
    "empirical": [
        ({"survival": TABLE}, stats.rv_histogram((-np.diff(SURVIVAL), KNOTS), density=False)),
        ({"survival": {"0 s": 1, "40 s": "25 %"}, "beyond": "3 min"}, None),
        ({"survival": {"0 s": 1, "40 s": "25 %"}}, None),
    ],
    "erlang": [
        ({"stages": 3, "mean": "5 min"}, stats.gamma(3, scale=100.0)),
        ({"stages": 200, "mean": "5 min"}, stats.gamma(200, scale=1.5)),
    ],
    "exponential": [({"mean": "3 min"}, stats.expon(scale=180.0))],
    "fixed": [({"value": "30 s"}, None), ({"value": 0}, None)],
    "gamma": [
        ({"mean": "4 min", "cv": 0.5}, stats.gamma(4.0, scale=60.0)),
        ({"mean": "4 min", "sd": "1 min"}, stats.gamma(16.0, scale=15.0)),
        ({"shape": 0.3, "scale": "2 min"}, stats.gamma(0.3, scale=120.0)),
        ({"shape": 10_000, "scale": "0.1 s"}, stats.gamma(10_000.0, scale=0.1)),
    ],
    "hyperexponential": [
        ({"phases": [{"share": "60 %", "mean": "1 min"}, {"share": "40 %", "mean": "5 min"}]}, Mixture(MIXED)),
        ({"mean": "4 min", "cv": math.sqrt(3.0)}, Mixture(BALANCED)),
        ({"mean": "4 min", "cv": 1}, stats.expon(scale=240.0)),
    ],
    "loglogistic": [
        ({"shape": 4.5, "median": "2 min"}, stats.fisk(4.5, scale=120.0)),
        ({"shape": 8, "mean": "2 min"}, stats.fisk(8.0, scale=120.0 * math.sin(math.pi / 8) / (math.pi / 8))),
    ],
    "lognormal": [
        ({"mu": 5.0, "sigma": 0.8}, stats.lognorm(0.8, scale=math.exp(5.0))),
        ({"mean": "4 min", "sd": "3 min"}, stats.lognorm(math.sqrt(math.log(1.5625)), scale=192.0)),
        ({"mean": "4 min", "cv": 0.75}, stats.lognorm(math.sqrt(math.log(1.5625)), scale=192.0)),
    ],
    "phase_type": [
        (
            {"mixture": [{"share": 0.7, "stages": 3, "mean": "3 min"}, {"share": 0.3, "mean": "8 min"}]},
            Mixture([(0.7, stats.gamma(3, scale=60.0)), (0.3, stats.expon(scale=480.0))]),
        ),
        (
            {"mixture": [{"share": 0.5, "stages": 50, "mean": 1}, {"share": 0.5, "stages": 2, "mean": "1 h"}]},
            Mixture([(0.5, stats.gamma(50, scale=0.02)), (0.5, stats.gamma(2, scale=1800.0))]),
        ),
        ({"mixture": [{"share": 1, "stages": 2, "mean": "1 min"}]}, stats.gamma(2, scale=30.0)),
    ],
    "triangular": [
        ({"low": "1 min", "mode": "90 s", "high": "4 min"}, stats.triang(1 / 6, loc=60.0, scale=180.0)),
        ({"low": "1 min", "mode": "1 min", "high": "4 min"}, stats.triang(0.0, loc=60.0, scale=180.0)),
        ({"low": "1 min", "mode": "1 min", "high": "1 min"}, None),
    ],
    "uniform": [
        ({"low": "1 min", "high": "3 min"}, stats.uniform(60.0, 120.0)),
        ({"low": "1 min", "high": "1 min"}, None),
    ],
    "weibull": [
        ({"shape": 1.7, "mean": "3 min"}, stats.weibull_min(1.7, scale=180.0 / math.gamma(1 + 1 / 1.7))),
        ({"shape": 0.8, "scale": "3 min"}, stats.weibull_min(0.8, scale=180.0)),
    ],
}


def law(name: str, **fields: Any) -> Law:
    return laws()[name].model_validate({"law": name, **fields})
