"""Build the trace of a simulated replication from its event log."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from loadtests.contract.vocabulary import Verb
from loadtests.trace.model import EventType, Trace
from sim.engine.plan import Kind, Outcome, Plan, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.engine.log import Log
    from sim.population import Population

__all__ = ["trace_of"]

F8 = NDArray[np.float64]
I4 = NDArray[np.int32]
I1 = NDArray[np.int8]


def trace_of(plan: Plan, population: Population, log: Log) -> Trace:
    """Build the requests that the customers and agents of a simulated replication send.

    A journey starts where its first touchpoint began. Each touchpoint sends ``step.entered`` and ``step.left``, a
    contact also ``contact.queued`` and ``contact.answered`` or ``contact.abandoned``; a pause is a pause and a resume,
    on the channel of the next step. The journey's end is its completion. Customers who are inside at the end of the
    simulation send no more.

    A contact enters its queue when it began, and abandons it if nobody answers. When an agent answered, that agent asks
    for work and accepts the contact that they get, which may be another one; they are done when they were free again.

    Parameters
    ----------
    plan
        The plan of the simulation.
    population
        The customers.
    log
        The event log.

    Returns
    -------
    Trace
        In the order in which the requests are due.
    """
    order = np.lexsort((log.visit, log.customer))
    visits = _Visits(plan, log, order)
    desks = _Desks(visits)
    parts = [*_journey_requests(plan, visits), *_agent_requests(visits, desks)]
    order = np.lexsort([_column(parts, name) for name in ("rank", "turn", "journey")])  # of each journey in its order
    journey, at = _column(parts, "journey")[order], _column(parts, "at")[order]
    starts = np.searchsorted(journey, np.arange(visits.journeys + len(desks.group)))
    seq = np.arange(len(journey)) - starts[journey] + 1
    offset = float(at.min()) if len(at) else 0.0
    by_due = np.argsort(at - offset, kind="stable")  # at the same instant by journey and seq, as they are
    due, seq = (at - offset)[by_due], seq[by_due].astype(np.int32)
    del journey, at, starts
    order = order[by_due]
    same = ("journey", "verb", "step", "channel", "type", "contacts", "outcome", "queue")
    return Trace(
        due=due,
        seq=seq,
        **{name: _column(parts, name)[order] for name in same},
        customer=visits.customers.astype(np.int32),
        intent=population.intent[visits.customers].astype(np.int32),
        agent_group=desks.group,
        agent_number=desks.number,
        agent_place=desks.place,
        queue_channel=_channels_of_queues(plan),
        serves=_served(plan),
        intents=plan.intents,
        steps=plan.steps,
        channels=plan.channels,
        queues=plan.queues,
        groups=plan.groups,
        routing=tuple(policy or plan.routing for policy in plan.queue_routing),
        offset=offset,
        epoch=plan.calendar.epoch,
        service_within=plan.queue_within,
        service_target=plan.queue_target,
    )


def _column(parts: list[_Requests], name: str) -> NDArray[Any]:
    """Return a column of all requests; one at a time, because a million customers have many."""
    return np.concatenate([getattr(part, name) for part in parts])


def _channels_of_queues(plan: Plan) -> I4:
    """Return the channel of each queue: that of the first step that uses it."""
    steps = np.flatnonzero(plan.step_queue >= 0)[::-1]  # the first step is written last
    channels = np.full(len(plan.queues), -1, np.int32)
    channels[plan.step_queue[steps]] = plan.step_channel[steps]
    return channels


def _served(plan: Plan) -> F8:
    """Return the rank of each queue in each group."""
    ranks = np.full((len(plan.groups), len(plan.queues)), np.nan)
    group = np.repeat(np.arange(len(plan.groups)), np.diff(plan.group_queues_ptr))
    ranks[group, plan.group_queues] = plan.group_ranks
    return ranks


class _Visits:
    """The touchpoints of a log, by customer and in their order, with the columns that requests need.

    A journey is all that a customer does, or, where journeys are endless, up to the next outcome.
    """

    def __init__(self, plan: Plan, log: Log, order: NDArray[np.intp]) -> None:
        self.customer, self.step, self.result = log.customer[order], log.step[order], log.result[order]
        opening = plan.first_opening  # what began before is sent as the run begins
        self.began, self.started = np.maximum(log.began[order], opening), np.maximum(log.started[order], opening)
        self.ended = log.ended[order]
        self.next, self.freed = log.next[order], log.freed[order]
        self.group, self.agent = log.group[order], log.agent[order]
        self.kind = plan.step_kind[self.step]
        self.channel, self.queue = plan.step_channel[self.step], plan.step_queue[self.step]
        change = (self.customer[1:] != self.customer[:-1]) | (self.next[:-1] < 0)
        edge = np.ones(min(len(order), 1), dtype=bool)
        self.first = np.concatenate([edge, change])
        self.last = np.concatenate([change, edge])
        self.customers, self.journey = self.customer[self.first], np.cumsum(self.first, dtype=np.int32) - 1
        assisted = (self.kind == Kind.ASSISTED) | (self.kind == Kind.DEFERRED)
        turned_away = np.isin(self.result, [Result.CLOSED, Result.BLOCKED, Result.BALKED])
        self.contact = (assisted & ~turned_away).astype(np.int32)
        total = np.cumsum(self.contact)
        before = (total - self.contact)[self.first]
        self.contacts = total - np.repeat(before, np.diff([*np.flatnonzero(self.first), len(order)]))

    @property
    def journeys(self) -> int:
        """Return the number of journeys."""
        return len(self.customers)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Tell of each touchpoint whether it is a contact that was answered."""
        answered: NDArray[np.bool_] = (self.contact == 1) & ~np.isnan(self.started)
        return answered


