"""Interruptions of a log, each with the row of its touchpoint."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import Log
from sim.engine.plan import Kind, Plan

__all__ = ["InterruptionRows", "find_interruption_rows"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]


class InterruptionRows(NamedTuple):
    """Interruptions, in the order of the rows of the log that they belong to."""

    row: I8
    group: I4
    agent: I4
    began: F8
    ended: F8


def find_interruption_rows(plan: Plan, log: Log) -> InterruptionRows:
    """Find the row of each interruption; those of one contact are in order of time."""
    table = log.interruptions
    if not len(table):
        return InterruptionRows(np.zeros(0, np.int64), table.group, table.agent, table.began, table.ended)
    rows = np.flatnonzero((plan.step_kind == Kind.DEFERRED)[log.step])
    visits = int(log.visit.max()) + 1
    codes = log.customer[rows].astype(np.int64) * visits + log.visit[rows]
    by_code = np.argsort(codes)
    row = rows[by_code[np.searchsorted(codes[by_code], table.customer.astype(np.int64) * visits + table.visit)]]
    order = np.argsort(row, kind="stable")
    return InterruptionRows(row[order], *(getattr(table, name)[order] for name in InterruptionRows._fields[1:]))
