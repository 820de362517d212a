"""Aggregate an event log in one compiled pass into the tables that the KPI families read (ADR 11)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import Log
from sim.engine.plan import Kind, Outcome, Plan, Result
from sim.engine.plan_tables import Feelings
from sim.kpis.aggregate.changed_hands import work_of_others
from sim.kpis.aggregate.contacts import CONTACT, IS, Contacts
from sim.kpis.aggregate.customers import CUSTOMER, Customers
from sim.kpis.aggregate.journeys import JOURNEY, Journeys
from sim.kpis.aggregate.kernel import aggregate
from sim.kpis.aggregate.scan import COLUMNS, INSTANTS, Queue, Scan, Step
from sim.kpis.aggregate.tables import CellTable, ValueStore
from sim.kpis.intervals import ReportingIntervals, counted_instants, reporting_time
from sim.numerics.grouped_sums import order_by_code
from sim.numerics.time_grid import at_least, at_most
from sim.population.customers import Population

__all__ = ["Aggregation"]

_AT_ONCE = 1 << 14
_TABLES = ("contacts", "journeys", "customers", "waits", "durations")


class Aggregation:
    """Completed customers, aggregated all at once or some at a time."""

    def __init__(self, plan: Plan) -> None:
        steps, intervals, lines = len(plan.steps), plan.intervals, len(plan.line_names)
        self.contacts, self.journeys = CellTable(Contacts), CellTable(Journeys)
        self.customers = CellTable(Customers)
        self.waits, self.durations = ValueStore(), ValueStore()
        self.results = np.zeros((steps, len(Result)))  # visits to each step by how they ended
        self.moves = np.zeros((1 + steps, steps + len(Outcome)))  # see sim.kpis.measure_blocks
        self.moods = np.zeros(steps)  # sum of those right after a visit
        self.tries, self.failures = np.zeros((2, lines, intervals))  # to get a line
        self.work_of_others = np.zeros((len(plan.groups), intervals))  # seconds, see `work_of_others`
        self._plan = plan
        self._start = _start_of(plan)
        self._columns: dict[str, NDArray[Any]] = {
            **{name: getattr(self, name) for name in ("results", "moves", "moods", "tries", "failures")},
            "of_queue": self._start.queues.copy(),
            "customer": np.zeros(1, CUSTOMER),
            "journey": np.zeros(1, JOURNEY),
            "contact": np.zeros(1, CONTACT),
            **{name: getattr(self, name).record for name in _TABLES},
        }
        self._record = self._start.record.copy()
        _set_fields(self._record, **{name: column.ctypes.data for name, column in self._columns.items()})

    def add(self, population: Population, log: Log) -> None:
        """Aggregate customers.

        Parameters
        ----------
        population
            Who came.
        log
            All of their touchpoints, and each customer's in order.
        """
        order = order_by_code(log.customer, int(log.customer.max(initial=-1)) + 1)
        dtypes = dict.fromkeys(COLUMNS, np.int32) | dict.fromkeys(INSTANTS, np.float64)
        columns: dict[str, NDArray[Any]] = {
            f"log_{name}": np.ascontiguousarray(getattr(log, name), dtype) for name, dtype in dtypes.items()
        }
        columns["log_counted"] = counted_instants(self._plan, columns["log_began"], columns["log_started"])
        columns |= {"order": order, "segment": np.ascontiguousarray(population.segment, np.int32)}
        _set_fields(self._record, rows=len(order), **{name: column.ctypes.data for name, column in columns.items()})
        self.waits.make_room(min(len(order), _AT_ONCE))
        self.durations.make_room(min(len(order), _AT_ONCE))
        position, more = 0, 1
        while position < len(order):
            for name in _TABLES:
                getattr(self, name).make_room(more)
            before, position = position, int(aggregate(self._record, position))
            more = 2 * more if position == before else 1
        if len(log.interruptions):
            self.work_of_others += work_of_others(self._plan, log)


class _Start(NamedTuple):
    """Memory at the start of a pass, which depends on the plan alone."""

    record: NDArray[Any]
    steps: NDArray[Any]
    queues: NDArray[Any]
    edges: NDArray[np.float64]


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _start_of(plan: Plan) -> _Start:
    intervals = ReportingIntervals(plan)
    start = _Start(np.zeros(1, Scan.dtype), _steps(plan), _queues(plan), intervals.edges)
    _set_fields(
        start.record,
        end=plan.end,
        since=reporting_time(plan)[0],
        until=reporting_time(plan)[1],
        per_second=1.0 / plan.interval,
        repeat_window=at_most(plan.repeat_window),
        per_second_waited=plan.feelings.per_minute_waited / 60.0,
        **{name: getattr(plan.feelings, name) for name in Feelings._fields if name in Scan.__annotations__},
        first_interval=intervals.first,
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


def _set_fields(record: NDArray[Any], **values: float) -> None:
    for name, value in values.items():
        record[name] = value


_OF_RESULT = np.array([getattr(IS, result.name.lower(), 0) for result in Result])  # the flag of each result


def _steps(plan: Plan) -> NDArray[Any]:
    steps = np.zeros(len(plan.steps), Step.dtype)
    for name in ("queue", "intent", "channel", "lines"):
        steps[name] = getattr(plan, f"step_{name}")
    steps["is_pause"], steps["is_assisted"] = plan.step_kind == Kind.PAUSE, plan.step_kind == Kind.ASSISTED
    steps["notifies"] = ~np.isnan(plan.notify)
    steps["dials_on"] = -1
    steps["dials_on"][plan.dialers.step] = plan.dialers.line
    return steps


def _queues(plan: Plan) -> NDArray[Any]:
    queues = np.zeros(len(plan.queues), Queue.dtype)
    queues["within"], queues["short"] = at_most(plan.queue_within), at_least(plan.short_abandon)
    queues["ring"], queues["callback"] = plan.queueing.ring, at_least(plan.queueing.callback[:, 0])
    queues["by_length"] = plan.queueing.callback[:, 3] > 0
    queues["journey"] = queues["journey_offered"] = -1
    return queues
