"""Contacts: what became of them, and what they are to their journey."""

from __future__ import annotations

import math
from typing import Any

from sim.engine.plan import Kind, Result
from sim.jit.kernels import inner, numbers, part
from sim.kpis.aggregate.cells import cell_of, interval_of, keep
from sim.kpis.aggregate.layout import (
    CONTACT_MARKS,
    SUMS,
    cells_at,
    contact_at,
    f8_at,
    i4_at,
    i8_at,
    journey_at,
    kept_at,
    queue_at,
    step_at,
)

__all__ = ["begin_contact", "end_contact"]

_HANDLED, _ABANDONED, _CLOSED = numbers(Result.HANDLED, Result.ABANDONED, Result.CLOSED)
_ASSISTED, _NO_MARK = numbers(Kind.ASSISTED, 0)
_BITS = numbers(*(1 << place for place in range(len(CONTACT_MARKS))))
_IS_ANSWERED, _IS_DELAYED, _IS_HANDLED, _IS_ABANDONED, _IS_CLOSED, _IS_CLEARED, _IS_BLOCKED = _BITS[:7]
_IS_BALKED, _IS_FAILED, _IS_INSIDE, _IS_ENTERED, _IS_SHORT, _IS_SOON, _IS_OFFERED_CALLBACK = _BITS[7:14]
_IS_CALLBACK, _IS_TRANSFERRED, _IS_REPEATED, _IS_FOLLOWED, _IS_FIRST, _IS_FIRST_OFFERED, _IS_FIRST_HANDLED = _BITS[14:]


@part
def begin_contact(told: Any, row: int, unknown: bool) -> None:
    """Begin to tell of a contact; with an agent who may not know what was said in another channel."""
    end_contact(told, f8_at(told.log_began)[row])
    contact, journey = contact_at(told, 0), journey_at(told, 0)
    began, ended = f8_at(told.log_began)[row], f8_at(told.log_ended)[row]
    step = step_at(told, int(i4_at(told.log_step)[row]))
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
    interval = journey.interval if row == journey.first else interval_of(told, began)
    contact.counts = interval >= 0
    if contact.counts:
        who = i4_at(told.log_customer)[row]
        codes = int(i4_at(told.log_step)[row]) * told.segments + int(i4_at(told.segment)[who])
        contact.codes = (codes * told.intervals + interval) * (told.groups + 1) + int(i4_at(told.log_group)[row]) + 1


@part
def _marks(told: Any, row: int, waited: float) -> int:
    """Return what became of a contact."""
    queue = queue_at(told, step_at(told, int(i4_at(told.log_step)[row])).queue)
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
    return marks | _firsts(journey_at(told, 0), queue, marks)


@part
def _outcome(told: Any, row: int) -> int:
    """Return how a contact ended, and whether it was handed on to another one of the journey."""
    result, following = i4_at(told.log_result)[row], int(i4_at(told.log_next)[row])
    if result == _CLOSED:
        at_once = f8_at(told.log_ended)[row] == f8_at(told.log_began)[row]
        return _IS_CLOSED if at_once else _IS_CLEARED
    marks = i8_at(told.of_result)[result]
    if result == _HANDLED and following >= 0:
        to, step = step_at(told, following), step_at(told, int(i4_at(told.log_step)[row]))
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
def end_contact(told: Any, following: float) -> None:
    """Tell of the contact that was begun, if any, and of whether the next of the journey, NaN = none, is a repeat."""
    contact = contact_at(told, 0)
    if contact.there and contact.counts:
        if following - contact.ended <= told.repeat_window:
            contact.marks |= _IS_FOLLOWED
        table = cells_at(told.contacts, 0)
        sums = f8_at(table.rows)
        cell = cell_of(table, contact.marks, contact.codes)
        at = cell * table.width + SUMS
        sums[at] += contact.waited
        sums[at + 1] += contact.talk
        sums[at + 2] += contact.hold
        sums[at + 3] += contact.wrap
        sums[at + 4] += contact.repeat
        if contact.marks & _IS_ANSWERED and contact.waited > 0.0:
            keep(kept_at(told.waits, 0), contact.waited, cell)
    contact.there = 0
