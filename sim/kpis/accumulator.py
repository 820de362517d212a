"""Accumulator of KPIs: values of time slices add up, and ratios are folded into their dimensions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate, count, pairwise

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan
from sim.kpis.aggregate.cube import Censored, Cube, Ratio, Sample
from sim.kpis.days import interval_dimension, rows_of_weekdays, sums_by_day
from sim.kpis.dimensions import Dimension, by_weekdays, keys_of
from sim.kpis.intervals import day_of_intervals, days_of, first_interval
from sim.kpis.model import Kpi, KpiValues, Measures
from sim.kpis.registry import index_of, index_of_needed, kpi, names_read
from sim.numerics.censored_means import censored_means
from sim.numerics.grouped_sums import add_to, folded
from sim.numerics.quantiles import order_statistics

__all__ = ["Accumulator"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Name = tuple[str, Dimension]


class Accumulator:
    """The values of all KPIs so far, in the order of the plan's index."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._slices = plan, index_of_needed(plan).slices
        self._num, self._den = np.zeros((2, len(index_of_needed(plan))))
        self._is_selected = index_of_needed(plan) is not index_of(plan)
        self.measured: set[Name] = set()
        self._largest: set[str] = set()
        self._counts: set[str] = set()
        self._parts: dict[str, list[Sample]] = {}
        self._censored: dict[str, list[Censored]] = {}

    def add(self, results: Iterable[KpiValues | Ratio | Sample | Censored]) -> None:
        """Add results of families; those of all families at once are quickest, since they share cubes.

        Parameters
        ----------
        results
            Values and ratios, which add up; samples, of which there is one for each KPI, or parts that are joined.
        """
        ratios: dict[Cube, list[Ratio]] = {}
        for result in results:
            if isinstance(result, Ratio):
                ratios.setdefault(result.cube, []).append(result)
            elif isinstance(result, Censored):
                self._censored.setdefault(result.kpi.name, []).append(result)
            elif isinstance(result, Sample) and result.is_part:
                self._parts.setdefault(next(iter(result.kpis.values())).name, []).append(result)
            elif isinstance(result, Sample):
                self._add_sample(result)
            else:
                self._add_values(result)
        for cube, ratios_of_cube in ratios.items():
            self._add_ratios(cube, ratios_of_cube)

    @property
    def chosen(self) -> frozenset[str]:
        """The KPIs of the result."""
        return _chosen_names(self._plan)

    def __getitem__(self, name: Name) -> KpiValues:
        """Return the values of a KPI by a dimension, so far."""
        if name not in self.measured:
            raise KeyError(name)
        rows = self._slices[name]
        return KpiValues(*name, self._num[rows], self._den[rows])

    def finish(self) -> Measures:
        """Return the values of every KPI; undefined are those within the warm-up, and duty of unlimited agents."""
        for parts in self._parts.values():
            self._add_sample(_joined(parts))
        for censored in self._censored.values():
            self._add_means(censored)
        self._add_days()
        missing = _expected(self._plan) - self.measured
        assert not missing, f"nobody measured {sorted(missing)}"
        warm_up = _rows_within_warm_up(self._plan)
        self._num[warm_up] = self._den[warm_up] = 0.0
        off_duty = _rows_off_duty(self._plan)
        self._num[off_duty] = self._den[off_duty] = 0.0
        self._add_weekdays()
        if not self._is_selected:
            return Measures(index_of(self._plan), self._num, self._den)
        rows = _rows_of_result(self._plan)
        return Measures(index_of(self._plan), self._num[rows], self._den[rows])

    def _add_days(self) -> None:
        """Add up the intervals of each day, for KPIs that nobody measured by day."""
        for name, by in sorted(_expected(self._plan) - self.measured):
            interval = interval_dimension(by)
            if interval is None or (name, interval) not in self.measured:
                continue
            rows, largest = self._slices[name, interval], name in self._largest
            num = sums_by_day(self._plan, self._num[rows], largest=largest)
            den = None if name in self._counts else sums_by_day(self._plan, self._den[rows])
            self._add_values(KpiValues(name, by, num, den, is_largest=largest))

    def _add_weekdays(self) -> None:
        """Add up the days of each weekday."""
        for weekdays, days in _weekdays(self._plan):
            for values in (self._num, self._den):
                values[weekdays] = np.add.accumulate(values[days], axis=1)[:, -1]  # one by one, on every machine

    def _add_values(self, values: KpiValues) -> None:
        name = values.kpi, values.by
        if self._is_selected and name not in self._slices:
            return
        rows = self._slices[name]
        self.measured.add(name)
        num, den = self._num[rows], self._den[rows]
        if values.is_largest:
            self._largest.add(values.kpi)
            np.maximum(num, values.num, out=num)
        else:
            num += values.num
        if values.den is None:
            self._counts.add(values.kpi)
            den.fill(1.0)
        else:
            den += values.den

    def _add_ratios(self, cube: Cube, ratios: list[Ratio]) -> None:
        """Fold ratios into the keys of each of their dimensions; quantities that KPIs share are folded once."""
        ratios = [ratio for ratio in ratios if self._has(ratio.kpi)]
        if not ratios:
            return
        cube = self._needed(cube, [ratio.kpi for ratio in ratios])
        kpis, _, nums, dens = zip(*ratios, strict=True)
        quantities = dict(zip(map(id, nums + dens), nums + dens, strict=True))
        quantities.pop(id(None), None)
        flags = {name: values for name, values in quantities.items() if values.dtype == np.bool_}
        quantities = flags | quantities  # flags first: each counts the records of its cells
        values = np.concatenate([np.zeros(0), *quantities.values()]).reshape(len(quantities), len(cube.number))
        values[: len(flags)] *= cube.number
        sums, columns = folded(values, cube.keys, cube.ends[-1]), dict(zip(quantities, count(), strict=False))
        num, den = (np.array([columns.get(id(values), -1) for values in quantity]) for quantity in (nums, dens))
        self._add_columns(tuple(kpi.name for kpi in kpis), cube.dimensions, sums, num, den)

    def _add_sample(self, sample: Sample) -> None:
        """Find quantiles: the smallest value that at least the wanted share of the values do not exceed."""
        kpis = {share: kpi for share, kpi in sample.kpis.items() if self._has(kpi)}
        if not kpis:
            return
        cube, shares = self._needed(sample.cube, kpis.values()), len(kpis)
        values, number = order_statistics(sample.values, sample.number, cube.keys, cube.ends, list(kpis))
        names = tuple(kpi.name for kpi in kpis.values())
        columns = np.vstack([values, number > 0]).T
        self._add_columns(names, cube.dimensions, columns, np.arange(shares), np.full(shares, shares))

    def _add_means(self, parts: list[Censored]) -> None:
        """Find the means of values of which some are censored."""
        if not self._has(parts[0].kpi):
            return
        cube = self._needed(_joined_cube([part.cube for part in parts]), [parts[0].kpi])
        values, observed = (np.concatenate(column) for column in zip(*(part[2:] for part in parts), strict=True))
        means, number = censored_means(values, observed, cube.keys, cube.ends[-1])
        columns = np.vstack([means, number > 0]).T.astype(np.float64)
        self._add_columns((parts[0].kpi.name,), cube.dimensions, columns, np.zeros(1, np.int64), np.ones(1, np.int64))

    def _has(self, kpi: Kpi) -> bool:
        """Tell whether a KPI is needed by any dimension."""
        return not self._is_selected or kpi.name in _needed_names(self._plan)

    def _needed(self, cube: Cube, kpis: Iterable[Kpi]) -> Cube:
        """Return a cube with the dimensions that are needed of KPIs."""
        if not self._is_selected:
            return cube
        names = [kpi.name for kpi in kpis]
        wanted = _wanted(self._plan)
        return cube.only([by for by in cube.dimensions if any((name, by) in wanted for name in names)])

    def _add_columns(self, names: tuple[str, ...], by: tuple[Dimension, ...], values: F8, num: I8, den: I8) -> None:
        """Add two of the columns of values, [keys, columns], to each KPI; column -1 is always 1."""
        wiring, measured = _wiring(self._plan, names, by)
        add_to(values, num, wiring, self._num)
        add_to(values, den, wiring, self._den)
        self.measured |= measured


