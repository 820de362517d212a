"""Spans of agents: invariants on random scenarios, and KPIs of time that follow from the spans."""

from __future__ import annotations

import os
from collections import defaultdict
from math import isnan
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.engine.log import COLUMNS
from sim.engine.plan import Result
from sim.kpis import Measures, measure
from sim.kpis.aggregate.contacts import Contacts
from sim.kpis.aggregate.declaration import PlainRecord
from sim.kpis.intervals import reporting_time
from sim.kpis.timeline.agent_spans import BUSY, AgentSpan, AgentState, agent_spans
from sim.population import Population, draw_population
from sim.scenario import Scenario, read_scenario
from tests.support.random_scenarios import interrupting, on_whole_seconds, scenarios, transferring
from tests.support.stories import call, people, plan_of

TRIES = int(os.environ.get("SOJOURN_FUZZ", "100"))
ENGINES = {"reference": reference.run, "compiled": compiled.run}
MAIL = {"channel": "email", "queue": "mails", "talk": "60 min", "next": "resolved"}
CALLS_FIRST = {"calls": {"rank": 0, "interrupts": True}, "mails": {"rank": 1}}
every_engine = pytest.mark.parametrize("run", ENGINES.values(), ids=ENGINES)


def two_agents() -> Plan:
    """Plan two hours in which two agents have a mail of an hour, and calls of 40 and of 60 minutes."""
    steps = {"mail": MAIL, "call": call(talk="40 min"), "long": call(talk="60 min")}
    hours = {"hours": ["00:00", "02:00"], "interval": "60 min"}
    return plan_of(steps, {"desk": {"serves": CALLS_FIRST, "staff": [2, 2]}}, run=hours)


@every_engine
def test_a_mail_that_changes_hands_counts_the_work_on_it(run: Any) -> None:
    """The first call takes the free agent, the second one the agent of the mail, which the other agent finishes."""
    plan = two_agents()
    population = people(plan, (0, "mail"), (1, "call"), (600, "long"))
    log = run(plan, population)
    serving = [(span.agent, span.begin, span.end, span.customer) for span in spans_of(plan, log, AgentState.SERVING)]
    assert serving == [(0, 0, 600, 0), (0, 600, 4200, 2), (1, 1, 2401, 1), (1, 2401, 5401, 0)]
    assert [span[:4] for span in spans_of(plan, log, AgentState.ASIDE)] == [(0, 0, 600, 2401)]
    measures = measure(plan, population, log)
    assert measures.value_of("occupancy") == pytest.approx(160 / 240)
    assert measures.value_of("slot_occupancy") == pytest.approx(160 / 240)
    assert measures.value_of("aht", "queue", "mails") == pytest.approx(3600)
    assert measures.value_of("interrupted_time", "queue", "mails") == 1801
    assert measures.value_of("aht", "queue", "calls") == 3000


def spans_of(plan: Plan, log: Log, state: AgentState) -> list[AgentSpan]:
    return [span for span in agent_spans(plan, log) if span.state == state]


@every_engine
def test_an_agents_day_has_every_state(run: Any) -> None:
    """A mail is interrupted by a call that is transferred warmly; then come wrap-up, a break, and the rest of it."""
    steps = {
        "mail": MAIL | {"talk": "100 s"},
        "call": call(transfer={"expert": "warm"}, handover="10 s", next="expert", wrap_up="5 s"),
        "expert": call(queue="experts"),
    }
    agents = {
        "desk": {"serves": CALLS_FIRST, "staff": [1, 1, 1, 1, 1, 0], "breaks": {"probability": 1, "time": "20 s"}},
        "expert": {"serves": ["experts"], "staff": [0, 0, 1]},
    }
    plan = plan_of(steps, agents, queues={"calls": {"ring": "3 s"}})
    log = run(plan, people(plan, (10, "mail"), (30, "call")))
    day = [(span.state.value, span.begin, span.end) for span in agent_spans(plan, log) if span.group == 0]
    assert day == [
        ("idle", 0, 10),
        ("present", 0, 300),
        ("serving", 10, 30),
        ("ringing", 30, 33),
        ("aside", 30, 155),
        ("serving", 33, 93),
        ("staying", 93, 130),  # until the expert, who comes at 120 s, has had the handover
        ("wrapping", 130, 135),
        ("resting", 135, 155),
        ("serving", 155, 235),
        ("resting", 235, 255),
        ("idle", 255, 300),
    ]


