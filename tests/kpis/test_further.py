"""Families of KPIs that a scenario asks for, against plain definitions on random days."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import groupby, pairwise
from math import ceil, isnan, nan
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings

from sim.engine import Log, Plan, make_plan
from sim.engine.log import COLUMNS
from sim.engine.plan import Kind, Outcome, Result
from sim.engine.reference import run
from sim.kpis import kpi, kpis_in, kpis_of, measure
from sim.kpis.intervals import ReportingIntervals
from sim.kpis.registry import families, further_families
from sim.kpis.timeline.agent_spans import BUSY, AgentState, agent_spans
from sim.numerics.censored_means import censored_means
from sim.population import draw_population
from sim.scenario import Scenario
from tests.support.kpi_days import make_plan as plan_of_the_small_day
from tests.support.short_days import resting, short_days

FURTHER = [family.name for family in further_families()]
Values = dict[tuple[str, str, str], float]  # KPI, dimension and key to value


def rows_of(log: Log) -> list[Any]:
    table = zip(*(getattr(log, name).tolist() for name in COLUMNS), strict=True)
    rows = [SimpleNamespace(**dict(zip(COLUMNS, row, strict=True))) for row in table]
    return sorted(rows, key=lambda row: row.customer)


def interval_of(plan: Plan, instant: float) -> int:
    intervals = ReportingIntervals(plan)
    interval = bisect_right(intervals.edges.tolist(), instant) - 1
    return interval if intervals.first <= interval < plan.intervals else -1


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else nan


def smallest_not_exceeded(values: list[float], share: float) -> float:
    return sorted(values)[ceil(share * len(values) - 1e-9) - 1] if values else nan


def plain_contacts(plan: Plan, log: Log) -> Values:
    """Return the KPIs of waits, losses and of who served whom, of queues."""
    contacts: dict[int, list[Any]] = defaultdict(list)
    redials: dict[int, list[bool]] = defaultdict(list)  # whether each is lost
    lost: dict[int, int] = defaultdict(int)
    for _, journey in groupby(rows_of(log), key=lambda row: (row.customer, row.journey)):
        earlier: dict[int, Any] = {}
        for row in journey:
            queue = int(plan.step_queue[row.step])
            if queue < 0:
                continue
            if row.result == Result.ABANDONED and interval_of(plan, row.ended) >= 0:
                lost[queue] += 1
            row.answered = not isnan(row.started)
            row.lost = not row.answered and row.result != Result.INSIDE
            row.waited = (row.started if row.answered else plan.end if isnan(row.ended) else row.ended) - row.began
            if interval_of(plan, row.began) >= 0:
                contacts[queue].append(row)
                if queue in earlier and earlier[queue].lost:
                    redials[queue].append(row.lost)
            earlier[queue] = row
    values: Values = {}
    for queue, name in enumerate(plan.queues):
        entered = [row for row in contacts[queue] if is_in_queue(row)]
        waits = [row.waited for row in entered if row.answered]
        excess = [max(row.waited - plan.queue_within[queue], 0.0) for row in entered]
        values["excess_wait", "queue", name] = mean(excess)
        pairs = zip(excess, entered, strict=True)
        values["excess_wait_answered", "queue", name] = mean([time for time, row in pairs if row.answered])
        values["wait_second_moment", "queue", name] = mean([wait**2 for wait in waits])
        values["wait_variance", "queue", name] = mean([(wait - mean(waits)) ** 2 for wait in waits])
        gone = [row.waited for row in entered if row.result == Result.ABANDONED]
        values["max_wait_abandoned", "queue", name] = max(gone, default=nan)
        values["abandoned_then", "queue", name] = lost[queue]
        values["redials", "queue", name] = len(redials[queue])
        values["redials_lost", "queue", name] = sum(redials[queue])
        values["redial_loss", "queue", name] = mean([float(loss) for loss in redials[queue]])
        for group, title in enumerate(plan.groups):
            served = [row for row in entered if row.answered and row.group == group]
            values["served", "queue_group", f"{name}/{title}"] = len(served)
            values["served_share", "queue_group", f"{name}/{title}"] = len(served) / len(waits) if waits else nan
    return values


def is_in_queue(row: Any) -> bool:
    closed = row.result == Result.CLOSED and row.ended == row.began
    return not closed and row.result not in {Result.BLOCKED, Result.BALKED}


def plain_journeys(plan: Plan, log: Log) -> Values:
    """Return the KPIs of the distributions of journeys."""
    times: list[float] = []
    numbers: list[float] = []
    for _, visits in groupby(rows_of(log), key=lambda row: (row.customer, row.journey)):
        rows = list(visits)
        is_over = not isnan(rows[-1].ended) and rows[-1].next != -1 - Outcome.INSIDE
        if is_over and interval_of(plan, rows[0].began) >= 0:
            times.append(rows[-1].ended - rows[0].began)
            numbers.append(sum(plan.step_kind[row.step] != Kind.PAUSE for row in rows))
    values: Values = {("journey_time", "all", ""): mean(times), ("touchpoints", "all", ""): mean(numbers)}
    for name, sample in (("journey_time", times), ("touchpoints", numbers)):
        for suffix, share in (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("max", 1.0)):
            values[f"{name}_{suffix}", "all", ""] = smallest_not_exceeded(sample, share)
    return values


def plain_time(plan: Plan, log: Log) -> Values:
    """Return the KPIs of agents busy and customers inside steps, stretch by stretch in which nothing changes."""
    values: Values = {}
    spans = agent_spans(plan, log)
    for group, name in enumerate(plan.groups):
        mine = [span for span in spans if span.group == group and span.state in {*BUSY, AgentState.PRESENT}]
        all_busy = present = most = 0.0
        for begin, end in stretches(plan, [(span.begin, span.end) for span in mine]):
            now = [span for span in mine if span.begin <= begin < span.end]
            there = sum(span.state == AgentState.PRESENT for span in now)
            busy = len({span.agent for span in now if span.state in BUSY})
            most = max(most, busy)
            present += (end - begin) * (there > 0)
            all_busy += (end - begin) * (there > 0 and busy >= there)
        values["max_busy_agents", "group", name] = most
        values["all_busy", "group", name] = all_busy / present if present else nan
    for step, name in enumerate(plan.steps):
        visits = [(row.began, plan.end if isnan(row.ended) else row.ended) for row in rows_of(log) if row.step == step]
        inside = [
            (end - begin, sum(came <= begin < left for came, left in visits)) for begin, end in stretches(plan, visits)
        ]
        values["max_inside_step", "step", name] = max((number for _, number in inside), default=0)
        total = sum(seconds for seconds, _ in inside)
        values["inside_step", "step", name] = sum(a * b for a, b in inside) / total if total else nan
    return values


def plain_dialing(plan: Plan, log: Log) -> Values:
    """Return the KPIs of the calls that dialers make."""
    values: Values = {}
    for step in np.flatnonzero(plan.step_kind == Kind.DIALED).tolist():
        calls = [row for row in rows_of(log) if row.step == step and not isnan(row.started)]
        over = [row for row in calls if interval_of(plan, row.ended) >= 0]
        answered = [row for row in over if row.result == Result.PASSED]
        values["dialed", "step", plan.steps[step]] = sum(interval_of(plan, row.started) >= 0 for row in calls)
        values["dialed_answered", "step", plan.steps[step]] = len(answered)
        values["reached", "step", plan.steps[step]] = len(answered) / len(over) if over else nan
    return values


def stretches(plan: Plan, spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the stretches within the reporting time between the begins and ends of some spans."""
    intervals = ReportingIntervals(plan)
    first, last = float(intervals.edges[intervals.first]), float(intervals.edges[-1])
    instants = {first, last, *(instant for span in spans for instant in span if first < instant < last)}
    return list(pairwise(sorted(instants)))


