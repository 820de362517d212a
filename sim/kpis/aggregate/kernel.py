"""Tell of customers one after another, touchpoint by touchpoint: what became of contacts, journeys and customers.

What is told of is added to its *cell*: the records that agree in all codes and marks (ADR 11). Whether a contact is
followed by another, and how a journey ends, is known only later, so a contact and a journey are told of when they are
over.
"""

from __future__ import annotations

import math
from typing import Any

from sim.engine.plan import Kind, Outcome, Result
from sim.jit.kernels import inner, kernel, numbers, part
from sim.kpis.aggregate.cells import cell_of, interval_of, keep
from sim.kpis.aggregate.contacts import begin_contact, end_contact
from sim.kpis.aggregate.layout import (
    SUMS,
    cells_at,
    customer_at,
    f8_at,
    i4_at,
    i8_at,
    journey_at,
    kept_at,
    step_at,
)

__all__ = ["tell"]

_PASSED, _HANDLED, _ABANDONED = numbers(Result.PASSED, Result.HANDLED, Result.ABANDONED)
_BLOCKED, _BALKED, _FAILED = numbers(Result.BLOCKED, Result.BALKED, Result.FAILED)
_NOTIFIED, _INSIDE, _PAUSE = numbers(Result.NOTIFIED, Result.INSIDE, Kind.PAUSE)
_RESULTS, _OUTCOMES, _ONE = numbers(len(Result), len(Outcome), 1)
_RESOLVED, _UNRESOLVED, _GAVE_UP, _UNFINISHED = numbers(
    Outcome.RESOLVED, Outcome.UNRESOLVED, Outcome.GAVE_UP, Outcome.INSIDE
)
_NO_FRACTION = 1.5 * 2.0**52  # a number of this size has no digits after the point, and adding rounds


@kernel
def tell(tellings: Any, at: int) -> int:
    """Tell of customers from a place in the order on; return the place of the first one for whom there is no room."""
    told = tellings[0]
    while at < told.rows:
        until = _end_of_customer(told, at)
        if not _have_room(told, until - at):
            return at
        _customer(told, at, until)
        at = until
    return at


@part
def _end_of_customer(told: Any, at: int) -> int:
    order, customer = i8_at(told.order), i4_at(told.log_customer)
    who, until = customer[order[at]], at + 1
    while until < told.rows and customer[order[until]] == who:
        until += 1
    return until


@part
def _have_room(told: Any, rows: int) -> bool:
    """Tell whether there is room for all that so many touchpoints of one customer may become."""
    for table in (told.contacts, told.journeys, told.customers):
        cells = cells_at(table, 0)
        if cells.room - cells.size < rows:
            return False
    for table in (told.waits, told.durations):
        kept = kept_at(table, 0)
        if kept.room - kept.size < rows:
            return False
    return True


@part
def _customer(told: Any, at: int, until: int) -> None:
    """Tell of a customer, journey by journey."""
    order, number = i8_at(told.order), i4_at(told.log_journey)
    customer = customer_at(told, 0)
    customer.channel = customer.channel_journey = customer.line = -1
    customer.journeys = customer.counts = 0
    for place in range(at, until):
        row = order[place]
        if place == at or number[row] != number[order[place - 1]]:
            _begin_journey(told, customer, row)
        _touchpoint(told, customer, row)
        if place + 1 < until and number[order[place + 1]] == number[row]:
            _feel(told, row)
        else:
            _end_journey(told, row, place + 1 < until)
    if customer.counts:
        _end_customer(told, customer, order[at], order[until - 1])


@part
def _end_customer(told: Any, customer: Any, first: int, last: int) -> None:
    """Tell of all the journeys of a customer whose first one counts."""
    following, step = i4_at(told.log_next)[last], step_at(told, int(i4_at(told.log_step)[first]))
    over = following < 0 and following != -1 - _UNFINISHED
    segment = int(i4_at(told.segment)[i4_at(told.log_customer)[first]])
    table = cells_at(told.customers, 0)
    sums = f8_at(table.rows)
    at = cell_of(table, int(over), step.intent * told.segments + segment) * table.width + SUMS
    sums[at] += customer.journeys
    if over:
        sums[at + 1] += f8_at(told.log_ended)[last] - f8_at(told.log_began)[first]


@part
def _begin_journey(told: Any, customer: Any, row: int) -> None:
    journey = journey_at(told, 0)
    journey.number += 1
    journey.first = row
    journey.interval = interval_of(told, f8_at(told.log_began)[row])
    journey.counts = journey.interval >= 0
    journey.handled = 0
    journey.felt, journey.least, journey.largest = told.start, math.inf, -math.inf
    journey.contacts = journey.abandoned = journey.switches = journey.waited = 0.0
    journey.repeats = journey.notified = journey.pauses = 0.0
    if customer.journeys == 0:
        customer.counts = journey.counts
    customer.journeys += 1
    if journey.counts:
        f8_at(told.moves)[i4_at(told.log_step)[row]] += 1.0


