"""The compiled pass over an event log: customers one after another, visit by visit.

A contact or a journey is added to its cell when it is over. Only then is it known whether another contact follows, and
how the journey ended.
"""

from __future__ import annotations

from typing import Any

from sim.engine.plan import Outcome, Result
from sim.jit.kernels import inner, kernel, numbers, part
from sim.kpis.aggregate.cells import interval_of
from sim.kpis.aggregate.customers import begin_customer, customer_at, end_customer
from sim.kpis.aggregate.journeys import add_visit, begin_journey, end_journey, feel, journey_at
from sim.kpis.aggregate.scan import Scan, f8_at, i4_at, i8_at, step_at, store_at, table_at

__all__ = ["aggregate"]

_PASSED, _BLOCKED, _RESULTS = numbers(Result.PASSED, Result.BLOCKED, len(Result))
_OUTCOMES, _NO_LINE = numbers(len(Outcome), -1)


@kernel
def aggregate(scans: Any, position: int) -> int:
    """Aggregate customers from a position in the order on; return the position of the first one without room."""
    scan = scans[0]
    while position < scan.rows:
        until = _end_of_customer(scan, position)
        if not _has_room(scan, until - position):
            return position
        _add_customer(scan, position, until)
        position = until
    return position


@part
def _end_of_customer(scan: Scan, position: int) -> int:
    order, customers = i8_at(scan.order), i4_at(scan.log_customer)
    customer, until = customers[order[position]], position + 1
    while until < scan.rows and customers[order[until]] == customer:
        until += 1
    return until


@part
def _has_room(scan: Scan, rows: int) -> bool:
    """Tell whether there is room for all records of a customer with so many visits."""
    for address in (scan.contacts, scan.journeys, scan.customers):
        table = table_at(address, 0)
        if table.room - table.size < rows:
            return False
    for address in (scan.waits, scan.durations):
        store = store_at(address, 0)
        if store.room - store.size < rows:
            return False
    return True


@part
def _add_customer(scan: Scan, begin: int, until: int) -> None:
    order, journeys, customer = i8_at(scan.order), i4_at(scan.log_journey), customer_at(scan, 0)
    begin_customer(scan)
    for position in range(begin, until):
        row = order[position]
        if position == begin or journeys[row] != journeys[order[position - 1]]:
            _begin_journey(scan, customer, row)
        _add_visit(scan, customer, row)
        if position + 1 < until and journeys[order[position + 1]] == journeys[row]:
            feel(scan, row)
        else:
            end_journey(scan, row, position + 1 < until)
    if customer.counts:
        end_customer(scan, order[begin], order[until - 1])


@part
def _begin_journey(scan: Scan, customer: Any, row: int) -> None:
    begin_journey(scan, row)
    counts = journey_at(scan, 0).counts
    if customer.journeys == 0.0:
        customer.counts = counts
    customer.journeys += 1.0
    if counts:
        f8_at(scan.moves)[i4_at(scan.log_step)[row]] += 1.0


@part
def _add_visit(scan: Scan, customer: Any, row: int) -> None:
    number, result = int(i4_at(scan.log_step)[row]), int(i4_at(scan.log_result)[row])
    step = step_at(scan, number)
    if journey_at(scan, 0).counts:
        following = int(i4_at(scan.log_next)[row])
        column = following if following >= 0 else scan.steps - 1 - following
        f8_at(scan.moves)[(1 + number) * (scan.steps + _OUTCOMES) + column] += 1.0
    if scan.since <= f8_at(scan.log_counted)[row] < scan.until:
        f8_at(scan.results)[number * _RESULTS + result] += 1.0
    if step.lines >= 0:
        _ask_for_line(scan, customer, row)
    holds = step.lines >= 0 and result != _BLOCKED and not _waits_to_be_called(scan, row)
    customer.line = step.lines if holds else step.dials_on if result == _PASSED else _NO_LINE
    add_visit(scan, customer, row)
    if i4_at(scan.log_next)[row] < 0:  # the journey ends; perhaps another one begins
        customer.line = customer.channel = _NO_LINE


@inner
def _waits_to_be_called(scan: Scan, row: int) -> bool:
    """Tell whether a customer hung up to be called back, and nobody did."""
    return bool(i4_at(scan.log_callback)[row] == 1 and i4_at(scan.log_group)[row] < 0)


@part
def _ask_for_line(scan: Scan, customer: Any, row: int) -> None:
    """Count a customer who did not hold the line already, and whether one was free."""
    line = step_at(scan, int(i4_at(scan.log_step)[row])).lines
    interval = interval_of(scan, f8_at(scan.log_counted)[row])
    if interval >= 0 and customer.line != line:
        index = line * scan.intervals + interval
        f8_at(scan.tries)[index] += 1.0
        f8_at(scan.failures)[index] += i4_at(scan.log_result)[row] == _BLOCKED
