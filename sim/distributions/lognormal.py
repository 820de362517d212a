"""The lognormal law: common for talk times."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from sim.core.units import Duration
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled
from sim.numerics.portable_math import exp, normal_quantile

__all__ = ["LAW"]


@compiled(SIGNATURE)
def _quantile(u: float, p: NDArray[np.float64]) -> float:
    return exp(p[0] + p[1] * normal_quantile(u))


class Lognormal(Law):
    """Right-skewed, as most talk times; given by mean and sd, mean and cv, or mu and sigma of the log seconds."""

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["lognormal"]
    mean: Duration | None = Field(default=None, description="Mean of the law.")
    sd: Duration | None = Field(default=None, description="Standard deviation.")
    cv: PositiveFloat | None = Field(default=None, description="Coefficient of variation, sd / mean.")
    mu: float | None = Field(default=None, description="Mean of the logarithm of the seconds.")
    sigma: PositiveFloat | None = Field(default=None, description="Standard deviation of the logarithm.")

    def check(self) -> None:
        """Raise a ValueError where it is not given in exactly one way."""
        present = {name for name in ("mean", "sd", "cv", "mu", "sigma") if getattr(self, name) is not None}
        if present not in ({"mean", "sd"}, {"mean", "cv"}, {"mu", "sigma"}):
            raise ValueError(
                f"give mean and sd, or mean and cv, or mu and sigma; found {', '.join(sorted(present)) or 'nothing'}"
            )
        if self.mean == 0 or self.sd == 0:
            raise ValueError('mean and sd must be above 0; for a constant write the duration alone, such as "30 s"')

    def _log_moments(self) -> tuple[float, float]:
        if self.mu is not None and self.sigma is not None:
            return self.mu, self.sigma
        mean = self.mean or 0.0
        cv = self.cv if self.cv is not None else (self.sd or 0.0) / mean
        variance = math.log1p(cv * cv)
        return math.log(mean) - variance / 2, math.sqrt(variance)

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        # Rounded to 12 digits: the C library's log may differ in the last one between machines (ADR 1).
        return [float(f"{moment:.12g}") for moment in self._log_moments()]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        mu, sigma = self._log_moments()
        return math.exp(mu + sigma * sigma / 2)


LAW = Lognormal
