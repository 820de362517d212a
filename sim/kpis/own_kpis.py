"""KPIs of the user's own: ratios of sums over touchpoints that began within the reporting time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.core.own_code import failure, loaded
from sim.engine.log import Block
from sim.engine.plan import Plan
from sim.kpis.dimensions import Dimension, by_days, keys_of
from sim.kpis.intervals import counted_intervals
from sim.kpis.model import KpiValues
from sim.kpis.registry import kpi

__all__ = ["own_values"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


def own_values(plan: Plan, block: Block) -> Iterator[KpiValues]:
    """Yield the values of the user's own KPIs in a block, by all their dimensions.

    Parameters
    ----------
    plan
        Names the KPIs.
    block
        Its completed customers count.
    """
    for name in (name for name in plan.own_kpis if not plan.only_kpis or name in plan.only_kpis):
        num, den = _sums(name, plan, block)
        interval = counted_intervals(plan, block.completed.began, block.completed.started)
        counts = (den != 0.0) & (interval >= 0)
        for by in kpi(name).dimensions:
            if by in _measured(kpi(name).dimensions):
                code = np.where(counts, _codes(plan, block, interval, by), -1)
                rows, size = code >= 0, len(keys_of(plan, by))
                above, below = (np.bincount(code[rows], values[rows], size) for values in (num, den))
                yield KpiValues(name, by, above.astype(np.float64), below.astype(np.float64))


def _measured(dimensions: tuple[Dimension, ...]) -> set[Dimension]:
    """Return the dimensions that are no sums over days."""
    days = set(by_days(dimensions).values())
    return {by for by in dimensions if by not in days and not by.endswith("weekday")}


def _sums(name: str, plan: Plan, block: Block) -> tuple[F8, F8]:
    """Return what a KPI sums above and below the line, for each touchpoint; where nothing is below, 0 is above."""
    code, rows = loaded("kpi", name), len(block.completed)
    assert code is not None
    try:
        num, den = (np.asarray(values, dtype=np.float64) for values in code.value.sums(block.completed, plan))
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises
        raise failure("kpi", name, code.location, error) from None
    num, den = (np.broadcast_to(values, rows) if values.ndim == 0 else values for values in (num, den))
    if num.shape != (rows,) or den.shape != (rows,):
        shapes = f"{num.shape} and {den.shape}"
        raise failure("kpi", name, code.location, f"returned columns of shape {shapes}; the log has {rows} touchpoints")
    num = np.where(den == 0.0, 0.0, num)
    if not (np.isfinite(num).all() and np.isfinite(den).all()):
        raise failure(
            "kpi", name, code.location, "returned values that are not finite; give 0 below the line for those"
        )
    return num, den


def _codes(plan: Plan, block: Block, interval: I8, by: Dimension) -> I8:
    """Return the key of each touchpoint in a dimension, -1 for none."""
    log, (owner, _, per) = block.completed, by.rpartition("_")
    codes: dict[str, NDArray[np.int32] | NDArray[np.int64]] = {
        "all": np.zeros(len(log), np.int64),
        "interval": interval,
        "channel": plan.step_channel[log.step],
        "intent": plan.step_intent[log.step],
        "queue": plan.step_queue[log.step],
        "group": log.group,
        "segment": block.population.segment[log.customer],
        "step": log.step,
    }
    if not owner:
        return codes[per].astype(np.int64)
    first = codes[owner].astype(np.int64)
    return np.where(first >= 0, first * plan.intervals + interval, -1)
