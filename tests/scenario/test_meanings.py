"""Input that is valid by its form, but would mean something else, is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.population import draw_population, expected_volume
from sim.population.factors import volume_factors
from sim.scenario import read_scenario
from tests.support.minimal_scenario import MINIMAL, Refused, changed

CALL = "intents.question.steps.call"


def volumes(folder: Path, text: str, *overrides: str) -> list[float]:
    """Return the expected journeys of each interval of a scenario with one intent."""
    (folder / "bank.yaml").write_text(text, encoding="utf-8")
    (row,) = expected_volume(read_scenario("bank.yaml", overrides))
    return [float(value) for value in row]


class TestTheTimeThatDemandIsFor:
    """`demand.per` keeps the volume when the interval changes."""

    @pytest.mark.parametrize(
        ("interval", "per", "demand", "expected"),
        [
            ("30 min", "1 h", "10", [5, 5, 5, 5]),
            ("2 h", "1 h", "10", [20]),
            ("30 min", "20 min", "10", [15, 15, 15, 15]),
            ("30 min", "1 h", "[10, 20]", [5, 5, 10, 10]),
            ("1 h", "30 min", "[1, 2, 3, 4]", [3, 7]),
            ("1 h", "1 h", "[10, 20]", [10, 20]),
        ],
    )
    def test_volumes(self, folder: Path, interval: str, per: str, demand: str, expected: list[float]) -> None:
        changes = [
            ("interval: 1 h", f"interval: {interval}"),
            ("demand: 10", f"demand: {demand}"),
            ("agents:", f"demand: {{per: {per}}}\nagents:"),
        ]
        assert volumes(folder, changed(*changes)) == expected

    def test_an_event_adds_in_the_same_unit(self, folder: Path) -> None:
        event = "demand: {per: 1 h, events: [{hours: 09:00-09:15, add: 8}]}\nagents:"
        assert volumes(folder, changed(("interval: 1 h", "interval: 30 min"), ("agents:", event))) == [5, 5, 7, 5]

    def test_an_event_hits_the_finer_times(self, folder: Path) -> None:
        event = "demand: {per: 30 min, events: [{hours: 08:00-08:30, times: x3, add: 1}, {hours: 09:45-10:00, add: 8}]}"
        scenario = changed(("demand: 10", "demand: [1, 2, 3, 4]"), ("agents:", f"{event}\nagents:"))
        assert volumes(folder, scenario) == [6, 11]
        plan = make_plan(read_scenario("bank.yaml"))
        assert plan.demand().volume.tolist() == [[4, 2, 3, 8]]

    def test_a_forecast_has_rows_of_this_length(self, folder: Path, refused: Refused) -> None:
        (folder / "demand.csv").write_text("time,question\n08:00,1\n08:30,2\n09:00,3\n09:30,4\n", encoding="utf-8")
        text = changed(("    demand: 10\n", ""), ("agents:", "demand: {forecast: demand.csv, per: 30 min}\nagents:"))
        assert volumes(folder, text) == [3, 7]
        (without,) = refused(text.replace(", per: 30 min", ""))
        rows = "bank.yaml:3: demand.forecast: demand.csv has rows of 30 min from 08:00 to 10:00; the run's hours and"
        assert without == f"{rows} interval want 60 min from 08:00 to 10:00, or write demand.per: 30 min"
        (other,) = refused(text.replace("30 min", "1 h"))
        assert other == f"{rows} demand.per want 60 min from 08:00 to 10:00, or write demand.per: 30 min"

    @pytest.mark.parametrize(
        ("per", "problem"),
        [
            ("0 s", "demand.per: 0 s is too short; give the time that the numbers are for, such as 30 min"),
            (
                "40 min",
                (
                    "demand.per: 40 min does not divide the run's hours, or is no multiple or part of run.interval, "
                    "1 h; give one that is, such as 1 h"
                ),
            ),
        ],
    )
    def test_a_time_that_does_not_fit(self, refused: Refused, per: str, problem: str) -> None:
        text = changed(("demand: 10", "demand: [1, 2]"), ("agents:", f"demand: {{per: {per}}}\nagents:"))
        assert f"bank.yaml:3: {problem}" in refused(text)

    def test_another_interval_alone_would_double_the_volume(self, folder: Path, refused: Refused) -> None:
        assert refused(MINIMAL, "run.interval=30 min") == [
            (
                "--set run.interval=30 min: run.interval: 30 min in place of 1 h multiplies the volume by 2, as "
                "intents.question.demand counts journeys per interval; add --set demand.per='1 h' to keep the volume"
            )
        ]
        assert volumes(folder, MINIMAL, "run.interval=30 min", "demand.per=1 h") == [5, 5, 5, 5]
        assert volumes(folder, MINIMAL, "run.interval=30 min", "intents.question.demand=7") == [7, 7, 7, 7]
        with_per = changed(("agents:", "demand: {per: 1 h}\nagents:"))
        assert volumes(folder, with_per, "run.interval=30 min") == [5, 5, 5, 5]

    def test_where_no_number_is_per_interval_another_one_changes_nothing(self, folder: Path) -> None:
        (folder / "calls.csv").write_text("time\n08:10\n09:50\n", encoding="utf-8")
        text = changed(("demand: 10", "arrivals: {replay: calls.csv}"))
        assert volumes(folder, text, "run.interval=30 min") == [1, 0, 0, 1]

    def test_arrivals_follow_the_finer_times(self, folder: Path) -> None:
        noise = "demand: {per: 30 min, intervals: {cv: 50 %}}\nagents:"
        (folder / "bank.yaml").write_text(
            changed(("demand: 10", "demand: [0, 400, 400, 0]"), ("agents:", noise)), encoding="utf-8"
        )
        plan = make_plan(read_scenario("bank.yaml"))
        population = draw_population(plan.demand(), 1, 0)
        assert len(population) > 100
        assert set((population.arrival // 1_800).astype(int).tolist()) == {17, 18}  # 08:30 to 09:30, and no other time
        factors = volume_factors(plan.demand(), 0, 1, 0)
        assert factors is not None
        assert factors[0] == factors[1] != factors[2] == factors[3], "noise is of the interval"
        assert plan.volume.tolist() == [[400, 400]]

    @pytest.mark.parametrize("pattern", ["fixed", "scheduled"])
    def test_exact_numbers_follow_the_finer_times(self, folder: Path, pattern: str) -> None:
        demand = f"demand: [1, 2, 3, 0]\n    arrivals: {pattern}"
        text = changed(("demand: 10", demand), ("agents:", "demand: {per: 30 min}\nagents:"))
        (folder / "bank.yaml").write_text(text, encoding="utf-8")
        arrivals = draw_population(make_plan(read_scenario("bank.yaml")).demand(), 1, 0).arrival
        assert np.bincount((arrivals // 1_800).astype(int), minlength=20)[16:].tolist() == [1, 2, 3, 0]

    def test_too_many_finer_times(self, refused: Refused) -> None:
        numbers = ", ".join(["1"] * 7_200)
        text = changed(("demand: 10", f"demand: [{numbers}]"), ("agents:", "demand: {per: 1 s}\nagents:"))
        (problem,) = refused(text, "run.days=100")
        assert problem.endswith(
            "demand.per: 1 s makes 8,640,000 times of 1 intents, and the limit is 5,000,000 numbers of demand; give a "
            "longer time, or fewer days"
        )

    def test_the_population_has_the_same_size(self, folder: Path) -> None:
        short, long = (
            sum(volumes(folder, changed(("agents:", "demand: {per: 1 h}\nagents:")), f"run.interval={interval}"))
            for interval in ("15 min", "2 h")
        )
        np.testing.assert_allclose([short, long], 20)


@pytest.mark.parametrize("warm_up", ["2 h", "3 h"])
def test_a_warm_up_as_long_as_the_run(refused: Refused, warm_up: str) -> None:
    assert refused(changed(("drain: 1 h", f"drain: 1 h, warm_up: {warm_up}"))) == [
        (
            f"bank.yaml:2: run.warm_up: {warm_up} is as long as the run, 2 h, or longer, so nothing counts; "
            "give a shorter one, or more days"
        )
    ]


def test_a_warm_up_of_several_days(folder: Path) -> None:
    text = changed(("drain: 1 h", "drain: 1 h, days: 2, warm_up: 24 h"))
    (folder / "bank.yaml").write_text(text, encoding="utf-8")
    assert read_scenario("bank.yaml").run.warm_up == 86_400


LAST = "the last entry that holds applies, so write them in rising order"
FIRST = "the first entry that holds applies, so write the narrower one first"
HIDDEN = {
    "balking from two waiting upwards hides that from three": (
        (
            "agents:",
            "queues: {calls: {balk: [{waiting: 3, probability: 9 %}, {waiting: 2, probability: 5 %}]}}\nagents:",
        ),
        f"bank.yaml:3: queues.calls.balk.0: never applies: wherever it holds, entry 2 holds too; {LAST}",
    ),
    "the same announced wait twice": (
        ("agents:", "queues: {calls: {announce: [{wait: 1 min, times: 2}, {wait: 60 s, times: 3}]}}\nagents:"),
        f"bank.yaml:3: queues.calls.announce.0: never applies: wherever it holds, entry 2 holds too; {LAST}",
    ),
    "a wide case before a narrow one": (
        (
            "next: resolved",
            (
                'next: [{when: {attempt: ">= 2"}, to: resolved}, '
                '{when: {attempt: ">= 3", waited: "> 1 min"}, to: gave_up}, '
                "{to: unresolved}]"
            ),
        ),
        f"bank.yaml:15: {CALL}.next.1: never applies: wherever it holds, entry 1 holds too; {FIRST}",
    ),
    "a case for everybody before others": (
        ("next: resolved", "next: [{to: resolved}, {to: gave_up}]"),
        f"bank.yaml:15: {CALL}.next.1: never applies: wherever it holds, entry 1 holds too; {FIRST}",
    ),
    "patience of a group within another": (
        (
            "patience: 30 s",
            (
                "patience: 30 s\n        impatience: [{when: {segment: everyone}, times: 2}, "
                "{when: {segment: [everyone], context: lost}, times: 3}]"
            ),
        ),
        f"bank.yaml:15: {CALL}.impatience.1: never applies: wherever it holds, entry 1 holds too; {FIRST}",
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_an_entry_that_another_one_hides(refused: Refused, name: str) -> None:
    change, sentence = HIDDEN[name]
    assert refused(changed(change)) == [sentence]


@pytest.mark.parametrize(
    "change",
    [
        (
            "agents:",
            "queues: {calls: {balk: [{waiting: 2, probability: 5 %}, {waiting: 3, probability: 9 %}]}}\nagents:",
        ),
        (
            "agents:",
            "queues: {calls: {balk: [{waiting: 3, probability: 9 %}, {wait: 1 min, probability: 5 %}]}}\nagents:",
        ),
        (
            "next: resolved",
            'next: [{when: {attempt: ">= 3"}, to: gave_up}, {when: {attempt: ">= 2"}, to: resolved}, {to: unresolved}]',
        ),
        (
            "next: resolved",
            "next: [{when: {context: lost}, to: gave_up}, {when: {context: kept}, to: resolved}, {to: unresolved}]",
        ),
    ],
)
def test_entries_of_which_each_applies(folder: Path, change: tuple[str, str]) -> None:
    (folder / "bank.yaml").write_text(changed(change), encoding="utf-8")
    try:
        read_scenario("bank.yaml")
    except InvalidInput as error:
        pytest.fail(str(error))
