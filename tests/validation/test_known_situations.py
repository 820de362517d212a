"""Situations in which programs of this kind have been wrong, with right values worked out by hand, in both engines.

The situations come from public bug reports of other tools. Times are in seconds after 08:00.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from sim.core.units import DAY, HOUR
from sim.distributions.empirical import kaplan_meier
from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.engine.plan import MAX_VISITS, Result
from sim.engine.planning.arrays import f8
from sim.experiment.replicate import replicate
from sim.kpis import measure
from sim.kpis.model import Measures
from sim.population import Population, draw_population
from sim.scenario import Scenario
from tests.support.confidence import assert_mean, assert_ratio
from tests.support.documentation import ROOT
from tests.support.stories import call

Run = Callable[[Plan, Population], Log]
OPENING = 8 * HOUR
ONE = {"desk": {"serves": ["calls"], "staff": 1}}


@pytest.fixture(params=[reference.run, compiled.run], ids=["reference", "compiled"])
def run(request: pytest.FixtureRequest) -> Run:
    """Return an engine."""
    engine: Run = request.param
    return engine


@dataclass(frozen=True, eq=False)
class Day:
    """A simulated day: times in seconds after 08:00, in the order of the log."""

    plan: Plan
    log: Log
    measures: Measures

    def times(self, column: str, step: str = "") -> list[float]:
        """Return times of the log, of one step or of all."""
        rows = [not step or self.plan.steps[number] == step for number in self.log.step]
        return [round(float(time) - OPENING, 6) for time in getattr(self.log, column)[rows]]

    @property
    def results(self) -> list[str]:
        """Return the results of the visits."""
        return [Result(result).name.lower() for result in self.log.result]


def intent(arrivals: list[float], **steps: Any) -> dict[str, Any]:
    """Return an intent with recorded arrivals that begin at its first step."""
    times = {"replay": {"times": [OPENING + time for time in arrivals]}}
    return {"arrivals": times, "start": next(iter(steps)), "steps": steps}


def day(
    run: Run,
    intents: dict[str, Any],
    agents: dict[str, Any] = ONE,
    hours: int = 1,
    interval: str = "30 min",
    **more: Any,
) -> Day:
    """Simulate a day from 08:00 on."""
    settings = {"hours": [OPENING, OPENING + hours * HOUR], "interval": interval}
    data = {"name": "situation", "run": settings, "agents": agents, "intents": intents, **more}
    plan = make_plan(Scenario.model_validate(data))
    population = draw_population(plan.demand(), 1, 0)
    log = run(plan, population)
    return Day(plan, log, measure(plan, population, log))


def test_the_headcount_falls_while_all_are_busy(run: Run) -> None:
    """Three agents until minute 4, one until 10, none until 30; five calls of 5 min, a minute apart."""
    staff = [3] * 4 + [1] * 6 + [0] * 20 + [1] * 30
    calls = intent([0, 60, 120, 180, 240], call=call(talk="5 min"))
    simulated = day(run, {"question": calls}, {"desk": {"serves": ["calls"], "staff": staff}}, interval="1 min")
    assert simulated.times("started") == [0, 60, 120, 7 * 60, 30 * 60]
    assert simulated.measures.value_of("overtime_hours", "group", "desk") == pytest.approx(5 / 60)
    assert simulated.measures.value_of("occupancy", "group", "desk") == pytest.approx(25 / 53)


def test_patience_ends_as_an_agent_gets_free(run: Run) -> None:
    calls = intent([0, 10, 20], call=call(talk="60 s", patience="50 s"))
    simulated = day(run, {"question": calls})
    assert simulated.results == ["handled", "handled", "abandoned"]
    assert simulated.times("started")[1] == 60


def test_many_give_up_as_one_of_them_is_answered(run: Run) -> None:
    long, short = call(talk="60 s"), call(talk="60 s", patience="60 s")
    simulated = day(run, {"first": intent([0], call=long), "others": intent([0] * 5, call=short)})
    assert simulated.results == ["handled", "handled"] + ["abandoned"] * 4
    assert simulated.times("started")[1] == 60
    assert simulated.times("ended")[2:] == [60] * 4


@pytest.mark.parametrize(("talk", "share"), [("6.7 s", 1.0), ("6.71 s", 0.75)])
def test_a_wait_of_exactly_the_limit(run: Run, talk: str, share: float) -> None:
    queues = {"calls": {"service_level": {"within": "20.1 s"}}}
    simulated = day(run, {"question": intent([0] * 4, call=call(talk=talk, patience="30 s"))}, queues=queues)
    assert simulated.measures.value_of("service_level", "queue", "calls") == share


class TestWhoGivesUpComesAgain:
    """Customers who give up and join a queue again."""

    def test_with_more_patience(self, run: Run) -> None:
        steps = {
            "call": call(talk="10 min", patience="5 min", if_abandoned="again"),
            "again": call(talk="10 min"),
        }
        simulated = day(run, {"question": intent([0, 180, 300], **steps)}, hours=2)
        assert simulated.times("started", "question.call")[::2] == [0, 600]
        assert simulated.times("started", "question.again") == [1200]

    def test_at_once_into_the_same_queue(self, run: Run) -> None:
        """Patience 0 s and a redial without a pause: the tries end when the limit of visits is reached."""
        steps = {"call": call(talk="10 min", patience=0, if_abandoned=[
            {"when": {"attempt": ">= 100"}, "to": "gave_up"}, {"to": "call"}])}  # fmt: skip
        simulated = day(run, {"question": intent([0, 60], **steps)})
        assert simulated.results == ["handled"] + ["abandoned"] * 100
        assert set(simulated.times("ended")[1:]) == {60}

    def test_each_second_for_half_an_hour(self, run: Run) -> None:
        first, calls = call(talk="50 min"), call(talk="60 s", patience="1 s", if_abandoned="call")
        simulated = day(run, {"first": intent([0], call=first), "question": intent([1200], call=calls)})
        assert simulated.measures.value_of("offered") == 1801
        assert simulated.measures.value_of("abandoned") == 1799
        assert simulated.times("started")[-1] == 3000


def test_the_limit_of_visits_is_in_the_reference() -> None:
    assert f"more than {MAX_VISITS:,} visits in a journey" in (ROOT / "docs" / "scenario.md").read_text(
        encoding="utf-8"
    )


def test_a_big_job_waits_for_places_and_holds_up_nobody_who_is_there(run: Run) -> None:
    """Ten places, five jobs of one place, then one of seven with priority: it gets them when the five are done."""
    agents = {"desk": {"serves": {"big": {"rank": 0, "takes": 7}, "small": {"rank": 1}}, "staff": 1, "at_once": 10}}
    intents = {
        "low": intent([0] * 5 + [120] * 2, job=call(channel="chat", queue="small", talk="10 min")),
        "high": intent([60], job=call(channel="chat", queue="big", talk="10 min")),
    }
    simulated = day(run, intents, agents)
    assert simulated.times("started", "high.job") == [600]
    assert simulated.times("started", "low.job") == [0] * 5 + [120] * 2


def test_a_call_that_ends_after_the_shift_is_overtime(run: Run) -> None:
    agents = {"desk": {"serves": ["calls"], "shifts": [{"agents": 1, "hours": [OPENING, OPENING + HOUR]}]}}
    simulated = day(run, {"question": intent([59 * 60], call=call(talk="10 min"))}, agents, hours=2)
    assert simulated.measures.value_of("overtime_hours", "group", "desk") == pytest.approx(9 / 60)


def test_more_come_at_one_instant_than_there_is_room_for(run: Run) -> None:
    steps = {
        "call": call(talk="5 min", if_blocked="back"),
        "back": {"channel": "pause", "time": "5 min", "next": "call"},
    }
    agents, queues = {"desk": {"serves": ["calls"], "staff": 2}}, {"calls": {"capacity": 2}}
    simulated = day(run, {"question": intent([0] * 6, **steps)}, agents, queues=queues)
    assert simulated.times("started", "question.call") == pytest.approx(
        [0, 0, 300, 300, np.nan, np.nan, 600, 600], nan_ok=True
    )
    assert simulated.results.count("blocked") == 2


class TestDemand:
    """Expected numbers of journeys."""

    def test_fractions_of_journeys(self) -> None:
        steps = {"call": call()}
        data = {
            "name": "fractions",
            "run": {"hours": "08:00-10:00", "interval": "30 min", "days": 5},
            "agents": ONE,
            "intents": {"question": {"demand": 2.5, "arrivals": "scheduled", "start": "call", "steps": steps}},
        }
        plan = make_plan(Scenario.model_validate(data))
        population = draw_population(plan.demand(), 1, 0)
        cells = np.floor((population.arrival - OPENING) / 1800).astype(int)
        for first in range(5):
            assert [int((cells == 48 * first + number).sum()) for number in range(4)] == [3, 2, 3, 2]

    def test_a_spike_over_half_of_two_intervals(self) -> None:
        data = {
            "name": "spike",
            "run": {"hours": "08:00-10:00", "interval": "30 min"},
            "demand": {"events": [{"hours": "08:15-08:45", "times": "x2", "add": 10}]},
            "agents": ONE,
            "intents": {
                "question": {"demand": 40, "arrivals": "scheduled", "start": "call", "steps": {"call": call()}}
            },
        }
        plan = make_plan(Scenario.model_validate(data))
        assert plan.volume.tolist() == [[65, 65, 40, 40]]

    def test_nobody_comes_and_nobody_is_there(self, run: Run) -> None:
        agents = {"desk": {"serves": ["calls"], "staff": [0, 0]}}
        simulated = day(run, {"question": {"demand": 0, "start": "call", "steps": {"call": call()}}}, agents)
        assert simulated.measures.value_of("offered") == 0
        for kpi in ("service_level", "asa", "abandonment"):
            assert np.isnan(simulated.measures.value_of(kpi)), kpi
        assert np.isnan(simulated.measures.value_of("occupancy", "group", "desk"))


def test_lines_are_free_at_the_second_the_caller_leaves(run: Run) -> None:
    """One line; a menu of a minute and a call of four; the next caller comes as the first leaves."""
    steps = {
        "menu": {"channel": "ivr", "time": "1 min", "next": "call"},
        "call": call(talk="4 min", wrap_up="1 min"),
    }
    lines = {"trunk": {"channels": ["ivr", "voice"], "capacity": 1}}
    simulated = day(run, {"question": intent([0, 300, 300, 599], **steps)}, hours=2, lines=lines)
    assert simulated.results.count("blocked") == 2
    assert simulated.measures.value_of("lines_used", "lines", "trunk") == pytest.approx(600 / 7200)


def test_a_callback_frees_the_line(run: Run) -> None:
    """Two lines, one agent, six callers a minute apart; who must wait takes a callback and hangs up."""
    queues = {"calls": {"callback": {"wait": 0, "accept": 1, "reach": 1}}}
    lines = {"trunk": {"channels": ["voice"], "capacity": 2}}
    calls = intent([0, 60, 120, 180, 240, 300], call=call(talk="10 min"))
    simulated = day(run, {"question": calls}, hours=2, queues=queues, lines=lines)
    assert simulated.results == ["handled"] * 6
    assert simulated.measures.value_of("lines_used", "lines", "trunk") == pytest.approx(0.5)
    assert simulated.measures.value_of("line_occupancy", "lines", "trunk") == pytest.approx(0.25)


def test_an_agent_stays_with_a_transfer_until_the_expert_comes(run: Run) -> None:
    steps = {
        "call": call(talk="10 min", transfer={"expert": "warm"}, handover="1 min", next="expert"),
        "expert": call(queue="second", talk="5 min"),
    }
    agents = {
        "desk": {"serves": ["calls"], "shifts": [{"agents": 1, "hours": [OPENING, OPENING + HOUR]}]},
        "experts": {"serves": ["second"], "shifts": [{"agents": 1, "hours": [OPENING + 2 * HOUR, OPENING + 3 * HOUR]}]},
    }
    simulated = day(run, {"question": intent([45 * 60], **steps)}, agents, hours=3)
    assert simulated.times("freed", "question.call") == [121 * 60]
    assert simulated.measures.value_of("overtime_hours", "group", "desk") == pytest.approx(61 / 60)


def test_two_chats_at_once_are_half_as_fast(run: Run) -> None:
    agents = {"desk": {"serves": ["calls"], "staff": 1, "at_once": 2, "slower": 1}}
    simulated = day(run, {"question": intent([0, 300, 360], call=call(channel="chat", talk="10 min"))}, agents)
    assert simulated.times("ended") == [15 * 60, 25 * 60, 30 * 60]


def test_patience_ends_while_it_rings(run: Run) -> None:
    intents = {
        "first": intent([0], call=call(talk="50 s")),
        "question": intent([30], call=call(patience="35 s")),
        "third": intent([40], call=call()),
    }
    simulated = day(run, intents, queues={"calls": {"ring": "10 s"}})
    assert simulated.results == ["handled", "abandoned", "handled"]
    assert (simulated.times("ended")[1], simulated.times("started")[2]) == (65, 75)


def test_back_at_a_time_of_day(run: Run) -> None:
    steps = {"pause": {"channel": "pause", "time": 0, "resume_at": "10:00", "next": "call"}, "call": call()}
    simulated = day(run, {"question": intent([0], **steps)}, hours=3)
    assert simulated.times("began", "question.call") == [2 * HOUR]


def test_patience_from_observed_waits_of_which_some_were_cut_short() -> None:
    survival = kaplan_meier([5, 5, 8, 10, 8], [True, False, True, False, True])["survival"]
    assert survival[5.0] == pytest.approx(0.8)
    assert survival[8.0] == pytest.approx(0.26667, abs=5e-6)


@pytest.mark.slow
def test_seven_replications_are_the_same_on_any_number_of_processes() -> None:
    """Bursts, busyness and redials at the highest seed; also with the other engine, which has the same log."""
    steps = {
        "call": call(
            talk={"law": "lognormal", "mean": "4 min", "cv": 1},
            patience={"law": "exponential", "mean": "3 min"},
            if_abandoned={"again": "50 %", "gave_up": "rest"},
        ),
        "again": {"channel": "pause", "time": {"law": "exponential", "mean": "10 min"}, "next": "call"},
    }
    desk = {"serves": ["calls"], "staff": 5, "speed_cv": "10 %", "fatigue": {"above": "80 %", "times": 1.1}}
    data = {
        "name": "processes",
        "run": {"hours": "08:00-12:00", "interval": "30 min", "days": 2},
        "demand": {"busyness": {"cv": "10 %"}, "intervals": {"cv": "10 %", "correlation": "50 %"}},
        "agents": {"desk": desk},
        "intents": {"question": {"demand": 35, "start": "call", "steps": steps}},
    }
    plan = make_plan(Scenario.model_validate(data))
    settings: list[dict[str, Any]] = [{"processes": 1}, {"processes": 2}, {"processes": 3}, {"engine": "simpy"}]
    values = [
        replicate(plan, seed=2**32 - 1, replications=7, **({"engine": "compiled"} | more)).estimates.value
        for more in settings
    ]
    for other in values[1:]:
        np.testing.assert_array_equal(f8(other), f8(values[0]))


@pytest.mark.statistical
def test_erlang_c(run: Run) -> None:
    """100 calls of 3 min in each half-hour, 20 positions of which 30 % are empty: Erlang C with 14 agents."""
    days = 400 if run is compiled.run else 12
    data = {
        "name": "erlang",
        "run": {"interval": "30 min", "days": 2, "drain": "2 h"},
        "agents": {"desk": {"serves": ["calls"], "staff": 20, "shrinkage": "30 %"}},
        "intents": {
            "question": {
                "demand": 100,
                "start": "call",
                "steps": {"call": call(talk={"law": "exponential", "mean": "3 min"})},
            }
        },
    }
    plan = make_plan(Scenario.model_validate(data))
    rows = []
    for replication in range(days):
        log = run(plan, draw_population(plan.demand(), 5, replication))
        second = log.began >= DAY  # the first day is the warm-up
        waits, busy = (log.started - log.began)[second], (log.ended - log.started)[second]
        rows.append([len(waits), (waits <= 20).sum(), waits.sum(), (waits > 0).sum(), busy.sum()])
    contacts, prompt, waited, waiting, busy = np.array(rows, dtype=np.float64).T
    for name, truth, numerator in (
        ("service level", 0.888350, prompt),
        ("ASA", 7.836, waited),
        ("P(wait)", 0.174132, waiting),
    ):
        assert_ratio(truth, numerator, contacts, name=name, seed=5, measures=4)
    assert_mean(0.714286, busy / (14 * DAY), name="occupancy", seed=5, measures=4)
