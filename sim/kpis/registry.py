"""Registry of KPI families, their KPIs, and the rows that a plan gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import near
from sim.core.own_code import loaded
from sim.core.own_kpi import OwnKpi
from sim.core.plugins import found_in
from sim.engine.plan import Plan
from sim.kpis.aggregate.completed_customers import CompletedCustomers
from sim.kpis.aggregate.completed_log import CompletedLog
from sim.kpis.aggregate.cube import Censored, Ratio, Sample
from sim.kpis.days import interval_dimension
from sim.kpis.dimensions import BY_TOUCHPOINT, Dimension, keys_of
from sim.kpis.intervals import days_of, is_closed
from sim.kpis.model import Index, Kpi, KpiTable, KpiValues, Row
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = [
    "Family", "available_kpis", "bounds_of", "define", "families", "families_of", "further_families", "index_of",
    "index_of_needed", "kpi", "kpis", "kpis_in", "kpis_of", "names_read", "own_kpi", "targets_of",
]  # fmt: skip

F8 = NDArray[np.float64]


def _nothing(*_: object) -> Iterable[KpiValues]:
    """Yield nothing."""
    return ()


class Family(NamedTuple):
    """Contents of a family's module; one of the four functions yields each KPI, by all its dimensions.

    ``measure`` reads completed customers, and sees all of their touchpoints. ``watch`` reads a time slice, and sees
    everything that went on in it. ``tally`` reads the touchpoints of customers one by one, which only families do that
    a scenario asks for. ``derive`` reads the KPIs of the others, summed over the run.

    ``derived`` are the KPIs that need ``derive`` (`DERIVED` of the module), and ``reads`` the names of all that it
    reads, by all their dimensions (`READS`).
    """

    name: str
    doc: str | None
    kpis: tuple[Kpi, ...]
    measure: Callable[[CompletedCustomers], Iterable[KpiValues | Ratio | Sample]] = _nothing
    watch: Callable[[TimeSlice], Iterable[KpiValues]] = _nothing
    tally: Callable[[CompletedLog], Iterable[KpiValues | Ratio | Sample | Censored]] = _nothing
    derive: Callable[[Plan, KpiTable], Iterable[KpiValues]] = _nothing
    derived: tuple[Kpi, ...] = ()
    reads: tuple[str, ...] = ()

    @property
    def reads_customers(self) -> bool:
        """Whether it reads completed customers."""
        return self.measure is not _nothing

    @property
    def reads_slices(self) -> bool:
        """Whether it reads time slices."""
        return self.watch is not _nothing


@cache
def families() -> tuple[Family, ...]:
    """Return the KPI families: the modules of `sim.kpis.families` that have ``KPIS``, by name."""
    return tuple(_family("families", name) for name in found_in("sim.kpis.families", "KPIS"))


@cache
def further_families() -> tuple[Family, ...]:
    """Return the families that are measured only where a scenario asks: the modules of `sim.kpis.further`, by name."""
    return tuple(_family("further", name) for name in found_in("sim.kpis.further", "KPIS"))


@lru_cache(maxsize=16)  # each replication of a plan asks again
def families_of(plan: Plan) -> tuple[Family, ...]:
    """Return the families that are measured for a plan, also those that are only read by others."""
    needed = {name for name, _ in index_of_needed(plan).slices}
    return tuple(family for family in _available(plan) if any(kpi.name in needed for kpi in family.kpis))


def _available(plan: Plan) -> tuple[Family, ...]:
    """Return the families that a scenario has, whatever was chosen of them."""
    wanted = set(plan.kpi_families)
    return (*families(), *(family for family in further_families() if family.name in wanted))


def _family(folder: str, name: str) -> Family:
    module = vars(import_module(f"sim.kpis.{folder}.{name}"))
    verbs = {verb: module[verb] for verb in _VERBS if verb in module}
    derived, reads = module.get("DERIVED", ()), module.get("READS", ())
    return Family(name, module["__doc__"], module["KPIS"], **verbs, derived=derived, reads=reads)


_VERBS = ("measure", "watch", "tally", "derive")


@cache
def kpis() -> tuple[Kpi, ...]:
    """Return every KPI that is always measured, family by family."""
    return tuple(kpi for family in families() for kpi in family.kpis)


@cache
def _known() -> dict[str, Kpi]:
    """Return every KPI, the further ones too, by its name."""
    return {kpi.name: kpi for family in (*families(), *further_families()) for kpi in family.kpis}


def kpi(name: str) -> Kpi:
    """Return a KPI.

    Parameters
    ----------
    name
        KeyError with the near names where there is none of that name.
    """
    known = _known()
    if name not in known and (own := own_kpi(name)):
        return own
    if name not in known:
        raise KeyError(f'"{name}" is not a KPI; {near(name, known)}')
    return known[name]


def own_kpi(name: str) -> Kpi | None:
    """Return a KPI of the user's own that was loaded, None if there is none of that name."""
    code = loaded("kpi", name)
    if code is None or not isinstance(code.value, OwnKpi):
        return None
    own = code.value
    by = BY_TOUCHPOINT if own.by is None else tuple(dimension for dimension in BY_TOUCHPOINT if dimension in own.by)
    return Kpi(name, own.title, own.unit, own.better, own.definition, by)


