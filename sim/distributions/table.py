"""Laws as arrays, and the draw of a value as the reference engine makes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import further_uniform
from sim.distributions.law import Law

__all__ = ["HIGHEST", "LOWEST", "LawTable"]

LOWEST, HIGHEST = 2.0**-53, 1.0 - 2.0**-53  # of the numbers that are drawn; rounding must not lead beyond
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class LawTable:
    """Laws as arrays: law i has the parameters ``params[ptr[i]:ptr[i + 1]]``.

    A value is drawn in three steps, each of which is columns: the atoms take their shares of the probabilities, the
    rest is spread over those that the law's bounds leave, and what the quantile function gives is moved. A minimum has
    no quantile function; its parts are further rows, after all the others, and their least value is moved.
    """

    families: tuple[str, ...]  # names of the families of laws that occur, such as exponential
    family: I4  # [L] index into families, -1 = a minimum
    zero: F8  # [L] mass at zero
    never: F8  # [L] mass at infinity
    begin: F8  # [L] probability at which the law begins: not 0 where values below are left out
    width: F8  # [L] how much of the law is left
    shift: F8  # [L] added to every value, seconds
    least: F8  # [L] least value; rounding must not lead below it
    most: F8  # [L] greatest value
    ptr: I4  # [L + 1]
    params: F8
    part: I4  # [L] row of the first part of a minimum
    parts: I4  # [L] their number, 0 = no minimum

    @classmethod
    def from_laws(cls, laws: Sequence[Law]) -> LawTable:
        """Convert laws to arrays.

        Parameters
        ----------
        laws
            In the order of their indices.

        Returns
        -------
        LawTable
            One row per law, and one per part of a minimum.
        """
        parts = [len(law.parts()) for law in laws]
        part = np.cumsum([len(laws), *parts], dtype=np.int32)[:-1]
        laws = [*laws, *(each for law in laws for each in law.parts())]
        names = [law.law for law in laws]
        families = tuple(sorted({law.law for law in laws if not law.parts()}))
        rows = [np.asarray(law.parameters(), dtype=np.float64) for law in laws]
        between = np.array([law.between() for law in laws], dtype=np.float64).reshape(-1, 2)

        def column(values: Sequence[float]) -> F8:
            return np.array(values, dtype=np.float64)

        return cls(
            families=families,
            family=np.array([families.index(name) if name in families else -1 for name in names], dtype=np.int32),
            zero=column([law.zero for law in laws]),
            never=column([law.never for law in laws]),
            begin=between[:, 0].copy(),
            width=between[:, 1] - between[:, 0],
            shift=column([law.shift for law in laws]),
            least=column([law.at_least or 0.0 for law in laws]),
            most=column([math.inf if law.at_most is None else law.at_most for law in laws]),
            ptr=np.cumsum([0, *map(len, rows)], dtype=np.int32),
            params=np.concatenate([*rows, np.empty(0)]),
            part=_padded(part, len(laws)),
            parts=_padded(parts, len(laws)),
        )

    def is_constant(self, law: int) -> bool:
        """Tell whether a law has one value only."""
        fixed = not self.parts[law] and self.families[self.family[law]] == "fixed"
        return fixed and not self.zero[law] and not self.never[law]

    def value_of(self, law: int, quantiles: dict[str, Any]) -> Callable[[float], float]:
        """Return the quantile function of one law, with shift, bounds and atoms.

        Parameters
        ----------
        law
            Row of the table.
        quantiles
            Quantile function of each family, by name.

        Returns
        -------
        callable
            Probability, open interval (0, 1), to seconds.
        """
        if self.parts[law]:
            return self._least(law, quantiles)
        quantile = quantiles[self.families[self.family[law]]]
        params = np.ascontiguousarray(self.params[self.ptr[law] : self.ptr[law + 1]])
        columns = (self.zero, self.never, self.begin, self.width, self.shift, self.least, self.most)
        zero, never, begin, width, shift, least, most = (float(column[law]) for column in columns)
        if (zero, never, begin, width, shift) == (0.0, 0.0, 0.0, 1.0, 0.0):
            return lambda u: quantile(u, params)
        between = 1.0 - zero - never

        def draw(u: float) -> float:
            if u < zero:
                return 0.0
            if u >= zero + between:
                return math.inf
            share = begin + (u - zero) / between * width
            value = shift + quantile(min(max(share, LOWEST), HIGHEST), params)
            return min(max(value, least), most)  # type: ignore[no-any-return]

        return draw

    def _least(self, law: int, quantiles: dict[str, Any]) -> Callable[[float], float]:
        """Return the draw from a minimum: its first part takes the probability, the others further numbers."""
        shift = float(self.shift[law])
        first, *others = (self.value_of(int(self.part[law]) + part, quantiles) for part in range(self.parts[law]))

        def draw(u: float) -> float:
            return shift + min(first(u), *(other(further_uniform(u, number)) for number, other in enumerate(others, 1)))

        return draw


def _padded(values: Sequence[int] | I4, size: int) -> I4:
    """Return numbers with zeros after them."""
    padded = np.zeros(size, dtype=np.int32)
    padded[: len(values)] = values
    return padded
