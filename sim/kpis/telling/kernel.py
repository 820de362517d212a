"""Tell of customers one after another, touchpoint by touchpoint: what became of contacts, journeys and customers.

What is told of is added to its *cell*: the records that agree in all codes and marks (ADR 11). Whether a contact is
followed by another, and how a journey ends, is known only later, so a contact and a journey are told of when they are
over.
"""

from __future__ import annotations

import math
from typing import Any

from sim.core.compiling import compiled
from sim.core.kernels import inner, numbers, part
from sim.engine.plan import Kind, Outcome, Result
from sim.kpis.telling.layout import (
    CODES,
    CONTACT_MARKS,
    MARKS,
    NUMBER,
    SUMS,
    cells_at,
    contact_at,
    customer_at,
    f8_at,
    i4_at,
    i8_at,
    journey_at,
    kept_at,
    queue_at,
    step_at,
)

__all__ = ["tell", "tell_slots"]

_PASSED, _HANDLED, _ABANDONED = numbers(Result.PASSED, Result.HANDLED, Result.ABANDONED)
_CLOSED, _BLOCKED, _BALKED = numbers(Result.CLOSED, Result.BLOCKED, Result.BALKED)
_FAILED, _NOTIFIED, _INSIDE = numbers(Result.FAILED, Result.NOTIFIED, Result.INSIDE)
_RESULTS, _OUTCOMES = numbers(len(Result), len(Outcome))
_PAUSE, _ASSISTED = numbers(Kind.PAUSE, Kind.ASSISTED)
_RESOLVED, _UNRESOLVED, _GAVE_UP, _UNFINISHED = numbers(
    Outcome.RESOLVED, Outcome.UNRESOLVED, Outcome.GAVE_UP, Outcome.INSIDE
)
_BITS = numbers(*(1 << place for place in range(len(CONTACT_MARKS))))
_IS_ANSWERED, _IS_DELAYED, _IS_HANDLED, _IS_ABANDONED, _IS_CLOSED, _IS_CLEARED, _IS_BLOCKED = _BITS[:7]
_IS_BALKED, _IS_FAILED, _IS_INSIDE, _IS_ENTERED, _IS_SHORT, _IS_SOON, _IS_OFFERED_CALLBACK = _BITS[7:14]
_IS_CALLBACK, _IS_TRANSFERRED, _IS_REPEATED, _IS_FOLLOWED, _IS_FIRST, _IS_FIRST_OFFERED, _IS_FIRST_HANDLED = _BITS[14:]
_NO_MARK, _ONE = numbers(0, 1)
_NO_FRACTION = 1.5 * 2.0**52  # a number of this size has no digits after the point, and adding rounds
_GOLDEN, _OTHER = numbers(-7046029254386353131, -4417276706812531889)  # odd, far from regular: neighbours fall apart


@compiled(error_model="numpy", nogil=True)
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


@compiled("void(i4[::1], i8[:, ::1], i8)")
def tell_slots(slots: Any, rows: Any, size: int) -> None:
    """Put cells that are known into an empty table of slots."""
    for cell in range(size):
        slot = _slot_of(rows[cell, MARKS], rows[cell, CODES], len(slots) - 1)
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = cell


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
    customer = customer_at(told.customer, 0)
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
    following, step = i4_at(told.log_next)[last], step_at(told.of_step, int(i4_at(told.log_step)[first]))
    over = following < 0 and following != -1 - _UNFINISHED
    segment = int(i4_at(told.segment)[i4_at(told.log_customer)[first]])
    table = cells_at(told.customers, 0)
    sums = f8_at(table.rows)
    at = _cell(table, int(over), step.intent * told.segments + segment) * table.width + SUMS
    sums[at] += customer.journeys
    if over:
        sums[at + 1] += f8_at(told.log_ended)[last] - f8_at(told.log_began)[first]


@part
def _begin_journey(told: Any, customer: Any, row: int) -> None:
    journey = journey_at(told.journey, 0)
    journey.number += 1
    journey.first = row
    journey.interval = _interval(told, f8_at(told.log_began)[row])
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
    journey = journey_at(told.journey, 0)
    number, result = int(i4_at(told.log_step)[row]), int(i4_at(told.log_result)[row])
    step = step_at(told.of_step, number)
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
        _contact(told, row, moved and not told.context_kept)