def _joined_cube(cubes: Sequence[Cube]) -> Cube:
    """Return the cells of several stretches of a run, which have the same dimensions."""
    number = np.concatenate([cube.number for cube in cubes])
    keys = np.concatenate([cube.keys for cube in cubes], axis=1)
    return replace(cubes[0], number=number, keys=keys)


def _joined(parts: Sequence[Sample]) -> Sample:
    """Return the values of several stretches of a run as one sample."""
    firsts = accumulate((len(part.number) for part in parts), initial=0)
    values = [
        (numbers, (cells + first).astype(np.int32))
        for part, first in zip(parts, firsts, strict=False)
        for numbers, cells in part.values
    ]
    number = np.concatenate([part.number for part in parts])
    return Sample(parts[0].kpis, _joined_cube([part.cube for part in parts]), number, values)


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _expected(plan: Plan) -> frozenset[Name]:
    """Return the KPIs by the dimensions that have any keys, weekdays aside, which are made of days."""
    of_week = set(by_weekdays().values())
    slices, wanted = index_of_needed(plan).slices, _wanted(plan)
    return frozenset(
        name for name, rows in slices.items() if rows.start < rows.stop and name[1] not in of_week and name in wanted
    )


@lru_cache(maxsize=16)
def _wanted(plan: Plan) -> frozenset[Name]:
    """Return the names of the result, and those that `derive` reads; not the intervals that days are made of."""
    return frozenset(index_of(plan).slices) | names_read(plan)


