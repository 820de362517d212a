"""Customers who begin anew as soon as a journey ends: a closed loop, and a list that never runs out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from sim.core.errors import SojournError
from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.engine.expected_visits import expected_visits
from sim.engine.plan import MAX_VISITS, Outcome, Result
from sim.kpis import measure, measure_blocks
from sim.population import Population, draw_in_parts, draw_population
from sim.scenario import Scenario, read_scenario
from tests.support.stories import call, people, plan_of

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])
PAUSE = {"channel": "pause", "time": "30 s", "next": "call"}


def loop(steps: dict[str, Any], *, minutes: int = 10, **more: Any) -> Plan:
    """Plan some minutes in which customers begin anew; 3 are there from the start, unless it is said otherwise."""
    first = next(iter(steps))
    run = {"hours": f"00:00-00:{minutes:02}", "interval": "1 min", "drain": 0, "start_with": {f"it.{first}": 3}}
    data = {
        "name": "loop",
        "run": run | more.pop("run", {}),
        "agents": {"desk": {"serves": "calls", "staff": 1}},
        "intents": {"it": {"endless": True, "start": first, "steps": steps}},
    }
    return make_plan(Scenario.model_validate(data | more))


@ENGINES
def test_who_is_through_begins_anew_at_once(run: Run) -> None:
    plan = loop({"away": PAUSE, "call": call()}, minutes=4, run={"start_with": {"it.away": 1}})
    log = run(plan, draw_population(plan.demand(), 1, 0))
    assert log.began.tolist() == [0, 30, 90, 120, 180, 210]
    assert log.step.tolist() == [0, 1] * 3
    assert log.journey.tolist() == [0, 0, 1, 1, 2, 2]
    assert log.visit.tolist() == [0, 1, 2, 3, 4, 5]
    assert log.next[log.next < 0].tolist() == [-1 - Outcome.RESOLVED] * 2 + [-1 - Outcome.INSIDE]


@ENGINES
def test_each_journey_has_draws_and_tries_of_its_own(run: Run) -> None:
    """Who gives up tries once more, and then not; patience is drawn for each journey anew, and kept within it."""
    patience = {"law": "exponential", "mean": 20}
    again = [{"when": {"attempt": 1}, "to": "call"}, {"to": "gave_up"}]
    steps = {"away": PAUSE, "call": call(patience=patience, patience_kept=True, if_abandoned=again)}
    plan = loop(steps, agents={"desk": {"serves": "calls", "staff": 0}}, minutes=50)
    log = run(plan, draw_population(plan.demand(), 1, 0))
    waits = [(log.ended - log.began)[(log.step == 1) & (log.customer == 0) & (log.journey == n)] for n in range(5)]
    assert [len(pair) for pair in waits] == [2] * 5
    np.testing.assert_allclose([first for first, _ in waits], [second for _, second in waits])
    assert len({round(first, 6) for first, _ in waits}) == 5


@ENGINES
def test_a_line_is_given_back_at_the_end_of_a_journey(run: Run) -> None:
    steps = {"call": call(next="resolved", if_blocked="later"), "later": {**PAUSE, "time": "7 s"}}
    lines = {"trunks": {"channels": ["voice"], "capacity": 1}}
    plan = loop(steps, minutes=5, lines=lines, agents={"desk": {"serves": "calls", "staff": 3}})
    population = draw_population(plan.demand(), 1, 0)
    log = run(plan, population)
    measures = measure(plan, population, log)
    calls = log.step == 0
    assert measures.value_of("line_blocking", "lines", "trunks") == pytest.approx(
        np.mean(log.result[calls] == Result.BLOCKED)
    )
    assert measures.value_of("max_lines_used", "lines", "trunks") == 1


@ENGINES
def test_a_list_that_begins_anew_never_runs_out(run: Run) -> None:
    """Two numbers suffice for a day of calls of 10 s, of which nobody answers any."""
    listed = {"channel": "outbound", "time": "10 s", "reach": 0, "dialer": {"group": "desk"}, "next": "talk"}
    plan = loop({"list": listed, "talk": call()}, run={"start_with": {"it.list": 2}})
    log = run(plan, draw_population(plan.demand(), 1, 0))
    started = np.sort(log.started[~np.isnan(log.started)])
    assert started.tolist() == [10.0 * number for number in range(60)]
    population = draw_population(plan.demand(), 1, 0)
    measures = measure(plan, population, log)
    assert measures.value_of("journeys") == 61
    assert measures.value_of("unfinished") == pytest.approx(2 / 61)
    assert measures.value_of("gave_up") == pytest.approx(59 / 61)
    assert measures.value_of("unresolved") == 0


@ENGINES
def test_more_visits_than_the_limit_are_no_circle_if_time_passes(run: Run) -> None:
    plan = loop({"away": {**PAUSE, "time": "10 ms", "next": "resolved"}}, run={"start_with": {"it.away": 1}}, minutes=2)
    log = run(plan, draw_population(plan.demand(), 1, 0))
    assert len(log) == pytest.approx(12_000, abs=1)
    assert len(log) > MAX_VISITS


@ENGINES
def test_journeys_that_take_no_time_are_refused(run: Run) -> None:
    plan = loop({"away": {**PAUSE, "time": 0, "next": "resolved"}}, run={"start_with": {"it.away": 1}})
    with pytest.raises(SojournError, match=r"^it\.away: .*endless journeys take no time; lead customers to a pause"):
        run(plan, draw_population(plan.demand(), 1, 0))


@ENGINES
def test_a_circle_within_a_journey_is_refused_as_ever(run: Run) -> None:
    steps = {"away": {**PAUSE, "time": 1, "next": {"away": "100 %", "resolved": "rest"}}}
    for plan in (plan_of(steps), loop(steps, run={"hours": "24/7"})):
        with pytest.raises(SojournError, match=r"^it\.away: a journey goes round in circles here"):
            run(plan, people(plan, 0))


def test_kpis_of_a_run_without_a_log_are_the_same() -> None:
    plan = loop({"away": {**PAUSE, "time": {"law": "exponential", "mean": 20}}, "call": call(talk="10 s")}, minutes=50)
    population = draw_population(plan.demand(), 1, 0)
    whole = measure(plan, population, compiled.run(plan, population))
    with patch("sim.engine.compiled.run._EVENTS", 50):  # many blocks
        blocks = list(compiled.blocks(plan, draw_in_parts(plan.demand(), 1, 0)))
    assert len(blocks) > 5
    parts, _ = measure_blocks(plan, iter(blocks))
    np.testing.assert_allclose(parts.value, whole.value, rtol=1e-9)


def test_the_size_of_a_run_knows_of_endless_journeys() -> None:
    """Without waiting by time, with waiting by the agents' time, and for a list by the calls under way."""
    pause = {**PAUSE, "time": "50 s"}
    quick = loop({"away": pause, "call": call(talk="10 s")}, run={"start_with": {"it.away": 1}})
    busy = loop({"away": pause, "call": call(talk="10 s")}, run={"start_with": {"it.away": 100}})
    listed = {"channel": "outbound", "time": "20 s", "reach": 0, "dialer": {"group": "desk"}, "next": "talk"}
    campaign = loop({"list": {**listed, "if_failed": "gave_up"}, "talk": call()}, run={"start_with": {"it.list": 100}})
    for plan in (quick, busy, campaign):
        log = compiled.run(plan, draw_population(plan.demand(), 1, 0))
        visits = expected_visits(plan).sum()
        happened = np.sum(~np.isnan(log.began))
        assert happened / 3 <= visits <= 3 * happened + 10


PLAIN = """\
name: machines
run: {hours: 08:00-10:00, interval: 1 h, start_with: {machine.works: 9}}
agents: {mechanics: {serves: repairs, staff: 2}}
intents:
  machine:
    endless: true
    start: works
    steps:
      works: {channel: pause, time: {law: exponential, mean: 40 min}, next: repair}
      repair: {channel: back_office, queue: repairs, talk: 10 min, next: resolved}
"""


def test_a_closed_loop_needs_no_demand(tmp_path: Path) -> None:
    (tmp_path / "machines.yaml").write_text(PLAIN, encoding="utf-8")
    plan = make_plan(read_scenario(tmp_path / "machines.yaml"))
    assert len(draw_population(plan.demand(), 1, 0)) == 9
