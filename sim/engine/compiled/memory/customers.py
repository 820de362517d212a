"""Customers whom a run still needs: the present part of the population, and those of earlier parts who are there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.population import Population

__all__ = ["Customers"]

_COLUMNS = ("arrival", "intent", "segment", "entry", "key")


class Customers:
    """Customers by their number in the run; it begins with the first part of the population."""

    def __init__(self, first: Population) -> None:
        self.population = first
        self.numbers: NDArray[np.int64] = np.arange(len(first), dtype=np.int64)

    def add(self, part: Population, before: int) -> None:
        """Add a part, before which so many customers were in others."""
        together: Any = {
            name: np.concatenate([getattr(population, name) for population in (self.population, part)])
            for name in _COLUMNS
        }
        self.population = replace(part, **together)
        self.numbers = np.concatenate([self.numbers, np.arange(before, before + len(part))])

    def keep(self, there: NDArray[np.int32], before: int) -> None:
        """Forget customers of parts before the present one, except those `there`: numbers, in any order."""
        kept = (self.numbers >= before) | np.isin(self.numbers, there)
        if not kept.all():
            columns: Any = {name: getattr(self.population, name)[kept] for name in _COLUMNS}
            self.population, self.numbers = replace(self.population, **columns), self.numbers[kept]

    def rows(self, customer: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the rows, among those who are still needed, of customers by their numbers."""
        return np.searchsorted(self.numbers, customer).astype(np.int32)