@pytest.mark.slow
def test_what_holds_of_every_span() -> None:
    """Every state must have been seen, or the test has tried too little."""
    seen: set[AgentState] = set()
    changed_hands = 0

    def holds(data: dict[str, Any]) -> None:
        nonlocal changed_hands
        scenario = Scenario.model_validate(data)
        plan = make_plan(scenario)
        population = on_whole_seconds(draw_population(plan.demand(), scenario.run.seed, 0))
        log = reference.run(plan, population)
        assert log.same_as(compiled.run(plan, population))
        spans = agent_spans(plan, log)
        seen.update(span.state for span in spans)
        what_agents_do_lies_within_their_presence(plan, spans)
        agents_hold_no_more_than_they_have_places_for(plan, log, spans)
        spans_of_a_contact_are_its_handling_time(plan, log, spans)
        changed_hands += talk_by_group_is_what_its_agents_served(plan, population, log, spans)

    unhurried = settings(deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    for days, tries in ((scenarios(), TRIES // 2), (transferring(), TRIES // 2), (interrupting(), TRIES)):
        settings(unhurried, max_examples=tries)(given(days)(holds))()
    assert seen == set(AgentState)
    assert changed_hands >= 3


def what_agents_do_lies_within_their_presence(plan: Plan, spans: list[AgentSpan]) -> None:
    """Busy and resting time is within presence, and what is left of it is idle; unlimited agents are never on duty."""
    for (group, _), mine in by_agent(spans).items():
        present = united(mine, {AgentState.PRESENT})
        if plan.crews.unlimited[group]:
            assert not present
            continue
        done = united(mine, BUSY | {AgentState.RESTING})
        idle = united(mine, {AgentState.IDLE})
        assert seconds(done) + seconds(idle) == pytest.approx(seconds(present), abs=1e-6)
        for begin, end in done:
            assert any(since <= begin + 1e-6 and end - 1e-6 <= until for since, until in present)


def agents_hold_no_more_than_they_have_places_for(plan: Plan, log: Log, spans: list[AgentSpan]) -> None:
    """Of the spans of an agent with one contact at a time no two overlap."""
    steps = dict(zip(zip(log.customer.tolist(), log.visit.tolist(), strict=True), log.step.tolist(), strict=True))
    for (group, _), mine in by_agent(spans).items():
        changes: dict[float, int] = defaultdict(int)
        for span in mine:
            if span.state in BUSY | {AgentState.RESTING}:
                places = places_of(plan, group, int(plan.step_queue[steps[span.customer, span.visit]]))
                changes[round(span.begin, 6)] += places
                changes[round(span.end, 6)] -= places
        held = np.cumsum([change for _, change in sorted(changes.items())])
        assert held.max(initial=0) <= plan.group_concurrency[group]


def places_of(plan: Plan, group: int, queue: int) -> int:
    rows = range(plan.group_queues_ptr[group], plan.group_queues_ptr[group + 1])
    return next(int(plan.crews.takes[row]) for row in rows if plan.group_queues[row] == queue)


def spans_of_a_contact_are_its_handling_time(plan: Plan, log: Log, spans: list[AgentSpan]) -> None:
    """Talk and hold are what agents serve, and so on; the log's sums agree with the spans of its tables."""
    lasted: dict[tuple[int, int], dict[AgentState, float]] = defaultdict(lambda: defaultdict(float))
    for span in spans:
        lasted[span.customer, span.visit][span.state] += span.end - span.begin
    for values in zip(*(getattr(log, name).tolist() for name in COLUMNS), strict=True):
        row = SimpleNamespace(**dict(zip(COLUMNS, values, strict=True)))
        if row.started < plan.first_opening:
            continue  # under way as the run began: only the rest of it is seen
        if row.result == Result.HANDLED and (isnan(row.freed) or row.freed + row.rested <= plan.end):
            contact: Any = PlainRecord(Contacts, plan=plan, row=row)
            spent = lasted[row.customer, row.visit]
            assert spent[AgentState.SERVING] == pytest.approx(contact.talk + contact.hold, abs=1e-6)
            assert spent[AgentState.STAYING] == pytest.approx(contact.stay, abs=1e-6)
            assert spent[AgentState.WRAPPING] == pytest.approx(contact.wrap, abs=1e-6)
            assert spent[AgentState.ASIDE] == pytest.approx(contact.interrupted, abs=1e-6)
            assert spent[AgentState.RINGING] == pytest.approx(plan.queueing.ring[plan.step_queue[row.step]], abs=1e-6)


def talk_by_group_is_what_its_agents_served(
    plan: Plan, population: Population, log: Log, spans: list[AgentSpan]
) -> int:
    """Whoever finishes a contact, the talk of a group is what its agents served; return how much changed hands."""
    measures = measure(plan, population, log)
    since, until = reporting_time(plan)
    names = ("customer", "visit", "began", "started", "result", "group")
    rows = zip(*(getattr(log, name).tolist() for name in names), strict=True)
    finished = {
        (customer, visit): group
        for customer, visit, began, started, result, group in rows
        if result == Result.HANDLED
        and since <= max(began, plan.first_opening) < until
        and started >= plan.first_opening
    }
    served: dict[int, float] = defaultdict(float)
    of_others = set()
    for span in spans:
        contact = span.customer, span.visit
        if span.state == AgentState.SERVING and contact in finished:
            served[span.group] += span.end - span.begin
            if span.group != finished[contact]:
                of_others.add(contact)
    for group, name in enumerate(plan.groups):
        talked = sum(measures.num[measures.at(kpi, "group", name)] for kpi in ("talk_time", "hold_time"))
        assert talked == pytest.approx(served[group], abs=1e-5), name
    return len(of_others)


def by_agent(spans: list[AgentSpan]) -> dict[tuple[int, int], list[AgentSpan]]:
    mine: dict[tuple[int, int], list[AgentSpan]] = defaultdict(list)
    for span in spans:
        mine[span.group, span.agent].append(span)
    return mine


def united(spans: list[AgentSpan], states: set[AgentState] | frozenset[AgentState]) -> list[tuple[float, float]]:
    """Return the time of some states as spans that do not overlap."""
    done: list[tuple[float, float]] = []
    for begin, end in sorted((span.begin, span.end) for span in spans if span.state in states):
        if done and begin <= done[-1][1]:
            done[-1] = done[-1][0], max(done[-1][1], end)
        else:
            done.append((begin, end))
    return done


def seconds(spans: list[tuple[float, float]]) -> float:
    return sum(end - begin for begin, end in spans)


def case(name: str, shared: Path, run: Any) -> tuple[Log, Measures]:
    """Simulate a case of the shared folder."""
    file = shared / "cases" / name / "scenario.yaml"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    scenario = read_scenario(file)
    plan = make_plan(scenario)
    population = draw_population(plan.demand(), scenario.run.seed, 0)
    log = run(plan, population)
    return log, measure(plan, population, log)


@every_engine
def test_an_interrupted_mail_takes_the_time_of_its_work(run: Any, shared: Path) -> None:
    _, measures = case("B10_interrupt_aht", shared, run)
    assert measures.value_of("aht", "queue", "mails") == 1200
    assert measures.value_of("aht") == 900
    assert measures.value_of("interrupted_time", "queue", "mails") == 600
    assert measures.value_of("occupancy", "interval", "", 0) == 1


@every_engine
def test_an_agent_who_stays_for_a_warm_transfer_works_overtime(run: Any, shared: Path) -> None:
    log, measures = case("B21_warm_shift", shared, run)
    assert log.freed.tolist()[0] == 10 * 3600 + 60
    assert measures.value_of("overtime_hours") == pytest.approx(61 / 60)
    assert measures.value_of("stay_time", "queue", "calls") == 66 * 60  # from 08:55 to 10:01
    assert measures.value_of("wrap_time", "queue", "calls") == 0


@every_engine
def test_small_jobs_and_a_big_one_share_places(run: Any, shared: Path) -> None:
    log, _ = case("B08_places", shared, run)
    begin = 8 * 3600
    assert sorted((log.started - begin).tolist()) == [0, 0, 0, 0, 0, 120, 120, 600]


@every_engine
def test_chats_at_once_slow_each_other(run: Any, shared: Path) -> None:
    log, _ = case("B22_slower", shared, run)
    assert ((log.ended - 8 * 3600) / 60).tolist() == [15, 25, 30]
