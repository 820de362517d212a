"""The gamma law: skewed to the right, from nearly exponential to nearly normal."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from sim.core.units import Duration
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled
from sim.numerics.gamma import gamma_excess, gamma_quantile

__all__ = ["LAW"]

_LEAST, _MOST = 0.05, 1e6  # shapes for which 12 digits are proven


@compiled(SIGNATURE)
def _quantile(u: float, p: NDArray[np.float64]) -> float:
    return p[2] * gamma_quantile(u, p[0], p[1])  # type: ignore[no-any-return]


class Gamma(Law):
    """Right-skewed, nearly normal for a small cv; given by mean and cv, mean and sd, or shape and scale."""

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["gamma"]
    mean: Duration | None = Field(default=None, description="Mean of the law.")
    cv: PositiveFloat | None = Field(default=None, description="Coefficient of variation, sd / mean.")
    sd: Duration | None = Field(default=None, description="Standard deviation.")
    shape: PositiveFloat | None = Field(default=None, description="1 / cv²; 1 is the exponential law.")
    scale: Duration | None = Field(default=None, description="mean / shape.")

    def check(self) -> None:
        """Raise a ValueError where it is not given in exactly one way."""
        present = {name for name in ("mean", "cv", "sd", "shape", "scale") if getattr(self, name) is not None}
        if present not in ({"mean", "cv"}, {"mean", "sd"}, {"shape", "scale"}):
            raise ValueError(
                f"give mean and cv, or mean and sd, or shape and scale; found {', '.join(sorted(present)) or 'nothing'}"
            )
        if 0 in {self.mean, self.sd, self.scale}:
            raise ValueError('mean, sd and scale must be above 0; for a constant write the duration, such as "30 s"')
        shape, _ = self._shape_and_scale()
        if not _LEAST <= shape <= _MOST:
            raise ValueError(f"the shape, 1 / cv², is {shape:.4g}; give one from {_LEAST:g} to {_MOST:g}")

    def _shape_and_scale(self) -> tuple[float, float]:
        if self.shape is not None and self.scale is not None:
            return self.shape, self.scale
        mean = self.mean or 0.0
        steady = 1.0 / self.cv if self.cv is not None else mean / (self.sd or math.inf)
        shape = steady * steady
        return shape, mean / shape if shape else math.inf

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        shape, scale = self._shape_and_scale()
        return [shape, gamma_excess(shape), scale]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        shape, scale = self._shape_and_scale()
        return shape * scale


LAW = Gamma
