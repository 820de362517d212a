"""Journeys: flags and sums with definitions, and the compiled code that fills them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.engine.plan import Kind, Outcome, Plan, Result
from sim.jit.kernels import inner, numbers, part
from sim.jit.pointers import row_at
from sim.kpis.aggregate.cells import add_to_cell, interval_of, keep_value
from sim.kpis.aggregate.contacts import IS, begin_contact, contact_at, end_contact
from sim.kpis.aggregate.cube import CodeColumn, Cube, dimensions_by_day, shared_dimensions
from sim.kpis.aggregate.declaration import bits_of, flag, state_of, sums_of, total
from sim.kpis.aggregate.scan import Scan, f8_at, i4_at, step_at, store_at, table_at
from sim.kpis.aggregate.tables import CellTable, ValueStore
from sim.kpis.intervals import reporting_time

__all__ = [
    "JOURNEY", "Journeys", "add_visit", "begin_journey", "end_journey", "feel", "journey_at", "journey_sizes",
    "journeys_of", "moods_of",
]  # fmt: skip

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]
Definition = Callable[[Any], float]
_FAILURES = {*range(Result.ABANDONED, Result.FAILED + 1), Result.TIMED_OUT}


def _waited_in_person(contact: Any) -> float:
    in_person = contact.plan.step_kind[contact.row.step] == Kind.ASSISTED and not contact.callback
    return float(contact.waited) if in_person else 0.0


def _sum_of_contacts(quantity: Definition) -> Definition:
    return lambda journey: sum(quantity(contact) for contact in journey.contact_visits)


def _counts(visit: Any) -> bool:
    since, until = reporting_time(visit.plan)
    return bool(since <= visit.row.counted < until)


def _number_of_pauses(condition: Callable[[Any], bool]) -> Definition:
    return lambda journey: sum(
        journey.plan.step_kind[visit.row.step] == Kind.PAUSE and _counts(visit) and condition(visit)
        for visit in journey.visits
    )


def _if_over(quantity: Definition) -> Definition:
    return lambda journey: quantity(journey) if journey.outcome != Outcome.INSIDE else 0.0


def moods_of(journey: Any) -> list[float]:
    """Return the mood after each visit, with the outcome in the last one, by the formula of docs/feelings.md."""
    weights, felt, moods = journey.plan.feelings, journey.plan.feelings.start, []
    for visit in journey.visits:
        felt -= weights.per_failure * (visit.row.result in _FAILURES)
        felt -= weights.per_channel_switch * visit.switched
        if visit.queue >= 0:
            felt -= weights.per_repetition * visit.retold
            felt -= weights.per_transfer * visit.transferred
            felt -= weights.per_minute_waited / 60.0 * _waited_in_person(visit)
        if visit is journey.visits[-1] and journey.outcome != Outcome.INSIDE:
            felt += weights.resolved if journey.outcome == Outcome.RESOLVED else -weights.unresolved
        moods.append(min(max(round(felt * 1e9) / 1e9, -1.0), 1.0))
    return moods


def _peak(journey: Any) -> float:
    return max(sorted(moods_of(journey)), key=abs)  # the bad one of two that are equally far from neutral


def _mood(journey: Any) -> float:
    share = journey.plan.feelings.peak
    return round((share * _peak(journey) + (1.0 - share) * moods_of(journey)[-1]) * 1e9) / 1e9


@dataclass(frozen=True, eq=False, kw_only=True)
class Journeys:
    """Journeys that began within the intervals that count; each row is a cell.

    The dimension "channel" is the channel that a journey began on.
    """

    cube: Cube
    durations: ValueStore  # seconds that each took that was resolved, where not 0
    intent: I8
    outcome: I8  # plan.Outcome
    leads_to: I8  # intent of the customer's next journey, where this one leads straight on to it; else -1
    over: B1  # not unfinished
    self_service: B1  # began in self-service
    alone: B1 = flag(lambda journey: not journey.contact_visits)  # without a contact
    took: F8 = total(  # seconds until it was resolved
        lambda journey: journey.ended - journey.began if journey.outcome == Outcome.RESOLVED else 0.0
    )
    contacts: F8 = total(lambda journey: len(journey.contact_visits))
    contacts_after: F8 = total(_sum_of_contacts(lambda contact: contact.row.began >= reporting_time(contact.plan)[1]))
    abandoned: F8 = total(_sum_of_contacts(lambda contact: contact.abandoned))
    switches: F8 = total(lambda journey: sum(visit.switched for visit in journey.visits))
    waited: F8 = total(_sum_of_contacts(_waited_in_person))  # neither for deferred work nor in virtual hold
    repeats: F8 = total(_sum_of_contacts(lambda contact: contact.retold))
    notified: F8 = total(_number_of_pauses(lambda visit: visit.row.result == Result.NOTIFIED))
    pauses: F8 = (
        total(  # begun within the intervals that count, that are over, and that a notification could have ended
            _number_of_pauses(
                lambda visit: visit.row.result != Result.INSIDE and not math.isnan(visit.plan.notify[visit.row.step])
            )
        )
    )
    mood: F8 = total(_if_over(_mood))  # in which it is remembered: a weighted mean of the next two
    mood_end: F8 = total(_if_over(lambda journey: moods_of(journey)[-1]))
    mood_peak: F8 = total(_if_over(_peak))  # furthest from neutral
    unhappy: F8 = total(_if_over(lambda journey: _mood(journey) < 0.0))


def journey_sizes(plan: Plan) -> tuple[int, ...]:
    """Return the numbers of codes of a journey: first step, segment, interval, outcome, and intent led to + 1."""
    return len(plan.steps), len(plan.segments), plan.intervals, len(Outcome), len(plan.intents) + 1


def journeys_of(plan: Plan, table: CellTable, durations: ValueStore) -> Journeys:
    """Return the journeys that the pass recorded."""
    step, segment, interval, outcome, leads_to = np.unravel_index(table.codes, journey_sizes(plan))
    dimensions = {**shared_dimensions(plan, step, segment), "interval": (CodeColumn(interval, plan.intervals),)}
    dimensions |= dimensions_by_day(plan, dimensions, interval)
    return Journeys(
        cube=Cube.build(table.number, dimensions),
        durations=durations,
        intent=plan.step_intent[step].astype(np.int64),
        outcome=outcome,
        leads_to=leads_to - 1,
        over=outcome != Outcome.INSIDE,
        self_service=plan.step_kind[step] == Kind.SELF_SERVICE,
        **table.columns(),
    )


HAS = bits_of(Journeys)
JOURNEY = state_of(Journeys, felt="f8", least="f8", largest="f8", number="i8", counts="i8", first="i8", interval="i8")
journey_at = row_at(Scan.dtype, "journey", JOURNEY)

_PASSED, _HANDLED, _ABANDONED = numbers(Result.PASSED, Result.HANDLED, Result.ABANDONED)
_BALKED, _FAILED, _NOTIFIED, _INSIDE = numbers(Result.BALKED, Result.FAILED, Result.NOTIFIED, Result.INSIDE)
(_TIMED_OUT,) = numbers(Result.TIMED_OUT)
_SUMS, _NONE = numbers(len(sums_of(Journeys)), -1)
_RESOLVED, _UNRESOLVED, _GAVE_UP, _UNFINISHED = numbers(*Outcome)
_OUTCOMES, _NO_FLAG = numbers(len(Outcome), 0)
_NO_FRACTION = 1.5 * 2.0**52  # a number of this size has no digits after the point, and adding rounds


@part
def begin_journey(scan: Scan, row: int) -> None:
    """Begin a journey with its first visit."""
    journey, sums = journey_at(scan, 0), f8_at(scan.journey)
    for column in range(_SUMS):
        sums[column] = 0.0
    journey.number += 1
    journey.first = row
    journey.interval = interval_of(scan, f8_at(scan.log_counted)[row])
    journey.counts = journey.interval >= 0
    journey.felt, journey.least, journey.largest = scan.start, math.inf, -math.inf


@part
def add_visit(scan: Scan, customer: Any, row: int) -> None:
    """Add a visit to the journey of a customer."""
    journey, step = journey_at(scan, 0), step_at(scan, int(i4_at(scan.log_step)[row]))
    result = int(i4_at(scan.log_result)[row])
    if _ABANDONED <= result <= _FAILED or result == _TIMED_OUT:
        journey.felt -= scan.per_failure
    channel_changed = False
    if step.is_pause and scan.since <= f8_at(scan.log_counted)[row] < scan.until:
        journey.notified += result == _NOTIFIED
        journey.pauses += step.notifies and result != _INSIDE
    if not step.is_pause:
        channel_changed = customer.channel >= 0 and customer.channel != step.channel
        if channel_changed and customer.channel_journey == journey.number:
            journey.switches += 1.0
            journey.felt -= scan.per_channel_switch
        customer.channel, customer.channel_journey = step.channel, journey.number
    if step.queue >= 0:
        _add_contact(scan, row, step.is_assisted, channel_changed and not scan.context_kept)


@part
def _add_contact(scan: Scan, row: int, assisted: bool, context_lost: bool) -> None:
    journey, contact, began = journey_at(scan, 0), contact_at(scan, 0), f8_at(scan.log_began)[row]
    end_contact(scan, began)
    interval = journey.interval if row == journey.first else interval_of(scan, f8_at(scan.log_counted)[row])
    begin_contact(scan, row, journey.number, interval, context_lost)
    journey.contacts += 1.0
    journey.contacts_after += began >= scan.until
    if contact.flags & IS.abandoned:
        journey.abandoned += 1.0
    if contact.flags & IS.retold:
        journey.repeats += 1.0
        journey.felt -= scan.per_repetition
    if contact.flags & IS.transferred:
        journey.felt -= scan.per_transfer
    if assisted and not contact.flags & IS.callback:
        journey.waited += contact.waited
        journey.felt -= scan.per_second_waited * contact.waited


@inner
def feel(scan: Scan, row: int) -> None:
    """Note the customer's mood after a visit."""
    journey = journey_at(scan, 0)
    mood = min(max(_rounded(journey.felt), -1.0), 1.0)
    journey.mood_end = mood
    journey.least = min(journey.least, mood)
    journey.largest = max(journey.largest, mood)
    if scan.since <= f8_at(scan.log_counted)[row] < scan.until and i4_at(scan.log_result)[row] != _INSIDE:
        f8_at(scan.moods)[i4_at(scan.log_step)[row]] += mood


