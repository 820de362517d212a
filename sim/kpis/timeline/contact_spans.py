"""Spans of time in which contacts wait in queues, and in which agents hold them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import Log
from sim.engine.plan import Kind, Plan, Result
from sim.jit.functions import compiled
from sim.kpis.interruptions import InterruptionRows, find_interruption_rows

__all__ = ["ContactSpans", "Served", "Waiting", "find_contact_spans"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

_FAILED = int(Result.FAILED)


class Waiting(NamedTuple):
    """Contacts that waited, one per row, in the order in which they began."""

    queue: I8
    begin: F8
    end: F8  # the run's end for those who wait still
    assisted: B1  # the customer waits; else deferred work does


class Served(NamedTuple):
    """Stretches in which an agent held a contact, in the order in which contacts came to their queue.

    A contact has one stretch, and one more for each interruption after which an agent went on with it.
    """

    group: I8
    agent: I8
    queue: I8
    begin: F8  # when the agent was chosen: the ring time before the answer; or went on with interrupted work
    end: F8  # when the agent was free again or put the work aside, at most the run's end
    came_in_time: B1  # the contact came before the end of the last interval


class ContactSpans(NamedTuple):
    """Spans of contacts whenever they began: some hold agents and queues from before the reporting intervals."""

    waiting: Waiting
    served: Served


class _Rows(NamedTuple):
    """Columns of a log."""

    step: I4
    result: I4
    group: I4
    agent: I4
    began: F8
    started: F8
    ended: F8
    freed: F8
    rang: F8
    callback: I4


class _Steps(NamedTuple):
    """Queue of each step and whether it is assisted, and the ring time of each queue."""

    queue: I4
    assisted: B1
    ring: F8


def find_contact_spans(plan: Plan, log: Log) -> ContactSpans:
    """Find the spans of the contacts of a log."""
    rows = _Rows(*(np.ascontiguousarray(getattr(log, name)) for name in _Rows._fields))
    steps = _Steps(plan.step_queue, plan.step_kind == Kind.ASSISTED, plan.queueing.ring)
    last = plan.origin + plan.interval * plan.intervals
    waiting, served = _find_spans(rows, find_interruption_rows(plan, log), steps, last, plan.end)
    return ContactSpans(Waiting(*waiting), Served(*served))


@compiled(error_model="numpy")
def _find_spans(
    rows: _Rows, interruptions: InterruptionRows, steps: _Steps, last: float, end: float
) -> tuple[tuple[I8, F8, F8, B1], tuple[I8, I8, I8, F8, F8, B1]]:
    size = len(rows.step)
    in_queue, begin, left, assisted = np.empty(size, np.int64), np.empty(size), np.empty(size), np.empty(size, np.bool_)
    stretches = size + len(interruptions.row)
    group, agent, queue = np.empty(stretches, np.int64), np.empty(stretches, np.int64), np.empty(stretches, np.int64)
    taken, freed, in_time = np.empty(stretches), np.empty(stretches), np.empty(stretches, np.bool_)
    waiting = served = interrupted = 0
    for row in range(size):
        queue_of_step = steps.queue[rows.step[row]]
        if queue_of_step < 0:
            continue
        started, ended, free = rows.started[row], rows.ended[row], rows.freed[row]
        unanswered = np.isnan(started)
        unreached = unanswered and rows.result[row] == _FAILED
        gone = ended if unanswered else started
        if rows.callback[row] == 1 and (unreached or not unanswered):
            gone -= steps.ring[queue_of_step]  # the customer's wait is over when the agent calls
        if not gone <= rows.began[row]:
            in_queue[waiting], begin[waiting] = queue_of_step, rows.began[row]
            left[waiting] = end if np.isnan(gone) else gone
            assisted[waiting] = steps.assisted[rows.step[row]]
            waiting += 1
        if rows.rang[row] > 0.0:  # the customer gave up before the answer
            group[served], agent[served], queue[served] = rows.group[row], rows.agent[row], queue_of_step
            taken[served], freed[served] = ended - rows.rang[row], ended
            in_time[served] = rows.began[row] < last
            served += 1
        elif rows.agent[row] >= 0 and (not unanswered or unreached):
            since = (ended if unreached else started) - steps.ring[queue_of_step]
            while interrupted < len(interruptions.row) and interruptions.row[interrupted] == row:
                group[served], agent[served] = interruptions.group[interrupted], interruptions.agent[interrupted]
                queue[served] = queue_of_step
                taken[served], freed[served] = since, interruptions.began[interrupted]
                in_time[served] = rows.began[row] < last
                since = interruptions.ended[interrupted]
                served += 1
                interrupted += 1
            if np.isnan(since):
                continue  # nobody went on with it
            group[served], agent[served], queue[served] = rows.group[row], rows.agent[row], queue_of_step
            taken[served] = since
            freed[served] = (ended if unreached else end) if np.isnan(free) else free
            in_time[served] = rows.began[row] < last
            served += 1
    return (
        (in_queue[:waiting], begin[:waiting], left[:waiting], assisted[:waiting]),
        (group[:served], agent[:served], queue[:served], taken[:served], freed[:served], in_time[:served]),
    )
