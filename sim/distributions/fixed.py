"""The deterministic law: a constant."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from sim.core.units import Duration
from sim.distributions.law import SIGNATURE, Law
from sim.jit.functions import compiled

__all__ = ["LAW"]


@compiled(SIGNATURE)
def _quantile(u: float, p: NDArray[np.float64]) -> float:  # noqa: ARG001 - every law takes a probability
    return p[0]  # type: ignore[no-any-return]


class Fixed(Law):
    """A constant; a bare duration such as "30 s" is short for it."""

    quantile: ClassVar = staticmethod(_quantile)

    law: Literal["fixed"]
    value: Duration = Field(description="The constant.")

    def parameters(self) -> list[float]:
        """Return the parameters of the quantile function."""
        return [self.value]

    def mean_of_law(self) -> float:
        """Return the mean in seconds."""
        return self.value


LAW = Fixed