class _Desks:
    """The desk at which each contact was answered, where a desk has one contact at a time.

    ``contacts`` are touchpoints in the order in which they were answered, ``desk`` is the desk of each. Of each desk,
    ``group`` and ``number`` are the agent, and ``place`` tells the agent's desks apart.
    """

    def __init__(self, visits: _Visits) -> None:
        answered = np.flatnonzero(visits.answered & (visits.agent >= 0))
        self.contacts = answered[np.lexsort((answered, visits.started[answered]))]
        free: dict[tuple[int, int], list[tuple[float, int]]] = {}  # of each agent: (busy until, desk)
        owners: list[tuple[int, int, int]] = []
        desks: list[int] = []
        columns = (visits.group, visits.agent, visits.started, visits.freed)
        for group, agent, started, freed in zip(*(c[self.contacts].tolist() for c in columns), strict=True):
            own = free.setdefault((group, agent), [])
            slot = next((slot for slot, (until, _) in enumerate(own) if until <= started), len(own))
            if slot == len(own):
                own.append((0.0, len(owners)))
                owners.append((group, agent, slot))
            desks.append(own[slot][1])
            own[slot] = (inf if isnan(freed) else freed, own[slot][1])
        self.desk = np.array(desks, np.intp)
        self.group, self.number, self.place = np.array(owners, np.int32).reshape(-1, 3).T


@dataclass(frozen=True, eq=False)
class _Requests:
    """Rows of requests with one verb and event type."""

    at: F8
    journey: I4
    turn: I4  # the order of touchpoints in the journey, or of contacts at the desk
    rank: I1  # the order in one touchpoint
    verb: I1
    step: I4
    type: I1
    channel: I4
    contacts: I4
    outcome: I1
    queue: I4


