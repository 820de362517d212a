"""Find the KPI families, and measure one replication with all of them."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import near
from sim.core.plugins import found_in
from sim.kpis.cuts import Cut, keys_of
from sim.kpis.model import Family, Kpi, Measures, Part, Row
from sim.kpis.view import View, first_interval

if TYPE_CHECKING:
    from sim.engine.log import Log
    from sim.engine.plan import Plan
    from sim.population.draw import Population

__all__ = ["define", "families", "index_of", "kpi", "kpis", "measure", "targets_of"]

F8 = NDArray[np.float64]


@cache
def families() -> tuple[Family, ...]:
    """Return the KPI families: the modules of this package that have ``KPIS`` and ``measure``, by name."""
    return tuple(cast("Family", import_module(f"sim.kpis.{name}")) for name in found_in("sim.kpis", "KPIS"))


@cache
def kpis() -> tuple[Kpi, ...]:
    """Return every KPI, family by family."""
    return tuple(one for family in families() for one in family.KPIS)


def kpi(name: str) -> Kpi:
    """Return a KPI.

    Parameters
    ----------
    name
        KeyError with the near names where there is none of that name.
    """
    known = {one.name: one for one in kpis()}
    if name not in known:
        raise KeyError(f'"{name}" is not a KPI; {near(name, known)}')
    return known[name]


@lru_cache(maxsize=4)  # each replication of a plan asks again
def index_of(plan: Plan) -> tuple[Row, ...]:
    """Return the rows that every replication of a plan has.

    Parameters
    ----------
    plan
        Fixes them.
    """
    return tuple(
        Row(one.name, by, key, interval) for one in kpis() for by in one.cuts for key, interval in keys_of(plan, by)
    )


def measure(plan: Plan, population: Population, log: Log) -> Measures:
    """Measure one replication.

    Parameters
    ----------
    plan, population, log
        What was planned, who came, and what happened.
    """
    view = View(plan, population, log)
    kept = {by: _counts(plan, by) for one in kpis() for by in one.cuts}
    nums: list[F8] = []
    dens: list[F8] = []
    for family in families():
        parts = {(part.kpi, part.by): part for part in family.measure(view)}
        for one in family.KPIS:
            for by in one.cuts:
                part: Part = parts[one.name, by]
                nums.append(np.where(kept[by], part.num, 0.0))
                dens.append(np.where(kept[by], part.den, 0.0))
    return Measures(index_of(plan), np.concatenate(nums), np.concatenate(dens))


@lru_cache(maxsize=64)
def _counts(plan: Plan, by: Cut) -> NDArray[np.bool_]:
    """Tell which keys of a cut count: intervals that begin within the warm-up do not."""
    first = first_interval(plan)
    return np.array([interval is None or interval >= first for _, interval in keys_of(plan, by)], dtype=np.bool_)


def targets_of(plan: Plan) -> F8:
    """Return the wanted value of each row of the index, NaN where there is none.

    Parameters
    ----------
    plan
        Says what service level each queue should have.
    """
    wanted = dict(zip(plan.queues, plan.queue_target.tolist(), strict=True))
    targeted = {one.name for one in kpis() if one.targeted}
    return np.array(
        [
            wanted[row.key] if row.kpi in targeted and row.by in {"queue", "queue_interval"} else np.nan
            for row in index_of(plan)
        ]
    )


def define(one: Kpi, plan: Plan | None = None, key: str = "") -> str:
    """Return a KPI's definition, with the threshold that it was measured with.

    Parameters
    ----------
    one
        The KPI.
    plan
        Where to read thresholds; without it the definition speaks of them in general.
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
    return one.definition.replace("{within}", within)
