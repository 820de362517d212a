"""The Weibull law: its hazard rate rises or falls with time."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.core.units import Duration
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled
from sim.numerics.gamma import log_gamma
from sim.numerics.portable_math import exp, log

__all__ = ["LAW"]


@compiled(SIGNATURE)
def _quantile(u: float, p: NDArray[np.float64]) -> float:
    return p[1] * exp(log(-log(1.0 - u)) / p[0])  # type: ignore[no-any-return]


class Weibull(Law):
    """The hazard rate rises (shape above 1) or falls (below 1) with time; given by mean or scale.

    The scale is the time that 36.8 % (1 / e) of the values exceed.
    """

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["weibull"]
    shape: float = Field(ge=0.1, le=1000, description="Shape; 1 is the exponential law.")
    mean: Duration | None = Field(default=None, description="Mean of the law.")
    scale: Duration | None = Field(default=None, description="Scale, the time that 36.8 % of the values exceed.")

    def check(self) -> None:
        """Raise a ValueError where it is not given in exactly one way."""
        if (self.mean is None) == (self.scale is None):
            present = "neither" if self.mean is None else "both"
            raise ValueError(f"give the shape and either the mean or the scale; found {present}")

    def _mean_of_scale_1(self) -> float:
        return exp(log_gamma(1.0 + 1.0 / self.shape))

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        scale = self.scale if self.scale is not None else (self.mean or 0.0) / self._mean_of_scale_1()
        return [self.shape, scale]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        return self.mean if self.mean is not None else (self.scale or 0.0) * self._mean_of_scale_1()


LAW = Weibull
