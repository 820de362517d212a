"""What a command does to a journey: plain functions that know nothing of storage or HTTP.

Every change makes exactly one version and one entry of the history, so that versions count what was applied.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from loadtests.orchestrator.documents import Document, merge, write
from loadtests.orchestrator.model import Command, Entry, Journey, Merge, Move, Record, Start, State, Verb
from loadtests.orchestrator.problems import Refused

__all__ = ["LARGEST_CONTEXT", "OWN", "Change", "Moment", "change"]

LARGEST_CONTEXT = 32 * 1024
"""Bytes of JSON that a journey's context may have."""

OWN = "/v1/journeys/"
"""How the source begins of the events that the endpoint itself makes; clients may not use it."""

_MOVES: Mapping[Verb, tuple[State, State, str]] = {
    Verb.PAUSE: (State.ACTIVE, State.PAUSED, "paused"),
    Verb.RESUME: (State.PAUSED, State.ACTIVE, "resumed"),
    Verb.COMPLETE: (State.ACTIVE, State.COMPLETED, "completed"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """What a change takes from outside: the instant, and where to get an identifier that nobody has."""

    now: str
    fresh: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Change:
    """A journey as it will be, and the entry that says why."""

    journey: Journey
    entry: Entry


@dataclass(frozen=True, slots=True)
class _Said:
    """What a command says of itself; source and time are the endpoint's own where it says nothing."""

    id: str
    type: str
    data: Document
    source: str = ""
    time: float | str | None = None


def change(command: Command, journey: Journey | None, moment: Moment) -> Change:
    """Work out what a command does.

    Parameters
    ----------
    command
        What is asked.
    journey
        The journey it is about; for a start the open one of the same customer and intent, ``None`` where there is none.
    moment
        When, and the maker of identifiers for what is new.

    Returns
    -------
    Change
        To be stored.

    Raises
    ------
    Refused
        When the journey's state or version forbids it, or its context would grow too large.
    """
    match command:
        case Start():
            return _start(command, journey, moment)
        case Record():
            return _record(command, _there(journey), moment)
        case Move():
            return _move(command, _there(journey), moment)
        case Merge():
            return _merge(command, _there(journey), moment)


def _there(journey: Journey | None) -> Journey:
    """Insist on a journey; the store has refused unknown ones before."""
    assert journey is not None
    return journey


def _start(command: Start, journey: Journey | None, moment: Moment) -> Change:
    """Start a journey, or come back to an open one on the channel given."""
    asked: Document = {"channel": command.channel, "context": command.context}
    if journey is None:
        context = _within_limit(merge({}, command.context))
        journey = Journey(
            moment.fresh(), command.customer, command.intent, State.ACTIVE, command.channel,
            0, context, moment.now, moment.now,
        )  # fmt: skip
        happened = "started"
    else:
        journey = replace(_merged(journey, command.context), state=State.ACTIVE, channel=command.channel)
        happened = "resumed"
    return _next(journey, moment, _Said(command.key.value, f"sojourn.journey.{happened}", asked, time=command.at))


def _record(command: Record, journey: Journey, moment: Moment) -> Change:
    """Record an event: its channel becomes the journey's, its context is merged."""
    if journey.state is State.COMPLETED:
        raise _forbidden(journey, "take an event")
    if "context" in command.data:
        journey = _merged(journey, command.data["context"])
    channel = command.data.get("channel", journey.channel)
    said = _Said(command.id, command.type, command.data, command.source, command.time)
    return _next(replace(journey, channel=channel), moment, said)


def _move(command: Move, journey: Journey, moment: Moment) -> Change:
    """Pause, resume or complete a journey."""
    before, after, happened = _MOVES[command.verb]
    if journey.state is not before:
        raise _forbidden(journey, command.verb)
    asked: Document = {"channel": command.channel, "outcome": command.outcome}
    said = {name: value for name, value in asked.items() if value is not None}
    moved = replace(journey, state=after, channel=command.channel or journey.channel)
    return _next(moved, moment, _Said(command.key.value, f"sojourn.journey.{happened}", said))


def _merge(command: Merge, journey: Journey, moment: Moment) -> Change:
    """Merge a patch, if the journey is still as the client has seen it."""
    if command.versions is not None and journey.version not in command.versions:
        detail = f"the journey is at version {journey.version}"
        raise Refused("mismatch", detail, version=journey.version)
    if journey.state is State.COMPLETED:
        raise _forbidden(journey, "change the context")
    asked: Document = {"context": command.patch}
    return _next(_merged(journey, command.patch), moment, _Said(moment.fresh(), "sojourn.context.merged", asked))


def _merged(journey: Journey, patch: Document) -> Journey:
    """Return the journey with a patch merged into its context."""
    return replace(journey, context=_within_limit(merge(json.loads(journey.context), patch))) if patch else journey


def _within_limit(context: Document) -> str:
    """Return a context as text, unless it is too large to keep."""
    text = write(context)
    if len(text) > LARGEST_CONTEXT // 4 and (size := len(text.encode())) > LARGEST_CONTEXT:
        detail = f"the context would have {size} bytes, {LARGEST_CONTEXT} are kept at most"
        raise Refused("too-large", detail, limit=LARGEST_CONTEXT)
    return text


def _forbidden(journey: Journey, doing: str) -> Refused:
    """Return the refusal of what a journey's state does not allow."""
    return Refused("state", f"a journey that is {journey.state} cannot {doing}", state=journey.state)


def _next(journey: Journey, moment: Moment, said: _Said) -> Change:
    """Return the journey one version on, with the entry that says why."""
    version = journey.version + 1
    source = said.source or OWN + journey.id
    time = write(moment.now if said.time is None else said.time)
    entry = Entry(journey.id, version, said.id, source, said.type, time, write(said.data))
    return Change(replace(journey, version=version, updated=moment.now), entry)
