"""The trace: what the customers of one simulated replication send, and when, as columns.

One row is one request. Its ``due`` is simulated seconds after the first request of the trace; divided by the speed it
is the instant at which the conductor must send it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from loadtests.contract.words import Verb
from sim.core.errors import CannotWrite, InvalidInput, Problem
from sim.engine.plan import Kind, Outcome, Plan, Result

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sim.engine.log import Log
    from sim.population import Population

__all__ = ["OUTCOME_NAMES", "TYPES", "Trace", "first", "load_trace", "save_trace", "shard", "trace_of", "until"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I1 = NDArray[np.int8]
Names = tuple[str, ...]

TYPES: Final = ("step.entered", "contact.queued", "contact.answered", "contact.abandoned", "step.left")
OUTCOME_NAMES: Final = ("resolved", "unresolved", "gave_up")
ENTERED, QUEUED, ANSWERED, ABANDONED, LEFT = range(5)


@dataclass(frozen=True, eq=False)
class Trace:
    """Requests, one per row, in order of (due, journey, seq); within a journey ``due`` never decreases with ``seq``."""

    # rows
    due: F8  # simulated seconds since ``offset``
    journey: I4  # index into ``customer`` and ``intent``
    seq: I4  # 1, 2 ... within the journey
    verb: I1  # contract.Verb
    step: I4  # index into ``steps``, -1 = none
    channel: I4  # index into ``channels``
    type: I1  # of an event: index into TYPES; -1 = not an event
    contacts: I4  # contacts of the journey so far
    outcome: I1  # of a completion: index into OUTCOME_NAMES; -1 = not a completion

    # journeys
    customer: I4  # row of the population
    intent: I4  # index into ``intents``

    # names
    intents: Names
    steps: Names
    channels: Names
    offset: float  # simulated seconds since midnight of the first day at which ``due`` is 0

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.due)

    @property
    def journeys(self) -> int:
        """Return the number of journeys, those of other shards included."""
        return len(self.customer)


ROWS: Final = ("due", "journey", "seq", "verb", "step", "channel", "type", "contacts", "outcome")


def trace_of(plan: Plan, population: Population, log: Log) -> Trace:
    """Derive from a simulated replication what its customers send.

    A journey starts where its first touchpoint began. Each touchpoint sends ``step.entered`` and ``step.left``, a
    contact also ``contact.queued`` and ``contact.answered`` or ``contact.abandoned``; a pause is a pause and a resume,
    on the channel of the next step. The journey's end is its completion. Whoever is inside at the end simply stops.

    Parameters
    ----------
    plan
        The plan that was run.
    population
        The customers.
    log
        What happened to them.

    Returns
    -------
    Trace
        In the order in which it is due.
    """
    order = np.lexsort((log.visit, log.customer))
    visits = _Visits(plan, log, order)
    parts = list(_requests(plan, visits))
    rows = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("at", "visit", "rank", "verb")}
    rows |= {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("type", "channel", "outcome")}
    story = np.lexsort((rows["rank"], rows["visit"]))  # each journey's requests in their order
    rows = {name: column[story] for name, column in rows.items()}
    customers, journey = np.unique(visits.customer[rows["visit"]], return_inverse=True)
    starts = np.searchsorted(journey, np.arange(len(customers)))
    offset = float(rows["at"].min()) if len(journey) else 0.0
    contacts = (
        visits.contacts[rows["visit"]]
        - ((rows["verb"] == Verb.START) | (rows["type"] == ENTERED)) * (visits.contact[rows["visit"]])
    )
    trace = Trace(
        due=rows["at"] - offset,
        journey=journey.astype(np.int32),
        seq=(np.arange(len(journey)) - starts[journey] + 1).astype(np.int32),
        verb=rows["verb"].astype(np.int8),
        step=visits.step[rows["visit"]],
        channel=rows["channel"].astype(np.int32),
        type=rows["type"].astype(np.int8),
        contacts=contacts.astype(np.int32),
        outcome=rows["outcome"].astype(np.int8),
        customer=customers.astype(np.int32),
        intent=population.intent[customers].astype(np.int32),
        intents=plan.intents,
        steps=plan.steps,
        channels=plan.channels,
        offset=offset,
    )
    return _take(trace, np.lexsort((trace.seq, trace.journey, trace.due)))


class _Visits:
    """The log, each customer's touchpoints together and in their order, with what the requests need."""

    def __init__(self, plan: Plan, log: Log, order: NDArray[np.intp]) -> None:
        self.customer, self.step, self.result = log.customer[order], log.step[order], log.result[order]
        self.began, self.started, self.ended = log.began[order], log.started[order], log.ended[order]
        self.next = log.next[order]
        self.kind = plan.step_kind[self.step]
        self.channel = plan.step_channel[self.step]
        change = self.customer[1:] != self.customer[:-1]
        edge = np.ones(min(len(order), 1), dtype=bool)
        self.first = np.concatenate([edge, change])
        self.last = np.concatenate([change, edge])
        assisted = (self.kind == Kind.ASSISTED) | (self.kind == Kind.DEFERRED)
        self.contact = (assisted & (self.result != Result.CLOSED)).astype(np.int32)
        total = np.cumsum(self.contact)
        before = (total - self.contact)[self.first]
        self.contacts = total - np.repeat(before, np.diff([*np.flatnonzero(self.first), len(order)]))


