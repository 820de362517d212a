"""Adding up records per key of each cut, without going over the records once per cut, or even once per KPI.

Records that agree in all codes and marks (yes or no) that a KPI may look at form a *cell*. What KPIs are made of is
added up per cell once, as the records are told of; KPIs look at the few cells, which are then folded into the keys of
each cut. All sums add one by one in the order of the records, whatever the machine: baselines are compared bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.kpis.model import Kpi, Sample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.engine.plan import Plan
    from sim.kpis.cuts import Cut
    from sim.kpis.telling.tables import Kept

__all__ = ["Cells", "Coded", "Ratio", "combine", "cuts_of", "taken_apart"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Codes = NDArray[np.signedinteger[Any]]


def combine(outer: Codes, inner: Codes, size: int) -> I8:
    """Return the codes of a cut by two things, the inner one varying fastest; -1 where either is.

    Parameters
    ----------
    outer, inner
        Codes, -1 = none.
    size
        Number of inner codes.
    """
    return np.where((outer < 0) | (inner < 0), -1, outer * size + inner)


def taken_apart(codes: I8, sizes: Sequence[int]) -> list[I8]:
    """Return the codes of several things that stand together in one number, the last one varying fastest.

    Parameters
    ----------
    codes
        The numbers.
    sizes
        How many codes each thing has.
    """
    apart = []
    for size in reversed(sizes):
        codes, digit = np.divmod(codes, size)
        apart.append(digit)
    return apart[::-1]


class Coded(NamedTuple):
    """Codes of cells.

    Parameters
    ----------
    codes
        -1 = none.
    size
        They are less.
    """

    codes: Codes
    size: int


def cuts_of(plan: Plan, step: I8, segment: I8) -> dict[Cut, tuple[Coded, ...]]:
    """Return what the cuts look at that contacts and journeys share.

    Parameters
    ----------
    plan
        What was planned.
    step, segment
        Of each cell.
    """
    return {
        "all": (),
        "channel": (Coded(plan.step_channel[step], len(plan.channels)),),
        "intent": (Coded(plan.step_intent[step], len(plan.intents)),),
        "segment": (Coded(segment, len(plan.segments)),),
    }


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of contacts, journeys or customers, one per row.

    Parameters
    ----------
    number
        How many records each cell has, shape (cells,).
    codes
        For each cut, each cell's code; -1 = the cell counts under no key.
    sizes
        For each cut, the number of its keys.
    """

    number: F8
    codes: Mapping[Cut, I8]
    sizes: Mapping[Cut, int]

    @classmethod
    def of(cls, number: F8, cuts: Mapping[Cut, Sequence[Coded]]) -> Self:
        """Return cells.

        Parameters
        ----------
        number
            How many records each cell has.
        cuts
            For each cut, the one or two codes that it looks at; none for "all".
        """
        codes_by, sizes = {}, {}
        for by, used in cuts.items():
            code, keys = used[0] if used else (np.zeros(len(number), dtype=np.int64), 1)
            for codes, size in used[1:]:
                code, keys = combine(code, codes, size), keys * size
            codes_by[by], sizes[by] = code.astype(np.int64), keys
        return cls(number, codes_by, sizes)

    @cached_property
    def every(self) -> B1:
        """A mark that all have."""
        return np.ones(len(self.number), dtype=np.bool_)

    def ratio(self, kpi: Kpi, num: F8 | B1, den: F8 | B1 | None = None) -> Ratio:
        """Return a KPI by each of its cuts: the sum of one quantity over the sum of another.

        Parameters
        ----------
        kpi
            Its cuts must be among the cells'.
        num, den
            One value per cell, or whether the cell's records count; without ``den`` the KPI is a count.
        """
        return Ratio(kpi, self, num, den)

    def weighed(self, quantities: Sequence[F8 | B1]) -> F8:
        """Return quantities, [cells, quantities]; of those that are marks, the number of records that have them.

        Parameters
        ----------
        quantities
            Each with a value per cell.
        """
        values = np.array(quantities, dtype=np.float64)
        values[[it.dtype == np.bool_ for it in quantities]] *= self.number
        return np.ascontiguousarray(values.T)

    def sample(self, kpis: Mapping[float, Kpi], kept: Kept, counts: B1, cuts: Sequence[Cut]) -> Sample:
        """Return values for order statistics by each cut.

        Parameters
        ----------
        kpis
            For each share in (0, 1], in ascending order, the KPI that it is the value of.
        kept
            The values of the records that count, those that are 0 left out.
        counts
            Whether the cell's records count.
        cuts
            The cuts.
        """
        names = {share: kpi.name for share, kpi in kpis.items()}
        number = np.where(counts, self.number, 0.0).astype(np.int64)
        return Sample(names, kept, number, {by: self.codes[by] for by in cuts}, self.sizes)


class Ratio(NamedTuple):
    """A KPI of cells."""

    kpi: Kpi
    cells: Cells
    num: F8 | B1
    den: F8 | B1 | None
