"""Every touchpoint of a replication, customer by customer: what contacts, journeys and feelings are derived from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.tallies import order_by_code
from sim.engine.plan import Kind, Result

if TYPE_CHECKING:
    from sim.engine.log import Log
    from sim.engine.plan import Plan

__all__ = ["FAILURES", "Visits", "visits_of"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

FAILURES = (Result.ABANDONED, Result.CLOSED, Result.BLOCKED, Result.BALKED, Result.FAILED)


@dataclass(frozen=True, eq=False)
class Visits:
    """Touchpoints, one per row, each customer's together and in order."""

    row: I8  # of the log
    customer: I8
    step: I8
    result: I8  # plan.Result
    journey: I8  # 0, 1, 2 ... in this order
    first: I8  # of each journey
    last: I8
    contact: B1  # came to a queue
    answered: B1  # an agent spoke to the customer, or began the work
    waited: F8  # seconds in the queue, up to the run's end for those who wait still; 0 elsewhere
    in_person: B1  # waits in person: neither deferred work nor virtual hold
    switched: B1  # from another channel of the journey, pauses left out
    transferred: B1  # handled, and straight on to another contact of the journey
    repeated: B1  # answered by somebody who does not know what the customer said in another channel


def visits_of(plan: Plan, log: Log) -> Visits:
    """Derive the columns.

    Parameters
    ----------
    plan, log
        Of one replication.
    """
    row = order_by_code(
        log.customer, int(log.customer.max(initial=-1)) + 1
    )  # the log's own order keeps each customer's visits in order
    customer, ordinal = log.customer[row].astype(np.int64), log.journey[row]
    step, result = log.step[row].astype(np.int64), log.result[row].astype(np.int64)
    opens = _changes(customer) | _changes(ordinal)
    journey = np.cumsum(opens) - 1
    contact = plan.step_queue[step] >= 0
    answered = contact & ~np.isnan(log.started[row])
    before, moved = _channel_before(plan, customer, step)
    switched = moved & (journey[before] == journey)
    after = log.next[row]
    onward = np.where(after >= 0, after, step)
    goes_on = (after >= 0) & (plan.step_queue[onward] >= 0) & (plan.step_intent[onward] == plan.step_intent[step])
    return Visits(
        row=row,
        customer=customer,
        step=step,
        result=result,
        journey=journey,
        first=np.flatnonzero(opens),
        last=np.flatnonzero(np.r_[opens[1:], True][: len(row)]),
        contact=contact,
        answered=answered,
        waited=_waited(plan, log, row, contact),
        in_person=contact & (plan.step_kind[step] == Kind.ASSISTED) & (log.callback[row] == 0),
        switched=switched,
        transferred=contact & (result == Result.HANDLED) & goes_on,
        repeated=np.zeros_like(answered) if plan.context_kept else answered & moved,
    )


def _changes(values: NDArray[np.int64] | NDArray[np.int32]) -> B1:
    """Mark each row that differs from the one before; the first one does."""
    return np.asarray(np.r_[True, values[1:] != values[:-1]][: len(values)], dtype=np.bool_)


def _channel_before(plan: Plan, customer: I8, step: I8) -> tuple[I8, B1]:
    """Return for each row the last one before that was no pause, and whether the customer came from another channel."""
    number = np.arange(len(step))
    moving = plan.step_kind[step] != Kind.PAUSE
    latest = np.maximum.accumulate(np.where(moving, number, 0)) if len(step) else number
    before = np.r_[0, latest[:-1]][: len(step)]
    channel = plan.step_channel[step]
    come = moving & moving[before] & (customer[before] == customer) & (before < number)
    return before, come & (channel[before] != channel)


def _waited(plan: Plan, log: Log, row: I8, contact: B1) -> F8:
    began, started, ended = log.began[row], log.started[row], log.ended[row]
    gone = np.where(np.isnan(ended), plan.end, ended)
    return np.where(contact, np.where(np.isnan(started), gone, started) - began, 0.0)
