"""Adding up records per key of each cut, without going over the records once per cut.

Records that agree in everything that any cut looks at form a *cell*. A quantity is added up per cell once; the few
cells are then folded into the keys of each cut. All sums add one by one in the order of
the records, whatever the machine: baselines are compared bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from sim.core.tallies import counts, groups_of, sums
from sim.kpis.model import Kpi, Part, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sim.kpis.cuts import Cut

__all__ = ["Table", "combine"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Weights = NDArray[np.float64] | NDArray[np.bool_]


def combine(outer: I8, inner: I8, size: int) -> I8:
    """Return the codes of a cut by two things, the inner one varying fastest; -1 where either is.

    Parameters
    ----------
    outer, inner
        Codes, -1 = none.
    size
        Number of inner codes.
    """
    return np.where((outer < 0) | (inner < 0), -1, outer * size + inner)


@dataclass(frozen=True, eq=False)
class Table:
    """Records with a code for each cut.

    Parameters
    ----------
    cell
        Each record's cell.
    codes
        For each cut, each cell's code; -1 = the cell counts under no key.
    sizes
        For each cut, the number of its keys.
    """

    cell: I8
    codes: Mapping[Cut, I8]
    sizes: Mapping[Cut, int]

    @classmethod
    def build(cls, columns: Mapping[str, I8], codes: Mapping[Cut, Sequence[str]], sizes: Mapping[str, int]) -> Self:
        """Find the cells.

        Parameters
        ----------
        columns
            Codes of each record, -1 = none.
        codes
            For each cut, the one or two columns that it looks at; none for the cut "all".
        sizes
            For each column, the number of its codes.
        """
        shape = tuple(sizes[name] + 1 for name in columns)  # the code -1 becomes 0
        flat = np.zeros(len(next(iter(columns.values()))), dtype=np.int64)
        for column, size in zip(columns.values(), shape, strict=True):
            flat *= size
            flat += column
            flat += 1
        found, cell = groups_of(flat)
        parts = dict(zip(columns, (part - 1 for part in np.unravel_index(found, shape)), strict=True))
        per_cut: dict[Cut, I8] = {}
        for by, used in codes.items():
            code = np.zeros(len(found), dtype=np.int64)
            for name in used:
                code = combine(code, parts[name], sizes[name])
            per_cut[by] = code
        return cls(cell, per_cut, {by: int(np.prod([sizes[n] for n in used])) for by, used in codes.items()})

    def ratio(self, kpi: Kpi, num: Weights, den: Weights | None = None) -> Iterator[Part]:
        """Yield a KPI by each of its cuts: the sum of one quantity over the sum of another.

        Parameters
        ----------
        kpi
            Its cuts must be among the table's.
        num, den
            One value per record; without ``den`` the KPI is a count.
        """
        above = self._per_cell(num)
        below = None if den is None else self._per_cell(den)
        for by in kpi.cuts:
            yield Part(kpi.name, by, self._fold(above, by), None if below is None else self._fold(below, by))

    def sample(self, kpis: Mapping[float, Kpi], values: F8, counts: NDArray[np.bool_], cuts: Sequence[Cut]) -> Sample:
        """Return values for order statistics by each cut.

        Parameters
        ----------
        kpis
            For each share in (0, 1], in ascending order, the KPI that it is the value of.
        values
            One value per record.
        counts
            Which records count.
        cuts
            The cuts.
        """
        names = {share: kpi.name for share, kpi in kpis.items()}
        cell = self.cell[counts].astype(np.int32)
        return Sample(names, values[counts], cell, {by: self.codes[by] for by in cuts}, self.sizes)

    def _per_cell(self, weights: Weights) -> F8:
        """Add up a quantity per cell."""
        cells = len(next(iter(self.codes.values())))
        if not weights.any():  # many are nothing on most plans, which is cheap to tell
            return np.zeros(cells)
        if weights.dtype == np.bool_:
            return np.asarray(counts(self.cell, weights.astype(np.bool_, copy=False), cells))
        return np.asarray(sums(self.cell, weights.astype(np.float64, copy=False), cells))

    def _fold(self, cells: F8, by: Cut) -> F8:
        """Add up the cells per key of a cut."""
        return np.bincount(self.codes[by] + 1, weights=cells, minlength=self.sizes[by] + 1).astype(np.float64)[1:]
