"""What the KPI families look at, told in one pass over a log: see ADR 11."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Outcome, Result
from sim.kpis.aggregate import layout
from sim.kpis.aggregate.kernel import tell
from sim.kpis.aggregate.tables import Kept, Table
from sim.kpis.intervals import Reporting
from sim.numerics.grouped_sums import order_by_code

if TYPE_CHECKING:
    from sim.engine.log import Log
    from sim.engine.plan import Plan
    from sim.population.customers import Population

__all__ = ["Telling"]


class Telling:
    """Customers who are through, as they are told of: in one go, or some at a time.

    Parameters
    ----------
    plan
        What was planned.
    """

    def __init__(self, plan: Plan) -> None:
        steps, intervals, lines = len(plan.steps), plan.intervals, len(plan.line_names)
        self.contacts, self.journeys = Table(len(layout.CONTACT_SUMS)), Table(len(layout.JOURNEY_SUMS))
        self.customers = Table(len(layout.CUSTOMER_SUMS))
        self.waits, self.durations = Kept(), Kept()
        self.results = np.zeros((steps, len(Result)))  # visits to each step by how they ended
        self.moves = np.zeros((1 + steps, steps + len(Outcome)))  # see sim.kpis.measure_blocks
        self.moods = np.zeros(steps)  # sum of those right after a visit
        self.tries, self.failures = np.zeros((2, lines, intervals))  # to get a line
        self._tables = (self.contacts, self.journeys, self.customers, self.waits, self.durations)
        self._start = _start_of(plan)
        self._columns: dict[str, NDArray[Any]] = {
            **{name: getattr(self, name) for name in ("results", "moves", "moods", "tries", "failures")},
            "of_queue": self._start.queues.copy(),
            "customer": np.zeros(1, layout.CUSTOMER),
            "journey": np.zeros(1, layout.JOURNEY),
            "contact": np.zeros(1, layout.CONTACT),
            **{name: getattr(self, name).record for name in _TABLES},
        }
        self._record = self._start.record.copy()
        _say(self._record, **{name: column.ctypes.data for name, column in self._columns.items()})

    def add(self, population: Population, log: Log) -> None:
        """Tell of customers.

        Parameters
        ----------
        population
            Who came.
        log
            All of their touchpoints, and each customer's in order.
        """
        order = order_by_code(log.customer, int(log.customer.max(initial=-1)) + 1)
        kinds = dict.fromkeys(layout.COLUMNS, np.int32) | dict.fromkeys(layout.INSTANTS, np.float64)
        given = {f"log_{name}": np.ascontiguousarray(getattr(log, name), kind) for name, kind in kinds.items()}
        given |= {"order": order, "segment": np.ascontiguousarray(population.segment, np.int32)}
        _say(self._record, rows=len(order), **{name: column.ctypes.data for name, column in given.items()})
        self.waits.make_room(min(len(order), _AT_ONCE))
        self.durations.make_room(min(len(order), _AT_ONCE))
        at, more = 0, 1
        while at < len(order):
            for table in self._tables:
                table.make_room(more)
            before, at = at, int(tell(self._record, at))
            more = 2 * more if at == before else 1


class _Start(NamedTuple):
    """What telling starts from: it hangs on the plan alone."""

    record: NDArray[Any]
    steps: NDArray[Any]
    queues: NDArray[Any]
    edges: NDArray[np.float64]


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _start_of(plan: Plan) -> _Start:
    reporting, feelings = Reporting(plan), plan.feelings
    start = _Start(np.zeros(1, layout.TELLING), _steps(plan), _queues(plan), reporting.edges)
    _say(
        start.record,
        end=plan.end,
        per_second=1.0 / plan.interval,
        repeat_window=plan.repeat_window,
        start=feelings.start,
        per_second_waited=feelings.per_minute_waited / 60.0,
        per_switch=feelings.per_channel_switch,
        per_transfer=feelings.per_transfer,
        per_repetition=feelings.per_repetition,
        per_failure=feelings.per_failure,
        resolved=feelings.resolved,
        unresolved=feelings.unresolved,
        peak=feelings.peak,
        first_interval=reporting.first,
        intervals=plan.intervals,
        steps=len(plan.steps),
        segments=len(plan.segments),
        groups=len(plan.groups),
        intents=len(plan.intents),
        context_kept=plan.context_kept,
        of_step=start.steps.ctypes.data,
        of_result=_OF_RESULT.ctypes.data,
        edges=start.edges.ctypes.data,
    )
    return start


def _say(record: NDArray[Any], **values: float) -> None:
    for name, value in values.items():
        record[name] = value


_OF_RESULT = np.array(
    [
        1 << layout.CONTACT_MARKS.index(name) if (name := result.name.lower()) in layout.CONTACT_MARKS else 0
        for result in Result
    ]
)
_AT_ONCE = 1 << 14
_TABLES = ("contacts", "journeys", "customers", "waits", "durations")


def _steps(plan: Plan) -> NDArray[Any]:
    steps = np.zeros(len(plan.steps), layout.STEP)
    for name, column in (
        ("queue", plan.step_queue),
        ("kind", plan.step_kind),
        ("intent", plan.step_intent),
        ("channel", plan.step_channel),
        ("lines", plan.step_lines),
        ("notifies", ~np.isnan(plan.notify)),
    ):
        steps[name] = column
    return steps


def _queues(plan: Plan) -> NDArray[Any]:
    queues = np.zeros(len(plan.queues), layout.QUEUE)
    queues["within"], queues["short"] = plan.queue_within, plan.short_abandon
    queues["ring"], queues["callback"] = plan.queueing.ring, plan.queueing.callback[:, 0]
    queues["came"] = queues["came_offered"] = -1
    return queues