def available_kpis(plan: Plan) -> tuple[Kpi, ...]:
    """Return every KPI that a scenario has, whatever was chosen of them: family by family, and the user's own."""
    return (*(kpi for family in _available(plan) for kpi in family.kpis), *map(kpi, plan.own_kpis))


def kpis_of(plan: Plan) -> tuple[Kpi, ...]:
    """Return every KPI of a plan's result: family by family, and the user's own."""
    return tuple(kpi for kpi in available_kpis(plan) if _dimensions(plan, kpi))


def _dimensions(plan: Plan, kpi: Kpi) -> tuple[Dimension, ...]:
    """Return the dimensions by which a KPI is in the result."""
    if plan.only_kpis and kpi.name not in plan.only_kpis:
        return ()
    return tuple(by for by in kpi.dimensions if not plan.only_dimensions or by in plan.only_dimensions)


def kpis_in(index: Sequence[Row]) -> dict[str, Kpi]:
    """Return by their names every KPI that is always measured, and others that have rows."""
    names = [block[0] for block in index.blocks] if isinstance(index, Index) else [row.kpi for row in index]
    known = {kpi.name: kpi for kpi in kpis()}
    return known | {name: kpi(name) for name in dict.fromkeys(names) if name not in known}


@lru_cache(maxsize=16)  # each replication of a plan asks again
def index_of(plan: Plan) -> Index:
    """Return the rows that every replication of a plan has."""
    return _index(plan, ((kpi, by) for kpi in kpis_of(plan) for by in _dimensions(plan, kpi)))


def _index(plan: Plan, names: Iterable[tuple[Kpi, Dimension]]) -> Index:
    days = days_of(plan)
    blocks = ((kpi.name, by, keys_of(plan, by)) for kpi, by in names)
    return Index(blocks, (day for day in range(1, days + 1) if is_closed(plan, day)), several_days=days > 1)


@lru_cache(maxsize=16)
def index_of_needed(plan: Plan) -> Index:
    """Return the rows that are measured: those of the result, and those that others are made of."""
    if not (plan.only_kpis or plan.only_dimensions):
        return index_of(plan)
    needed = set(index_of(plan).slices) | names_read(plan)
    if days_of(plan) > 1:  # days are made of intervals where nobody measures them
        needed |= {(name, interval) for name, by in needed if (interval := interval_dimension(by)) is not None}
    return _index(
        plan, ((kpi, by) for kpi in available_kpis(plan) for by in kpi.dimensions if (kpi.name, by) in needed)
    )


@lru_cache(maxsize=16)
def names_read(plan: Plan) -> frozenset[tuple[str, Dimension]]:
    """Return the KPIs, by their dimensions, that `derive` reads for the result."""
    chosen = {name for name, _ in index_of(plan).slices}
    derive = (family for family in _available(plan) if any(kpi.name in chosen for kpi in family.derived))
    return frozenset((name, by) for family in derive for name in family.reads for by in kpi(name).dimensions)


def bounds_of(index: Sequence[Row]) -> tuple[F8, F8]:
    """Return the least and the greatest value that each row may have."""
    blocks = (
        [(name, len(keys)) for name, _, keys in index.blocks]
        if isinstance(index, Index)
        else [(row.kpi, 1) for row in index]
    )
    bounds = np.array([kpi(name).bounds for name, _ in blocks]).reshape(-1, 2)
    least, most = np.repeat(bounds, [rows for _, rows in blocks], axis=0).T
    return least, most


def targets_of(plan: Plan) -> F8:
    """Return the target of each row of the index, NaN where there is none."""
    targets = dict(zip(plan.queues, plan.queue_target.tolist(), strict=True))
    targeted = {kpi.name for kpi in kpis() if kpi.targeted}
    return np.array(
        [targets[row.key] if row.kpi in targeted and row.by.startswith("queue") else np.nan for row in index_of(plan)]
    )


def define(kpi: Kpi, plan: Plan | None = None, key: str = "") -> str:
    """Return a KPI's definition, with the threshold that it was measured with.

    Parameters
    ----------
    kpi
        The KPI.
    plan
        Has the thresholds; without it the definition names them in general.
    key
        The queue; empty for all of them.
    """
    within = "the queue's acceptable waiting time"
    if plan is not None:
        limits = dict(zip(plan.queues, plan.queue_within.tolist(), strict=True))
        if key in limits:
            within = f"{limits[key]:g} s"
        elif len(set(limits.values())) == 1:
            within = f"{next(iter(limits.values())):g} s"
        else:
            within += " (" + ", ".join(f"{name} {limit:g} s" for name, limit in limits.items()) + ")"
    return kpi.definition.replace("{within}", within)
