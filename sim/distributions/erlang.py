"""The Erlang law: a sum of exponential stages."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveInt

from sim.core.units import Duration
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled
from sim.numerics.gamma import gamma_excess, gamma_quantile

__all__ = ["LAW"]


@compiled(SIGNATURE)
def _quantile(u: float, p: NDArray[np.float64]) -> float:
    return p[2] * gamma_quantile(u, p[0], p[1])  # type: ignore[no-any-return]


class Erlang(Law):
    """A sum of exponential stages of equal mean: 1 stage is the exponential law, many are nearly a constant."""

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["erlang"]
    stages: PositiveInt = Field(le=1000, description="Number of stages.")
    mean: Duration = Field(description="Mean of the law, all stages together.")

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        return [float(self.stages), gamma_excess(float(self.stages)), self.mean / self.stages]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        return self.mean


LAW = Erlang
