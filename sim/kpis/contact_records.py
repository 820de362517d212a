"""Contacts as the KPI families see them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from sim.core.tallies import firsts, only
from sim.engine.plan import Result
from sim.kpis.cells import Cells, Coded, alike

if TYPE_CHECKING:
    from sim.kpis.view import View

__all__ = ["Contacts", "contacts_of"]

B1 = NDArray[np.bool_]
F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Contacts:
    """Visits to steps that have a queue, one per row, each journey's together and in order."""

    cells: Cells
    waited: F8  # seconds, up to the run's end for those who wait still
    talk: F8  # seconds, hold left out; these three are 0 unless it was handled
    hold: F8
    wrap: F8
    repeat: F8  # seconds that the customer repeated themself; 0 unless it was answered
    answered: B1
    delayed: B1  # had to wait, the ring time aside
    handled: B1
    abandoned: B1
    closed: B1  # found the queue closed
    cleared: B1  # turned away at closing time
    blocked: B1
    balked: B1
    failed: B1
    inside: B1
    entered: B1  # came into the queue: not closed, blocked or balked
    short: B1  # abandoned so soon that it counts in no rate
    soon: B1  # waited no longer than the acceptable waiting time of the queue
    offered_callback: B1
    callback: B1  # waited in virtual hold
    transferred: B1
    repeated: B1
    followed: B1  # by a further contact of the journey within the plan's repeat window
    first: B1  # of the journey with the queue
    first_offered: B1  # of those of the journey with the queue that entered it, short abandonments left out
    first_handled: B1  # of the journey

    @cached_property
    def alike(self) -> Self:
        """One row per cell: contacts that agree in all codes and marks, their seconds added up."""
        return alike(self)


def contacts_of(view: View) -> Contacts:
    """Return the contacts that began within the intervals that count.

    Those after the last interval meet agents to whom nobody new comes, and would flatter. What a contact is to its
    journey, the first one or one that another follows, is told by all of them, whether they count or not.

    Parameters
    ----------
    view
        Some customers.
    """
    plan, log, visits = view.plan, view.log, view.visits
    rows = np.flatnonzero(visits.contact)
    interval = view.interval_of(log.began[rows])
    marks, seconds = _marks(view, rows), _seconds(view, rows)
    counts = interval >= 0
    if not counts.all():
        rows, interval = rows[counts], interval[counts]
        marks = {name: mark[counts] for name, mark in marks.items()}
        seconds = {name: column[counts] for name, column in seconds.items()}
    step = Coded(visits.step[rows], len(plan.steps))
    when, group = Coded(interval, plan.intervals), Coded(log.group[rows], len(plan.groups))
    segment = view.segment_of(log.customer[rows])
    queue = Coded(plan.step_queue[step.codes], len(plan.queues))
    cuts = {
        **view.cuts(step.codes, segment, when),
        "queue": (queue,),
        "queue_interval": (queue, when),
        "group": (group,),
        "group_interval": (group, when),
    }
    columns: dict[str, Any] = {**seconds, **marks}
    return Contacts(Cells.find((step, segment, when, group), marks.values(), cuts), **columns)


def _seconds(view: View, rows: I8) -> dict[str, F8]:
    plan, log, visits = view.plan, view.log, view.visits
    handled = visits.result[rows] == Result.HANDLED
    ended, hold, freed = log.ended[rows], log.hold[rows], log.freed[rows]
    return {
        "waited": visits.waited[rows],
        "talk": only(handled, ended - log.started[rows] - hold),
        "hold": only(handled, hold),
        "wrap": only(handled, np.where(np.isnan(freed), plan.end, freed) - ended),
        "repeat": only(visits.answered[rows], log.repeat[rows]),
    }


def _marks(view: View, rows: I8) -> dict[str, B1]:
    plan, log, visits = view.plan, view.log, view.visits
    result, journey, waited = visits.result[rows], visits.journey[rows], visits.waited[rows]
    began, ended, answered = log.began[rows], log.ended[rows], visits.answered[rows]
    queue = plan.step_queue[visits.step[rows]].astype(np.int64)
    handled, abandoned = result == Result.HANDLED, result == Result.ABANDONED
    blocked, balked = result == Result.BLOCKED, result == Result.BALKED
    closed = (result == Result.CLOSED) & (ended == began)
    entered, short = ~(closed | blocked | balked), abandoned & (waited < plan.short_abandon[queue])
    at_once = answered & (log.started[rows] == began + plan.queueing.ring[queue])
    size = len(plan.queues)
    return {
        "answered": answered,
        "delayed": entered & ~at_once,
        "handled": handled,
        "abandoned": abandoned,
        "closed": closed,
        "cleared": (result == Result.CLOSED) & ~closed,
        "blocked": blocked,
        "balked": balked,
        "failed": result == Result.FAILED,
        "inside": result == Result.INSIDE,
        "entered": entered,
        "short": short,
        "soon": waited <= plan.queue_within[queue],
        "offered_callback": entered & (log.announced[rows] >= plan.queueing.callback[queue, 0]),
        "callback": log.callback[rows] == 1,
        "transferred": visits.transferred[rows],
        "repeated": visits.repeated[rows],
        "followed": _followed(journey, began, ended, plan.repeat_window),
        "first": firsts(journey, queue, np.ones_like(entered), size),
        "first_offered": firsts(journey, queue, entered & ~short, size),
        "first_handled": firsts(journey, np.zeros_like(queue), handled, 1),
    }


def _followed(journey: I8, began: F8, ended: F8, window: float) -> B1:
    """Mark the contacts that a further one of the journey follows soon."""
    followed = np.zeros(len(journey), dtype=np.bool_)
    followed[:-1] = (journey[1:] == journey[:-1]) & (began[1:] - ended[:-1] <= window)
    return followed
