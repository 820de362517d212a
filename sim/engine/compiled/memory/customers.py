"""The customers of whom a run still knows: all of the part that comes now, and of earlier parts those who are there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.population import Population

__all__ = ["People"]

_COLUMNS = ("arrival", "intent", "segment", "entry", "key")


class People:
    """Customers by their number in the run.

    Parameters
    ----------
    first
        The first part of the population.
    """

    def __init__(self, first: Population) -> None:
        self.population = first
        self.numbers: NDArray[np.int64] = np.arange(len(first), dtype=np.int64)

    def add(self, part: Population, before: int) -> None:
        """Let a part come.

        Parameters
        ----------
        part
            The next one.
        before
            How many have come before it.
        """
        together: Any = {
            name: np.concatenate([getattr(it, name) for it in (self.population, part)]) for name in _COLUMNS
        }
        self.population = replace(part, **together)
        self.numbers = np.concatenate([self.numbers, np.arange(before, before + len(part))])

    def keep(self, there: NDArray[np.int32], before: int) -> None:
        """Forget those of earlier parts who are not there any more.

        Parameters
        ----------
        there
            The numbers of those who are, in any order, as often as you like.
        before
            How many came before the present part.
        """
        kept = (self.numbers >= before) | np.isin(self.numbers, there)
        if not kept.all():
            columns: Any = {name: getattr(self.population, name)[kept] for name in _COLUMNS}
            self.population, self.numbers = replace(self.population, **columns), self.numbers[kept]

    def places(self, customer: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return where customers stand among those who are known.

        Parameters
        ----------
        customer
            Their numbers.
        """
        return np.searchsorted(self.numbers, customer).astype(np.int32)
