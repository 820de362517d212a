"""Adding up records per key of each cut, without going over the records once per cut, or even once per KPI.

Records that agree in all codes and marks (yes or no) that a KPI may look at form a *cell*. What KPIs are made of is
added up per cell once, as the records are told of; KPIs look at the few cells, which are then folded into the keys of
each cut. All sums add one by one in the order of the records, whatever the machine: baselines are compared bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from sim.kpis.dimensions import BY_AGENT, Cut

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sim.engine.plan import Plan
    from sim.kpis.aggregate.tables import Kept
    from sim.kpis.model import Kpi
    from sim.numerics.quantiles import Values

__all__ = ["NONE", "Cells", "Coded", "Ratio", "Sample", "cells_of_agents", "cuts_of", "taken_apart"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Codes = NDArray[np.signedinteger[Any]]


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


NONE = -(1 << 40)
"""The code of a cell that counts under no key of a cut: so small that it stays below 0 whatever it is combined with."""


class Coded(NamedTuple):
    """Codes of cells.

    Parameters
    ----------
    codes
        Or `NONE`.
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
    """The cells of contacts, journeys, customers or agents, one per row.

    Parameters
    ----------
    number
        How many records each cell has, shape (cells,).
    keys
        The key that each cell counts under by each cut, numbered through all cuts; negative where it counts under none,
        shape (cuts, cells).
    cuts
        Their names.
    ends
        Where the keys of each cut begin, and those of the last one end, shape (cuts + 1,).
    """

    number: F8
    keys: I8
    cuts: tuple[Cut, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, number: F8, cuts: Mapping[Cut, Sequence[Coded]]) -> Self:
        """Return cells.

        Parameters
        ----------
        number
            How many records each cell has.
        cuts
            For each cut, the one or two codes that it looks at, of which the last one varies fastest and only the first
            may be `NONE`; no codes for "all".
        """
        keys, ends = np.empty((len(cuts), len(number)), np.int64), [0]
        for at, used in enumerate(cuts.values()):
            code, size = np.zeros(1, np.int64), 1
            for one in used:
                code, size = code * one.size + one.codes, size * one.size
            keys[at] = code + ends[-1]
            ends.append(ends[-1] + size)
        return cls(number, keys, tuple(cuts), tuple(ends))

    def only(self, cuts: Sequence[Cut]) -> Cells:
        """Return the same cells by some of their cuts.

        Parameters
        ----------
        cuts
            Which ones.
        """
        at = [self.cuts.index(cut) for cut in cuts]
        ends = (0, *accumulate(self.ends[one + 1] - self.ends[one] for one in at))
        shift = np.array([[self.ends[one] - begin] for one, begin in zip(at, ends, strict=False)])
        return Cells(self.number, self.keys[at] - shift, tuple(cuts), ends)

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
        return Sample(kpis, self.only(cuts), np.where(counts, self.number, 0.0).astype(np.int64), kept)


@lru_cache(maxsize=16)  # each replication of a plan asks again
def cells_of_agents(plan: Plan) -> Cells:
    """Return a cell for each group and interval, for what is told of agents: those of a table [groups, intervals].

    Parameters
    ----------
    plan
        Has the groups and the intervals.
    """
    group, interval = (it.reshape(-1) for it in np.indices((len(plan.groups), plan.intervals)))
    who, when = Coded(group, len(plan.groups)), Coded(interval, plan.intervals)
    cuts: dict[Cut, tuple[Coded, ...]] = {
        "all": (),
        "interval": (when,),
        "group": (who,),
        "group_interval": (who, when),
    }
    return Cells.of(np.ones(len(group)), {by: cuts[by] for by in BY_AGENT})


class Ratio(NamedTuple):
    """A KPI of cells."""

    kpi: Kpi
    cells: Cells
    num: F8 | B1
    den: F8 | B1 | None


class Sample(NamedTuple):
    """Values whose order statistics are wanted, by each cut of their cells."""

    kpis: Mapping[float, Kpi]  # for each share in (0, 1], in ascending order, the KPI that it is the value of
    cells: Cells
    number: I8  # how many values each cell has, those that are 0 included
    kept: Values  # those that are not 0, each with its cell
