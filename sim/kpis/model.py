"""What a KPI is, and what one replication gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.kpis.cuts import BY_CONTACT, Cut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim.kpis.view import View

__all__ = ["Family", "Kpi", "Measures", "Part", "Row"]

F8 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kpi:
    """One key performance indicator: always a ratio, so that replications add up.

    Parameters
    ----------
    name
        As it stands in files.
    title
        As people read it.
    unit
        ``"share"`` is a fraction of 1; ``"s"`` seconds; otherwise what is counted.
    better
        Which way is better; None where neither is.
    definition
        One sentence; ``{within}`` stands for the acceptable waiting time of the queue.
    cuts
        What it is broken down by.
    targeted
        Whether a queue's wanted service level applies to it.
    """

    name: str
    title: str
    unit: str
    better: Literal["higher", "lower"] | None
    definition: str
    cuts: tuple[Cut, ...] = field(default=BY_CONTACT)
    targeted: bool = False


class Row(NamedTuple):
    """Which value this is: a KPI, broken down by a cut, for one of its keys.

    Each cut is a partition: the rows of one ``by`` never overlap, so that adding counts over them counts nothing twice.
    """

    kpi: str
    by: str
    key: str  # a name out of the plan; empty for the cuts "all" and "interval"
    interval: int | None  # number of the reporting interval, None = the whole run


class Part(NamedTuple):
    """The values of one KPI over all keys of one cut."""

    kpi: str
    by: Cut
    num: F8
    den: F8


class Family(Protocol):
    """A module of this package with these two names is a KPI family."""

    KPIS: tuple[Kpi, ...]

    def measure(self, view: View) -> Iterable[Part]:
        """Measure each KPI by each of its cuts."""


@dataclass(frozen=True, eq=False)
class Measures:
    """The KPIs of one replication: the value of row ``i`` is ``num[i] / den[i]``, undefined where ``den[i]`` is 0."""

    index: tuple[Row, ...]
    num: F8
    den: F8

    @property
    def value(self) -> F8:
        """The values, NaN where undefined."""
        value = np.full(len(self.num), np.nan)
        np.divide(self.num, self.den, out=value, where=self.den != 0)
        return value

    def of(self, kpi: str, by: str = "all", key: str = "", interval: int | None = None) -> float:
        """Return one value.

        Parameters
        ----------
        kpi, by, key, interval
            The row; KeyError where there is none.
        """
        try:
            return float(self.value[self.index.index(Row(kpi, by, key, interval))])
        except ValueError:
            raise KeyError((kpi, by, key, interval)) from None
