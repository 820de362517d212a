"""The state of the moment at which a run begins, as arrays: one entry after another."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np

from sim.core.draws import stream
from sim.core.units import DAY
from sim.distributions import Law, LawTable
from sim.engine.expected_visits import expected_visits
from sim.engine.plan import Plan
from sim.engine.planning.arrays import cumulative, f8, flat, i4, ptr
from sim.population import CarriedOver, Doing
from sim.scenario.now_checks import opening_day, turns_to
from sim.scenario.schema import Scenario

__all__ = ["carried_over"]


class _Entries:
    """Entries of the state, column by column, and the sets of steps from which they are drawn."""

    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        self._scenario, self._plan = scenario, plan
        self._visits = expected_visits(plan).sum(axis=0)
        self._day, (_, self._closes) = opening_day(scenario)
        self._numbers: dict[str, int] = defaultdict(int)  # customers so far, by stream
        self.columns: dict[str, list[Any]] = defaultdict(list)
        self.ages: list[Law] = []
        self.sets: list[tuple[int, ...]] = []

    def add(self, entry: Any, customers: int, owner: str, *, age: Law | None, queues: list[str]) -> None:
        """Add an entry, without what agents do."""
        plan, at = self._plan, self._scenario.calendar.instant
        if age is not None and age not in self.ages:
            self.ages.append(age)
        steps = self._steps(queues, entry.intent)
        if steps not in self.sets:
            self.sets.append(steps)
        now = self._plan.first_opening
        began = math.nan if age is not None else now if entry.since is None else at(self._day, entry.since)
        row = {
            "customers": customers,
            "number": self._numbers[owner],
            "stream": stream(f"now/{owner}"),
            "began": began,
            "age": -1 if age is None else self.ages.index(age),
            "segment": -1 if entry.segment is None else plan.segments.index(entry.segment),
            "steps": self.sets.index(steps),
        }
        self._numbers[owner] += customers
        for name, value in row.items():
            self.columns[name].append(value)

    def add_doing(self, group: int, doing: Doing, until: float | None) -> None:
        """Add to the latest entry what agents of a group do."""
        instant = math.nan
        if until is not None:
            midnight = self._scenario.calendar.instant
            instant = midnight(self._day, until)
            if instant < self._plan.first_opening and self._closes > DAY:
                instant = midnight(self._day, until + DAY)
        for name, value in {"group": group, "doing": doing, "until": instant}.items():
            self.columns[name].append(value)

    def _steps(self, queues: list[str], intent: str | None) -> tuple[int, ...]:
        """Return the steps of some queues, perhaps of one intent."""
        plan = self._plan
        return tuple(
            step
            for step, queue in enumerate(plan.step_queue.tolist())
            if queue >= 0 and plan.queues[queue] in queues and intent in (None, plan.intents[plan.step_intent[step]])
        )

    def shares(self) -> list[list[float]]:
        """Return the cumulative shares of each set of steps, by expected visits."""
        rows = []
        for steps in self.sets:
            visits = self._visits[list(steps)]
            weights = visits if visits.sum() > 0 else np.ones(len(steps))
            rows.append(cumulative((weights / weights.sum()).tolist()).tolist())
        return rows


def carried_over(scenario: Scenario, plan: Plan) -> CarriedOver:
    """Return who is there when the run begins, as `scenario.now` says.

    Parameters
    ----------
    scenario
        Checked.
    plan
        The plan of all else.
    """
    entries = _Entries(scenario, plan)
    for queue, waiting in scenario.now.waiting.items():
        for entry in waiting:
            entries.add(entry, entry.customers, f"waiting/{queue}", age=entry.waited, queues=[queue])
            entries.add_doing(-1, Doing.NOTHING, None)
    for group, busy in scenario.now.busy.items():
        served = [queue for queue in scenario.agents[group].serves if turns_to(scenario, queue, group)]
        for each in busy:
            queues = served if each.queue is None else [each.queue]
            entries.add(each, each.agents, f"busy/{group}", age=each.busy_for, queues=queues)
            entries.add_doing(plan.groups.index(group), Doing[each.doing.upper()], each.until)
    columns, steps = entries.columns, flat(entries.sets)
    return CarriedOver(
        customers=i4(columns["customers"]),
        number=i4(columns["number"]),
        began=f8(columns["began"]),
        age=i4(columns["age"]),
        until=f8(columns["until"]),
        group=i4(columns["group"]),
        doing=i4(columns["doing"]),
        segment=i4(columns["segment"]),
        steps=i4(columns["steps"]),
        stream=np.array(columns["stream"], dtype=np.uint32),
        ages=LawTable.from_laws(entries.ages) if entries.ages else None,
        step_ptr=ptr(entries.sets),
        step=i4(steps),
        intent=i4(plan.step_intent[list(steps)]),
        share=f8(flat(entries.shares())),
    )