@part
def _ask_for_line(told: Any, customer: Any, row: int) -> None:
    """Tell whether a line was free for a customer who did not hold it already."""
    line = step_at(told.of_step, int(i4_at(told.log_step)[row])).lines
    interval = _interval(told, f8_at(told.log_began)[row])
    if interval >= 0 and customer.line != line:
        at = line * told.intervals + interval
        f8_at(told.tries)[at] += 1.0
        f8_at(told.failures)[at] += i4_at(told.log_result)[row] == _BLOCKED


@part
def _contact(told: Any, row: int, unknown: bool) -> None:
    """Begin to tell of a contact; with an agent who may not know what was said in another channel."""
    _end_contact(told, f8_at(told.log_began)[row])
    contact, journey = contact_at(told.contact, 0), journey_at(told.journey, 0)
    began, ended = f8_at(told.log_began)[row], f8_at(told.log_ended)[row]
    step = step_at(told.of_step, int(i4_at(told.log_step)[row]))
    result, started = int(i4_at(told.log_result)[row]), f8_at(told.log_started)[row]
    answered = not math.isnan(started)
    gone = told.end if math.isnan(ended) else ended
    contact.there = 1
    contact.ended = ended
    contact.waited = (started if answered else gone) - began
    contact.marks = _marks(told, row, contact.waited)
    if answered and unknown:
        contact.marks |= _IS_REPEATED
        journey.repeats += 1.0
        journey.felt -= told.per_repetition
    if contact.marks & _IS_TRANSFERRED:
        journey.felt -= told.per_transfer
    if step.kind == _ASSISTED and not contact.marks & _IS_CALLBACK:
        journey.waited += contact.waited
        journey.felt -= told.per_second_waited * contact.waited
    journey.contacts += 1.0
    journey.abandoned += result == _ABANDONED
    contact.talk = contact.hold = contact.wrap = contact.repeat = 0.0
    if result == _HANDLED:
        freed = f8_at(told.log_freed)[row]
        contact.hold = f8_at(told.log_hold)[row]
        contact.talk = ended - started - contact.hold
        contact.wrap = (told.end if math.isnan(freed) else freed) - ended
    if answered:
        contact.repeat = f8_at(told.log_repeat)[row]
    interval = journey.interval if row == journey.first else _interval(told, began)
    contact.counts = interval >= 0
    if contact.counts:
        who = i4_at(told.log_customer)[row]
        codes = int(i4_at(told.log_step)[row]) * told.segments + int(i4_at(told.segment)[who])
        contact.codes = (codes * told.intervals + interval) * (told.groups + 1) + int(i4_at(told.log_group)[row]) + 1


@part
def _marks(told: Any, row: int, waited: float) -> int:
    """Return what became of a contact."""
    queue = queue_at(told.of_queue, step_at(told.of_step, int(i4_at(told.log_step)[row])).queue)
    marks = _outcome(told, row)
    if not math.isnan(f8_at(told.log_started)[row]):
        marks |= _IS_ANSWERED
    if i4_at(told.log_callback)[row] == 1:
        marks |= _IS_CALLBACK
    if waited <= queue.within:
        marks |= _IS_SOON
    if marks & _IS_ABANDONED and waited < queue.short:
        marks |= _IS_SHORT
    if not marks & (_IS_CLOSED | _IS_BLOCKED | _IS_BALKED):
        marks |= _IS_ENTERED
        if f8_at(told.log_started)[row] != f8_at(told.log_began)[row] + queue.ring:
            marks |= _IS_DELAYED
        if f8_at(told.log_announced)[row] >= queue.callback:
            marks |= _IS_OFFERED_CALLBACK
    return marks | _firsts(journey_at(told.journey, 0), queue, marks)


@part
def _outcome(told: Any, row: int) -> int:
    """Return how a contact ended, and whether it was handed on to another one of the journey."""
    result, following = i4_at(told.log_result)[row], int(i4_at(told.log_next)[row])
    if result == _CLOSED:
        at_once = f8_at(told.log_ended)[row] == f8_at(told.log_began)[row]
        return _IS_CLOSED if at_once else _IS_CLEARED
    marks = i8_at(told.of_result)[result]
    if result == _HANDLED and following >= 0:
        to, step = step_at(told.of_step, following), step_at(told.of_step, int(i4_at(told.log_step)[row]))
        if to.queue >= 0 and to.intent == step.intent:
            marks |= _IS_TRANSFERRED
    return marks


@part
def _firsts(journey: Any, queue: Any, marks: int) -> int:
    """Return of what a contact is the first one of its journey."""
    first = _NO_MARK
    if queue.came != journey.number:
        queue.came = journey.number
        first |= _IS_FIRST
    if marks & _IS_ENTERED and not marks & _IS_SHORT and queue.came_offered != journey.number:
        queue.came_offered = journey.number
        first |= _IS_FIRST_OFFERED
    if marks & _IS_HANDLED and not journey.handled:
        journey.handled = 1
        first |= _IS_FIRST_HANDLED
    return first


