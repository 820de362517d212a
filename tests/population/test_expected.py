"""Expected demand of a scenario: growth, days, events, recordings, and the errors about wrong ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.population import Pattern, draw_population, expected_variation, expected_volume
from sim.scenario import Scenario, read_scenario
from sim.scenario.cross_checks import cross_problems

WEB = {"start": "web", "steps": {"web": {"channel": "web", "time": 0, "next": "resolved"}}}
RUN = {"hours": "08:00-10:00", "interval": "30 min"}


def scenario(demand: Any = 10, run: dict[str, Any] | None = None, **sections: Any) -> Scenario:
    """Return a scenario of two intents; what is said of `intents` is said of the first."""
    first = {**WEB, "demand": demand, **sections.pop("intent", {})}
    intents = {"card": first, "loan": {**WEB, "demand": 1}}
    return Scenario.model_validate({"name": "test", "run": {**RUN, **(run or {})}, "intents": intents, **sections})


def volume(**sections: Any) -> list[float]:
    return expected_volume(scenario(**sections))[0].tolist()


def test_a_plain_scenario_expects_what_it_says() -> None:
    assert expected_volume(scenario([1, 2, 3, 4.5])).tolist() == [[1, 2, 3, 4.5], [1, 1, 1, 1]]


def test_growth_multiplies_one_intent_and_volume_all() -> None:
    grown = scenario(demand=10, intent={"growth": "120 %"})
    assert expected_volume(grown).tolist() == [[12.0] * 4, [1.0] * 4]
    both = Scenario.model_validate({**grown.model_dump(), "demand": {"volume": 2}})
    assert expected_volume(both).tolist() == [[24.0] * 4, [2.0] * 4]


def test_days_have_a_pattern_that_begins_again() -> None:
    expected = expected_volume(
        Scenario.model_validate({**scenario(run={"days": 3}).model_dump(), "demand": {"days": [1, "150 %"]}})
    )
    days = [expected[0, day * 48 : day * 48 + 4].tolist() for day in range(3)]
    assert days == [[10.0] * 4, [15.0] * 4, [10.0] * 4]
    assert expected[0].sum() == 140.0, "and nobody at night"
    assert expected.shape == (2, 2 * 48 + 4)


def events(*these: dict[str, Any], days: int = 1) -> np.ndarray:
    made = scenario(run={"days": days}).model_dump()
    return expected_volume(Scenario.model_validate({**made, "demand": {"events": list(these)}}))


def test_an_event_changes_its_hours_of_its_intents() -> None:
    spike = events({"name": "outage", "hours": "08:30-09:30", "intents": ["card"], "times": "x3"})
    assert spike.tolist() == [[10, 30, 30, 10], [1, 1, 1, 1]]
    assert events({"hours": "08:30-09:30", "add": 5}).tolist() == [[10, 15, 15, 10], [1, 6, 6, 1]]
    assert events({"hours": "08:30-09:00", "times": 0}).tolist() == [[10, 0, 10, 10], [1, 0, 1, 1]]


def test_an_interval_that_is_covered_in_part_changes_by_that_part() -> None:
    assert events({"hours": "08:15-08:40", "times": 4, "add": 6})[0] == pytest.approx(
        [10 + 15 + 3, 10 + 10 + 2, 10, 10]
    )


def test_events_may_be_of_some_days_and_follow_one_another() -> None:
    both = events(
        {"hours": "08:00-08:30", "add": 2, "days": [2]}, {"hours": "07:00-12:00", "times": 2, "days": [2]}, days=2
    )[0]
    assert both[:4].tolist() == [10, 10, 10, 10]
    assert both[48:].tolist() == [24, 20, 20, 20]


def test_a_plan_draws_what_a_scenario_says_of_variation() -> None:
    arrivals = {"bursts": {"states": [{"rate": "x0.5", "mean": "20 min"}, {"rate": "300 %", "mean": "5 min"}]}}
    demand = {"busyness": {"cv": "25 %"}, "intervals": {"cv": 0.1, "correlation": "60 %", "per_intent": True}}
    made = Scenario.model_validate({**scenario(intent={"arrivals": arrivals}).model_dump(), "demand": demand})
    variation = make_plan(made).demand().variation
    assert (variation.busyness_cv, variation.busyness_per_intent) == (0.25, False)
    assert (variation.interval_cv, variation.interval_correlation, variation.interval_per_intent) == (0.1, 0.6, True)
    assert [variation.pattern_of(i) for i in (0, 1)] == [Pattern.POISSON, Pattern.POISSON]
    assert [column.tolist() for column in variation.bursts_of(0)] == [[0.5, 3.0], [1200.0, 300.0]]
    assert [len(column) for column in variation.bursts_of(1)] == [0, 0]


def test_a_plain_scenario_has_no_variation() -> None:
    variation = expected_variation(scenario())
    assert (variation.busyness_cv, variation.interval_cv, variation.burst_rate.size, variation.replay_time.size) == (
        0,
        0,
        0,
        0,
    )


SCENARIO = """
name: replay
run: {hours: 08:00-10:00, interval: 30 min, days: 2}
demand: {forecast: forecast.csv}
segments: {new: {share: 50 %}, old: {share: 50 %}}
intents:
  card:
    arrivals: {replay: arrivals.csv}
    start: web
    steps: {web: {channel: web, time: {law: empirical, durations: durations.csv}, next: resolved}}
  loan: {arrivals: fixed, start: web, steps: {web: {channel: web, time: 1 s, next: resolved}}}
