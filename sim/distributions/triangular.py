"""The triangular law: lowest, most likely and highest value, if data are missing."""

from __future__ import annotations

import math
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
    low, mode, high = p[0], p[1], p[2]
    if u * (high - low) < mode - low:
        return low + math.sqrt(u * (high - low) * (mode - low))  # type: ignore[no-any-return]
    return high - math.sqrt((1.0 - u) * (high - low) * (high - mode))  # type: ignore[no-any-return]


class Triangular(Law):
    """Lowest, most likely and highest value, as people can estimate them; linear density between."""

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["triangular"]
    low: Duration = Field(description="Lowest value.")
    mode: Duration = Field(description="Most likely value.")
    high: Duration = Field(description="Highest value.")

    def check(self) -> None:
        """Raise a ValueError where the values do not rise."""
        if not self.low <= self.mode <= self.high:
            values = ", ".join(map(spell, (self.low, self.mode, self.high)))
            raise ValueError(f"low, mode and high must rise; found {values}")

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        return [self.low, self.mode, self.high]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        return (self.low + self.mode + self.high) / 3


LAW = Triangular
