"""Handlers of the commands of journeys.

Every change makes exactly one version and one entry of the history, so that the version is the number of changes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import Document, merge, stored, write
from orchestrator.core.problems import Refused
from orchestrator.core.value_class import value_class
from orchestrator.customers.identities import names_needed, names_of
from orchestrator.journeys.commands import Complete, HandOff, Merge, Move, Pause, Record, Records, Resume, Start
from orchestrator.journeys.rows import OWN, Entry, Journey, State, the_journey
from orchestrator.service.command_context import CommandContext
from orchestrator.store.unit import Need, Unit, savepoint

__all__ = ["COMMANDS", "LARGEST_CONTEXT", "NEEDS", "append"]

LARGEST_CONTEXT = 32 * 1024
"""Bytes of JSON that a journey's context may have."""


class _Transition(NamedTuple):
    """States of a journey before and after a move, the type of its entry, and the move's participle in refusals."""

    before: tuple[State, ...]
    after: State
    entry_type: str
    participle: str


_TRANSITIONS: Mapping[type[Move], _Transition] = {
    Pause: _Transition((State.ACTIVE,), State.PAUSED, "sojourn.journey.paused", "paused"),
    Resume: _Transition((State.PAUSED,), State.ACTIVE, "sojourn.journey.resumed", "resumed"),
    Complete: _Transition((State.ACTIVE,), State.COMPLETED, "sojourn.journey.completed", "completed"),
}


@value_class
class _Change:
    """The entry that a command makes; by default, source and time are the endpoint's own."""

    id: str
    type: str
    data: Document
    source: str = ""
    time: float | str | None = None
    trace: str | None = None


def start(command: Start, unit: Unit, context: CommandContext) -> Answer:
    """Start a journey, or resume an open one on the channel of the command."""
    body = command.body
    data: Document = {"channel": body.channel, "context": body.context}
    opened = _open(command, unit)
    if opened is None:
        journey = Journey(
            command.tenant, context.new_id(), body.customer, body.intent, State.ACTIVE.value, body.channel,
            0, _within_limit(merge({}, body.context)), None, context.now, context.now,
        )  # fmt: skip
        happened, status = "started", 201
    else:
        journey = replace(opened, state=State.ACTIVE.value, context=_merged(opened, body.context))
        happened, status = "resumed", 200
    change = _Change(command.key.value, f"sojourn.journey.{happened}", data, time=body.at, trace=command.trace)
    return _apply(journey, unit, context, change, channel=body.channel).answer(status)


def _open(command: Start, unit: Unit) -> Journey | None:
    """Return the open journey of a customer, under any name, that was changed last."""
    journeys = [
        journey
        for name in names_of(unit, command.tenant, command.body.customer)
        for journey in unit.find(Journey, "open", command.tenant, name, command.body.intent)
    ]
    return max(journeys, key=lambda journey: (journey.updated, journey.id), default=None)


def record(command: Record, unit: Unit, context: CommandContext) -> Answer:
    """Record an event, unless it has been recorded: its channel becomes the journey's, its context is merged."""
    event = command.body
    again = unit.find(Entry, "once", command.tenant, event.source, event.id)
    if again:
        if again[0].journey != command.journey:
            raise Refused("elsewhere", "an event with this source and id was recorded for another journey")
        return _recorded(200, command.journey, again[0].version, applied=False)
    journey = the_journey(unit, command.tenant, command.journey)
    if journey.state == State.COMPLETED:
        raise _forbidden(journey, "take an event")
    data = event.data
    merged = _merged(journey, data["context"]) if "context" in data else journey.context
    change = _Change(event.id, event.type, data, event.source, event.time, command.trace)
    changed = _apply(journey, unit, context, change, channel=data.get("channel"), journey_context=merged)
    return _recorded(201, command.journey, changed.version, applied=True)


def records(command: Records, unit: Unit, context: CommandContext) -> Answer:
    """Record events one by one; a refused one does not affect the others."""
    parts = []
    for item in command.items:
        answer = item.answer() if isinstance(item, Refused) else _record_one(item, unit, context)
        parts.append(f'{{"status":{answer.status},"body":{answer.body.decode()}}}')
    return Answer(200, f'{{"items":[{",".join(parts)}]}}'.encode())


def _record_one(command: Record, unit: Unit, context: CommandContext) -> Answer:
    """Record an event of several completely or not at all."""
    try:
        with savepoint(unit):
            return record(command, unit, context)
    except Refused as refusal:
        return refusal.answer()


def move(command: Move, unit: Unit, context: CommandContext) -> Answer:
    """Move a journey from state to state."""
    journey = the_journey(unit, command.tenant, command.journey)
    before, after, entry_type, participle = _TRANSITIONS[type(command)]
    if journey.state not in before:
        raise _forbidden(journey, f"be {participle}")
    data = command.body.model_dump(exclude_none=True)
    moved = replace(journey, state=after.value)
    change = _Change(command.key.value, entry_type, data, trace=command.trace)
    return _apply(moved, unit, context, change, channel=data.get("channel")).answer(200)


