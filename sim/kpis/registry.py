"""Find the KPI families, and say what they measure."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import near
from sim.core.plugins import found_in
from sim.kpis.dimensions import keys_of
from sim.kpis.model import Index, Kpi, Part, Parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sim.engine.plan import Plan
    from sim.kpis.aggregate.completed_customers import View
    from sim.kpis.aggregate.cube import Ratio, Sample
    from sim.kpis.timeline.time_slice import Window

__all__ = ["Family", "define", "families", "index_of", "kpi", "kpis", "targets_of"]

F8 = NDArray[np.float64]


def _nothing(*_: object) -> Iterable[Part]:
    """Yield no part."""
    return ()


class Family(NamedTuple):
    """What a module of this package has that has ``KPIS``; each KPI comes from one of the three verbs, by all its cuts.

    ``measure`` looks at customers who are through, and sees all of their touchpoints. ``watch`` looks at a stretch of
    time, and sees everything that went on in it. ``derive`` looks at what the others found, once all is added up.
    """

    name: str
    doc: str | None
    kpis: tuple[Kpi, ...]
    measure: Callable[[View], Iterable[Part | Ratio | Sample]] = _nothing
    watch: Callable[[Window], Iterable[Part]] = _nothing
    derive: Callable[[Plan, Parts], Iterable[Part]] = _nothing


@cache
def families() -> tuple[Family, ...]:
    """Return the KPI families: the modules of this package that have ``KPIS``, by name."""
    return tuple(_family(name) for name in found_in("sim.kpis.families", "KPIS"))


def _family(name: str) -> Family:
    module = vars(import_module(f"sim.kpis.families.{name}"))
    return Family(name, module["__doc__"], module["KPIS"], **{verb: module[verb] for verb in _VERBS if verb in module})


_VERBS = ("measure", "watch", "derive")


@cache
def kpis() -> tuple[Kpi, ...]:
    """Return every KPI, family by family."""
    return tuple(one for family in families() for one in family.kpis)


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


@lru_cache(maxsize=16)  # each replication of a plan asks again
def index_of(plan: Plan) -> Index:
    """Return the rows that every replication of a plan has.

    Parameters
    ----------
    plan
        Fixes them.
    """
    return Index((one.name, by, keys_of(plan, by)) for one in kpis() for by in one.cuts)


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
