"""Touchpoints customer by customer: what contacts, journeys, flows and feelings are derived from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.core.tallies import only, order_by_code
from sim.engine.log import Log
from sim.engine.plan import Kind, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.plan import Plan

__all__ = ["FAILURES", "Visits", "by_customer", "changes", "lasts", "visits_of"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

FAILURES = (Result.ABANDONED, Result.CLOSED, Result.BLOCKED, Result.BALKED, Result.FAILED)

_SOME = 1 << 15  # rows: as many as the processor keeps near it while they are worked on


def by_customer(log: Log) -> Iterator[Log]:
    """Yield a log in parts, at least one: each has all touchpoints of its customers, one customer after another.

    Parameters
    ----------
    log
        Which keeps each customer's touchpoints in order.
    """
    order = order_by_code(log.customer, int(log.customer.max(initial=-1)) + 1)
    customer = log.customer[order]
    begin = 0
    while True:
        end = begin + _SOME
        if end < len(order):
            end = int(np.searchsorted(customer, customer[end - 1], side="right"))
        rows = order[begin:end]
        yield Log(**{field.name: getattr(log, field.name)[rows] for field in fields(Log)})
        begin = end
        if begin >= len(order):
            return


@dataclass(frozen=True, eq=False)
class Visits:
    """Touchpoints, one per row of a log that goes customer by customer."""

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
    plan
        What was planned.
    log
        Customer by customer (`by_customer`).
    """
    customer, step, result = log.customer, log.step.astype(np.int64), log.result.astype(np.int64)
    opens = changes(customer) | changes(log.journey)
    journey = np.cumsum(opens) - 1
    contact = plan.step_queue[step] >= 0
    answered = contact & ~np.isnan(log.started)
    before, moved = _channel_before(plan, customer, step)
    onward = np.where(log.next >= 0, log.next, step)
    goes_on = (log.next >= 0) & (plan.step_queue[onward] >= 0) & (plan.step_intent[onward] == plan.step_intent[step])
    return Visits(
        step=step,
        result=result,
        journey=journey,
        first=np.flatnonzero(opens),
        last=lasts(opens),
        contact=contact,
        answered=answered,
        waited=_waited(plan, log, contact),
        in_person=contact & (plan.step_kind[step] == Kind.ASSISTED) & (log.callback == 0),
        switched=moved & (journey[before] == journey),
        transferred=contact & (result == Result.HANDLED) & goes_on,
        repeated=np.zeros_like(answered) if plan.context_kept else answered & moved,
    )


def changes(values: NDArray[np.int64] | NDArray[np.int32]) -> B1:
    """Mark each value that differs from the one before; the first one does.

    Parameters
    ----------
    values
        Shape (n,).
    """
    opens = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=opens[1:])
    return opens


def lasts(opens: B1) -> I8:
    """Return where groups end, each of which begins where it is marked, the first one at the first row.

    Parameters
    ----------
    opens
        Shape (n,).
    """
    return np.append(np.flatnonzero(opens[1:]), len(opens) - 1)[: len(opens)]


def _channel_before(plan: Plan, customer: NDArray[np.int32], step: I8) -> tuple[I8, B1]:
    """Return for each row the last one before that was no pause, and whether the customer came from another channel."""
    number = np.arange(len(step))
    moving = plan.step_kind[step] != Kind.PAUSE
    latest = np.maximum.accumulate(np.where(moving, number, 0)) if len(step) else number
    before = np.zeros_like(latest)
    before[1:] = latest[:-1]
    channel = plan.step_channel[step]
    come = moving & moving[before] & (customer[before] == customer) & (before < number)
    return before, come & (channel[before] != channel)


def _waited(plan: Plan, log: Log, contact: B1) -> F8:
    gone = np.where(np.isnan(log.ended), plan.end, log.ended)
    return np.asarray(only(contact, np.where(np.isnan(log.started), gone, log.started) - log.began))
