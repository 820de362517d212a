"""What a law is, and the table of laws that both engines draw from."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from sim.core.model import Model
from sim.core.units import Share

__all__ = ["SIGNATURE", "Law", "LawTable"]

SIGNATURE = "f8(f8, f8[::1])"  # of every law's quantile: probability, parameters -> value


class Law(Model, ABC):
    """The law of a duration; one file each, with its numbers as people write them and an exact quantile function.

    Any law may have an atom at zero (a customer who will not wait at all) and one at infinity (who never gives up).
    """

    quantile: ClassVar[Any]  # compiled: (probability, parameters) -> seconds

    law: str
    zero: Share = Field(default=0.0, description="Share of exact zeros; the law holds for the others.")
    never: Share = Field(default=0.0, description="Share that is infinite; the law holds for the others.")

    @model_validator(mode="after")
    def _atoms_fit(self) -> Self:
        if self.zero + self.never > 1 + 1e-9:
            raise ValueError(
                f"zero ({100 * self.zero:.6g} %) and never ({100 * self.never:.6g} %) are more than 100 % together"
            )
        return self

    @abstractmethod
    def parameters(self) -> Sequence[float]:
        """Return what the quantile function reads."""

    @abstractmethod
    def mean_of_law(self) -> float:
        """Return the mean without the atoms, in seconds."""

    def mean_value(self) -> float:
        """Return the mean, atoms included, in seconds."""
        return math.inf if self.never else (1 - self.zero) * self.mean_of_law()


@dataclass(frozen=True, eq=False)
class LawTable:
    """Laws as arrays: law i has the parameters ``params[ptr[i]:ptr[i + 1]]``."""

    kinds: tuple[str, ...]  # names of the laws that occur
    kind: NDArray[np.int32]  # [L] index into kinds
    zero: NDArray[np.float64]  # [L] mass at zero
    never: NDArray[np.float64]  # [L] mass at infinity
    ptr: NDArray[np.int32]  # [L + 1]
    params: NDArray[np.float64]

    @classmethod
    def of(cls, laws: Sequence[Law]) -> LawTable:
        """Lay laws down as arrays.

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
        kinds = tuple(sorted(set(names)))
        rows = [np.asarray(law.parameters(), dtype=np.float64) for law in laws]
        return cls(
            kinds=kinds,
            kind=np.array([kinds.index(name) for name in names], dtype=np.int32),
            zero=np.array([law.zero for law in laws], dtype=np.float64),
            never=np.array([law.never for law in laws], dtype=np.float64),
            ptr=np.cumsum([0, *map(len, rows)], dtype=np.int32),
            params=np.concatenate([*rows, np.empty(0)]),
        )

    def value_of(self, law: int, quantiles: dict[str, Any]) -> Callable[[float], float]:
        """Return the quantile function of one law, atoms included.

        Parameters
        ----------
        law
            Row of the table.
        quantiles
            Quantile function of each kind, by name.

        Returns
        -------
        callable
            Probability, open interval (0, 1), to seconds.
        """
        quantile = quantiles[self.kinds[self.kind[law]]]
        params = np.ascontiguousarray(self.params[self.ptr[law] : self.ptr[law + 1]])
        zero, never = float(self.zero[law]), float(self.never[law])
        if not zero and not never:
            return lambda u: quantile(u, params)
        between = 1.0 - zero - never

        def value(u: float) -> float:
            if u < zero:
                return 0.0
            if u >= zero + between:
                return math.inf
            return quantile((u - zero) / between, params)  # type: ignore[no-any-return]

        return value
