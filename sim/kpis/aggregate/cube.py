"""Cells of records, folded into the keys of each dimension without going over the records once per dimension or KPI.

Records that agree in all codes and flags form a cell. The pass over the log sums quantities per cell once; KPIs read
the few cells, which are then folded. All sums add one by one in the order of the records, whatever the machine, because
baselines are compared bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan
from sim.kpis.dimensions import BY_AGENT, Dimension, by_days
from sim.kpis.intervals import day_of_intervals, day_of_work, days_of, last_intervals
from sim.kpis.model import Kpi
from sim.numerics.quantiles import Values

__all__ = [
    "NONE",
    "Censored",
    "CodeColumn",
    "Cube",
    "Ratio",
    "Sample",
    "agent_cells",
    "agent_cube",
    "dimensions_by_day",
    "shared_dimensions",
]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

NONE = -(1 << 40)
"""Code of a cell that counts under no key of a dimension; it stays negative whatever it is combined with."""


class CodeColumn(NamedTuple):
    """A code for each cell, less than the size, or `NONE`."""

    codes: NDArray[np.signedinteger[Any]]
    size: int


def shared_dimensions(plan: Plan, step: I8, segment: I8) -> dict[Dimension, tuple[CodeColumn, ...]]:
    """Return the dimensions that contacts and journeys share, each with its codes."""
    return {
        "all": (),
        "channel": (CodeColumn(plan.step_channel[step], len(plan.channels)),),
        "intent": (CodeColumn(plan.step_intent[step], len(plan.intents)),),
        "segment": (CodeColumn(segment, len(plan.segments)),),
    }


def dimensions_by_day(
    plan: Plan, dimensions: Mapping[Dimension, tuple[CodeColumn, ...]], interval: I8, day: I8 | None = None
) -> dict[Dimension, tuple[CodeColumn, ...]]:
    """Return the dimensions of cells by day, none where the run has a single day.

    Parameters
    ----------
    plan
        Has the days.
    dimensions
        Of the whole run.
    interval
        The interval of each cell. The time after the last interval, whatever its number, is of the last day.
    day
        The day of each cell, the first = 0, where it is not that of the interval.
    """
    days = days_of(plan)
    if days == 1:
        return {}
    if day is None:
        day = day_of_intervals(plan)[np.minimum(interval, plan.intervals - 1)]
    code = CodeColumn(day, days)
    return {by_day: (*dimensions[dimension], code) for dimension, by_day in by_days(dimensions).items()}


@dataclass(frozen=True, eq=False)
class Cube:
    """Cells of contacts, journeys, customers or agents, and their keys in each dimension.

    Parameters
    ----------
    number
        Number of records of each cell, shape (cells,).
    keys
        Key of each cell in each dimension, numbered through all dimensions; negative where the cell counts under none,
        shape (dimensions, cells).
    dimensions
        Their names.
    ends
        Number of the first key of each dimension, and the number of keys, shape (dimensions + 1,).
    """

    number: F8
    keys: I8
    dimensions: tuple[Dimension, ...]
    ends: tuple[int, ...]

    @classmethod
    def build(cls, number: F8, dimensions: Mapping[Dimension, Sequence[CodeColumn]]) -> Self:
        """Return the cells with their keys.

        Parameters
        ----------
        number
            Number of records of each cell.
        dimensions
            The one or two codes of each dimension, of which the last one varies fastest and only the first may be
            `NONE`; no codes for "all".
        """
        keys, ends = np.empty((len(dimensions), len(number)), np.int64), [0]
        for row, columns in enumerate(dimensions.values()):
            codes, size = np.zeros(1, np.int64), 1
            for column in columns:
                codes, size = codes * column.size + column.codes, size * column.size
            keys[row] = codes + ends[-1]
            ends.append(ends[-1] + size)
        return cls(number, keys, tuple(dimensions), tuple(ends))

    def only(self, dimensions: Sequence[Dimension], *, with_days: bool = False) -> Cube:
        """Return the same cells with some of their dimensions, and perhaps those by day, as far as they have them."""
        if with_days:
            dimensions = tuple(dict.fromkeys((*dimensions, *by_days(dimensions).values())))
        rows = [self.dimensions.index(dimension) for dimension in dimensions if dimension in self.dimensions]
        dimensions = [self.dimensions[row] for row in rows]
        ends = (0, *accumulate(self.ends[row + 1] - self.ends[row] for row in rows))
        shift = np.array([[self.ends[row] - begin] for row, begin in zip(rows, ends, strict=False)])
        return Cube(self.number, self.keys[rows] - shift, tuple(dimensions), ends)

    @cached_property
    def every(self) -> B1:
        """A flag that all cells have."""
        return np.ones(len(self.number), dtype=np.bool_)

    def ratio(self, kpi: Kpi, num: F8 | B1, den: F8 | B1 | None = None) -> Ratio:
        """Return a KPI by each of its dimensions: the sum of one quantity over the sum of another.

        Parameters
        ----------
        kpi
            Its dimensions must be among the cube's.
        num, den
            One value per cell, or whether the cell's records count; without ``den`` the KPI is a count.
        """
        return Ratio(kpi, self, num, den)

    def sample(self, kpis: Mapping[float, Kpi], values: Values, counts: B1, dimensions: Sequence[Dimension]) -> Sample:
        """Return values for order statistics by each dimension.

        Parameters
        ----------
        kpis
            For each share in (0, 1], in ascending order, the KPI that it is the value of.
        values
            The values of the records that count, those that are 0 left out.
        counts
            Whether the cell's records count.
        dimensions
            Their names; those by day are added.
        """
        number = np.where(counts, self.number, 0.0).astype(np.int64)
        return Sample(kpis, self.only(dimensions, with_days=True), number, values)

    def sample_of(self, kpis: Mapping[float, Kpi], values: F8, counts: B1, dimensions: Sequence[Dimension]) -> Sample:
        """Return a part of a sample: the cells are single records, and other stretches of the run have further ones.

        Parameters
        ----------
        kpis, counts, dimensions
            As those of `sample`.
        values
            Of each record, 0 or more.
        """
        cells = np.flatnonzero(counts & (values > 0.0)).astype(np.int32)
        return self.sample(kpis, [(values[cells], cells)], counts, dimensions)._replace(is_part=True)


@lru_cache(maxsize=16)  # each replication of a plan asks again
def agent_cube(plan: Plan) -> Cube:
    """Return a cell for each group and interval, and for each group and day: for what is of the day and of no interval.

    They are in the order of a table [groups, intervals + days].
    """
    days = np.resize(
        np.concatenate([day_of_work(plan), np.arange(days_of(plan))]),
        len(plan.groups) * (plan.intervals + days_of(plan)),
    )
    intervals = np.concatenate([np.arange(plan.intervals), last_intervals(plan)])
    groups, columns = np.indices((len(plan.groups), len(intervals)))
    groups, of_interval, intervals = (
        groups.reshape(-1),
        columns.reshape(-1) < plan.intervals,
        np.resize(intervals, columns.size),
    )
    group, size = CodeColumn(groups, len(plan.groups)), plan.intervals
    dimensions: dict[Dimension, tuple[CodeColumn, ...]] = {
        "all": (),
        "interval": (CodeColumn(np.where(of_interval, intervals, NONE), size),),
        "group": (group,),
        "group_interval": (group._replace(codes=np.where(of_interval, groups, NONE)), CodeColumn(intervals, size)),
    }
    dimensions = {dimension: dimensions[dimension] for dimension in BY_AGENT}
    return Cube.build(np.ones(len(groups)), dimensions | dimensions_by_day(plan, dimensions, intervals, days))


def agent_cells(plan: Plan, table: F8, outside: Sequence[F8 | None] = (None, None)) -> F8:
    """Return a table as a value for each of the agents' cells.

    Parameters
    ----------
    plan
        Has the groups, intervals and days.
    table
        [groups, intervals], or [groups, intervals + 1] with what is after the last interval: that is of the last day.
    outside
        Of each group, before the first interval and after the last: of the first and the last day, and of no interval.
    """
    cells = np.zeros((len(plan.groups), plan.intervals + days_of(plan)))
    cells[:, : plan.intervals] = table[:, : plan.intervals]
    if table.shape[1] > plan.intervals:
        cells[:, -1] = table[:, -1]
    for column, values in zip((plan.intervals, -1), outside, strict=True):
        if values is not None:
            cells[:, column] += values
    return cells.reshape(-1)


class Ratio(NamedTuple):
    """A KPI as one quantity of each cell over another."""

    kpi: Kpi
    cube: Cube
    num: F8 | B1
    den: F8 | B1 | None


class Sample(NamedTuple):
    """Values whose order statistics are KPIs, by each dimension of their cells."""

    kpis: Mapping[float, Kpi]  # for each share in (0, 1], in ascending order, the KPI that it is the value of
    cube: Cube
    number: I8  # how many values each cell has, those that are 0 included
    values: Values  # those that are not 0, each with its cell
    is_part: bool = False  # other stretches of the run have further values


class Censored(NamedTuple):
    """Part of a sample of which some values are only known to be exceeded, and whose mean is a KPI."""

    kpi: Kpi
    cube: Cube  # a cell for each value
    values: F8
    observed: B1  # whether the value is known, not only that it is exceeded