@settings(max_examples=80, deadline=None)
@given(short_days())
def test_values_are_as_defined(scenario: Scenario) -> None:
    plan = make_plan(resting(scenario).model_copy(update={"kpi_families": FURTHER}))
    population = draw_population(plan.demand(), 1, 0)
    log = run(plan, population)
    measures = measure(plan, population, log)
    expected = plain_contacts(plan, log) | plain_journeys(plan, log) | plain_time(plan, log) | plain_dialing(plan, log)
    keys = {(row.kpi, row.by, row.key) for row in measures.index}
    expected = {name: value for name, value in expected.items() if name in keys}
    assert {kpi for kpi, _, _ in expected} >= {"journey_time", "inside_step"}
    for (name, by, key), value in expected.items():
        assert measures.value_of(name, by, key) == pytest.approx(value, rel=1e-9, abs=1e-6, nan_ok=True), (
            name,
            by,
            key,
        )


@settings(max_examples=40, deadline=None)
@given(short_days())
def test_break_hours_are_the_spans_in_which_agents_rest(scenario: Scenario) -> None:
    plan = make_plan(resting(scenario).model_copy(update={"kpi_families": ["breaks"]}))
    population = draw_population(plan.demand(), 1, 0)
    log = run(plan, population)
    measures = measure(plan, population, log)
    edges = ReportingIntervals(plan).edges.tolist()
    rests = [span for span in agent_spans(plan, log) if span.state == AgentState.RESTING]
    for interval, (begin, end) in enumerate(pairwise(edges)):
        seconds = sum(max(min(span.end, end) - max(span.begin, begin), 0.0) for span in rests)
        measured = measures.value_of("break_hours", "group_interval", "desk", interval)
        assert measured == pytest.approx(seconds / 3600, abs=1e-9)


