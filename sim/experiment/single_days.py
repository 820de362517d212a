"""Single days of replications: the spread of their values, and the share of them that reach the target.

A run of one day has a day in each replication. Of a longer run each day counts, not each run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.units import WEEKDAYS
from sim.experiment.columns import ColumnSource, blocks_of
from sim.experiment.probability import effective_days
from sim.experiment.ratios import divide
from sim.kpis import Row
from sim.kpis.days import rows_of_days, rows_of_weekdays
from sim.kpis.model import Index

__all__ = ["JointDays", "columns_of_days", "joint_days", "set_days"]

F8 = NDArray[np.float64]

OF_DAYS = ("mean_of_days", "p10", "p50", "p90", "meets", "days", "effective_days")  # columns
ONE_DAY = ("interval", "day", "weekday")  # parts of a replication that lie within single days


def columns_of_days(days: F8, target: F8) -> dict[str, F8]:
    """Return the columns of `Estimates` that look at single days, from the days' own ratios, [days, rows]."""
    known = ~np.isnan(days)
    defined = known.sum(axis=0).astype(np.float64)
    with_target = np.where(np.isnan(target), 0.0, defined)
    p10, p50, p90 = _quantiles(days, (0.1, 0.5, 0.9))
    return {
        "mean_of_days": divide(np.where(known, days, 0.0).sum(axis=0), defined),
        "p10": p10,
        "p50": p50,
        "p90": p90,
        "meets": divide((days >= target).sum(axis=0).astype(np.float64), with_target),
        "days": defined,
        "effective_days": defined.copy(),
    }


def set_days(columns: dict[str, F8], index: Sequence[Row], source: ColumnSource, target: F8) -> None:
    """Replace the columns of `Estimates` that look at single days, where each replication has several.

    Days on which the run is closed are none of them.

    Parameters
    ----------
    columns
        They become NaN in dimensions that have none by day.
    index
        The rows.
    source
        Numerators and denominators.
    target
        Targets, NaN = none.
    """
    if not isinstance(index, Index):
        return
    if not index.several_days:
        return
    by_day, by_weekday = list(rows_of_days(index)), rows_of_weekdays(index)
    whole_run = [rows for (_, by), rows in index.slices.items() if by.rpartition("_")[2] not in ONE_DAY]
    for rows in whole_run:
        for name in OF_DAYS:
            columns[name][rows] = np.nan
    if not by_day:  # nobody asked for days
        return
    closed = np.zeros((len(by_day[0][1][0]),), np.bool_)
    closed[[day - 1 for day in index.closed_days]] = True
    by_weekday_closed = [closed[weekday :: len(WEEKDAYS)] for weekday in range(len(by_weekday))]
    is_closed = [*[closed] * len(by_day), *by_weekday_closed]
    for (totals, days), of_closed in zip((*by_day, *by_weekday), is_closed, strict=True):
        for rows in blocks_of(len(source) * days.shape[1], len(totals)):
            block, wanted = totals[rows], target[totals[rows]]
            ratios = divide(*source.take(days[rows]))
            ratios[:, :, of_closed] = np.nan
            met = (ratios >= wanted[:, None]).sum(axis=2).astype(np.float64)
            known = (~np.isnan(ratios)).sum(axis=2).astype(np.float64)
            ratios = ratios.transpose(0, 2, 1).reshape(-1, len(block))
            of_days = columns_of_days(ratios, wanted) | {"effective_days": effective_days(met, known)}
            for name, values in of_days.items():
                columns[name][block] = values


class JointDays(NamedTuple):
    """Share of the days on which all queues reach their targets, days that have any, and how many tell as much."""

    meets: float
    days: float
    effective_days: float


def joint_days(index: Sequence[Row], source: ColumnSource, target: F8) -> JointDays | None:
    """Return on how many days all queues with a target reach it; a queue to which nobody comes misses none.

    Parameters
    ----------
    index, source, target
        As for `set_days`.

    Returns
    -------
    JointDays or None
        None with fewer than two such queues, or where their days were not measured.
    """
    if not isinstance(index, Index):
        return None
    totals = index.slices.get(("service_level", "queue"), slice(0, 0))
    rows = np.arange(totals.start, totals.stop)[~np.isnan(target[totals])]
    if len(rows) < 2:
        return None
    days = rows[:, None]
    if index.several_days:
        of_queues = (table for of_rows, table in rows_of_days(index) if of_rows.size and of_rows[0] == totals.start)
        if (table := next(of_queues, None)) is None:
            return None
        days = table[rows - totals.start]
    closed = [day - 1 for day in index.closed_days] if index.several_days else []
    missed, counts = np.zeros((2, 1, days.shape[1]), np.bool_)
    for of_queue, bound in zip(days, target[rows].tolist(), strict=True):  # one at a time: days are many
        ratios = divide(*source.take(of_queue))
        ratios[:, closed] = np.nan
        missed, counts = missed | (ratios < bound), counts | ~np.isnan(ratios)
    met = counts & ~missed
    known = counts.sum(axis=1, keepdims=True).astype(np.float64)
    reached = met.sum(axis=1, keepdims=True).astype(np.float64)
    if not known.sum():
        return None
    return JointDays(float(reached.sum() / known.sum()), float(known.sum()), float(effective_days(reached, known)[0]))


def _quantiles(days: F8, shares: Sequence[float]) -> list[F8]:
    """Return quantiles over the days that have a value, by linear interpolation between the order statistics."""
    ordered = np.sort(days, axis=0)  # NaN last
    last = np.maximum((~np.isnan(days)).sum(axis=0) - 1, 0)
    column = np.arange(days.shape[1])
    quantiles = []
    for share in shares:
        rank = share * last
        low = np.floor(rank).astype(np.int64)
        below, above = ordered[low, column], ordered[np.minimum(low + 1, last), column]
        quantiles.append(below + (rank - low) * (above - below))
    return quantiles
