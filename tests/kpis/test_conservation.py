"""Conservation laws of KPIs: every contact counts once, and the warm-up changes nothing after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.engine.plan import Result
from sim.engine.reference import run
from sim.kpis import Measures, kpi, kpis, measure
from sim.kpis.dimensions import keys_of
from sim.population import Population, draw_population
from sim.scenario import Scenario
from tests.support.kpi_days import flows_of
from tests.support.short_days import short_days
from tests.support.stories import people

PARTS = ("handled", "abandoned", "timed_out", "cleared", "blocked", "balked", "failed", "inside")


def simulate(plan: Plan, seed: int = 1) -> Measures:
    population = draw_population(plan.demand(), seed, 0)
    return measure(plan, population, run(plan, population))


WHOLE = ("all", "", None, None, None)


def rows_of(measures: Measures, name: str) -> dict[tuple[str, str, int | None, int | None, str | None], float]:
    pairs = zip(measures.index, measures.num, strict=True)
    return {row[1:]: float(number) for row, number in pairs if row.kpi == name}


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(short_days(), st.integers(0, 99))
def test_nobody_is_lost_and_nobody_counts_twice(scenario: Scenario, seed: int) -> None:
    plan = make_plan(scenario)
    measures = simulate(plan, seed)
    offered, parts = rows_of(measures, "offered"), [rows_of(measures, name) for name in PARTS]
    assert all(number == sum(part[row] for part in parts) for row, number in offered.items())
    for name in ("offered", *PARTS, "delayed", "callbacks_accepted", "transfers", "repetitions", "visits_failed"):
        rows = rows_of(measures, name)
        for by in kpi(name).dimensions:
            if by not in {"all", "step"} and keys_of(plan, by) and (name, by) != ("handled", "group"):
                assert sum(n for (cut, *_), n in rows.items() if cut == by) == rows[WHOLE], (name, by)
    for row, value in zip(measures.index, measures.value, strict=True):
        if kpi(row.kpi).unit == "share" and row.kpi != "attendance" and not np.isnan(value):
            assert 0 <= value <= 1 + 1e-12, row


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(short_days(), st.sampled_from([0.0, 30.0]), st.integers(0, 99))
def test_a_step_and_its_queue_agree(scenario: Scenario, warm_up: float, seed: int) -> None:
    """One rule for all: what arrives within the reporting time counts, also where its journey began before."""
    plan = replace(make_plan(scenario), warm_up=warm_up)
    value_of = simulate(plan, seed).value_of
    for queue in range(len(plan.queues)):
        (step,) = np.flatnonzero(plan.step_queue == queue)
        name, visits = plan.queues[queue], value_of("visits", "step", plan.steps[step])
        assert visits == value_of("offered", "queue", name) + value_of("outside_hours", "queue", name)
        for result in ("abandoned", "timed_out", "closed", "blocked", "balked", "failed"):
            share = value_of(f"visits_{result}", "step", plan.steps[step])
            assert visits == 0 or share * visits == pytest.approx(value_of(result, "queue", name))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(short_days(), st.sampled_from([10.0, 30.0, 110.0, 500.0]))
def test_the_warm_up_is_not_counted_and_changes_nothing_after_it(scenario: Scenario, warm_up: float) -> None:
    plan = make_plan(scenario)
    population = draw_population(plan.demand(), 1, 0)
    log = run(plan, population)
    whole, rest = (measure(each, population, log) for each in (plan, replace(plan, warm_up=warm_up)))
    first = min(np.ceil(warm_up / plan.interval), plan.intervals)
    for i, row in enumerate(whole.index):
        if row.interval is not None and row.interval < first:
            assert rest.num[i] == rest.den[i] == 0, row
        elif row.interval is not None and row.kpi != "morale":
            assert (rest.num[i], rest.den[i]) == (whole.num[i], whole.den[i]), row
    for name in ("offered", "abandoned", "journeys", "staffed_hours", "cost"):
        intervals = {i: n for (by, _, i, *_), n in rows_of(whole, name).items() if by == "interval" and i is not None}
        overtime = rows_of(whole, name)[WHOLE] - sum(intervals.values())  # after the last interval
        assert overtime == pytest.approx(0) or name in {"staffed_hours", "cost"}
        after = sum(n for i, n in intervals.items() if i >= first)
        assert rows_of(rest, name)[WHOLE] == pytest.approx(after + overtime)
    flows = flows_of(replace(plan, warm_up=warm_up), population, log)
    assert flows[0].sum() == rows_of(rest, "journeys")[WHOLE]


def day(steps: dict[str, Any], volume: dict[int, float], **more: Any) -> Plan:
    """Return ten minutes in which customers come evenly within some of them."""
    demand = [volume.get(minute, 0) for minute in range(10)]
    data = {
        "name": "day",
        "run": {"hours": [0, 600], "interval": 60, "drain": 600},
        "agents": {"desk": {"serves": ["calls"], "staff": 1, "cost": 60}},
        "intents": {"it": {"demand": demand, "arrivals": "scheduled", "start": next(iter(steps)), "steps": steps}},
    }
    intents = data["intents"] | more.pop("intents", {})
    return make_plan(Scenario.model_validate(data | more | {"intents": intents}))


CALL = {"channel": "voice", "queue": "calls", "talk": "60 s", "next": "resolved"}


def test_lines() -> None:
    # Four calls in the first minute, 15 s apart, two lines, one agent: two are blocked.
    plan = day({"call": CALL}, {0: 4}, lines={"trunk": {"channels": ["voice"], "capacity": 2}})
    measures = simulate(plan)
    assert measures.value_of("offered") == 4
    assert measures.value_of("blocked") == 2
    assert measures.value_of("blocking") == 0.5
    assert measures.value_of("line_blocking", "lines", "trunk") == 0.5
    assert measures.value_of("max_lines_used", "lines", "trunk") == 2
    assert measures.value_of("lines_used", "lines", "trunk") == pytest.approx((60 + 105) / 600)
    assert measures.value_of("line_occupancy", "lines", "trunk") == pytest.approx((60 + 105) / 1200)
    assert measures.value_of("service_level") == 0.5  # the blocked ones never came into the queue
    assert measures.value_of("service_level_of_all") == 0.25
    assert measures.value_of("visits_blocked", "step", "it.call") == 0.5


def test_callbacks() -> None:
    # The second comes while the first is served, wants to be called back, and is not reached.
    queue = {"calls": {"callback": {"wait": "0 s", "accept": 1.0, "reach": 0.0}, "ring": "5 s"}}
    measures = simulate(day({"call": CALL}, {0: 2}, queues=queue))
    names = ("callbacks_offered", "callbacks_accepted", "callbacks_reached", "failed", "answered", "disconnected")
    assert [measures.value_of(name) for name in names] == [1, 1, 0, 1, 1, 0]
    assert measures.value_of("callback_reach") == 0
    assert measures.value_of("delayed") == 0.5  # the ring time is no wait
    assert measures.value_of("callback_wait") == pytest.approx(5 + 60 - 30)  # they come 30 s apart
    assert measures.value_of("occupancy", "group", "desk") == pytest.approx((5 + 60 + 5) / 600)
    assert measures.value_of("effort") == 1.0 * 0 + 0.1 * 5 / 60 / 2  # at home they do not wait in person


def test_a_contact_that_is_finished_after_duty_is_overtime_and_no_occupancy_of_an_interval() -> None:
    agents = {"desk": {"serves": ["calls"], "staff": [1] * 1 + [0] * 9}}
    measures = simulate(day({"call": CALL | {"talk": "90 s"}}, {0: 1}, agents=agents))
    began = 60 - measures.value_of("occupancy", "group_interval", "desk", 0) * 60
    assert measures.value_of("occupancy", "group_interval", "desk", 0) == pytest.approx(0.5)
    assert measures.value_of("overtime_hours", "group", "desk") == pytest.approx((began + 90 - 60) / 3600)
    assert measures.value_of("overtime_hours", "group_interval", "desk", 1) == pytest.approx((began + 90 - 60) / 3600)
    assert measures.value_of("occupancy", "group", "desk") == pytest.approx(90 / (began + 90))
    assert all(np.isnan(measures.value_of("occupancy", "group_interval", "desk", i)) for i in (1, 2))


def test_absence_lowers_attendance_and_not_the_cost() -> None:
    shifts = {"serves": ["calls"], "shifts": [{"agents": 2, "hours": [0, 600]}], "absence": 1.0, "cost": 60}
    measures = simulate(day({"call": CALL}, {0: 1}, agents={"desk": shifts}))
    assert measures.value_of("attendance") == 0
    assert measures.value_of("staff") == 0
    assert measures.value_of("cost") == pytest.approx(20)
    late = shifts | {"absence": 0.0, "lateness": "60 s"}
    assert simulate(day({"call": CALL}, {0: 1}, agents={"desk": late})).value_of("attendance") == pytest.approx(0.9)


def test_lifetimes_and_churn() -> None:
    steps = {"call": CALL | {"patience": "0 s", "if_abandoned": "cancel_contract.leave"}}
    leave = {"leave": {"channel": "web", "time": "30 s", "next": "resolved"}}
    more = {"cancel_contract": {"demand": 0, "start": "leave", "steps": leave}}
    plan = day(steps, {0: 2}, intents=more)
    measures = simulate(plan)
    assert measures.value_of("journeys") == 3
    assert [measures.value_of("journeys", "intent", key) for key in plan.intents] == [2, 1]
    assert measures.value_of("customers") == measures.value_of("customers", "intent", "it") == 2
    assert measures.value_of("journeys_per_customer") == 1.5
    assert measures.value_of("lifetime") == pytest.approx((60 + 30) / 2)
    assert measures.value_of("gave_up", "intent", "it") == 0.5
    assert measures.value_of("led_on", "intent", "it") == measures.value_of("churn") == 0.5
    assert measures.value_of("churn_after_gave_up") == 1
    assert measures.value_of("churn_after_resolved") == 0
    population = draw_population(plan.demand(), 1, 0)
    flows = flows_of(plan, population, run(plan, population))
    assert flows[0].tolist()[:2] == [2, 1]
    assert flows[1].tolist() == [0, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("context", ["kept", "lost"])
def test_repetitions_after_a_switch_of_channel(context: str) -> None:
    steps = {"web": {"channel": "web", "time": "10 s", "next": "call"}, "call": CALL}
    plan = day(steps, {0: 1}, orchestration={"context": context, "repeat": "20 s"})
    measures = simulate(plan)
    lost = float(context == "lost")
    assert measures.value_of("repetitions") == measures.value_of("repetition_rate") == lost
    assert measures.value_of("repetition_time") == 20 * lost
    assert measures.value_of("aht") == 60 + 20 * lost
    assert measures.value_of("effort") == 0.5 + lost
    assert measures.value_of("mood_end") == pytest.approx(0.4 - 0.05 - 0.2 * lost)


def test_notifications() -> None:
    away = {"channel": "pause", "time": "5 min", "next": "call", "notify": {"after": "1 min", "to": "resolved"}}
    measures = simulate(day({"away": away, "call": CALL}, {0: 2}))
    assert measures.value_of("notified") == 2
    assert measures.value_of("notification_rate") == 1
    assert measures.value_of("visits_notified", "step", "it.away") == 1
    assert measures.value_of("resolved") == 1


def test_every_result_has_a_count() -> None:
    names = {kpi.name for kpi in kpis()}
    ends = {result.name.lower() for result in Result} - {"passed"}
    assert ends <= names


@pytest.mark.parametrize("engine", [reference.run, compiled.run], ids=["reference", "compiled"])
def test_an_idle_colleague_does_not_hide_overtime(engine: Callable[[Plan, Population], Log]) -> None:
    shifts = [{"agents": 1, "hours": "00:00-00:01"}, {"agents": 1, "hours": "00:00-00:10"}]
    plan = day({"call": CALL | {"talk": "90 s"}}, {0: 1}, agents={"desk": {"serves": ["calls"], "shifts": shifts}})
    customers = people(plan, 30.0)
    measures = measure(plan, customers, engine(plan, customers))
    assert measures.value_of("overtime_hours", "group", "desk") == pytest.approx(60 / 3600)
    assert measures.value_of("occupancy", "group_interval", "desk", 1) == pytest.approx(0.5)
    assert measures.value_of("occupancy", "group_interval", "desk", 2) == 0
