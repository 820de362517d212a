"""The Erlang law: several exponential stages in a row."""

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
    """Exponential stages of equal mean, one after the other: 1 is the exponential law, many are nearly a constant."""

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["erlang"]
    stages: PositiveInt = Field(le=1000, description="How many.")
    mean: Duration = Field(description="Of all stages together.")

    def parameters(self) -> list[float]:
        """Return what the quantile function reads."""
        return [float(self.stages), gamma_excess(float(self.stages)), self.mean / self.stages]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        return self.mean


LAW = Erlang