"""
ARRIVALS = "# from the switch\ntime,day,segment\n08:00:30,2,old\n08:00:30,1,new\n35100.5,1,new\n"
DURATIONS = "seconds,observed\n10,yes\n20,no\n30,yes\n30,no\n40,yes\n60,no\n"
FORECAST = "time,loan\n08:00,2\n08:30,0\n09:00,1\n09:30,1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "scenario.yaml": SCENARIO,
        "arrivals.csv": ARRIVALS,
        "durations.csv": DURATIONS,
        "forecast.csv": FORECAST,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_recorded_arrivals_come_again(folder: Path) -> None:
    loaded = read_scenario(folder)
    assert expected_volume(loaded)[0].nonzero()[0].tolist() == [0, 3, 48]
    plan = make_plan(loaded)
    drawn = draw_population(plan.demand(), 1, 0)
    card = drawn.intent == 0
    assert drawn.arrival[card].tolist() == [28_830.0, 35_100.5, 115_230.0]
    assert [plan.segments[i] for i in drawn.segment[card]] == ["new", "new", "old"]
    assert (drawn.intent == 1).sum() == 8
    assert read_scenario(folder, ["demand.volume=*2"]).intents["card"] == loaded.intents["card"]
    assert expected_volume(read_scenario(folder, ["demand.volume=*2"]))[0].sum() == 3, "what was recorded does not grow"


def test_a_law_is_estimated_from_durations(folder: Path) -> None:
    law = read_scenario(folder).intents["card"].steps["web"].time
    assert (law.zero, law.durations) == (0.0, None)
    # Of 6, one ends at 10; of the 4 still there at 30 one ends; of the 2 at 40 one; and one is cut short at 60.
    assert law.survival == pytest.approx({0.0: 1.0, 10.0: 5 / 6, 30.0: 5 / 8, 40.0: 5 / 16})
    assert law.beyond == pytest.approx(10 + 30), "past 30 s, 10 s and 30 s were spent, and one ended"


def test_durations_that_end_at_once_are_an_atom(folder: Path) -> None:
    (folder / "durations.csv").write_text("seconds,observed\n0,1\n0,0\n5,1\n5,1\n")
    law = read_scenario(folder).intents["card"].steps["web"].time
    assert (law.zero, law.beyond) == (0.25, None)
    assert law.survival == {0.0: 1.0, 5.0: 0.0}


def refused(folder: Path) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read_scenario(folder)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_recorded_arrivals_have_fractions_of_seconds(folder: Path) -> None:
    (folder / "arrivals.csv").write_text("time\n08:00:00.25\n08:00:00.125\n28803.5\n08:00:01\n", encoding="utf-8")
    plan = make_plan(read_scenario(folder))
    _, (replayed,) = plan.demand().variation.recorded_of(0), [plan.variation.replay_time]
    assert replayed.tolist() == [28_800.125, 28_800.25, 28_801, 28_803.5]


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("arrivals.csv", "time\n08:00\nlater\n", "arrivals.csv:3: time: 'later' is not a time of day"),
        (
            "arrivals.csv",
            "time,day\n08:00,0\n",
            'arrivals.csv:2: day: "0" is not a day; give a number from 1 to 50,000',
        ),
        ("arrivals.csv", "tim\n08:00\n", 'arrivals.csv:1: has no column "time"'),
        ("arrivals.csv", "time,day\n08:00\n", "arrivals.csv:2: has 1 cell where the header has 2"),
        ("arrivals.csv", "time\n", 'arrivals.csv: is empty; it needs the header "time" and rows'),
        (
            "arrivals.csv",
            "time\n07:00\n",
            "scenario.yaml:8: intents.card.arrivals.replay: 1 arrivals, the first at 07:00",
        ),
        (
            "arrivals.csv",
            "time,day\n08:00,3\n",
            "scenario.yaml:8: intents.card.arrivals.replay: 1 arrivals, the first at",
        ),
        ("arrivals.csv", "time,segment\n08:00,odl\n", '"odl" is not a segment; did you mean "old"?'),
        ("durations.csv", "seconds,observed\n-1,yes\n", 'durations.csv:2: seconds: "-1" must be a number from 0'),
        ("durations.csv", "seconds,observed\n1,maybe\n", 'durations.csv:2: observed: "maybe" must be yes or no'),
        ("durations.csv", "seconds,observed\n1,no\n", "durations.csv: observed: no duration above 0 was observed"),
    ],
)
def test_a_recording_that_makes_no_sense(folder: Path, file: str, text: str, sentence: str) -> None:
    (folder / file).write_text(text)
    assert any(sentence in problem for problem in refused(folder)), refused(folder)


def test_a_recording_that_is_not_there(folder: Path) -> None:
    (folder / "arrivals.csv").unlink()
    (folder / "durations.csv").unlink()
    assert sorted(refused(folder)) == ["arrivals.csv: there is no such file", "durations.csv: there is no such file"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "replay: arrivals",
            "reply: arrivals",
            'intents.card.arrivals.reply: is not a key of this; did you mean "replay"?',
        ),
        (
            "arrivals: fixed",
            "arrivals: fixd",
            "intents.loan.arrivals: \"fixd\" should be 'poisson', 'fixed' or 'scheduled'",
        ),
        (
            "{replay: arrivals.csv}",
            "{replay: arrivals.csv}\n    demand: 3",
            "intents.card.demand: is not used, because",
        ),
        ("forecast.csv}", "forecast.csv, busyness: {cv: 25}}", "demand.busyness: the cv is 2500 %; give 0 %, or from"),
        ("forecast.csv}", "forecast.csv, busyness: {cv: much}}", "demand.busyness.cv: 'much' is not a factor"),
        ("forecast.csv}", "forecast.csv, days: [-1]}", "demand.days.0: -1 must be finite and not negative"),
        (
            "forecast.csv}",
            "forecast.csv, events: [{hours: 10:00-12:00}]}",
            "demand.events.0.hours: lie outside the run's hours, 08:00-10:00",
        ),
        (
            "forecast.csv}",
            "forecast.csv, events: [{hours: 09:00-12:00, intents: [crad], days: [3]}]}",
            'demand.events.0.intents: "crad" is not an intent; did you mean "card"?',
        ),
        (
            "forecast.csv}",
            "forecast.csv, events: [{hours: 09:00-12:00, days: [3]}]}",
            "demand.events.0.days.0: day 3 is after the run's last, 2",
        ),
        (
            "arrivals: fixed",
            "arrivals: {bursts: {states: [{rate: x2, mean: 0 s}, {rate: 0, mean: 5 min}]}}",
            "a state must last at least 1 s on average",
        ),
        ("durations: durations.csv", "survival: {0 s: 1}", "give the survival at two times at least, or durations"),
    ],
)
def test_demand_that_makes_no_sense(folder: Path, old: str, new: str, sentence: str) -> None:
    assert old in SCENARIO
    (folder / "scenario.yaml").write_text(SCENARIO.replace(old, new))
    assert any(sentence in problem for problem in refused(folder)), refused(folder)


def test_durations_that_nobody_read() -> None:
    time = {"law": "empirical", "durations": "file.csv"}
    with pytest.raises(ValidationError, match="durations were not read; they stand in a scenario's file"):
        scenario(intent={"steps": {"web": {"channel": "web", "time": time, "next": "resolved"}}})


@pytest.mark.parametrize(
    "arrivals",
    [
        "scheduled",
        {"replay": {"times": [28_800.0], "segments": ["everyone"]}},
        {"bursts": {"states": [{"rate": 2, "mean": 60}, {"rate": 0, "mean": 30}]}},
    ],
)
def test_what_is_said_of_demand_survives_a_round_trip(arrivals: Any) -> None:
    made = scenario(intent={"arrivals": arrivals, "demand": None if "replay" in arrivals else 3})
    demand = {"busyness": {"cv": 0.2}, "days": [1.5], "events": [{"hours": "08:00-09:00", "times": "x2"}]}
    made = Scenario.model_validate({**made.model_dump(), "demand": demand})
    assert Scenario.model_validate(made.model_dump()) == made
    assert Scenario.model_validate_json(made.model_dump_json()) == made


def test_each_intent_may_have_its_own_cv() -> None:
    def varied(**variation: Any) -> Scenario:
        return Scenario.model_validate({**scenario().model_dump(), "demand": variation})

    noise = {"cv": {"loan": "40 %"}, "correlation": 0.5}
    variation = expected_variation(varied(intervals=noise, busyness={"cv": "10 %"}))
    assert (variation.interval_cv, variation.interval_per_intent) == ((0.0, 0.4), True)
    assert (variation.busyness_cv, variation.busyness_per_intent) == (0.1, False)
    assert list(cross_problems(varied(intervals={"cv": {"loans": "40 %"}}))) == [
        (("demand", "intervals", "cv", "loans"), '"loans" is not an intent; did you mean "loan"?')
    ]
