"""Warnings about days on which customers come and nobody is there, or agents are there and nobody can come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.advice.model import LEAST, Flows, ScenarioWarning, steps_of
from sim.core.units import HOUR, counted
from sim.engine.plan import Plan
from sim.scenario.by_day import day_name
from sim.scenario.schema import Scenario
from sim.scenario.steps import Assisted, Deferred

__all__ = ["warnings"]

F8 = NDArray[np.float64]
_NAMED = 3  # days, before the others are counted
_MANY = (
    0.5  # of the contacts of an open day: more on a closed day are a forgotten demand, though `if_closed` is written
)


def warnings(scenario: Scenario, plan: Plan, flows: Flows) -> Iterator[ScenarioWarning]:
    """Yield the warnings about queues and groups of agents on single days."""
    spans = list(zip(plan.open_from.tolist(), plan.open_until.tolist(), strict=True))
    rows = pairwise(plan.open_ptr.tolist())
    is_open = {name: _seconds(plan, spans[slice(*row)]) for name, row in zip(plan.queues, rows, strict=True)}
    agent_time = [_agent_seconds(plan, group) for group in range(len(plan.groups))]
    yield from _customers(scenario, plan, flows, is_open, agent_time)
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
        idle = (agent_time[group] > 0) & ~np.any([is_open[queue] > 0 for queue in serves], axis=0)
        if idle.any():
            hours = agent_time[group][idle].sum() / HOUR
            queues = f"{', '.join(serves)} {'is' if len(serves) == 1 else 'are'} closed all day"
            message = f"has agents on {_days(scenario, idle)}, {hours:,.0f} agent hours, though {queues}"
            hint = "let the shifts or staff leave out these days, or open the queue"
            yield ScenarioWarning("agents-while-closed", (("agents", name),), message, hint, 0.0)


def _customers(
    scenario: Scenario, plan: Plan, flows: Flows, is_open: dict[str, F8], agent_time: Sequence[F8]
) -> Iterator[ScenarioWarning]:
    """Find days with contacts for a queue that has no agents, or that is closed."""
    for queue, name in enumerate(plan.queues):
        contacts = _contacts(scenario, plan, flows, name)
        groups = plan.queue_groups[plan.queue_groups_ptr[queue] : plan.queue_groups_ptr[queue + 1]]
        there = sum((agent_time[group] for group in groups), np.zeros(scenario.run.days)) > 0
        expected = (contacts > 0) & (contacts >= LEAST * flows.contacts)
        closed = expected & (is_open[name] == 0) & is_open[name].any()
        if _turned_away(scenario, name):
            closed &= contacts >= _MANY * contacts[is_open[name] > 0].mean()
        for code, days, sentence, hint in (
            (
                "nobody-scheduled",
                expected & (is_open[name] > 0) & ~there,
                "is open on {days}, {contacts} expected, nobody scheduled",
                "schedule agents on these days, close the queue, or set the demand to 0",
            ),
            (
                "closed-all-day",
                closed,
                "is closed all day on {days}, {contacts} expected",
                "set the demand of these days to 0, or open the queue",
            ),
        ):
            if days.any():
                numbers = counted(round(float(contacts[days].sum())), "contact")
                message = sentence.format(days=_days(scenario, days), contacts=numbers)
                per_day = float(contacts[days].sum()) / scenario.run.days
                yield ScenarioWarning(code, (("queues", name),), message, hint, per_day)


def _turned_away(scenario: Scenario, queue: str) -> bool:
    """Tell whether it is written where customers go who find the queue closed."""
    steps = [step for _, _, step in steps_of(scenario) if isinstance(step, Assisted) and step.queue == queue]
    return all("if_closed" in step.model_fields_set for step in steps)


def _contacts(scenario: Scenario, plan: Plan, flows: Flows, queue: str) -> F8:
    """Return the contacts of a queue with customers who wait for an answer, by the day on which they come."""
    starts = plan.origin + plan.interval * np.arange(plan.intervals)
    day = np.clip(np.searchsorted(plan.day_begins, starts, side="right") - 1, 0, scenario.run.days - 1)
    journeys = np.array([np.bincount(day, row, scenario.run.days) for row in plan.volume])
    contacts = np.zeros(scenario.run.days)
    for path, name, step in steps_of(scenario):
        if isinstance(step, Assisted) and step.queue == queue:
            of_intent = journeys[plan.intents.index(str(path[1]))]
            by_day = of_intent if of_intent.any() else journeys.sum(axis=0)
            visits = (flows.visits[name] - flows.later[name]) * scenario.run.days
            contacts += visits * by_day / max(float(by_day.sum()), 1e-12)
    return contacts


def _agent_seconds(plan: Plan, group: int) -> F8:
    """Return the time that the agents of a group are scheduled, in seconds of agents, by day."""
    if plan.crews.unlimited[group]:
        return np.diff(plan.day_begins)
    rows = range(plan.staff_ptr[group], plan.staff_ptr[group + 1])
    total = np.zeros(len(plan.day_begins) - 1)
    for row in rows:
        until = plan.staff_time[row + 1] if row + 1 < rows.stop else plan.end
        total += plan.staff_count[row] * _seconds(plan, [(float(plan.staff_time[row]), float(until))])
    return total


def _seconds(plan: Plan, spans: Sequence[tuple[float, float]]) -> F8:
    """Return the seconds of spans, by day."""
    days = pairwise(plan.day_begins.tolist())
    return np.array(
        [sum(max(min(end, until) - max(begin, since), 0.0) for since, until in spans) for begin, end in days]
    )


def _days(scenario: Scenario, chosen: NDArray[np.bool_]) -> str:
    """Name the days for people; after the first ones, count them."""
    names = [day_name(int(day) + 1, scenario.calendar) for day in np.flatnonzero(chosen)]
    if len(names) > _NAMED + 1:
        names = [*names[:_NAMED], f"{len(names) - _NAMED} more days"]
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])
