"""What the families found, put together: parts of the stretches of a run add up, ratios are folded into their cuts."""

from __future__ import annotations

from functools import lru_cache
from itertools import accumulate, count, pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.kpis.aggregate.cube import Ratio, Sample
from sim.kpis.dimensions import Cut, keys_of
from sim.kpis.intervals import first_interval
from sim.kpis.model import Measures, Part
from sim.kpis.registry import index_of, kpi
from sim.numerics.grouped_sums import add_to, folded
from sim.numerics.quantiles import order_statistics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.engine.plan import Plan
    from sim.kpis.aggregate.cube import Cells

__all__ = ["Sums"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Name = tuple[str, Cut]


class Sums:
    """The values of all KPIs so far, in the order of the plan's index.

    Parameters
    ----------
    plan
        Fixes the rows.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan, self._places = plan, _places(plan)
        self._num, self._den = np.zeros((2, len(index_of(plan))))
        self.found: set[Name] = set()

    def add(self, found: Iterable[Part | Ratio | Sample]) -> None:
        """Add what families found: best at once what all have, since they share their cells.

        Parameters
        ----------
        found
            Parts and ratios, which add up; samples, which are there once.
        """
        ratios: dict[Cells, list[Ratio]] = {}
        for one in found:
            if isinstance(one, Ratio):
                ratios.setdefault(one.cells, []).append(one)
            elif isinstance(one, Sample):
                self._add_sample(one)
            else:
                self._add_part(one)
        for cells, them in ratios.items():
            self._add_ratios(cells, them)

    def __getitem__(self, name: Name) -> Part:
        """Return the values of a KPI by a cut, so far."""
        if name not in self.found:
            raise KeyError(name)
        at = self._places[name]
        return Part(*name, self._num[at], self._den[at])

    def finish(self) -> Measures:
        """Return the values of every KPI, what does not count left out."""
        missing = _wanted(self._plan) - self.found
        assert not missing, f"nobody measured {sorted(missing)}"
        self._num[_idle(self._plan)] = self._den[_idle(self._plan)] = 0.0
        return Measures(index_of(self._plan), self._num, self._den)

    def _add_part(self, part: Part) -> None:
        name = part.kpi, part.by
        at = self._places[name]
        self.found.add(name)
        num, den = self._num[at], self._den[at]
        if part.is_largest:
            np.maximum(num, part.num, out=num)
        else:
            num += part.num
        if part.den is None:
            den.fill(1.0)
        else:
            den += part.den

    def _add_ratios(self, cells: Cells, ratios: list[Ratio]) -> None:
        """Fold ratios into the keys of each of their cuts; quantities that KPIs share are folded once."""
        kpis, _, nums, dens = zip(*ratios, strict=True)
        quantities = dict(zip(map(id, nums + dens), nums + dens, strict=True))
        quantities.pop(id(None), None)
        marks = {name: it for name, it in quantities.items() if it.dtype == np.bool_}
        quantities = marks | quantities  # marks first: what counts is how many records have them
        values = np.concatenate([np.zeros(0), *quantities.values()]).reshape(len(quantities), len(cells.number))
        values[: len(marks)] *= cells.number
        sums, column = folded(values, cells.keys, cells.ends[-1]), dict(zip(quantities, count(), strict=False))
        num, den = (np.array([column.get(name, -1) for name in map(id, them)]) for them in (nums, dens))
        self._add_columns(tuple(kpi.name for kpi in kpis), cells.cuts, sums, num, den)

    def _add_sample(self, sample: Sample) -> None:
        """Find quantiles: the smallest value that at least the wanted share of the values do not exceed."""
        cells, shares = sample.cells, len(sample.kpis)
        values, counted = order_statistics(sample.kept, sample.number, cells.keys, cells.ends, list(sample.kpis))
        names = tuple(kpi.name for kpi in sample.kpis.values())
        self._add_columns(
            names, cells.cuts, np.vstack([values, counted > 0]).T, np.arange(shares), np.full(shares, shares)
        )

    def _add_columns(self, names: tuple[str, ...], cuts: tuple[Cut, ...], values: F8, num: I8, den: I8) -> None:
        """Add values by the keys of all cuts, [keys, columns], of each KPI those of two columns, -1 = always 1."""
        wiring, found = _wiring(self._plan, names, cuts)
        add_to(values, num, wiring, self._num)
        add_to(values, den, wiring, self._den)
        self.found |= found


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _places(plan: Plan) -> dict[Name, slice]:
    """Return where the values of each KPI by each cut stand."""
    blocks = index_of(plan).blocks
    ends = accumulate((len(keys) for _, _, keys in blocks), initial=0)
    return {(name, by): slice(*at) for (name, by, _), at in zip(blocks, pairwise(ends), strict=True)}


@lru_cache(maxsize=16)
def _wanted(plan: Plan) -> frozenset[Name]:
    """Return the KPIs by the cuts that have any keys: somebody has to find them."""
    return frozenset(name for name, at in _places(plan).items() if at.start < at.stop)


@lru_cache(maxsize=64)
def _wiring(plan: Plan, names: tuple[str, ...], cuts: tuple[Cut, ...]) -> tuple[I8, frozenset[Name]]:
    """Return for each value of some KPIs by their cuts: the key, which KPI it is, and its row; and the names."""
    ends = dict(zip(cuts, pairwise(accumulate((len(keys_of(plan, by)) for by in cuts), initial=0)), strict=True))
    found = [(one, name, by) for one, name in enumerate(names) for by in kpi(name).cuts]
    key = np.concatenate([np.arange(*ends[by]) for _, _, by in found])
    which = np.repeat([one for one, _, _ in found], [len(keys_of(plan, by)) for _, _, by in found])
    row = np.concatenate([np.r_[_places(plan)[name, by]] for _, name, by in found])
    return np.column_stack([key, which, row]).astype(np.int64), frozenset((name, by) for _, name, by in found)


@lru_cache(maxsize=16)
def _idle(plan: Plan) -> I8:
    """Return the rows that do not count: of intervals that begin within the warm-up."""
    first = first_interval(plan)
    counts = [interval is None or interval >= first for _, _, keys in index_of(plan).blocks for _, interval in keys]
    return np.flatnonzero(~np.array(counts, dtype=np.bool_))
