"""The exponential law: memoryless."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.core.units import Duration
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled
from sim.numerics.portable_math import log

__all__ = ["LAW"]


@compiled(SIGNATURE)
def _quantile(u: float, p: NDArray[np.float64]) -> float:
    return -p[0] * log(1.0 - u)  # type: ignore[no-any-return]


class Exponential(Law):
    """Memoryless: the remaining time has the same law as the whole."""

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["exponential"]
    mean: Duration = Field(description="Mean of the law.")

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        return [self.mean]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        return self.mean


LAW = Exponential