def hand_off(command: HandOff, unit: Unit, context: CommandContext) -> Answer:
    """Hand a journey over, with its whole context."""
    journey = the_journey(unit, command.tenant, command.journey)
    if journey.state != State.ACTIVE:
        raise _forbidden(journey, "be handed over")
    body = command.body
    members = {"channel": body.channel, "from": journey.channel, "queue": body.queue, "reason": body.reason}
    data = {name: value for name, value in members.items() if value is not None}
    change = _Change(command.key.value, "sojourn.journey.handed-off", data, trace=command.trace)
    return _apply(journey, unit, context, change, channel=body.channel).answer(200)


def merge_context(command: Merge, unit: Unit, context: CommandContext) -> Answer:
    """Merge a patch, if the journey has not changed since the client saw it."""
    journey = the_journey(unit, command.tenant, command.journey)
    if command.versions is not None and journey.version not in command.versions:
        detail = f"the journey is at version {journey.version}"
        raise Refused("mismatch", detail, version=journey.version)
    if journey.state == State.COMPLETED:
        raise _forbidden(journey, "have its context changed")
    patch: Document = command.body.model_extra or {}
    change = _Change(context.new_id(), "sojourn.context.merged", {"context": patch}, trace=command.trace)
    return _apply(journey, unit, context, change, journey_context=_merged(journey, patch)).answer(200)


def append(journey: Journey, unit: Unit, context: CommandContext, *, entry_type: str, data: Document) -> Journey:
    """Add an entry of the endpoint's own to a journey's history.

    Parameters
    ----------
    journey
        As it shall be, except for the version.
    unit, context
        Of the handler.
    entry_type
        Such as ``sojourn.item.accepted``.
    data
        Of the entry.

    Returns
    -------
    Journey
        With the next version.
    """
    return _apply(journey, unit, context, _Change(context.new_id(), entry_type, data))


def _merged(journey: Journey, patch: Document) -> str:
    """Return a journey's context with a patch merged into it."""
    return _within_limit(merge(stored(journey.context), patch)) if patch else journey.context


def _within_limit(context: Document) -> str:
    """Return a context as text, unless it is too large to keep."""
    text = write(context)
    if len(text) > LARGEST_CONTEXT // 4 and (size := len(text.encode())) > LARGEST_CONTEXT:
        detail = f"the context would have {size} bytes, {LARGEST_CONTEXT} are kept at most"
        raise Refused("too-large", detail, limit=LARGEST_CONTEXT)
    return text


def _forbidden(journey: Journey, doing: str) -> Refused:
    """Return the refusal of a change that a journey's state does not allow."""
    return Refused("state", f"a journey that is {journey.state} cannot {doing}", state=journey.state)


def _apply(
    journey: Journey, unit: Unit, context: CommandContext, change: _Change,
    *, channel: str | None = None, journey_context: str | None = None,
) -> Journey:  # fmt: skip
    """Write a journey's next version with its entry, call the hooks, and return the journey."""
    journey = Journey(
        journey.tenant, journey.id, journey.customer, journey.intent, journey.state, channel or journey.channel,
        journey.version + 1, journey.context if journey_context is None else journey_context, journey.next,
        journey.started, context.now,
    )  # fmt: skip
    entry = Entry(
        journey.tenant, journey.id, journey.version, change.id, change.source or OWN + journey.id, change.type,
        write(context.now if change.time is None else change.time), context.now, journey.channel, write(change.data),
        change.trace,
    )  # fmt: skip
    unit.put(journey)
    unit.put(entry)
    for hook in context.hooks:
        mark = unit.mark()
        following = hook(entry, journey, unit, context)
        if unit.mark() != mark:  # it may have written the journey
            journey = unit.get(Journey, journey.tenant, journey.id) or journey
        if following is not None:
            journey = replace(journey, next=write(following))
            unit.put(journey)
    return journey


def _recorded(status: int, journey: str, version: int, *, applied: bool) -> Answer:
    """Return the answer to an event."""
    done = "true" if applied else "false"
    return Answer(status, f'{{"journey":{write(journey)},"version":{version},"applied":{done}}}'.encode())


COMMANDS: Mapping[type, Callable[[Any, Unit, CommandContext], Answer]] = {
    Start: start,
    Record: record,
    Records: records,
    HandOff: hand_off,
    Merge: merge_context,
    **dict.fromkeys(_TRANSITIONS, move),
}


def _needs_journey(command: Move | HandOff | Merge) -> Sequence[Need]:
    return (Need(Journey, "key", (command.tenant, command.journey)),)


def _needs_record(command: Record) -> Sequence[Need]:
    return (
        Need(Journey, "key", (command.tenant, command.journey)),
        Need(Entry, "once", (command.tenant, command.body.source, command.body.id)),
    )


def _needs_records(command: Records) -> Sequence[Need]:
    return [need for item in command.items if isinstance(item, Record) for need in _needs_record(item)]


def _needs_start(command: Start) -> Sequence[Need]:
    return (
        *names_needed(command.tenant, command.body.customer),
        Need(Journey, "open", (command.tenant, command.body.customer, command.body.intent)),
    )


NEEDS: Mapping[type, Callable[[Any], Sequence[Need]]] = {
    Start: _needs_start,
    Record: _needs_record,
    Records: _needs_records,
    HandOff: _needs_journey,
    Merge: _needs_journey,
    **dict.fromkeys(_TRANSITIONS, _needs_journey),
}
