"""The uniform law: anything between two values, equally likely."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.core.units import Duration, spell
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled

__all__ = ["LAW"]


@compiled(SIGNATURE)
def _quantile(u: float, p: NDArray[np.float64]) -> float:
    return p[0] + u * (p[1] - p[0])  # type: ignore[no-any-return]


class Uniform(Law):
    """Any value between two bounds, equally likely."""

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["uniform"]
    low: Duration = Field(description="Lowest value.")
    high: Duration = Field(description="Highest value.")

    def check(self) -> None:
        """Raise a ValueError where the ends are exchanged."""
        if self.low > self.high:
            raise ValueError(f"low ({spell(self.low)}) is above high ({spell(self.high)}); exchange them")

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        return [self.low, self.high]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        return (self.low + self.high) / 2


LAW = Uniform
