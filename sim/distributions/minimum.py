"""The least of the values of several laws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator

from sim.distributions.any_law import law_field
from sim.distributions.catalogue import laws, quantiles_of
from sim.distributions.law import Law
from sim.distributions.table import HIGHEST, LOWEST, LawTable

__all__ = ["Minimum", "Part"]

F8 = NDArray[np.float64]
_GRID = [(number + 0.5) / 4096 for number in range(4096)]
_TAILS = [0.5 * 2.0 ** (-number / 16) for number in range(1, 832)]

if TYPE_CHECKING:
    Part = Law
else:
    Part = law_field(tuple(laws().values()))


class Minimum(Law):
    """The least of the values of several laws, which are independent: whichever ends first.

    Such as a talk that lasts 10 minutes at most, or a patience that a task at home may end earlier. It can be shifted.
    Bounds, and shares of zero and never, belong to its laws.
    """

    law: Literal["minimum"]
    of: list[Part] = Field(
        min_length=2,
        max_length=10,
        description="The laws, two or more; a bare duration such as `10 min` is a fixed time.",
    )

    @field_validator("of", mode="before")
    @classmethod
    def _flat(cls, laws: object) -> object:
        if isinstance(laws, list) and any(isinstance(part, dict) and part.get("law") == "minimum" for part in laws):
            raise ValueError("a minimum within a minimum is the same as one of all their laws; write it so")
        return laws

    def check(self) -> None:
        """Raise a ValueError where it has modifiers that belong to its laws."""
        present = [name for name in ("at_least", "at_most", "zero", "never") if getattr(self, name)]
        if present:
            raise ValueError(f"a minimum has no {' and no '.join(present)} of its own; give its laws in `of` some")

    def parts(self) -> Sequence[Law]:
        """Return the laws."""
        return self.of

    @property
    def infinite(self) -> float:
        """Share of infinite values, where all laws have some."""
        return math.prod(law.never for law in self.of)

    def parameters(self) -> list[float]:
        """Return nothing: its laws have the parameters."""
        return []

    def mean_of_law(self) -> float:
        """Return the mean in seconds, to four digits: the integral of the probability that all are above a time."""
        curves = [_survival(law) for law in self.of]
        last = min(float(times[-1]) for law, (times, _) in zip(self.of, curves, strict=True) if not law.infinite)
        cuts = np.unique(np.concatenate([[0.0], *(times[times <= last] for times, _ in curves)]))
        middles = (cuts[1:] + cuts[:-1]) / 2.0
        above = math.prod(np.interp(middles, times, shares) for times, shares in curves)
        return float(f"{math.fsum(np.diff(cuts) * above):.9g}")


def _survival(law: Law) -> tuple[F8, F8]:
    """Return times, and the probability that a law is above each; between them, it is nearly straight."""
    edges = (law.zero - LOWEST, law.zero + LOWEST, 1.0 - law.never - 2.0 * LOWEST)  # beside the atoms
    tails = [*_TAILS, *(1.0 - u for u in _TAILS)]
    u = np.unique(np.clip([LOWEST, *tails, *_GRID, *edges, HIGHEST], LOWEST, HIGHEST))
    table = LawTable.from_laws([law])
    value = table.value_of(0, quantiles_of(table.families))
    times = np.array([value(share) for share in u.tolist()])
    return times[np.isfinite(times)], 1.0 - u[np.isfinite(times)]
