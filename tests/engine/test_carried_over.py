"""Runs that begin with a state, on small days without randomness: who waits since when, who is busy until when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.core.units import HOUR
from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.engine.plan import Outcome, Result
from sim.kpis import Measures, measure
from sim.population import Population, draw_population
from sim.scenario import Scenario
from sim.scenario.cross_checks import cross_problems

Engine = Callable[[Plan, Population], Log]
OPENS = 11 * HOUR
SECOND = 1.0


@pytest.fixture(params=[reference.run, compiled.run], ids=["reference", "compiled"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param  # type: ignore[no-any-return]


def eleven(now: Any, *, desk: Any = None, step: Any = None, times: Any = (), **more: Any) -> Scenario:
    """Return a scenario from 11:00 to 12:00 with one agent, calls of a minute, and recorded arrivals."""
    call = {"channel": "voice", "queue": "calls", "talk": "60 s", "next": "resolved"}
    call |= {} if (step or {}).get("channel") == "email" else {"if_abandoned": "gave_up"}
    data = {
        "name": "eleven",
        "run": {"hours": "11:00-12:00", "interval": "30 min", "drain": "1 h"} | more.pop("run", {}),
        "now": now,
        "agents": {"desk": {"serves": ["calls"], "staff": 1} | (desk or {})},
        "intents": {
            "question": {
                "arrivals": {"replay": {"times": [OPENS + time for time in times]}},
                "start": "c",
                "steps": {"c": call | (step or {})},
            }
        },
    }
    scenario = Scenario.model_validate(data | more)
    assert list(cross_problems(scenario)) == []
    return scenario


def simulate(scenario: Scenario, engine: Engine) -> tuple[Log, Measures]:
    plan = make_plan(scenario)
    population = draw_population(plan.demand(), 1, 0)
    log = engine(plan, population)
    return log, measure(plan, population, log)


def after_opening(instants: Any) -> list[float]:
    """Return instants in seconds from 11:00, to the millisecond."""
    return [round(float(instant) - OPENS, 3) for instant in instants]


def results(log: Log) -> list[str]:
    return [Result(result).name.lower() for result in log.result]


BUSY_UNTIL = {"desk": [{"until": "11:01"}]}


def test_who_waits_is_served_in_turn_and_has_waited_in_full(engine: Engine) -> None:
    log, kpis = simulate(eleven({"waiting": {"calls": ["10:59:30", "10:58"]}, "busy": BUSY_UNTIL}), engine)
    waits = log.began < OPENS - SECOND
    assert after_opening(log.began[waits]) == [-120, -30]
    assert after_opening(log.started[waits]) == [60, 120]
    assert kpis.value_of("asa") == (180 + 150) / 2
    assert (kpis.value_of("offered"), kpis.value_of("handled")) == (2, 2)
    assert kpis.value_of("offered", "interval", interval=0) == 2


def test_patience_counts_from_the_true_beginning(engine: Engine) -> None:
    now = {"waiting": {"calls": ["10:58", "10:59:30", "10:50"]}, "busy": {"desk": [{"until": "11:05"}]}}
    log, kpis = simulate(eleven(now, step={"patience": "150 s"}), engine)
    waits = log.began < OPENS - SECOND
    assert after_opening(log.ended[waits]) == [0, 30, 120]  # who has waited longer than that hangs up at once
    assert results(log).count("abandoned") == 3
    assert kpis.value_of("mean_wait_abandoned") == (600 + 150 + 150) / 3


def test_a_service_goes_on_given_how_long_it_has_lasted(engine: Engine) -> None:
    busy = {"desk": ["10:55"]}
    scenario = eleven({"busy": busy}, step={"talk": "10 min", "hold": "30 s", "wrap_up": "20 s"}, times=[10])
    log, kpis = simulate(scenario, engine)
    assert after_opening(log.started) == [-300, 350]
    assert after_opening(log.freed) == [350, 1000]
    assert log.hold.tolist() == [30, 30]
    # It was answered before the run, so it does not count; its agent's time counts from 11:00 on.
    assert (kpis.value_of("offered"), kpis.value_of("handled"), kpis.value_of("asa")) == (1, 1, 340)
    assert kpis.value_of("occupancy") == pytest.approx((350 + 650) / 3600)


def test_after_call_work_goes_on_and_its_customer_has_gone(engine: Engine) -> None:
    now = {"busy": {"desk": [{"doing": "wrap_up", "since": "10:59:15"}]}}
    log, kpis = simulate(eleven(now, intents=TWO_STEPS), engine)
    assert after_opening(log.freed)[0] == 15
    assert log.next[0] == -1 - Outcome.RESOLVED
    assert after_opening(log.started)[1] == 15
    assert kpis.value_of("journeys") == 1


TWO_STEPS = {
    "question": {
        "arrivals": {"replay": {"times": [OPENS + 5]}},
        "start": "c",
        "steps": {
            "c": {"channel": "voice", "queue": "calls", "talk": "60 s", "wrap_up": "60 s", "next": "c2"},
            "c2": {"channel": "web", "time": "1 s", "next": "resolved"},
        },
    }
}


def test_a_break_ends_when_it_is_said_to(engine: Engine) -> None:
    now = {"waiting": {"calls": 1}, "busy": {"desk": [{"doing": "break", "until": "11:10"}]}}
    log, kpis = simulate(eleven(now), engine)
    served = log.began >= OPENS
    assert after_opening(log.started[served]) == [600]
    assert kpis.value_of("occupancy") == pytest.approx(60 / 3600)


def test_agents_who_hold_several_contacts_are_slower_with_them(engine: Engine) -> None:
    """Two chats of 10 min at half the speed each: the first has 5 min left, the other 9."""
    desk, step = {"at_once": 2, "slower": [1, 2]}, {"channel": "chat", "talk": "10 min"}
    log, _ = simulate(eleven({"busy": {"desk": ["10:55", "10:59"]}}, desk=desk, step=step), engine)
    assert log.agent.tolist() == [0, 0]
    assert after_opening(log.ended) == [600, 840]


def test_a_break_takes_the_agent_as_a_whole(engine: Engine) -> None:
    desk = {"at_once": 2, "staff": 2}
    now = {"waiting": {"calls": 3}, "busy": {"desk": [{"since": "10:59:30"}, {"doing": "break", "until": "11:05"}]}}
    log, _ = simulate(eleven(now, desk=desk, step={"channel": "chat"}), engine)
    waited = log.started >= OPENS
    assert after_opening(log.started[waited]) == [0, 30, 60]


def test_who_waits_is_neither_refused_nor_offered_a_callback(engine: Engine) -> None:
    queue = {"hours": "12:00-13:00", "capacity": 1, "callback": {"wait": 0, "accept": "100 %"}}
    queue["balk"] = [{"waiting": 0, "probability": "100 %"}]
    now = {"waiting": {"calls": [{"customers": 2, "waited": "5 min"}]}, "busy": BUSY_UNTIL}
    log, _ = simulate(eleven(now, queues={"calls": queue}, times=[10]), engine)
    assert results(log) == ["handled", "handled", "handled", "closed"]
    assert log.callback.tolist() == [0, 0, 0, 0]


def test_a_queue_turns_to_others_and_gives_up_by_the_wait_in_full(engine: Engine) -> None:
    agents = {"agents": {"desk": {"serves": ["calls"], "staff": 1}, "back": {"serves": ["calls"], "staff": 1}}}
    stages = [{"group": "desk"}, {"group": "back", "after": "3 min"}]
    queue = {"agents": stages, "longest_wait": "4 min"}
    now = {"waiting": {"calls": ["10:59", "10:58", "10:58:30"]}, "busy": {"desk": [{"until": "11:09"}]}}
    scenario = eleven(now, queues={"calls": queue}, step={"talk": "10 min"}, **agents)
    log, _ = simulate(scenario, engine)
    waits = log.began < OPENS - SECOND
    assert results(log)[:3] == ["handled", "timed_out", "timed_out"]
    assert after_opening(log.started[waits])[0] == 60
    assert after_opening(log.ended[waits])[1:] == [150, 180]


def test_a_backlog_of_mails_has_its_ages(engine: Engine) -> None:
    now = {"waiting": {"calls": [{"customers": 2, "waited": "2 days"}, {"waited": "1 h"}]}}
    log, kpis = simulate(eleven(now, step={"channel": "email"}), engine)
    assert after_opening(log.began) == [-172_800, -172_800, -3600]
    assert kpis.value_of("max_wait") == 172_860


def test_nothing_from_before_counts_in_a_warm_up(engine: Engine) -> None:
    now = {"waiting": {"calls": ["10:58"]}, "busy": BUSY_UNTIL}
    _, kpis = simulate(eleven(now, run={"warm_up": "30 min"}, times=[2000]), engine)
    assert (kpis.value_of("offered"), kpis.value_of("asa")) == (1, 0)


def test_segment_and_intent_are_given_or_drawn() -> None:
    call = {"channel": "voice", "queue": "calls", "talk": "60 s", "next": "resolved"}
    intents = {name: {"demand": demand, "start": "c", "steps": {"c": call}} for name, demand in (("a", 30), ("b", 10))}
    now: Any = {"waiting": {"calls": [{"customers": 50, "intent": "b", "segment": "new"}, {"customers": 1200}]}}
    segments = {"old": {"share": "75 %"}, "new": {"share": "25 %"}}
    plan = make_plan(eleven(now, intents=intents, segments=segments))
    people = draw_population(plan.demand(), 1, 0)
    named, drawn = slice(0, 50), slice(50, 1250)
    assert set(people.intent[named]) == {1}
    assert set(people.segment[named]) == {1}
    # 4.9 standard deviations of a binomial share of a quarter, which happens once in a million
    assert abs(np.mean(people.intent[drawn] == 1) - 0.25) < 4.9 * np.sqrt(0.25 * 0.75 / 1200)
    assert abs(np.mean(people.segment[drawn] == 1) - 0.25) < 4.9 * np.sqrt(0.25 * 0.75 / 1200)
    now["waiting"]["calls"].append({"customers": 5})
    more = make_plan(eleven(now, intents=intents, segments=segments))
    assert set(people.key) < set(draw_population(more.demand(), 1, 0).key)