@inner
def _end_contact(told: Any, following: float) -> None:
    """Tell of the contact that was begun, if any, and of whether the next of the journey, NaN = none, is a repeat."""
    contact = contact_at(told.contact, 0)
    if contact.there and contact.counts:
        if following - contact.ended <= told.repeat_window:
            contact.marks |= _IS_FOLLOWED
        table = cells_at(told.contacts, 0)
        sums = f8_at(table.rows)
        cell = _cell(table, contact.marks, contact.codes)
        at = cell * table.width + SUMS
        sums[at] += contact.waited
        sums[at + 1] += contact.talk
        sums[at + 2] += contact.hold
        sums[at + 3] += contact.wrap
        sums[at + 4] += contact.repeat
        if contact.marks & _IS_ANSWERED and contact.waited > 0.0:
            _keep(kept_at(told.waits, 0), contact.waited, cell)
    contact.there = 0


@inner
def _feel(told: Any, row: int) -> None:
    """Tell how the customer feels after a touchpoint."""
    journey = journey_at(told.journey, 0)
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
    _end_contact(told, math.nan)
    journey = journey_at(told.journey, 0)
    following, outcome, leads_to = int(i4_at(told.log_next)[last]), _UNFINISHED, -_ONE
    if following < 0:
        outcome = -1 - following
    elif follows:
        outcome = _as_its_last(int(i4_at(told.log_result)[last]))
        leads_to = step_at(told.of_step, following).intent
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
    journey = journey_at(told.journey, 0)
    row = journey.first
    codes = int(i4_at(told.log_step)[row]) * told.segments + int(i4_at(told.segment)[i4_at(told.log_customer)[row]])
    codes = (codes * told.intervals + journey.interval) * _OUTCOMES + outcome
    table = cells_at(told.journeys, 0)
    sums = f8_at(table.rows)
    cell = _cell(table, int(journey.contacts == 0.0), codes * (told.intents + 1) + leads_to + 1)
    at = cell * table.width + SUMS
    if outcome == _RESOLVED:
        took = ended - f8_at(told.log_began)[row]
        sums[at] += took
        if took > 0.0:
            _keep(kept_at(told.durations, 0), took, cell)
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
    journey, sums = journey_at(told.journey, 0), f8_at(cells_at(told.journeys, 0).rows)
    peak = journey.least if -journey.least >= journey.largest else journey.largest
    mood = _rounded(told.peak * peak + (1.0 - told.peak) * journey.mood_end)
    sums[at] += mood
    sums[at + 1] += journey.mood_end
    sums[at + 2] += peak
    sums[at + 3] += mood < 0.0


@part
def _keep(kept: Any, value: float, cell: int) -> None:
    """Keep a value, of which order statistics are wanted."""
    f8_at(kept.values)[kept.size] = value
    i4_at(kept.cell)[kept.size] = cell
    kept.size += 1


@inner
def _interval(told: Any, instant: float) -> int:
    """Return the interval that an instant lies in, -1 = outside of all that count."""
    edges = f8_at(told.edges)
    guess = (instant - edges[0]) * told.per_second
    at = int(min(max(guess, 0.0), float(told.intervals)))
    while at >= 0 and edges[at] > instant:
        at -= 1
    while 0 <= at < told.intervals and edges[at + 1] <= instant:
        at += 1
    return at if told.first_interval <= at < told.intervals else -_ONE


@inner
def _slot_of(marks: int, codes: int, last: int) -> int:
    return int(((marks * _OTHER) ^ codes) * _GOLDEN >> 32) & last


@inner
def _cell(table: Any, marks: int, codes: int) -> int:
    """Return the cell of a record, which is counted in it."""
    slots, rows, last = i4_at(table.slots), i8_at(table.rows), 4 * table.room - 1
    slot = _slot_of(marks, codes, last)
    cell = int(slots[slot])
    while cell >= 0 and (rows[cell * table.width + MARKS] != marks or rows[cell * table.width + CODES] != codes):
        slot = (slot + 1) & last
        cell = int(slots[slot])
    if cell < 0:
        cell = table.size
        table.size += 1
        slots[slot] = cell
        rows[cell * table.width + MARKS] = marks
        rows[cell * table.width + CODES] = codes
    f8_at(table.rows)[cell * table.width + NUMBER] += 1.0
    return cell