def test_random_days_have_what_is_compared() -> None:
    """The comparison above would show nothing if no day had redials, losses and busy groups."""
    seen: dict[str, float] = defaultdict(float)

    @settings(max_examples=80, deadline=None)
    @given(short_days())
    def look(scenario: Scenario) -> None:
        plan = make_plan(resting(scenario).model_copy(update={"kpi_families": FURTHER}))
        population = draw_population(plan.demand(), 1, 0)
        measures = measure(plan, population, run(plan, population))
        for row, value in zip(measures.index, measures.value.tolist(), strict=True):
            if value > 0:
                seen[row.kpi] += 1

    look()
    assert [kpi.name for family in further_families() for kpi in family.kpis if not seen[kpi.name]] == []


def test_names_are_those_of_the_scenario_language() -> None:
    (names,) = get_args(Scenario.model_fields["kpi_families"].annotation)
    assert sorted(get_args(names)) == FURTHER


def test_they_are_measured_only_where_a_scenario_asks() -> None:
    plan = plan_of_the_small_day()
    assert {kpi.name for kpi in kpis_of(plan)} == {kpi.name for family in families() for kpi in family.kpis}
    (waiting,) = (family for family in further_families() if family.name == "waiting")
    index = [*(("offered",) * 2), "excess_wait"]
    assert kpi("excess_wait") in waiting.kpis
    assert "excess_wait" in kpis_in([SimpleNamespace(kpi=name) for name in index])  # type: ignore[misc]


@pytest.mark.parametrize(
    ("values", "observed", "expected"),
    [
        ([10, 20, 30], [True, False, True], 10 + 2 / 3 * 10 + 2 / 3 * 10),
        ([5, 5], [True, False], 5),
        ([0, 4], [False, False], 4),  # nobody was served: at least so long, up to the longest
        # Every pair of an offered wait of 1, 2 or 3 and a patience of 1.5, 2.5 or none: the mean offered wait is 2.
        ([1, 1, 1, 1.5, 1.5, 2, 2, 2.5, 3], [True, True, True, False, False, True, True, False, True], 2),
    ],
)
def test_censored_means(values: list[float], observed: list[bool], expected: float) -> None:
    keys = np.array([[3] * len(values), [-1] * len(values), [0] * (len(values) - 1) + [1]])
    means, number = censored_means(np.array(values, float), np.array(observed), keys, 5)
    assert means[3] == pytest.approx(expected)
    assert number.tolist() == [len(values) - 1, 1, 0, len(values), 0]
    assert means[1] == values[-1]
