"""The hyperexponential law: a mixture of exponential laws."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.core.model import Model
from sim.core.units import Duration, Share
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled
from sim.numerics.portable_math import exp, expm1, log

__all__ = ["LAW"]

_CLOSE = 1e-9  # after a second-order step as small as this, what is left is below rounding
_MOST = 200  # steps


@compiled(SIGNATURE)
def _quantile(u: float, p: NDArray[np.float64]) -> float:
    """Solve by Newton's method from below, which never overshoots.

    P(X <= x) is concave, and ln P(X > x) is convex, in x: from below the root, the tangent of either meets its goal
    before the curve does.
    """
    n = int(p[0])
    left, rate, x = 1.0 - u, 0.0, 0.0
    for i in range(n):
        share, mean = p[1 + i], p[1 + n + i]
        rate += share / mean
        if share > left:
            x = max(x, mean * log(share / left))
    x = max(x, u / rate)
    for _ in range(_MOST):
        above = below = density = 0.0
        for i in range(n):
            share, mean = p[1 + i], p[1 + n + i]
            still = share * exp(-x / mean)
            below -= share * expm1(-x / mean)
            above += still
            density += still / mean
        step = (u - below) / density if u <= 0.5 else log(above / left) * above / density
        if step <= _CLOSE * x:
            return x + max(step, 0.0)
        x += step
    return x


class Phase(Model):
    """One of the mixed exponential laws."""

    share: Share = Field(description="Share of the values; together 100 %.")
    mean: Duration = Field(description="Mean of its exponential law.")


class Hyperexponential(Law):
    """A mixture of exponential laws, with a cv above 1; given by its phases, or by mean and cv.

    By mean and cv, there are two phases, each of which makes half of the mean (balanced means).
    """

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["hyperexponential"]
    phases: list[Phase] | None = Field(default=None, min_length=1, max_length=100, description="The exponential laws.")
    mean: Duration | None = Field(default=None, description="Mean of the law.")
    cv: float | None = Field(default=None, ge=1, le=100, description="Coefficient of variation, sd / mean; from 1.")

    def check(self) -> None:
        """Raise a ValueError where it is not given in exactly one way, or its shares are not 100 %."""
        present = {name for name in ("phases", "mean", "cv") if getattr(self, name) is not None}
        if present not in ({"phases"}, {"mean", "cv"}):
            raise ValueError(f"give phases, or mean and cv; found {', '.join(sorted(present)) or 'nothing'}")
        if self.mean == 0 or any(phase.mean == 0 for phase in self.phases or ()):
            raise ValueError('a mean must be above 0; for exact zeros give "zero" a share')
        total = math.fsum(phase.share for phase in self.phases) if self.phases else 1.0
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"the shares of the phases add up to {100 * total:.6g} %, not 100 %")

    def _phases(self) -> list[tuple[float, float]]:
        if self.phases is not None:
            return [(phase.share, phase.mean) for phase in self.phases if phase.share > 0.0]
        mean, square = self.mean or 0.0, (self.cv or 1.0) ** 2
        often = 0.5 * (1.0 + math.sqrt((square - 1.0) / (square + 1.0)))
        return [(often, 0.5 * mean / often), (1.0 - often, 0.5 * mean / (1.0 - often))]

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        shares, means = zip(*self._phases(), strict=True)
        return [float(len(shares)), *shares, *means]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        return math.fsum(share * mean for share, mean in self._phases())


LAW = Hyperexponential