def _journey_requests(plan: Plan, visits: _Visits) -> Iterator[_Requests]:
    """Yield the requests of journeys, in the order that they have in a touchpoint."""
    pause = visits.kind == Kind.PAUSE
    contact = visits.contact.astype(bool)
    ended = ~np.isnan(visits.ended)
    abandoned = contact & (visits.result == Result.ABANDONED)
    unanswered = contact & ended & np.isnan(visits.started)
    # After a pause that is the last step, the customer comes back on the channel of the pause.
    onward = np.where(visits.next >= 0, plan.step_channel[np.maximum(visits.next, 0)], visits.channel)
    finished = visits.last & ended & (visits.next < 0) & (-1 - visits.next != Outcome.INSIDE)
    queue, outcome = visits.queue, -1 - visits.next
    yield _rows(visits, visits.first, visits.began, rank=0, verb=Verb.START)
    yield _rows(visits, ~pause, visits.began, rank=1, verb=Verb.EVENT, type_=EventType.ENTERED)
    yield _rows(visits, pause, visits.began, rank=1, verb=Verb.PAUSE)
    yield _rows(visits, contact, visits.began, rank=2, verb=Verb.EVENT, type_=EventType.QUEUED)
    yield _rows(visits, contact, visits.began, rank=3, verb=Verb.ENQUEUE, queue=queue)
    yield _rows(visits, visits.answered, visits.started, rank=4, verb=Verb.EVENT, type_=EventType.ANSWERED)
    yield _rows(visits, abandoned, visits.ended, rank=5, verb=Verb.EVENT, type_=EventType.ABANDONED)
    yield _rows(visits, unanswered, visits.ended, rank=6, verb=Verb.ABANDON, queue=queue)
    yield _rows(visits, ~pause & ended, visits.ended, rank=7, verb=Verb.EVENT, type_=EventType.LEFT)
    yield _rows(visits, pause & ended, visits.ended, rank=7, verb=Verb.RESUME, channel=onward)
    yield _rows(visits, finished, visits.ended, rank=8, verb=Verb.COMPLETE, outcome=outcome)


def _rows(
    visits: _Visits,
    selected: NDArray[np.bool_],
    at: F8,
    *,
    rank: int,
    verb: Verb,
    type_: int = -1,
    channel: I4 | None = None,
    outcome: I4 | None = None,
    queue: I4 | None = None,
) -> _Requests:
    """Return requests with one verb, one for each selected touchpoint."""
    visit = np.flatnonzero(selected)
    before = verb is Verb.START or type_ == EventType.ENTERED  # sent before the contact begins
    return _Requests(
        at=at[visit],
        journey=visits.journey[visit],
        turn=visit.astype(np.int32),
        rank=np.full(len(visit), rank, np.int8),
        verb=np.full(len(visit), verb, np.int8),
        step=visits.step[visit].astype(np.int32),
        type=np.full(len(visit), type_, np.int8),
        channel=(visits.channel if channel is None else channel)[visit].astype(np.int32),
        contacts=(visits.contacts[visit] - before * visits.contact[visit]).astype(np.int32),
        outcome=_chosen(outcome, visit, np.int8),
        queue=_chosen(queue, visit, np.int32),
    )


def _chosen(column: I4 | None, rows: NDArray[np.intp], type_: type[np.signedinteger[Any]]) -> NDArray[Any]:
    """Return some rows of a column, or -1 for each where there is none."""
    return np.full(len(rows), -1, type_) if column is None else column[rows].astype(type_)


def _agent_requests(visits: _Visits, desks: _Desks) -> Iterator[_Requests]:
    """Yield the requests of agents; none depends on the contact, which the endpoint chooses."""
    for rank, (verb, instants) in enumerate(
        ((Verb.READY, visits.started), (Verb.ACCEPT, visits.started), (Verb.DONE, visits.freed))
    ):
        turn = np.flatnonzero(~np.isnan(instants[desks.contacts]))
        none, none1 = np.full(len(turn), -1, np.int32), np.full(len(turn), -1, np.int8)
        yield _Requests(
            at=instants[desks.contacts[turn]],
            journey=(visits.journeys + desks.desk[turn]).astype(np.int32),
            turn=turn.astype(np.int32),
            rank=np.full_like(none1, rank),
            verb=np.full_like(none1, verb),
            step=none,
            type=none1,
            channel=none,
            contacts=np.zeros_like(none),
            outcome=none1,
            queue=none,
        )