@dataclass(frozen=True, eq=False)
class _Part:
    """Requests of one sort."""

    at: F8
    visit: NDArray[np.intp]
    rank: NDArray[np.intp]  # the order within one touchpoint
    verb: NDArray[np.intp]
    type: NDArray[np.intp]
    channel: I4
    outcome: NDArray[np.intp]


def _requests(plan: Plan, visits: _Visits) -> Iterator[_Part]:
    """Yield the requests of each sort."""
    pause = visits.kind == Kind.PAUSE
    contact = visits.contact.astype(bool)
    over = ~np.isnan(visits.ended)
    answered = contact & ~np.isnan(visits.started)
    # Where a pause is the last step, the customer comes back where they left.
    onward = np.where(visits.next >= 0, plan.step_channel[np.maximum(visits.next, 0)], visits.channel)
    finished = visits.last & over & (visits.next < 0) & (-1 - visits.next != Outcome.INSIDE)
    yield _part(visits, visits.first, visits.began, 0, Verb.START)
    yield _part(visits, ~pause, visits.began, 1, Verb.EVENT, ENTERED)
    yield _part(visits, pause, visits.began, 1, Verb.PAUSE)
    yield _part(visits, contact, visits.began, 2, Verb.EVENT, QUEUED)
    yield _part(visits, answered, visits.started, 3, Verb.EVENT, ANSWERED)
    yield _part(visits, contact & (visits.result == Result.ABANDONED), visits.ended, 4, Verb.EVENT, ABANDONED)
    yield _part(visits, ~pause & over, visits.ended, 5, Verb.EVENT, LEFT)
    yield _part(visits, pause & over, visits.ended, 5, Verb.RESUME, channel=onward)
    yield _part(visits, finished, visits.ended, 6, Verb.COMPLETE, outcome=-1 - visits.next)


def _part(
    visits: _Visits,
    which: NDArray[np.bool_],
    at: F8,
    rank: int,
    verb: Verb,
    type_: int = -1,
    *,
    channel: I4 | None = None,
    outcome: I4 | None = None,
) -> _Part:
    """Build the requests of one sort."""
    visit = np.flatnonzero(which)

    def same(value: int) -> NDArray[np.intp]:
        return np.full(len(visit), value, dtype=np.intp)

    return _Part(
        at=at[visit],
        visit=visit,
        rank=same(rank),
        verb=same(int(verb)),
        type=same(type_),
        channel=(visits.channel if channel is None else channel)[visit],
        outcome=same(-1) if outcome is None else outcome[visit].astype(np.intp),
    )


def _take(trace: Trace, rows: NDArray[Any]) -> Trace:
    """Select rows."""
    return replace(trace, **{name: getattr(trace, name)[rows] for name in ROWS})


def shard(trace: Trace, index: int, count: int) -> Trace:
    """Return one of ``count`` parts of a trace; a journey is never divided.

    Parameters
    ----------
    trace
        The whole.
    index
        Which part, from 0.
    count
        How many parts.

    Returns
    -------
    Trace
        The rows of every ``count``-th journey; journeys keep their numbers.
    """
    return _take(trace, np.flatnonzero(trace.journey % count == index))


def first(trace: Trace, requests: int) -> Trace:
    """Return the requests that are due first, at most so many."""
    return _take(trace, np.arange(min(requests, len(trace))))


def until(trace: Trace, seconds: float) -> Trace:
    """Return the requests that are due within so many simulated seconds."""
    return _take(trace, np.flatnonzero(trace.due <= seconds))


def save_trace(trace: Trace, path: Path) -> None:
    """Write a trace to a ``.npz`` file.

    Parameters
    ----------
    trace
        The trace.
    path
        The file.

    Raises
    ------
    CannotWrite
        When the disk is full or the folder read-only.
    """
    try:
        with path.open("wb") as file:
            np.savez(file, **{f.name: np.asarray(getattr(trace, f.name)) for f in fields(trace)})
    except OSError as error:
        raise CannotWrite(f"{path}: the trace cannot be written: {error.strerror}") from None


def load_trace(path: Path) -> Trace:
    """Read a trace that `save_trace` wrote.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Trace
        The same, bit for bit.

    Raises
    ------
    InvalidInput
        When it is missing or not a trace.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            columns: dict[str, Any] = {f.name: stored[f.name] for f in fields(Trace)}
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise InvalidInput([Problem(str(path), "", f"is not a trace: {error}")]) from None
    names = {name: tuple(columns[name].tolist()) for name in ("intents", "steps", "channels")}
    return Trace(**{**columns, **names, "offset": float(columns["offset"])})