@lru_cache(maxsize=16)
def _chosen_names(plan: Plan) -> frozenset[str]:
    """Return the names of the KPIs of the result."""
    return frozenset(name for name, _ in index_of(plan).slices)


@lru_cache(maxsize=16)
def _needed_names(plan: Plan) -> frozenset[str]:
    """Return the names of the KPIs that are measured."""
    return frozenset(name for name, _ in index_of_needed(plan).slices)


@lru_cache(maxsize=16)
def _rows_of_result(plan: Plan) -> I8:
    """Return where the rows of the result are among those that are measured."""
    slices = index_of_needed(plan).slices
    return np.concatenate([np.r_[slices[name]] for name in index_of(plan).slices]).astype(np.int64)


@lru_cache(maxsize=16)
def _weekdays(plan: Plan) -> list[tuple[I8, I8]]:
    """Return the rows by weekday, and those by day."""
    return rows_of_weekdays(index_of_needed(plan))


@lru_cache(maxsize=64)
def _wiring(plan: Plan, names: tuple[str, ...], by: tuple[Dimension, ...]) -> tuple[I8, frozenset[Name]]:
    """Return the key, the number of the KPI, and the row of each value of some KPIs; and the names of the values."""
    slices = index_of_needed(plan).slices
    sizes = {dimension: len(keys_of(plan, dimension)) for dimension in by}
    keys = dict(zip(by, pairwise(accumulate(sizes.values(), initial=0)), strict=True))
    blocks = [
        (number, name, dimension)
        for number, name in enumerate(names)
        for dimension in kpi(name).dimensions
        if dimension in keys and (name, dimension) in slices
    ]
    key = np.concatenate([np.arange(*keys[dimension]) for _, _, dimension in blocks])
    numbers = np.repeat([number for number, _, _ in blocks], [sizes[dimension] for _, _, dimension in blocks])
    row = np.concatenate([np.r_[slices[block[1:]]] for block in blocks])
    return np.column_stack([key, numbers, row]).astype(np.int64), frozenset(block[1:] for block in blocks)


@lru_cache(maxsize=16)
def _rows_off_duty(plan: Plan) -> I8:
    """Return the rows of KPIs of duty for unlimited groups, and for totals where all are; not those by weekday."""
    unlimited = plan.crews.unlimited > 0
    if not unlimited.any():
        return np.zeros(0, np.int64)
    names = {name for name, none in zip(plan.groups, unlimited.tolist(), strict=True) if none}
    index, of_week = index_of_needed(plan), set(by_weekdays().values())
    rows = [
        index.slices[name, by].start + number
        for name, by, keys in index.blocks
        if kpi(name).of_duty and by not in of_week
        for number, (key, *_) in enumerate(keys)
        if (key in names if by.startswith("group") else unlimited.all())
    ]
    return np.array(rows, dtype=np.int64)


@lru_cache(maxsize=16)
def _rows_within_warm_up(plan: Plan) -> I8:
    """Return the rows of intervals that begin within the warm-up, and of days that end within it."""
    first = first_interval(plan)
    first_day = int(day_of_intervals(plan)[first]) + 1 if first < plan.intervals else days_of(plan) + 1
    within = [
        (interval is not None and interval < first) or (day is not None and day < first_day)
        for _, _, keys in index_of_needed(plan).blocks
        for _, interval, day, _ in keys
    ]
    return np.flatnonzero(np.array(within, dtype=np.bool_))
