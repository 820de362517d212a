"""Derive the trace from a simulated replication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from loadtests.contract.words import Verb
from loadtests.trace import EventType, Trace, take
from sim.engine.plan import Kind, Outcome, Plan, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.log import Log
    from sim.population import Population

__all__ = ["trace_of"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]


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
        - ((rows["verb"] == Verb.START) | (rows["type"] == EventType.ENTERED)) * (visits.contact[rows["visit"]])
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
    return take(trace, np.lexsort((trace.seq, trace.journey, trace.due)))


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
        away = np.isin(self.result, [Result.CLOSED, Result.BLOCKED, Result.BALKED])
        self.contact = (assisted & ~away).astype(np.int32)
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
    yield _part(visits, visits.first, visits.began, rank=0, verb=Verb.START)
    yield _part(visits, ~pause, visits.began, rank=1, verb=Verb.EVENT, type_=EventType.ENTERED)
    yield _part(visits, pause, visits.began, rank=1, verb=Verb.PAUSE)
    yield _part(visits, contact, visits.began, rank=2, verb=Verb.EVENT, type_=EventType.QUEUED)
    yield _part(visits, answered, visits.started, rank=3, verb=Verb.EVENT, type_=EventType.ANSWERED)
    yield _part(
        visits,
        contact & (visits.result == Result.ABANDONED),
        visits.ended,
        rank=4,
        verb=Verb.EVENT,
        type_=EventType.ABANDONED,
    )
    yield _part(visits, ~pause & over, visits.ended, rank=5, verb=Verb.EVENT, type_=EventType.LEFT)
    yield _part(visits, pause & over, visits.ended, rank=5, verb=Verb.RESUME, channel=onward)
    yield _part(visits, finished, visits.ended, rank=6, verb=Verb.COMPLETE, outcome=-1 - visits.next)


def _part(
    visits: _Visits,
    which: NDArray[np.bool_],
    at: F8,
    *,
    rank: int,
    verb: Verb,
    type_: int = -1,
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