@part
def _touchpoint(told: Any, customer: Any, row: int) -> None:
    """Tell of a touchpoint, whatever it is."""
    journey = journey_at(told, 0)
    number, result = int(i4_at(told.log_step)[row]), int(i4_at(told.log_result)[row])
    step = step_at(told, number)
    if journey.counts:
        following = int(i4_at(told.log_next)[row])
        end = following if following >= 0 else told.steps - 1 - following
        f8_at(told.moves)[(1 + number) * (told.steps + _OUTCOMES) + end] += 1.0
        f8_at(told.results)[number * _RESULTS + result] += 1.0
    if _ABANDONED <= result <= _FAILED:
        journey.felt -= told.per_failure
    if step.lines >= 0:
        _ask_for_line(told, customer, row)
    customer.line = step.lines if result != _BLOCKED else -1
    moved = False
    if step.kind == _PAUSE:
        journey.notified += result == _NOTIFIED
        journey.pauses += step.notifies and result != _INSIDE
    else:
        moved = customer.channel >= 0 and customer.channel != step.channel
        if moved and customer.channel_journey == journey.number:
            journey.switches += 1.0
            journey.felt -= told.per_switch
        customer.channel, customer.channel_journey = step.channel, journey.number
    if step.queue >= 0:
        begin_contact(told, row, moved and not told.context_kept)


@part
def _ask_for_line(told: Any, customer: Any, row: int) -> None:
    """Tell whether a line was free for a customer who did not hold it already."""
    line = step_at(told, int(i4_at(told.log_step)[row])).lines
    interval = interval_of(told, f8_at(told.log_began)[row])
    if interval >= 0 and customer.line != line:
        at = line * told.intervals + interval
        f8_at(told.tries)[at] += 1.0
        f8_at(told.failures)[at] += i4_at(told.log_result)[row] == _BLOCKED


@inner
def _feel(told: Any, row: int) -> None:
    """Tell how the customer feels after a touchpoint."""
    journey = journey_at(told, 0)
    mood = min(max(_rounded(journey.felt), -1.0), 1.0)
    journey.mood_end = mood
    journey.least = min(journey.least, mood)
    journey.largest = max(journey.largest, mood)
    if journey.counts and i4_at(told.log_result)[row] != _INSIDE:
        f8_at(told.moods)[i4_at(told.log_step)[row]] += mood


@part
def _rounded(mood: float) -> float:
    """Round to 9 digits, half to even, so that what adds up to 0 is 0."""
    return ((mood * 1e9 + _NO_FRACTION) - _NO_FRACTION) / 1e9


@part
def _end_journey(told: Any, last: int, follows: bool) -> None:
    """Tell of a journey after its last touchpoint, perhaps before another one of the customer."""
    end_contact(told, math.nan)
    journey = journey_at(told, 0)
    following, outcome, leads_to = int(i4_at(told.log_next)[last]), _UNFINISHED, -_ONE
    if following < 0:
        outcome = -1 - following
    elif follows:
        outcome = _as_its_last(int(i4_at(told.log_result)[last]))
        leads_to = step_at(told, following).intent
    if outcome == _RESOLVED:
        journey.felt += told.resolved
    elif outcome != _UNFINISHED:
        journey.felt -= told.unresolved
    _feel(told, last)
    if journey.counts:
        _add_journey(told, outcome, leads_to, f8_at(told.log_ended)[last])


@part
def _as_its_last(result: int) -> int:
    """Return the outcome of a journey that leads on to another intent: how its last touchpoint ended says it."""
    if result in (_PASSED, _HANDLED, _NOTIFIED):
        return _RESOLVED
    if result in (_ABANDONED, _BALKED):
        return _GAVE_UP
    return _UNFINISHED if result == _INSIDE else _UNRESOLVED


@part
def _add_journey(told: Any, outcome: int, leads_to: int, ended: float) -> None:
    journey = journey_at(told, 0)
    row = journey.first
    codes = int(i4_at(told.log_step)[row]) * told.segments + int(i4_at(told.segment)[i4_at(told.log_customer)[row]])
    codes = (codes * told.intervals + journey.interval) * _OUTCOMES + outcome
    table = cells_at(told.journeys, 0)
    sums = f8_at(table.rows)
    cell = cell_of(table, int(journey.contacts == 0.0), codes * (told.intents + 1) + leads_to + 1)
    at = cell * table.width + SUMS
    if outcome == _RESOLVED:
        took = ended - f8_at(told.log_began)[row]
        sums[at] += took
        if took > 0.0:
            keep(kept_at(told.durations, 0), took, cell)
    sums[at + 1] += journey.contacts
    sums[at + 2] += journey.abandoned
    sums[at + 3] += journey.switches
    sums[at + 4] += journey.waited
    sums[at + 5] += journey.repeats
    sums[at + 6] += journey.notified
    sums[at + 7] += journey.pauses
    if outcome != _UNFINISHED:
        _remember(told, at + 8)


@part
def _remember(told: Any, at: int) -> None:
    """Add the mood in which a journey that is over is remembered: by its strongest moment, and its end."""
    journey, sums = journey_at(told, 0), f8_at(cells_at(told.journeys, 0).rows)
    peak = journey.least if -journey.least >= journey.largest else journey.largest
    mood = _rounded(told.peak * peak + (1.0 - told.peak) * journey.mood_end)
    sums[at] += mood
    sums[at + 1] += journey.mood_end
    sums[at + 2] += peak
    sums[at + 3] += mood < 0.0
