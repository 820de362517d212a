"""Warnings about times at which customers come and nobody is there, or agents are there and nobody can come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.advice.model import LEAST, Flows, ScenarioWarning, steps_of
from sim.core.units import DAY, HOUR, clock, counted
from sim.engine.plan import Plan
from sim.scenario.by_day import day_name
from sim.scenario.schema import Scenario
from sim.scenario.steps import Assisted, Deferred

__all__ = ["warnings"]

F8 = NDArray[np.float64]
B1 = NDArray[np.bool_]
_NAMED = 3  # days, or spans of a day, before the others are counted
_MANY = (
    0.5  # of the contacts of an open day: more on a closed day are a forgotten demand, though `if_closed` is written
)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """A run cut wherever a queue opens or closes, a headcount changes, or an interval or a day begins."""

    plan: Plan

    @cached_property
    def edges(self) -> F8:
        """Instants between which nothing changes."""
        plan = self.plan
        intervals = plan.origin + plan.interval * np.arange(plan.intervals + 1)
        ends = np.concatenate([intervals, plan.day_begins, plan.open_from, plan.open_until, plan.staff_time])
        first, last = plan.day_begins[0], plan.day_begins[-1]
        return np.unique(ends[(first <= ends) & (ends <= last)])

    @cached_property
    def seconds(self) -> F8:
        """Length of each piece."""
        return np.diff(self.edges)

    @cached_property
    def day(self) -> NDArray[np.int64]:
        """Day of each piece, the first = 0."""
        return np.searchsorted(self.plan.day_begins, self.edges[:-1], side="right") - 1

    @cached_property
    def agents(self) -> F8:
        """Scheduled agents of each group, [groups, pieces]; one for those who are unlimited."""
        rows = []
        for group, span in enumerate(pairwise(self.plan.staff_ptr.tolist())):
            counts = np.concatenate([[0.0], self.plan.staff_count[slice(*span)]])
            rows.append(counts[np.searchsorted(self.plan.staff_time[slice(*span)], self.edges[:-1], side="right")])
            if self.plan.crews.unlimited[group]:
                rows[-1] = np.ones(len(self.seconds))
        return np.array(rows).reshape(-1, len(self.seconds))

    def is_open(self, queue: int) -> B1:
        """Tell for each piece whether a queue is open."""
        row = slice(*self.plan.open_ptr[queue : queue + 2])
        opened = np.searchsorted(self.plan.open_from[row], self.edges[:-1], side="right")
        return np.asarray(opened > np.searchsorted(self.plan.open_until[row], self.edges[:-1], side="right"))

    def by_day(self, amounts: F8 | B1) -> F8:
        """Add amounts of pieces up, by day."""
        return np.bincount(self.day, amounts, len(self.plan.day_begins) - 1).astype(np.float64)


def warnings(scenario: Scenario, plan: Plan, flows: Flows) -> Iterator[ScenarioWarning]:
    """Yield the warnings about queues and groups of agents on single days, and at some times of days."""
    pieces = _Pieces(plan)
    is_open = {name: pieces.is_open(number) for number, name in enumerate(plan.queues)}
    yield from _customers(scenario, flows, pieces, is_open)
    written = {step.queue for _, _, step in steps_of(scenario) if isinstance(step, Deferred)}
    written -= {step.queue for _, _, step in steps_of(scenario) if isinstance(step, Assisted)}
    for group, name in enumerate(plan.groups):
        serves = [queue for queue in scenario.agents[name].serves if queue in is_open]
        if (
            scenario.agents[name].is_unlimited
            or not serves
            or written & set(serves)
            or not any(is_open[queue].any() for queue in serves)
        ):
            continue  # written work goes on while its queue is closed; queues that never open have their own warning
        yield from _idle(scenario, pieces, name, pieces.agents[group], np.any([is_open[queue] for queue in serves], 0))


def _idle(scenario: Scenario, pieces: _Pieces, group: str, agents: F8, is_open: B1) -> Iterator[ScenarioWarning]:
    """Find days, or times of days, on which a group is on duty, and paid, while all of its queues are closed."""
    serves = list(scenario.agents[group].serves)
    queues = f"{', '.join(serves)} {'is' if len(serves) == 1 else 'are'} closed"
    open_days = pieces.by_day(is_open)[pieces.day] > 0
    hours = agents * pieces.seconds / HOUR
    for idle, least, ending, remedy in (
        (~open_days, 0.0, " all day", "let the shifts or staff leave out these days"),
        (open_days & ~is_open, LEAST * hours.sum(), "", "let the shifts or staff leave out these hours"),
    ):
        wasted = hours * idle
        if wasted.sum() > least:
            when = _days(scenario, pieces, wasted > 0) if ending else _times(scenario, pieces, wasted > 0)
            message = f"has agents on {when}, {wasted.sum():,.0f} agent hours, though {queues}{ending}"
            hint = f"{remedy}, or open the queue; whoever is scheduled is paid"
            yield ScenarioWarning("agents-while-closed", (("agents", group),), message, hint, 0.0)


def _customers(scenario: Scenario, flows: Flows, pieces: _Pieces, is_open: dict[str, B1]) -> Iterator[ScenarioWarning]:
    """Find days, or times of days, with contacts for a queue that has no agents, and days on which it is closed."""
    plan = pieces.plan
    for queue, name in enumerate(plan.queues):
        contacts = _contacts(scenario, pieces, flows, name)
        groups = plan.queue_groups[plan.queue_groups_ptr[queue] : plan.queue_groups_ptr[queue + 1]]
        there = pieces.agents[groups].sum(axis=0) > 0
        by_day, open_days = pieces.by_day(contacts), pieces.by_day(is_open[name]) > 0
        expected = (by_day > 0) & (by_day >= LEAST * flows.contacts)
        staffed = pieces.by_day(there) > 0
        closed = expected & ~open_days & open_days.any()
        if _turned_away(scenario, name):
            closed &= by_day >= _MANY * by_day[open_days].mean()
        alone = contacts * (is_open[name] & ~there & (open_days & staffed)[pieces.day])
        if alone.sum() < LEAST * flows.contacts * scenario.run.days:
            alone = np.zeros_like(alone)
        for code, lost, when, sentence, hint in (
            (
                "nobody-scheduled",
                contacts * (expected & open_days & ~staffed)[pieces.day],
                _days,
                "is open on {when}, {contacts} expected, nobody scheduled",
                "schedule agents on these days, close the queue, or set the demand to 0",
            ),
            (
                "nobody-on-duty",
                alone,
                _times,
                "is open on {when}, {contacts} expected then, nobody on duty",
                "schedule agents at these times, give the queue shorter hours, or set the demand to 0",
            ),
            (
                "closed-all-day",
                contacts * closed[pieces.day],
                _days,
                "is closed all day on {when}, {contacts} expected",
                "set the demand of these days to 0, or open the queue",
            ),
        ):
            if lost.any():
                numbers = counted(round(float(lost.sum())), "contact")
                message = sentence.format(when=when(scenario, pieces, lost > 0), contacts=numbers)
                yield ScenarioWarning(code, (("queues", name),), message, hint, float(lost.sum()) / scenario.run.days)


def _turned_away(scenario: Scenario, queue: str) -> bool:
    """Tell whether it is written where customers go who find the queue closed."""
    steps = [step for _, _, step in steps_of(scenario) if isinstance(step, Assisted) and step.queue == queue]
    return all("if_closed" in step.model_fields_set for step in steps)


def _contacts(scenario: Scenario, pieces: _Pieces, flows: Flows, queue: str) -> F8:
    """Return the contacts of a queue with customers who wait for an answer, by the piece in which they come."""
    plan = pieces.plan
    interval = np.floor((pieces.edges[:-1] - plan.origin) / plan.interval).astype(np.int64)
    inside = (interval >= 0) & (interval < plan.intervals)
    share = np.where(inside, pieces.seconds / plan.interval, 0.0)
    journeys = plan.volume[:, np.clip(interval, 0, plan.intervals - 1)] * share
    contacts = np.zeros(len(pieces.seconds))
    for path, name, step in steps_of(scenario):
        if isinstance(step, Assisted) and step.queue == queue:
            of_intent = journeys[plan.intents.index(str(path[1]))]
            weights = of_intent if of_intent.any() else journeys.sum(axis=0)
            visits = (flows.visits[name] - flows.later[name]) * scenario.run.days
            contacts += visits * weights / max(float(weights.sum()), 1e-12)
    return contacts


def _days(scenario: Scenario, pieces: _Pieces, chosen: B1) -> str:
    """Name the days of pieces for people; after the first ones, count them."""
    days = np.unique(pieces.day[chosen])
    return _listed([day_name(int(day) + 1, scenario.calendar) for day in days], "day")


def _times(scenario: Scenario, pieces: _Pieces, chosen: B1) -> str:
    """Name the times of pieces for people; after the first ones, count them."""
    changes = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]])))
    names = []
    for first, last in changes.reshape(-1, 2).tolist():
        (day, begin), (_, until) = map(scenario.calendar.local, (pieces.edges[first], pieces.edges[last]))
        names.append(f"{day_name(day, scenario.calendar)} {clock(begin)}-{clock(until or DAY)}")
    return _listed(names, "time")


def _listed(names: list[str], noun: str) -> str:
    """Join names; after the first ones, count them."""
    if len(names) > _NAMED + 1:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more {noun}s"]
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])