@part
def _rounded(mood: float) -> float:
    """Round to 9 digits, half to even, so that what adds up to 0 is 0."""
    return ((mood * 1e9 + _NO_FRACTION) - _NO_FRACTION) / 1e9


@part
def end_journey(scan: Scan, last: int, another_follows: bool) -> None:
    """End a journey after its last visit, and add it to its cell."""
    end_contact(scan, math.nan)
    journey = journey_at(scan, 0)
    following, outcome, leads_to = int(i4_at(scan.log_next)[last]), _UNFINISHED, _NONE
    if following < 0:
        outcome = -1 - following
    elif another_follows:
        outcome = _outcome_of(int(i4_at(scan.log_result)[last]))
        leads_to = step_at(scan, following).intent
    if outcome == _RESOLVED:
        journey.felt += scan.resolved
    elif outcome != _UNFINISHED:
        journey.felt -= scan.unresolved
    feel(scan, last)
    if journey.counts:
        _add_journey(scan, outcome, leads_to, f8_at(scan.log_ended)[last])


@part
def _outcome_of(result: int) -> int:
    """Return the outcome of a journey that leads on to another intent, from how its last visit ended."""
    if result in (_PASSED, _HANDLED, _NOTIFIED):
        return _RESOLVED
    if result in (_ABANDONED, _BALKED):
        return _GAVE_UP
    return _UNFINISHED if result == _INSIDE else _UNRESOLVED


@part
def _add_journey(scan: Scan, outcome: int, leads_to: int, ended: float) -> None:
    journey = journey_at(scan, 0)
    row = journey.first
    if outcome == _RESOLVED:
        journey.took = ended - f8_at(scan.log_began)[row]
    if outcome == _UNFINISHED:
        journey.mood_end = 0.0
    else:
        journey.mood_peak = journey.least if -journey.least >= journey.largest else journey.largest
        journey.mood = _rounded(scan.peak * journey.mood_peak + (1.0 - scan.peak) * journey.mood_end)
        journey.unhappy = journey.mood < 0.0
    segment = int(i4_at(scan.segment)[i4_at(scan.log_customer)[row]])
    codes = int(i4_at(scan.log_step)[row]) * scan.segments + segment
    codes = (codes * scan.intervals + journey.interval) * _OUTCOMES + outcome
    codes = codes * (scan.intents + 1) + leads_to + 1
    flags = HAS.alone if journey.contacts == 0.0 else _NO_FLAG
    cell = add_to_cell(table_at(scan.journeys, 0), flags, codes, f8_at(scan.journey), _SUMS)
    if journey.took > 0.0:
        keep_value(store_at(scan.durations, 0), journey.took, cell)
