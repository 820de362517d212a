"""Base class of laws: parameters as people write them, an exact quantile function, shift, bounds and atoms."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from sim.core.model import Model
from sim.core.units import Duration, Share, spell

__all__ = ["SIGNATURE", "Law"]

SIGNATURE = "f8(f8, f8[::1])"  # of every law's quantile: probability, parameters -> value
STEPS = 2**52  # a drawn number is the middle of one of so many equal parts of (0, 1)
_LEAST_LEFT = 2**-20  # of a law, between its bounds: 33 random bits are left to a draw


class Law(Model, ABC):
    """The probability law of a duration, with parameters as people write them and an exact quantile function.

    Any law can be shifted and truncated, and can have an atom at zero (a customer who will not wait at all) and at
    infinity (a customer who never gives up).
    """

    quantile: ClassVar[Any]  # compiled: (probability, parameters) -> seconds

    law: str
    shift: Duration = Field(default=0.0, description="Added to every value except exact zeros.")
    at_least: Duration | None = Field(default=None, description="Lower truncation bound, shift included.")
    at_most: Duration | None = Field(default=None, description="Upper truncation bound, shift included.")
    zero: Share = Field(default=0.0, description="Share of exact zeros; the other values follow the law.")
    never: Share = Field(default=0.0, description="Share of infinite values; the other values follow the law.")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        self.check()
        if self.zero + self.never > 1 + 1e-9:
            raise ValueError(
                f"zero ({100 * self.zero:.6g} %) and never ({100 * self.never:.6g} %) are more than 100 % together"
            )
        self.between()
        return self

    def check(self) -> None:
        """Raise a ValueError, with a sentence, where the numbers do not fit one another."""

    @abstractmethod
    def parameters(self) -> Sequence[float]:
        """Return the parameters of the quantile function."""

    @abstractmethod
    def mean_of_law(self) -> float:
        """Return the mean without shift, bounds and atoms, in seconds."""

    def parts(self) -> Sequence[Law]:
        """Return the laws of a minimum; none for a law that has a quantile function."""
        return ()

    @property
    def infinite(self) -> float:
        """Share of infinite values."""
        return self.never

    def between(self) -> tuple[float, float]:
        """Return the probabilities between which the bounds leave the law, found by bisection.

        Returns
        -------
        tuple of float
            Multiples of 2^-52; (0, 1) where there are no bounds.

        Raises
        ------
        ValueError
            The bounds leave nothing of the law, or so little that it cannot be drawn well.
        """
        if self.at_least is None and self.at_most is None:
            return 0.0, 1.0
        least, most = self.at_least or 0.0, math.inf if self.at_most is None else self.at_most
        params = np.array(self.parameters(), dtype=np.float64)
        begin = _first(lambda value: value >= least, self, params)
        end = _first(lambda value: value > most, self, params)
        if end - begin < _LEAST_LEFT:
            left = f"{100 * max(0.0, end - begin):.2g} %" if end > begin else "nothing"
            ends = {"at least": self.at_least, "at most": self.at_most}
            bounds = " and ".join(f"{name} {spell(end)}" for name, end in ends.items() if end is not None)
            raise ValueError(f"{bounds} leaves {left} of the law; give wider bounds")
        return begin, end

    def mean_value(self) -> float:
        """Return the mean in seconds, with shift, bounds and atoms."""
        if self.infinite:
            return math.inf
        begin, end = self.between()
        return (1 - self.zero) * (self.shift + self._mean_between(begin, end))

    def _mean_between(self, begin: float, end: float) -> float:
        """Return the mean between two probabilities; what is left out above is the mean less the rest."""
        if (begin, end) == (0.0, 1.0):
            return self.mean_of_law()
        from scipy.integrate import quad

        params = np.array(self.parameters(), dtype=np.float64)

        def area(a: float, b: float) -> float:
            if a == b:
                return 0.0
            return float(quad(lambda u: self.quantile(u, params), a, b, limit=500, epsabs=0.0, epsrel=1e-10)[0])

        total = self.mean_of_law() - area(0.0, begin) if end == 1.0 else area(begin, end)
        return total / (end - begin)


def _first(holds: Any, law: Law, params: NDArray[np.float64]) -> float:
    """Return the least probability, as a multiple of 1 / STEPS, whose value does; 1 where none does."""
    low, high = 0, STEPS
    while low < high:
        middle = (low + high) // 2
        if holds(law.shift + law.quantile((middle + 0.5) / STEPS, params)):
            high = middle
        else:
            low = middle + 1
    return low / STEPS
