"""Adding up records per key of each cut, without going over the records once per cut, or even once per KPI.

Records that agree in all codes and marks (yes or no) that a KPI may look at form a *cell*. What KPIs are made of is
added up per cell once; KPIs look at the few cells, which are then folded into the keys of each cut. All sums add one by
one in the order of the records, whatever the machine: baselines are compared bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.core.tallies import groups_of, packed, sums
from sim.kpis.model import Kpi, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sim.kpis.cuts import Cut

__all__ = ["Cells", "Coded", "Ratio", "alike", "combine"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Codes = NDArray[np.signedinteger[Any]]

_MOST = 2**62


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


class Coded(NamedTuple):
    """Codes of records.

    Parameters
    ----------
    codes
        -1 = none.
    size
        They are less.
    """

    codes: Codes
    size: int


@dataclass(frozen=True, eq=False)
class Cells:
    """Which record is in which cell.

    Parameters
    ----------
    of
        Each record's cell, shape (records,).
    first
        A record of each cell, shape (cells,).
    number
        How many records each cell has, shape (cells,).
    codes
        For each cut, each cell's code; -1 = the cell counts under no key.
    sizes
        For each cut, the number of its keys.
    """

    of: I8
    first: I8
    number: F8
    codes: Mapping[Cut, I8]
    sizes: Mapping[Cut, int]

    @classmethod
    def find(cls, columns: Iterable[Coded], marks: Iterable[B1], cuts: Mapping[Cut, Sequence[Coded]]) -> Self:
        """Find the cells.

        Parameters
        ----------
        columns, marks
            What the records of a cell agree in; at least one mark.
        cuts
            For each cut, the one or two codes that it looks at, which have to follow from the columns; none for "all".
        """
        together = np.array(list(marks))
        flat, span = packed(together), 1 << len(together)
        for codes, size in columns:
            if span > _MOST // (size + 1):
                first, flat = groups_of(flat)
                span = max(len(first), 1)
            flat *= size + 1  # the code -1 becomes 0
            flat += codes
            flat += 1
            span *= size + 1
        first, of = groups_of(flat)
        codes_by, sizes = {}, {}
        for by, used in cuts.items():
            code, number = np.zeros(len(first), dtype=np.int64), 1
            for codes, size in used:
                code = combine(code, codes[first], size)
                number *= size
            codes_by[by], sizes[by] = code, number
        return cls(of, first, np.bincount(of, minlength=len(first)).astype(np.float64), codes_by, sizes)

    @cached_property
    def every(self) -> B1:
        """A mark that all have."""
        return np.ones(len(self.first), dtype=np.bool_)

    def added(self, values: F8) -> F8:
        """Return the sum of the values of each cell's records.

        Parameters
        ----------
        values
            One per record.
        """
        if not values.any():  # many are nothing on most plans, which is cheap to tell
            return np.zeros(len(self.first))
        return np.asarray(sums(self.of, values, len(self.first)))

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

    def weighed(self, values: F8 | B1) -> F8:
        """Return values per cell; where they are marks, the number of records that have them.

        Parameters
        ----------
        values
            One per cell.
        """
        return np.asarray(np.where(values, self.number, 0.0) if values.dtype == np.bool_ else values)

    def sample(self, kpis: Mapping[float, Kpi], values: F8, counts: B1, cuts: Sequence[Cut]) -> Sample:
        """Return values for order statistics by each cut.

        Parameters
        ----------
        kpis
            For each share in (0, 1], in ascending order, the KPI that it is the value of.
        values
            One value per record, none of them negative.
        counts
            Which records count.
        cuts
            The cuts.
        """
        names = {share: kpi.name for share, kpi in kpis.items()}
        rows = np.flatnonzero(counts & (values > 0))
        number = np.bincount(self.of[counts], minlength=len(self.first))
        codes = {by: self.codes[by] for by in cuts}
        return Sample(names, values[rows], self.of[rows].astype(np.int32), number, codes, self.sizes)


class Ratio(NamedTuple):
    """A KPI of cells; those of the blocks of a run add up."""

    kpi: Kpi
    cells: Cells
    num: F8 | B1
    den: F8 | B1 | None


R = TypeVar("R")


def alike(records: R) -> R:
    """Return records that stand for all of a cell: codes and marks stay, quantities add up.

    Parameters
    ----------
    records
        A dataclass of columns, and the ``cells`` of its records.

    Returns
    -------
    The same dataclass
        With a row per cell.
    """
    them: Any = records
    cells: Cells = them.cells
    columns = {f.name: getattr(them, f.name) for f in fields(them) if f.name != "cells"}
    together = {
        name: cells.added(column) if column.dtype == np.float64 else column[cells.first]
        for name, column in columns.items()
    }
    made: R = replace(them, **together)
    return made
