"""Laws as arrays, and the draw of a value as the reference engine makes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.distributions.law import Law

__all__ = ["HIGHEST", "LOWEST", "LawTable"]

LOWEST, HIGHEST = 2.0**-53, 1.0 - 2.0**-53  # of the numbers that are drawn; rounding must not lead beyond
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class LawTable:
    """Laws as arrays: law i has the parameters ``params[ptr[i]:ptr[i + 1]]``.

    A value is drawn in three steps, each of which is columns: the atoms take their shares of the probabilities, the
    rest is spread over those that the law's bounds leave, and what the quantile function gives is moved.
    """

    families: tuple[str, ...]  # names of the families of laws that occur, such as exponential
    family: I4  # [L] index into families
    zero: F8  # [L] mass at zero
    never: F8  # [L] mass at infinity
    begin: F8  # [L] probability at which the law begins: not 0 where values below are left out
    width: F8  # [L] how much of the law is left
    shift: F8  # [L] added to every value, seconds
    least: F8  # [L] least value; rounding must not lead below it
    most: F8  # [L] greatest value
    ptr: I4  # [L + 1]
    params: F8

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
            One row per law.
        """
        names = [law.law for law in laws]
        families = tuple(sorted(set(names)))
        rows = [np.asarray(law.parameters(), dtype=np.float64) for law in laws]
        between = np.array([law.between() for law in laws], dtype=np.float64).reshape(-1, 2)

        def column(values: Sequence[float]) -> F8:
            return np.array(values, dtype=np.float64)

        return cls(
            families=families,
            family=np.array([families.index(name) for name in names], dtype=np.int32),
            zero=column([law.zero for law in laws]),
            never=column([law.never for law in laws]),
            begin=between[:, 0].copy(),
            width=between[:, 1] - between[:, 0],
            shift=column([law.shift for law in laws]),
            least=column([law.at_least or 0.0 for law in laws]),
            most=column([math.inf if law.at_most is None else law.at_most for law in laws]),
            ptr=np.cumsum([0, *map(len, rows)], dtype=np.int32),
            params=np.concatenate([*rows, np.empty(0)]),
        )

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
