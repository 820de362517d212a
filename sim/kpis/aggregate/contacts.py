"""Contacts (visits to steps with a queue): flags and sums with definitions, and the compiled code that fills them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Plan, Result
from sim.jit.kernels import inner, numbers, part
from sim.jit.pointers import row_at
from sim.kpis.aggregate.cells import add_to_cell, keep_value
from sim.kpis.aggregate.cube import NONE, CodeColumn, Cube, dimensions_by_day, shared_dimensions
from sim.kpis.aggregate.declaration import bits_of, flag, state_of, sums_of, total
from sim.kpis.aggregate.scan import Queue, Scan, f8_at, i4_at, i8_at, queue_at, step_at, store_at, table_at
from sim.kpis.aggregate.tables import CellTable, ValueStore
from sim.kpis.dimensions import Dimension
from sim.numerics.time_grid import at_least, at_most

__all__ = ["CONTACT", "IS", "Contacts", "begin_contact", "contact_at", "contact_sizes", "contacts_of", "end_contact"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]


def _rings_at_once(contact: Any) -> bool:
    """Tell whether an agent was free; who gives up while it rings had no wait but that."""
    if contact.answered:
        return bool(contact.row.started == contact.row.began + contact.plan.queueing.ring[contact.queue])
    return bool(contact.row.rang > 0 and contact.waited - contact.row.rang <= at_most(0.0))


def _waited(contact: Any) -> float:
    row = contact.row
    wait_ended = row.started if contact.answered else contact.plan.end if math.isnan(row.ended) else row.ended
    called_back = contact.callback and (contact.answered or contact.failed)
    ring = contact.plan.queueing.ring[contact.queue] if called_back else 0.0  # the customer does not hear it
    return float(wait_ended - ring - row.began)


def _talk(contact: Any) -> float:
    row = contact.row
    return float(row.ended - row.started - row.hold - row.interrupted) if contact.handled else 0.0


def _stay(contact: Any) -> float:
    row = contact.row
    stayed = contact.plan.end - row.ended if math.isnan(row.freed) else row.stayed
    return float(stayed) if contact.handled else 0.0


def _wrap(contact: Any) -> float:
    row = contact.row
    wraps_up = contact.handled and not math.isnan(row.freed)
    return float(row.freed - row.ended - row.stayed) if wraps_up else 0.0


def _has_result(result: Result) -> Callable[[Any], bool]:
    """Define a flag of how contacts end."""
    return lambda contact: contact.row.result == result


def _is_transferred(contact: Any) -> bool:
    plan, step, following = contact.plan, contact.row.step, contact.row.next
    goes_on = contact.handled and following >= 0 and plan.step_queue[following] >= 0
    return bool(goes_on and plan.step_intent[following] == plan.step_intent[step])


def _is_first(condition: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Define a flag of the first contact of a journey with a queue that meets a condition."""
    return lambda contact: (
        condition(contact) and not any(condition(other) for other in contact.earlier if other.queue == contact.queue)
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Contacts:
    """Contacts that began within the intervals that count; each row is a cell.

    Contacts after the last interval are left out: no new customers compete with them for agents. Flags that compare a
    contact with others of its journey compare it with all of them.
    """

    cube: Cube
    waits: ValueStore  # seconds waited by each that was answered, where not 0
    waited: F8 = total(_waited)  # seconds, as all sums here; up to the run's end for contacts that still wait
    talk: F8 = total(_talk)
    hold: F8 = total(lambda contact: contact.row.hold if contact.handled else 0.0)
    stay: F8 = total(_stay)  # until the run's end for agents who stay on then
    wrap: F8 = total(_wrap)
    interrupted: F8 = total(lambda contact: contact.row.interrupted if contact.handled else 0.0)
    retelling: F8 = total(lambda contact: contact.row.repeat if contact.answered else 0.0)
    answered: B1 = flag(lambda contact: not math.isnan(contact.row.started))
    handled: B1 = flag(_has_result(Result.HANDLED))
    abandoned: B1 = flag(_has_result(Result.ABANDONED))
    closed: B1 = flag(lambda contact: contact.row.result == Result.CLOSED and contact.row.ended == contact.row.began)
    cleared: B1 = flag(lambda contact: contact.row.result == Result.CLOSED and not contact.closed)  # at closing time
    blocked: B1 = flag(_has_result(Result.BLOCKED))
    balked: B1 = flag(_has_result(Result.BALKED))
    failed: B1 = flag(_has_result(Result.FAILED))
    timed_out: B1 = flag(_has_result(Result.TIMED_OUT))
    inside: B1 = flag(_has_result(Result.INSIDE))
    entered: B1 = flag(lambda contact: not (contact.closed or contact.blocked or contact.balked))  # the queue
    delayed: B1 = flag(lambda contact: contact.entered and not _rings_at_once(contact))  # had to wait
    short: B1 = flag(  # abandoned so soon that no rate counts it
        lambda contact: contact.abandoned and contact.waited < at_least(contact.plan.short_abandon[contact.queue])
    )
    in_time: B1 = flag(lambda contact: contact.waited <= at_most(contact.plan.queue_within[contact.queue]))
    offered_callback: B1 = flag(
        lambda contact: (
            contact.entered
            and contact.row.announced >= at_least(contact.plan.queueing.callback[contact.queue, 0])
            and (contact.row.callback > 0 or contact.plan.queueing.callback[contact.queue, 3] == 0)
        )
    )
    callback: B1 = flag(lambda contact: contact.row.callback == 1)  # waited in virtual hold
    transferred: B1 = flag(_is_transferred)
    retold: B1 = flag(  # to an agent who does not know what the customer said on another channel
        lambda contact: contact.answered and contact.channel_changed and not contact.plan.context_kept
    )
    followed: B1 = flag(  # the journey's next contact begins within the repeat window
        lambda contact: any(
            following.row.began - contact.row.ended <= at_most(contact.plan.repeat_window)
            for following in contact.later[:1]
        )
    )
    first: B1 = flag(_is_first(lambda _: True))  # the journey's first contact with this queue
    first_offered: B1 = flag(  # the journey's first with this queue that entered it and was no short one
        _is_first(lambda contact: contact.entered and not contact.short)
    )
    first_handled: B1 = flag(  # the journey's first handled contact, whatever the queue
        lambda contact: contact.handled and not any(other.handled for other in contact.earlier)
    )


def contact_sizes(plan: Plan) -> tuple[int, ...]:
    """Return the numbers of codes of a contact: step, segment, interval, and group + 1."""
    return len(plan.steps), len(plan.segments), plan.intervals, len(plan.groups) + 1


def contacts_of(plan: Plan, table: CellTable, waits: ValueStore) -> Contacts:
    """Return the contacts that the pass recorded."""
    step, segment, interval, group = np.unravel_index(table.codes, contact_sizes(plan))
    when = CodeColumn(interval, plan.intervals)
    handled_by = CodeColumn(np.where(group > 0, group - 1, NONE), len(plan.groups))
    queue = CodeColumn(plan.step_queue[step], len(plan.queues))
    dimensions: dict[Dimension, tuple[CodeColumn, ...]] = {
        **shared_dimensions(plan, step, segment),
        "interval": (when,),
        "queue": (queue,),
        "queue_interval": (queue, when),
        "group": (handled_by,),
        "group_interval": (handled_by, when),
    }
    dimensions |= dimensions_by_day(plan, dimensions, interval)
    return Contacts(cube=Cube.build(table.number, dimensions), waits=waits, **table.columns())


IS = bits_of(Contacts)
CONTACT = state_of(Contacts, ended="f8", open="i8", counts="i8", flags="i8", codes="i8")
contact_at = row_at(Scan.dtype, "contact", CONTACT)

_CLOSED, _FAILED, _NO_FLAG = numbers(Result.CLOSED, Result.FAILED, 0)
_HANDLED, _SUMS = numbers(Result.HANDLED, len(sums_of(Contacts)))
_NOW = float(at_most(0.0))


@part
def begin_contact(scan: Scan, row: int, journey: int, interval: int, context_lost: bool) -> None:
    """Begin a contact of a journey: all is recorded but whether another one follows it."""
    contact = contact_at(scan, 0)
    began, ended = f8_at(scan.log_began)[row], f8_at(scan.log_ended)[row]
    started = f8_at(scan.log_started)[row]
    answered = not math.isnan(started)
    wait_ended = started if answered else scan.end if math.isnan(ended) else ended
    contact.open = 1
    contact.ended = ended
    contact.waited = wait_ended - _rang_for_call_back(scan, row, answered) - began
    contact.flags = _flags(scan, row, journey, contact.waited)
    if answered and context_lost:
        contact.flags |= IS.retold
    contact.talk = contact.hold = contact.stay = contact.wrap = contact.interrupted = contact.retelling = 0.0
    if contact.flags & IS.handled:
        _add_handle_time(scan, row, started, ended)
    if answered:
        contact.retelling = f8_at(scan.log_repeat)[row]
    contact.counts = interval >= 0
    if contact.counts:
        segment = int(i4_at(scan.segment)[i4_at(scan.log_customer)[row]])
        codes = int(i4_at(scan.log_step)[row]) * scan.segments + segment
        contact.codes = (codes * scan.intervals + interval) * (scan.groups + 1) + int(i4_at(scan.log_group)[row]) + 1


@inner
def _rang_for_call_back(scan: Scan, row: int, answered: bool) -> float:
    """Return how long the agent rang for a call back that was made: the customer's wait was over then."""
    if i4_at(scan.log_callback)[row] == 1 and (answered or i4_at(scan.log_result)[row] == _FAILED):
        return queue_at(scan, step_at(scan, int(i4_at(scan.log_step)[row])).queue).ring
    return 0.0


@inner
def _add_handle_time(scan: Scan, row: int, started: float, ended: float) -> None:
    contact, freed = contact_at(scan, 0), f8_at(scan.log_freed)[row]
    contact.hold = f8_at(scan.log_hold)[row]
    contact.interrupted = f8_at(scan.log_interrupted)[row]
    contact.talk = ended - started - contact.hold - contact.interrupted
    if math.isnan(freed):
        contact.stay = scan.end - ended
    else:
        contact.stay = f8_at(scan.log_stayed)[row]
        contact.wrap = freed - ended - contact.stay


@part
def _flags(scan: Scan, row: int, journey: int, waited: float) -> int:
    """Return the flags of a contact that are known when it begins."""
    queue = queue_at(scan, step_at(scan, int(i4_at(scan.log_step)[row])).queue)
    flags = _outcome(scan, row)
    if not math.isnan(f8_at(scan.log_started)[row]):
        flags |= IS.answered
    if i4_at(scan.log_callback)[row] == 1:
        flags |= IS.callback
    if waited <= queue.within:
        flags |= IS.in_time
    if flags & IS.abandoned and waited < queue.short:
        flags |= IS.short
    if not flags & (IS.closed | IS.blocked | IS.balked):
        flags |= IS.entered
        started, rang = f8_at(scan.log_started)[row], f8_at(scan.log_rang)[row]
        gave_up_at_once = rang > 0 and waited - rang <= _NOW
        if started != f8_at(scan.log_began)[row] + queue.ring and not gave_up_at_once:
            flags |= IS.delayed
        is_long_enough = not queue.by_length or i4_at(scan.log_callback)[row] > 0
        if f8_at(scan.log_announced)[row] >= queue.callback and is_long_enough:
            flags |= IS.offered_callback
    return flags | _firsts(scan, queue, journey, flags)


@part
def _outcome(scan: Scan, row: int) -> int:
    """Return the flags of how a contact ended, and of whether it was transferred."""
    result, following = i4_at(scan.log_result)[row], int(i4_at(scan.log_next)[row])
    if result == _CLOSED:
        at_once = f8_at(scan.log_ended)[row] == f8_at(scan.log_began)[row]
        return IS.closed if at_once else IS.cleared
    flags = i8_at(scan.of_result)[result]
    if result == _HANDLED and following >= 0:
        to, step = step_at(scan, following), step_at(scan, int(i4_at(scan.log_step)[row]))
        if to.queue >= 0 and to.intent == step.intent:
            flags |= IS.transferred
    return flags


@part
def _firsts(scan: Scan, queue: Queue, journey: int, flags: int) -> int:
    """Return the flags of a contact that no earlier one of its journey has."""
    first = _NO_FLAG
    if queue.journey != journey:
        queue.journey = journey
        first |= IS.first
    if flags & IS.entered and not flags & IS.short and queue.journey_offered != journey:
        queue.journey_offered = journey
        first |= IS.first_offered
    if flags & IS.handled and scan.journey_handled != journey:
        scan.journey_handled = journey
        first |= IS.first_handled
    return first


@inner
def end_contact(scan: Scan, following: float) -> None:
    """Add the contact that was begun, if any, to its cell; the next one of the journey begins then, NaN = none does."""
    contact = contact_at(scan, 0)
    if contact.open and contact.counts:
        if following - contact.ended <= scan.repeat_window:
            contact.flags |= IS.followed
        cell = add_to_cell(table_at(scan.contacts, 0), contact.flags, contact.codes, f8_at(scan.contact), _SUMS)
        if contact.flags & IS.answered and contact.waited > 0.0:
            keep_value(store_at(scan.waits, 0), contact.waited, cell)
    contact.open = 0
