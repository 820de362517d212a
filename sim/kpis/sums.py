"""What the blocks of a run give, put together: parts add up, and samples are kept until all is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.ranks import Some, order_statistics
from sim.core.tallies import folded
from sim.kpis.cells import Ratio
from sim.kpis.model import Kpi, Part, Parts, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sim.kpis.cells import Cells
    from sim.kpis.cuts import Cut

__all__ = ["Sums"]

F8 = NDArray[np.float64]


class Sums:
    """Parts and samples so far: samples take 12 bytes for each value that is not 0, the rest what one block's does."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, Cut], Part] = {}
        self._folded: dict[tuple[str, ...], tuple[list[tuple[Kpi, int, int]], dict[Cut, F8]]] = {}
        self._samples: dict[tuple[str, ...], list[Sample]] = {}

    def add(self, found: Iterable[Part | Ratio | Sample]) -> None:
        """Add what families found in a block: best at once what all have, since they share their cells.

        Parameters
        ----------
        found
            Parts, ratios and samples.
        """
        ratios: dict[Cells, list[Ratio]] = {}
        for one in found:
            if isinstance(one, Ratio):
                ratios.setdefault(one.cells, []).append(one)
            elif isinstance(one, Sample):
                self._samples.setdefault(tuple(one.kpis.values()), []).append(one)
            else:
                before = self._parts.get((one.kpi, one.by))
                self._parts[one.kpi, one.by] = one if before is None else _together(before, one)
        for cells, them in ratios.items():
            self._add_ratios(cells, them)

    def _add_ratios(self, cells: Cells, ratios: list[Ratio]) -> None:
        """Add up ratios by each of their cuts; quantities that KPIs share are folded once."""
        quantities = {id(it): it for ratio in ratios for it in (ratio.num, ratio.den) if it is not None}
        place = {name: at for at, name in enumerate(quantities)} | {id(None): -1}
        values = np.array([cells.weighed(it) for it in quantities.values()])
        some = np.flatnonzero(values.any(axis=1))  # many are nothing on most plans
        names = tuple(it.kpi.name for it in ratios)
        if names not in self._folded:
            made_of = [(it.kpi, place[id(it.num)], place[id(it.den)]) for it in ratios]
            self._folded[names] = made_of, {by: np.zeros((len(values), size)) for by, size in cells.sizes.items()}
        for by, sums in self._folded[names][1].items():
            sums[some] += folded(values[some], cells.codes[by], cells.sizes[by])

    def finish(self) -> Parts:
        """Return the values of every KPI that was measured; the samples are let go of, as they may be large."""
        for made_of, sums in self._folded.values():
            for kpi, num, den in made_of:
                for by in kpi.cuts:
                    self._parts[kpi.name, by] = Part(kpi.name, by, sums[by][num], None if den < 0 else sums[by][den])
        while self._samples:
            _, samples = self._samples.popitem()
            self.add(_order_statistics(samples))
        return self._parts


def _together(one: Part, other: Part) -> Part:
    num = np.maximum(one.num, other.num) if one.is_largest else one.num + other.num
    den = None if one.den is None or other.den is None else one.den + other.den
    return one._replace(num=num, den=den)


def _order_statistics(samples: list[Sample]) -> Iterator[Part]:
    """Yield quantiles by each cut: the smallest value that at least the wanted share of the values do not exceed."""
    kpis = samples[0].kpis
    for by in samples[0].codes:
        parts = [Some(it.values, it.cell, it.number, it.codes[by]) for it in samples]
        found, number = order_statistics(parts, list(kpis), samples[0].sizes[by])
        for name, values in zip(kpis.values(), found, strict=True):
            yield Part(name, by, values, (number > 0).astype(np.float64))
