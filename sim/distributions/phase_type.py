"""Phase-type laws as mixtures of Erlang laws, which can approximate any law of a duration."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveInt

from sim.core.model import Model
from sim.core.units import Duration, Share
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled
from sim.numerics.gamma import gamma_excess, gamma_probabilities, gamma_quantile
from sim.numerics.portable_math import exp, log

__all__ = ["LAW"]

_COLUMNS = 4  # share, stages, excess of the stages, scale
_CLOSE = 1e-9  # after a second-order step as small as this, what is left is below rounding
_MOST = 200  # steps


@compiled()
def _probabilities(x: float, p: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return P(X <= x), P(X > x), and the density times x."""
    below = above = slope = 0.0
    for i in range(0, len(p), _COLUMNS):
        low, high, steep = gamma_probabilities(p[i + 1], p[i + 2], x / p[i + 3])
        below += p[i] * low
        above += p[i] * high
        slope += p[i] * steep
    return below, above, slope


@compiled(SIGNATURE)
def _quantile(u: float, p: NDArray[np.float64]) -> float:
    """Solve by Newton's method between the least and the greatest of the parts' quantiles.

    It is used where the curve is nearly straight: ln P(X <= x) over ln x in the lower half, ln P(X > x) over x above.
    """
    low, high = math.inf, 0.0
    for i in range(0, len(p), _COLUMNS):
        part = p[i + 3] * gamma_quantile(u, p[i + 1], p[i + 2])
        low, high = min(low, part), max(high, part)
    x = math.sqrt(low) * math.sqrt(high)
    for _ in range(_MOST):
        below, above, slope = _probabilities(x, p)
        late = log(below / u) if u <= 0.5 else log((1.0 - u) / above) if above > 0.0 else math.inf
        if late > 0.0:
            high = x
        else:
            low = x
        guess = -1.0
        if slope > 0.0:
            guess = x * exp(-late * below / slope) if u <= 0.5 else x * (1.0 - late * above / slope)
        if abs(guess - x) <= _CLOSE * x:
            return guess
        x = guess if low < guess < high else math.sqrt(low) * math.sqrt(high)
        if high - low <= _CLOSE * _CLOSE * high:
            break
    return x


class Component(Model):
    """One of the mixed Erlang laws."""

    share: Share = Field(description="Share of the values; together 100 %.")
    stages: PositiveInt = Field(default=1, le=1000, description="Number of exponential stages.")
    mean: Duration = Field(description="Mean of the Erlang law, all stages together.")


class PhaseType(Law):
    """A mixture of Erlang laws, such as quick calls of three stages and slow calls of one."""

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["phase_type"]
    mixture: list[Component] = Field(min_length=1, max_length=100, description="The Erlang laws.")

    def check(self) -> None:
        """Raise a ValueError where the shares are not 100 %."""
        if any(part.mean == 0 for part in self.mixture):
            raise ValueError('a mean must be above 0; for exact zeros give "zero" a share')
        total = math.fsum(part.share for part in self.mixture)
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"the shares of the mixture add up to {100 * total:.6g} %, not 100 %")

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        parts = [part for part in self.mixture if part.share > 0.0]
        rows = [
            (part.share, float(part.stages), gamma_excess(float(part.stages)), part.mean / part.stages)
            for part in parts
        ]
        return [number for row in rows for number in row]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        return math.fsum(part.share * part.mean for part in self.mixture)


LAW = PhaseType
