"""The log-logistic law: common for patience; its hazard rate first rises and then falls."""

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
    return p[1] * exp((log(u) - log(1.0 - u)) / p[0])  # type: ignore[no-any-return]


class Loglogistic(Law):
    """The logarithm is logistic; the tail is longer than that of the lognormal law. Given by median or mean."""

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["loglogistic"]
    shape: float = Field(gt=1, le=1000, description="Above 1, because otherwise the mean is infinite.")
    median: Duration | None = Field(default=None, description="Median of the law.")
    mean: Duration | None = Field(default=None, description="Mean of the law.")

    def check(self) -> None:
        """Raise a ValueError where it is not given in exactly one way."""
        if (self.mean is None) == (self.median is None):
            present = "neither" if self.mean is None else "both"
            raise ValueError(f"give the shape and either the median or the mean; found {present}")

    def _mean_of_median_1(self) -> float:
        # (pi / shape) / sin(pi / shape), by the reflection formula.
        return exp(log_gamma(1.0 + 1.0 / self.shape) + log_gamma(1.0 - 1.0 / self.shape))

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        median = self.median if self.median is not None else (self.mean or 0.0) / self._mean_of_median_1()
        return [self.shape, median]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        return self.mean if self.mean is not None else (self.median or 0.0) * self._mean_of_median_1()


LAW = Loglogistic
