"""How long queues and agents hold contacts: what those families see who follow them over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Kind, Result
from sim.jit.cache import compiled

if TYPE_CHECKING:
    from sim.engine.log import Log
    from sim.engine.plan import Plan

__all__ = ["Holdings", "Served", "Waiting", "holdings_of"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]

_ASSISTED, _FAILED = int(Kind.ASSISTED), int(Result.FAILED)


class Waiting(NamedTuple):
    """Contacts that waited, one per row, in the order in which they began."""

    queue: I8
    begin: F8
    end: F8  # the run's end for those who wait still
    assisted: B1  # the customer waits for it; else the work waits


class Served(NamedTuple):
    """Contacts that an agent took, one per row, in the order in which they came to the queue."""

    group: I8
    agent: I8
    queue: I8
    begin: F8  # an agent was chosen: the ring time before the answer
    end: F8  # the agent is free again, as far as the run went


class Holdings(NamedTuple):
    """Contacts whenever they began: agents and queues may be full of them when the counting begins."""

    waiting: Waiting
    served: Served
    agents: I8  # so many of each group at most took one, [groups]


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


class _Steps(NamedTuple):
    """What steps are, and how long the queues' rings are."""

    queue: I4
    kind: I4
    ring: F8


def holdings_of(plan: Plan, log: Log) -> Holdings:
    """Return the contacts of a log.

    Parameters
    ----------
    plan, log
        What was planned, and what happened.
    """
    rows = _Rows(*(np.ascontiguousarray(getattr(log, name)) for name in _Rows._fields))
    agents = np.zeros(len(plan.groups), np.int64)
    waiting, served = _held(rows, _Steps(plan.step_queue, plan.step_kind, plan.queueing.ring), plan.end, agents)
    return Holdings(Waiting(*waiting), Served(*served), agents)


@compiled(error_model="numpy")
def _held(
    rows: _Rows, steps: _Steps, end: float, agents: I8
) -> tuple[tuple[I8, F8, F8, B1], tuple[I8, I8, I8, F8, F8]]:
    size = len(rows.step)
    in_queue, begin, left, assisted = np.empty(size, np.int64), np.empty(size), np.empty(size), np.empty(size, np.bool_)
    group, agent, queue = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.int64)
    taken, freed = np.empty(size), np.empty(size)
    waiting = served = 0
    for row in range(size):
        of = steps.queue[rows.step[row]]
        if of < 0:
            continue
        started, ended, free = rows.started[row], rows.ended[row], rows.freed[row]
        unanswered = np.isnan(started)
        unreached = unanswered and rows.result[row] == _FAILED
        gone = ended if unanswered else started
        if not gone <= rows.began[row]:
            in_queue[waiting], begin[waiting] = of, rows.began[row]
            left[waiting] = end if np.isnan(gone) else gone
            assisted[waiting] = steps.kind[rows.step[row]] == _ASSISTED
            waiting += 1
        if rows.agent[row] >= 0 and (not unanswered or unreached):
            group[served], agent[served], queue[served] = rows.group[row], rows.agent[row], of
            taken[served] = (ended if unreached else started) - steps.ring[of]
            agents[group[served]] = max(agents[group[served]], agent[served] + 1)
            freed[served] = (ended if unreached else end) if np.isnan(free) else free
            served += 1
    return (
        (in_queue[:waiting], begin[:waiting], left[:waiting], assisted[:waiting]),
        (group[:served], agent[:served], queue[:served], taken[:served], freed[:served]),
    )
