"""Contacts served, by queue and group: who served whom."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.engine.plan import Plan
from sim.kpis.aggregate.completed_log import CompletedLog
from sim.kpis.dimensions import Dimension
from sim.kpis.model import Kpi, KpiValues

__all__ = ["KPIS", "tally"]

BY: tuple[Dimension, ...] = ("queue_group",)

SERVED = Kpi("served", "Served", "contacts", None, "Contacts of the queue that the group answered.", BY)
SHARE = Kpi(
    "served_share", "Share served", "share", None, "Contacts of the queue that the group answered / answered.", BY
)

KPIS = (SERVED, SHARE)


def tally(completed: CompletedLog) -> Iterator[KpiValues]:
    """Count the answered contacts of each queue by the group that answered."""
    plan, contacts = completed.plan, completed.contacts
    served = contacts.counts & contacts.answered & (contacts.group >= 0)
    queue, group = contacts.queue[served], contacts.group[served]
    shape = len(plan.queues), len(plan.groups)
    table = np.bincount(queue * shape[1] + group, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    rows = _pairs(plan)
    yield KpiValues(SERVED.name, "queue_group", table[rows])
    yield KpiValues(SHARE.name, "queue_group", table[rows], table.sum(axis=1)[rows[0]])


def _pairs(plan: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Return the queue and the group of each key."""
    return np.repeat(np.arange(len(plan.queues)), np.diff(plan.queue_groups_ptr)), plan.queue_groups
