"""How long queues and agents hold contacts: what those families see who follow them over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Kind, Result

if TYPE_CHECKING:
    from sim.engine.log import Log
    from sim.engine.plan import Plan

__all__ = ["Holdings", "holdings_of"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Holdings:
    """How long queues and agents hold contacts, one per row, in the order in which they began."""

    queue: I8
    group: I8  # -1 = nobody took it
    agent: I8
    began: F8
    left: F8  # the queue: the run's end for those who wait still
    taken: F8  # an agent was chosen: the ring time before the answer; NaN = none
    freed: F8  # as far as the run went
    assisted: B1  # the customer waits for it; else the work waits
    entered: B1  # came into the queue: not closed, blocked or balked


def holdings_of(plan: Plan, log: Log) -> Holdings:
    """Return the contacts of a log.

    Parameters
    ----------
    plan, log
        What was planned, and what happened.
    """
    contact = plan.step_queue[log.step] >= 0
    at = slice(None) if contact.all() else np.flatnonzero(contact)
    step, result, began, ended = log.step[at].astype(np.int64), log.result[at], log.began[at], log.ended[at]
    started, freed = log.started[at], log.freed[at]
    queue, unanswered = plan.step_queue[step].astype(np.int64), np.isnan(started)
    unreached = unanswered & (result == Result.FAILED)
    closed = (result == Result.CLOSED) & (ended == began)
    return Holdings(
        queue=queue,
        group=log.group[at].astype(np.int64),
        agent=log.agent[at].astype(np.int64),
        began=began,
        left=np.where(unanswered, np.where(np.isnan(ended), plan.end, ended), started),
        taken=np.where(unreached, ended, started) - plan.queueing.ring[queue],
        freed=np.where(np.isnan(freed), np.where(unreached, ended, plan.end), freed),
        assisted=plan.step_kind[step] == Kind.ASSISTED,
        entered=~(closed | (result == Result.BLOCKED) | (result == Result.BALKED)),
    )
