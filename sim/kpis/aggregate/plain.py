"""The pass over an event log in plain Python, slow and obvious: the compiled pass must agree with it exactly.

`Contacts`, `Journeys` and `Customers` define their flags and sums; this module evaluates the definitions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import groupby
from types import SimpleNamespace
from typing import Any

import numpy as np

from sim.engine.log import COLUMNS, Log
from sim.engine.plan import Kind, Outcome, Plan, Result
from sim.kpis.aggregate.contacts import Contacts, contact_sizes
from sim.kpis.aggregate.customers import Customers, customer_sizes
from sim.kpis.aggregate.declaration import PlainRecord, flags_of, sums_of
from sim.kpis.aggregate.journeys import Journeys, journey_sizes, moods_of
from sim.kpis.intervals import ReportingIntervals, counted_instants
from sim.population.customers import Population

__all__ = ["PlainAggregation"]

Cell = tuple[frozenset[str], int]  # the flags that its records have, and their codes as one number


class PlainAggregation:
    """Completed customers of a log, in the terms of `sim.kpis.aggregate.aggregation.Aggregation`."""

    def __init__(self, plan: Plan, population: Population, log: Log) -> None:
        steps, lines = len(plan.steps), len(plan.line_names)
        self._plan, self._intervals = plan, ReportingIntervals(plan)
        self.cells: dict[Any, dict[Cell, dict[str, float]]] = {}  # by declaration, the sums and the "number" of records
        self.waits: list[tuple[float, Cell]] = []
        self.durations: list[tuple[float, Cell]] = []
        self.results, self.moods = np.zeros((steps, len(Result))), np.zeros(steps)
        self.moves = np.zeros((1 + steps, steps + len(Outcome)))
        self.tries, self.failures = np.zeros((2, lines, plan.intervals))
        names = list(COLUMNS)
        table = zip(*(getattr(log, name).tolist() for name in names), strict=True)
        rows = [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in table]
        for row, counted in zip(rows, counted_instants(plan, log.began, log.started).tolist(), strict=True):
            row.counted = counted
        rows.sort(key=lambda row: row.customer)
        for number, rows_of_customer in groupby(rows, key=lambda row: row.customer):
            self._add_customer(_visits_of(plan, list(rows_of_customer)), int(population.segment[number]))

    def _add_customer(self, visits: list[Any], segment: int) -> None:
        plan = self._plan
        groups = [list(group) for _, group in groupby(visits, key=lambda visit: visit.row.journey)]
        journeys = [_journey_of(plan, group, is_last=group is groups[-1]) for group in groups]
        for journey in journeys:
            self._add_journey(journey, segment)
        self._add_requests_for_lines(visits)
        if self._interval(journeys[0].visits[0].row.counted) >= 0:
            codes = plan.step_intent[visits[0].row.step], segment
            self._add(PlainRecord(Customers, all_journeys=journeys), codes, customer_sizes(plan))

    def _add_journey(self, journey: Any, segment: int) -> None:
        for contact in journey.contact_visits:
            interval = self._interval(contact.row.counted)
            if interval >= 0:
                cell = self._add(
                    contact, (contact.row.step, segment, interval, contact.row.group + 1), contact_sizes(self._plan)
                )
                if contact.answered and contact.waited > 0.0:
                    self.waits.append((contact.waited, cell))
        for visit, mood in zip(journey.visits, moods_of(journey), strict=True):
            if self._interval(visit.row.counted) >= 0:
                self.results[visit.row.step, visit.row.result] += 1.0
                self.moods[visit.row.step] += mood if visit.row.result != Result.INSIDE else 0.0
        first, steps = journey.visits[0].row, len(self._plan.steps)
        interval, entry = self._interval(first.counted), first.step
        if interval >= 0:
            codes = entry, segment, interval, journey.outcome, journey.leads_to + 1
            cell = self._add(journey, codes, journey_sizes(self._plan))
            if journey.took > 0.0:
                self.durations.append((journey.took, cell))
            self.moves[0, entry] += 1.0
            for visit in journey.visits:
                step, following = visit.row.step, visit.row.next
                self.moves[1 + step, following if following >= 0 else steps - 1 - following] += 1.0

    def _add_requests_for_lines(self, visits: list[Any]) -> None:
        held, dials_on = -1, dict(zip(self._plan.dialers.step, self._plan.dialers.line, strict=True))
        for visit in visits:
            line, interval = self._plan.step_lines[visit.row.step], self._interval(visit.row.counted)
            blocked = visit.row.result == Result.BLOCKED
            if line not in {-1, held} and interval >= 0:
                self.tries[line, interval] += 1.0
                self.failures[line, interval] += blocked
            not_called = visit.row.callback == 1 and visit.row.group < 0
            held = -1 if blocked or not_called else line
            if visit.row.result == Result.PASSED:  # answered the dialer
                held = dials_on.get(visit.row.step, held)
            if visit.row.next < 0:  # the journey ends; perhaps another one begins
                held = -1

    def _add(self, record: Any, codes: tuple[int, ...], sizes: tuple[int, ...]) -> Cell:
        flags = frozenset(name for name in flags_of(record.declaration) if getattr(record, name))
        cell = flags, int(np.ravel_multi_index(codes, sizes))
        sums = self.cells.setdefault(record.declaration, {}).setdefault(cell, defaultdict(float))
        sums["number"] += 1.0
        for name in sums_of(record.declaration):
            sums[name] += getattr(record, name)
        return cell

    def _interval(self, instant: float) -> int:
        interval = bisect_right(self._intervals.edges, instant) - 1
        return interval if self._intervals.first <= interval < self._plan.intervals else -1


def _visits_of(plan: Plan, rows: list[Any]) -> list[Any]:
    """Return the visits of a customer, and whether the channel changed from the last one that was no pause."""
    visits: list[Any] = []
    previous: Any = None
    for row in rows:
        visit = PlainRecord(Contacts, plan=plan, row=row, queue=int(plan.step_queue[row.step]))
        is_pause, channel = plan.step_kind[row.step] == Kind.PAUSE, plan.step_channel
        visit.channel_changed = bool(previous and not is_pause and channel[previous.step] != channel[row.step])
        visit.switched = visit.channel_changed and previous.journey == row.journey
        visits.append(visit)
        previous = None if row.next < 0 else previous if is_pause else row
    return visits


def _journey_of(plan: Plan, visits: list[Any], *, is_last: bool) -> Any:
    """Return a journey of some visits, the customer's last one or not."""
    contacts = [visit for visit in visits if visit.queue >= 0]
    for index, contact in enumerate(contacts):
        contact.earlier, contact.later = contacts[:index], contacts[index + 1 :]
    first, last = visits[0].row, visits[-1].row
    outcome, leads_to = Outcome.INSIDE, -1
    if last.next < 0:
        outcome = Outcome(-1 - last.next)
    elif not is_last:
        outcome, leads_to = _OUTCOME_OF.get(last.result, Outcome.UNRESOLVED), plan.step_intent[last.next]
    facts = {"contact_visits": contacts, "outcome": outcome, "leads_to": leads_to}
    return PlainRecord(Journeys, plan=plan, visits=visits, began=first.began, ended=last.ended, **facts)


_OUTCOME_OF = {  # of a journey that leads on to another intent, by the result of its last visit; else unresolved
    **dict.fromkeys([Result.PASSED, Result.HANDLED, Result.NOTIFIED], Outcome.RESOLVED),
    **dict.fromkeys([Result.ABANDONED, Result.BALKED], Outcome.GAVE_UP),
    Result.INSIDE: Outcome.INSIDE,
}
