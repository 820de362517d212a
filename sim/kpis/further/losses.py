"""Losses: abandonments at the time at which they happen, and redials that are lost again.

A redial is a contact after one of the same journey with the same queue that no agent answered.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.engine.plan import Result
from sim.kpis.aggregate.completed_log import CompletedLog
from sim.kpis.aggregate.cube import Ratio
from sim.kpis.dimensions import Dimension
from sim.kpis.model import Kpi, KpiValues
from sim.kpis.timeline.time_slice import TimeSlice

__all__ = ["KPIS", "tally", "watch"]

BY: tuple[Dimension, ...] = ("all", "interval", "queue", "queue_interval")

LOST = Kpi(
    "abandoned_then",
    "Abandoned, by time of loss",
    "contacts",
    "lower",
    "Contacts whose customer gave up waiting within the interval, whenever they came.",
    BY,
)
REDIALS = Kpi(
    "redials",
    "Redials",
    "contacts",
    "lower",
    "Contacts after one of the same journey with the same queue that no agent answered.",
)
REDIALS_LOST = Kpi("redials_lost", "Redials lost", "contacts", "lower", "Redials that ended without an answer, too.")
REDIAL_LOSS = Kpi("redial_loss", "Loss of redials", "share", "lower", "Redials lost / redials.")

KPIS = (LOST, REDIALS, REDIALS_LOST, REDIAL_LOSS)


def watch(time_slice: TimeSlice) -> Iterator[KpiValues]:
    """Count who gives up in each interval."""
    plan, log = time_slice.plan, time_slice.log
    rows = np.flatnonzero(
        (log.result == Result.ABANDONED) & (log.ended >= time_slice.begin) & (log.ended < time_slice.end)
    )
    interval = np.searchsorted(time_slice.edges, log.ended[rows], side="right") - 1
    kept = (interval >= time_slice.first) & (interval < plan.intervals)
    queue, interval = plan.step_queue[log.step[rows[kept]]].astype(np.int64), interval[kept]
    shape = len(plan.queues), plan.intervals
    table = np.bincount(queue * shape[1] + interval, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    yield KpiValues(LOST.name, "all", table.sum(keepdims=True).reshape(-1))
    yield KpiValues(LOST.name, "interval", table.sum(axis=0))
    yield KpiValues(LOST.name, "queue", table.sum(axis=1))
    yield KpiValues(LOST.name, "queue_interval", table.reshape(-1))


def tally(completed: CompletedLog) -> Iterator[Ratio]:
    """Count the redials."""
    contacts = completed.contacts
    lost = ~contacts.answered & (contacts.result != Result.INSIDE)
    order = np.lexsort((np.arange(len(lost)), contacts.queue, contacts.journey))
    journey, queue = contacts.journey[order], contacts.queue[order]
    is_redial = np.zeros(len(lost), np.bool_)
    again = (journey[1:] == journey[:-1]) & (queue[1:] == queue[:-1]) & lost[order[:-1]]
    is_redial[order[1:]] = again
    redials = is_redial & contacts.counts
    cube, lost_again = completed.cube_of_contacts(redials), lost[redials]
    yield cube.ratio(REDIALS, cube.every)
    yield cube.ratio(REDIALS_LOST, lost_again)
    yield cube.ratio(REDIAL_LOSS, lost_again, cube.every)
