"""Laws, shares and routes by the time of day: small days without randomness, in both engines."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.draws import Purpose, uniform
from sim.distributions import quantiles
from sim.engine import compiled, make_plan, reference
from sim.engine.log import Log
from sim.engine.plan import Plan, Result
from sim.population import Population, draw_population
from tests.support.log_digest import digest
from tests.support.simulated_days import scenario
from tests.support.stories import call, people, plan_of, sentences

HOUR, DAY = 3600.0, 86_400.0
WEB = {"channel": "web", "next": "resolved"}


def simulate(plan: Plan, population: Population) -> Log:
    """Simulate in both engines, and return the log that they share."""
    logs = [engine.run(plan, population) for engine in (reference, compiled)]
    assert digest(logs[0]) == digest(logs[1])
    return logs[0]


def tell(plan: Plan, *arrivals: float) -> list[str]:
    return sentences(plan, simulate(plan, people(plan, *arrivals)))


def test_talk_and_wrap_up_follow_the_clock_when_they_begin() -> None:
    steps = {
        "call": call(talk={"00:00-00:01": "70 s", "else": "20 s"}, wrap_up={"00:01:10-00:01:20": "5 s", "else": "1 s"})
    }
    assert tell(plan_of(steps), 0, 10, 100) == [
        "A call 0: answered 0 by desk 0, left 70, freed 75, resolved",
        "B call 10: answered 75 by desk 0, left 95, freed 96, resolved",
        "C call 100: answered 100 by desk 0, left 120, freed 121, resolved",
    ]


def test_patience_follows_the_clock_when_the_wait_begins() -> None:
    patience = {"00:00-00:01": "30 s", "00:01-00:02": "90 s", "else": "10 s"}
    steps = {"call": call(talk="5 min", patience=patience)}
    assert [line.split(": ")[1] for line in tell(plan_of(steps), 0, 59, 60, 120)[1:]] == [
        "abandoned 89, gave_up",
        "abandoned 150, gave_up",
        "abandoned 130, gave_up",
    ]


def test_hours_may_cross_midnight_and_come_back_every_day() -> None:
    steps = {"page": WEB | {"time": {"23:59-00:01": "7 s", "else": "1 s"}}}
    plan = plan_of(steps, run={"days": 2})
    log = simulate(plan, people(plan, 0, 59, 60, DAY - 61, DAY - 60, DAY + 59, DAY + 60))
    np.testing.assert_array_equal(log.ended - log.began, [7, 7, 1, 1, 7, 7, 1])


def test_the_wall_clock_counts_where_it_is_changed() -> None:
    steps = {"page": WEB | {"time": {"02:00-03:00": "7 s", "03:00-04:00": "9 s", "else": "1 s"}}}
    times = {
        "2025-03-30": [1, 9, 9, 1],  # 02:00 is 03:00
        "2025-10-26": [1, 7, 7, 9],  # 02:00 comes twice
    }
    for date, expected in times.items():
        plan = plan_of(steps, run={"start": date, "time_zone": "Europe/Berlin"})
        log = simulate(plan, people(plan, 2 * HOUR - 1, 2 * HOUR, 3 * HOUR - 1, 4 * HOUR))
        np.testing.assert_array_equal(log.ended - log.began, expected)


def test_an_instant_just_before_a_full_second_is_that_second() -> None:
    steps = {"page": WEB | {"time": {"00:00-01:00": "7 s", "else": "1 s"}}}
    plan = plan_of(steps)
    log = simulate(plan, people(plan, HOUR - 1e-6, HOUR - 1e-9, HOUR))
    np.testing.assert_allclose(log.ended - log.began, [7, 1, 1])


def test_a_pause_a_repetition_and_a_latency_follow_the_clock() -> None:
    by_time = {"00:00-00:01": "40 s", "else": "5 s"}
    steps = {
        "page": WEB | {"time": "0 s", "next": "away"},
        "away": {"channel": "pause", "time": by_time, "next": "call"},
        "call": call(talk="10 s"),
    }
    plan = plan_of(steps, orchestration={"context": "lost", "repeat": by_time, "latency": by_time})
    assert tell(plan, 0, 100) == [
        "A page 0: left 40, away",
        "A'1 away 40: left 80, call",
        "A'2 call 80: answered 80 by desk 0, left 95, resolved",
        "B page 100: left 105, away",
        "B'1 away 105: left 110, call",
        "B'2 call 110: answered 110 by desk 0, left 125, resolved",
    ]


def test_routes_follow_the_clock_when_the_step_ends() -> None:
    page = WEB | {
        "time": "10 s",
        "next": [{"when": {"time": "00:01-00:02"}, "to": "unresolved"}, {"to": {"resolved": "100 %"}}],
    }
    assert [line.split(", ")[1] for line in tell(plan_of({"page": page}), 0, 49, 50, 109, 110)] == [
        "resolved",
        "resolved",
        "unresolved",
        "unresolved",
        "resolved",
    ]


def test_shares_of_routes_by_the_time_of_day_are_cases() -> None:
    routes = {"resolved": {"00:01-00:02": "0 %", "else": "100 %"}, "unresolved": "rest"}
    plan = plan_of({"page": WEB | {"time": "0 s", "next": routes}})
    assert [line.split(", ")[1] for line in tell(plan, 0, 60, 119, 120)] == [
        "resolved",
        "unresolved",
        "unresolved",
        "resolved",
    ]


def test_impatience_follows_the_clock_when_the_wait_begins() -> None:
    hurried = [{"when": {"time": "00:01-00:02"}, "times": 0.5}]
    steps = {"call": call(talk="5 min", patience="30 s", impatience=hurried)}
    assert [line.split(": ")[1] for line in tell(plan_of(steps), 0, 10, 70)[1:]] == [
        "abandoned 40, gave_up",
        "abandoned 85, gave_up",
    ]


def test_the_reach_of_a_dialer_follows_the_clock_when_the_call_is_made() -> None:
    listed = {"channel": "outbound", "time": "10 s", "reach": {"00:01-00:02": "100 %", "else": "0 %"}}
    plan = plan_of({"list": listed | {"dialer": {"group": "desk"}, "next": "talk"}, "talk": call(talk="1 s")})
    log = simulate(plan, people(plan, 55, 75, 115, 135))
    listed_rows = log.step == 0
    results = dict(zip(log.began[listed_rows].tolist(), log.result[listed_rows].tolist(), strict=True))
    assert results == {55: Result.FAILED, 75: Result.PASSED, 115: Result.PASSED, 135: Result.FAILED}


def test_the_first_visit_of_a_customer_is_drawn_as_the_others_are() -> None:
    laws = {
        "00:00-01:00": {"law": "exponential", "mean": "1 min"},
        "else": {"law": "erlang", "stages": 2, "mean": "9 s"},
    }
    plan = plan_of({"page": WEB | {"time": laws}})
    population = people(plan, 0, HOUR - 1, HOUR, 2 * HOUR)
    log = simulate(plan, population)
    (early, late), times = plan.day_laws.law.tolist(), log.ended - log.began
    for row, law in enumerate([early, early, late, late]):
        u = uniform(1, 0, int(plan.step_stream[0]), int(population.key[row]), 0, Purpose.TIME)
        assert times[row] == pytest.approx(plan.laws.value_of(law, quantiles())(u), rel=1e-9)


def test_a_mapping_with_equal_laws_changes_nothing() -> None:
    law = {"law": "lognormal", "mean": "3 min", "cv": 1}
    same = [plan_of({"call": call(talk=talk, patience=talk)}) for talk in (law, {"06:00-09:00": law, "else": law})]
    logs = [simulate(plan, people(plan, *range(0, 30_000, 100))) for plan in same]
    assert digest(logs[0]) == digest(logs[1])


def test_first_steps_follow_segment_and_clock() -> None:
    def drawn(start: object) -> Population:
        described = scenario(
            run={"hours": "09:00-13:00"},
            segments={"new": {"share": "50 %"}, "old": {"share": "50 %"}},
            agents={},
            intents={
                "it": {"demand": 1500, "start": start, "steps": {name: WEB | {"time": 0} for name in ("page", "bot")}}
            },
        )
        return draw_population(make_plan(described).demand(), 1, 0)

    cases = [
        {"when": {"segment": "new", "time": "10:00-11:00"}, "to": "bot"},
        {"when": {"time": "10:00-12:00"}, "to": {"bot": "25 %", "page": "rest"}},
        {"to": "page"},
    ]
    population, without = drawn(cases), drawn("page")
    np.testing.assert_array_equal(population.key, without.key)  # the same customers come
    np.testing.assert_array_equal(population.arrival, without.arrival)
    hour, new, bot = population.arrival // HOUR, population.segment == 0, population.entry == 1
    assert bot[(hour == 10) & new].all()
    assert not bot[(hour == 9) | (hour == 12)].any()
    for cell in ((hour == 10) & ~new, (hour == 11) & new, (hour == 11) & ~new):
        assert abs(bot[cell].mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / cell.sum())  # false alarm: 6e-7 each
    by_time = drawn({"bot": {"10:00-12:00": "25 %", "else": "0 %"}, "page": "rest"})
    assert ((by_time.entry == 1) == bot)[~((hour == 10) & new)].all()


CALENDAR = {"start": "2025-03-28", "days": 5, "time_zone": "Europe/Berlin"}  # a Friday; on Sunday, 02:00 is 03:00
AT_ONE = [(day * 24 + 1) * HOUR for day in (0, 1, 2)] + [(3 * 24) * HOUR, (4 * 24) * HOUR]  # 01:00 of each day


def test_laws_differ_by_day_and_within_a_day_by_time() -> None:
    time = {"fri": "3 s", "2025-03-29": {"00:00-01:00": "5 s", "else": "7 s"}, "weekend": "11 s", "else": "13 s"}
    plan = plan_of({"page": WEB | {"time": time}}, run=CALENDAR)
    log = simulate(plan, people(plan, *AT_ONE))
    np.testing.assert_array_equal(log.ended - log.began, [3, 7, 11, 13, 13])


def test_a_number_of_a_law_differs_by_day() -> None:
    times = [
        {"law": "fixed", "value": {"holiday": 2, "mon-fri": {"01:00-02:00": 3, "else": 4}, "else": 5}},
        {"law": "minimum", "of": [{"holiday": 2, "mon-fri": {"01:00-02:00": 3, "else": 4}, "else": 5}, "1 min"]},
    ]
    for time in times:
        plan = plan_of({"page": WEB | {"time": time}}, run=CALENDAR, holidays=["2025-03-31"])
        log = simulate(plan, people(plan, *AT_ONE, AT_ONE[-1] + HOUR))
        np.testing.assert_allclose(log.ended - log.began, [3, 5, 5, 2, 3, 4], rtol=0, atol=1e-9)


def test_the_day_is_that_of_the_calendar_also_in_a_night() -> None:
    steps = {"page": WEB | {"time": {"day 1": "3 s", "else": "7 s"}}}
    plan = plan_of(steps, run={"hours": "22:00-06:00", "days": 2})
    log = simulate(plan, people(plan, 22 * HOUR, DAY - 1, DAY, 29 * HOUR))
    np.testing.assert_array_equal(log.ended - log.began, [3, 3, 7, 7])


def test_shares_of_routes_differ_by_day() -> None:
    routes = {"unresolved": {"mon": {"00:00-02:00": "100 %", "else": "0 %"}, "sat": "100 %", "else": "0 %"}}
    plan = plan_of({"page": WEB | {"time": "0 s", "next": routes | {"resolved": "rest"}}}, run=CALENDAR)
    lines = tell(plan, *AT_ONE[:4], AT_ONE[3] + HOUR, AT_ONE[4])
    ends = ["resolved", "unresolved", "resolved", "unresolved", "resolved", "resolved"]
    assert [line.split(", ")[1] for line in lines] == ends


def test_a_case_and_a_factor_on_patience_hold_on_their_days() -> None:
    later = [{"when": {"day": ["weekend", "not sun"]}, "to": "unresolved"}, {"to": "resolved"}]
    hurried = [{"when": {"day": "mon", "time": "00:00-02:00"}, "times": 0.5}]
    first = call(talk="10 s", next=later)
    plan = plan_of({"call": first}, run=CALENDAR)
    lines = tell(plan, *AT_ONE)
    assert [line.rsplit(", ", 1)[1] for line in lines] == ["resolved", "unresolved", *3 * ["resolved"]]
    plan = plan_of({"call": call(talk="5 min", patience="30 s", impatience=hurried)}, run=CALENDAR)
    waited = [line.split(": ")[1] for line in tell(plan, *(at + later for at in AT_ONE for later in (0, 1)))[1::2]]
    instants = [int(line.split()[1].rstrip(",")) for line in waited]
    assert [instant - at - 1 for instant, at in zip(instants, AT_ONE, strict=True)] == [30, 30, 30, 15, 30]


def test_the_reach_of_a_dialer_differs_by_day() -> None:
    reach = {"sat": "0 %", "mon-fri": {"01:00-02:00": "100 %", "else": "0 %"}, "else": "100 %"}
    listed = {"channel": "outbound", "time": "10 s", "reach": reach, "dialer": {"group": "desk"}, "next": "talk"}
    plan = plan_of({"list": listed, "talk": call(talk="1 s")}, run=CALENDAR)
    log = simulate(plan, people(plan, *AT_ONE[:4], AT_ONE[3] + HOUR, AT_ONE[4]))
    expected = [Result.PASSED, Result.FAILED, Result.PASSED, Result.PASSED, Result.FAILED, Result.PASSED]
    assert log.result[log.step == 0].tolist() == expected


def test_first_steps_differ_by_day() -> None:
    def entries(start: object) -> Population:
        steps = {name: WEB | {"time": 0} for name in ("page", "bot")}
        described = scenario(
            run={"hours": "09:00-11:00", "days": 4, "start": "2025-03-28"},
            agents={},
            intents={"it": {"demand": 50, "start": start, "steps": steps}},
        )
        return draw_population(make_plan(described).demand(), 1, 0)

    shares = {"bot": {"sat": "100 %", "mon": {"10:00-12:00": "100 %", "else": "0 %"}, "else": "0 %"}, "page": "rest"}
    population = entries(shares)
    day, hour = population.arrival // DAY, population.arrival % DAY // HOUR
    np.testing.assert_array_equal(population.entry == 1, (day == 1) | ((day == 3) & (hour == 10)))
