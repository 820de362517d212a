"""The empirical law: a table of how many are still there after how long."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field

from sim.core.exact import log
from sim.core.units import Duration, Share, spell
from sim.distributions.law import SIGNATURE, Law

__all__ = ["LAW"]


@njit(SIGNATURE, cache=True)
def _quantile(u: float, p: NDArray[np.float64]) -> float:
    n = int(p[0])
    left = 1.0 - u
    low, high = 0, n - 1
    if left <= p[2 + n + high]:
        if p[1] < 0.0:
            return p[2 + high]  # type: ignore[no-any-return]
        return p[2 + high] - p[1] * log(left / p[2 + n + high])  # type: ignore[no-any-return]
    while high - low > 1:
        middle = (low + high) // 2
        if left <= p[2 + n + middle]:
            low = middle
        else:
            high = middle
    above, below = p[2 + n + low], p[2 + n + high]
    return p[2 + low] + (p[2 + high] - p[2 + low]) * (above - left) / (above - below)  # type: ignore[no-any-return]


def _seconds(key: object) -> object:
    """Keys are text in YAML as we read it and in JSON, so a bare number counts as one: of seconds, as elsewhere."""
    try:
        return float(key) if isinstance(key, str) else key
    except ValueError:
        return key


class Empirical(Law):
    """A survival table, such as a Kaplan-Meier estimate of patience; straight lines between its points.

    When the last point is above 0 % (the rest was censored), the rest goes on exponentially with the mean `beyond`,
    or sits at the last point where `beyond` is not given.
    """

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["empirical"]
    survival: dict[Annotated[Duration, BeforeValidator(_seconds)], Share] = Field(
        description='Time to the share still there after it, e.g. {"0 s": 100 %, "20 s": 92.6 %}.', min_length=2
    )
    beyond: Duration | None = Field(default=None, description="Mean further time of those beyond the last point.")

    def check(self) -> None:
        """Raise a ValueError where the table does not begin with everybody and fall."""
        points = list(self.survival.items())
        if points[0] != (0.0, 1.0):
            raise ValueError(f"begin with 0 s: 100 %; found {spell(points[0][0])}: {points[0][1]:.4g}")
        for (t, share), (later, less) in pairwise(points):
            if later <= t or less > share:
                raise ValueError(
                    f"{spell(later)}: {less:.4g} follows {spell(t)}: {share:.4g}; times must rise and shares must fall"
                )

    def parameters(self) -> list[float]:
        """Return what the quantile function reads."""
        beyond = -1.0 if self.beyond is None else self.beyond
        return [float(len(self.survival)), beyond, *self.survival.keys(), *self.survival.values()]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        area = math.fsum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(self.survival.items()))
        return area + list(self.survival.values())[-1] * (self.beyond or 0.0)


LAW = Empirical
