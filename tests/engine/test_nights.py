"""Nights and clock changes: one agent over midnight is one agent, and a day may have 23 or 25 hours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from sim.core.units import DAY, HOUR, MINUTE
from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.kpis import Measures, measure
from sim.population import Population, draw_population
from sim.scenario import Scenario
from sim.scenario.cross_checks import cross_problems

Engine = Callable[[Plan, Population], Log]
EVENING = 22 * HOUR
CALLS = [EVENING + 115 * MINUTE, EVENING + 116 * MINUTE, EVENING + 119.5 * MINUTE]  # 23:55, 23:56, 23:59:30


def night(times: list[float], *, agents: Any = None, step: Any = None, **more: Any) -> Scenario:
    """Return a scenario with one agent from 22:00 to 06:00."""
    shift = {"agents": 1, "hours": "22:00-06:00", "days": [1]}
    call = {"channel": "voice", "queue": "calls", "talk": "10 min", "next": "resolved"}
    data = {
        "name": "night",
        "run": {"hours": "24/7", "interval": "30 min", "days": 2, "drain": "6 h"},
        "agents": {"night": {"serves": ["calls"], "cost": 60, "shifts": [shift]} | (agents or {})},
        "intents": {
            "question": {
                "arrivals": {"replay": {"times": times}},
                "start": "c",
                "steps": {"c": call | (step or {})},
            }
        },
    }
    scenario = Scenario.model_validate(data | more)
    assert list(cross_problems(scenario)) == []
    return scenario


@pytest.fixture(params=[reference.run, compiled.run], ids=["reference", "compiled"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param  # type: ignore[no-any-return]


def results(scenario: Scenario, engine: Engine) -> tuple[Log, Measures]:
    plan = make_plan(scenario)
    people = draw_population(plan.demand(), 1, 0)
    log = engine(plan, people)
    return log, measure(plan, people, log)


def test_an_agent_works_on_over_midnight(engine: Engine) -> None:
    log, kpis = results(night([*CALLS, DAY + 5 * HOUR], step={"wrap_up": "2 min"}), engine)
    assert log.started.tolist() == [EVENING + 115 * MINUTE, DAY + 7 * MINUTE, DAY + 19 * MINUTE, DAY + 5 * HOUR]
    assert kpis.value_of("overtime_hours") == 0.0
    assert kpis.value_of("scheduled_hours") == kpis.value_of("paid_hours") == 8.0
    assert kpis.value_of("cost") == 480.0
    assert [kpis.value_of("scheduled_hours", "day", day=day) for day in (1, 2)] == [2.0, 6.0]


def test_an_agent_who_works_on_after_the_night_works_overtime(engine: Engine) -> None:
    log, kpis = results(night([DAY + 355 * MINUTE], step={"wrap_up": "2 min"}), engine)
    assert log.freed.tolist() == [DAY + 367 * MINUTE]
    assert kpis.value_of("overtime_hours") == pytest.approx(7 / 60)


def test_an_agent_is_late_once_a_night(engine: Engine) -> None:
    late = night([EVENING, DAY + MINUTE], agents={"lateness": "10 min"}, step={"talk": "1 min"})
    log, kpis = results(late, engine)
    assert log.started.tolist() == [EVENING + 10 * MINUTE, DAY + MINUTE]
    assert kpis.value_of("staffed_hours") == pytest.approx(8 - 1 / 6)


def test_an_agent_is_absent_for_the_whole_night(engine: Engine) -> None:
    plan = make_plan(
        night([], agents={"absence": "50 %", "shifts": [{"agents": 40, "hours": "22:00-06:00", "days": [1]}]})
    )
    people = draw_population(plan.demand(), 1, 0)
    presence = engine(plan, people).presence
    assert 5 < len(presence.came) < 35  # 20 are expected; fewer or more have a probability of a millionth
    assert set(presence.came.tolist()) == {EVENING}
    assert set(presence.left.tolist()) == {DAY + 6 * HOUR}


def test_a_break_after_midnight_is_one_of_the_shift() -> None:
    lunch = {"kind": "lunch", "hours": "01:00-01:30"}
    plan = make_plan(night([], agents={"shifts": [{"agents": 1, "hours": "22:00-06:00", "days": [1], "off": [lunch]}]}))
    assert plan.shifts.begin.tolist() == [EVENING, DAY + 1.5 * HOUR]
    assert plan.shifts.until.tolist() == [DAY + HOUR, DAY + 6 * HOUR]
    assert plan.shifts.day.tolist() == [1, 1]


def test_a_queue_is_open_over_midnight(engine: Engine) -> None:
    times = [HOUR, 12 * HOUR, *CALLS[:1], DAY + 6 * HOUR]
    patience = {"patience": "1 min", "if_closed": "unresolved"}
    log, kpis = results(night(times, step=patience, queues={"calls": {"hours": "22:00-06:00"}}), engine)
    assert log.result.tolist() == [2, 3, 1, 3]  # abandoned, as the agent's first night is to come; closed; handled
    assert kpis.value_of("closed") == 2.0


def test_the_night_before_the_first_day_is_there_when_the_run_begins(engine: Engine) -> None:
    every_night = {"shifts": [{"agents": 1, "hours": "22:00-06:00"}], "lateness": "10 min"}
    log, kpis = results(night([HOUR, 6 * HOUR], agents=every_night, run={"hours": "24/7", "days": 2}), engine)
    assert log.started.tolist() == [HOUR, EVENING + 10 * MINUTE]
    assert kpis.value_of("paid_hours") == 6.0 + 8.0 + 2.0
    assert kpis.value_of("staffed_hours") == pytest.approx(16.0 - 2 / 6)  # who came late, came before midnight
    assert log.presence.came.tolist()[0] == 0.0


def test_waiting_contacts_are_turned_away_when_the_night_ends(engine: Engine) -> None:
    queues = {"calls": {"hours": "22:00-06:00", "closing": "clear"}}
    log, _ = results(night([DAY + 355 * MINUTE, DAY + 356 * MINUTE], queues=queues), engine)
    assert log.ended.tolist() == [DAY + 365 * MINUTE, DAY + 6 * HOUR]


def test_a_run_may_be_of_nights(engine: Engine) -> None:
    run = {"hours": "22:00-06:00", "interval": "30 min", "days": 2, "drain": 0}
    times = [EVENING, DAY + 5.9 * HOUR, DAY + EVENING]
    log, kpis = results(night(times, agents={"shifts": [], "staff": 1}, step={"talk": "1 min"}, run=run), engine)
    assert log.started.tolist() == times
    assert [kpis.value_of("offered", "day", day=day) for day in (1, 2)] == [2.0, 1.0]
    assert [kpis.value_of("scheduled_hours", "day", day=day) for day in (1, 2)] == [8.0, 8.0]
    assert kpis.value_of("staff") == 1.0


def test_an_event_after_midnight_is_of_the_night() -> None:
    run = {"hours": "22:00-06:00", "interval": "1 h", "days": 2}
    event = {"hours": "01:00-02:00", "days": [2], "times": "x3"}
    scenario = night([], agents={"shifts": [], "staff": 1}, run=run, demand={"events": [event]})
    question = scenario.intents["question"].model_copy(update={"arrivals": "poisson", "demand": 4.0})
    volume = make_plan(scenario.model_copy(update={"intents": {"question": question}})).volume[0]
    nights = np.full((2, 8), 4.0)
    nights[1, 3] = 12.0
    assert volume.tolist() == [*nights[0], *np.zeros(16), *nights[1]]


@pytest.mark.parametrize(
    ("start", "half_hours", "demand"),
    [("2025-03-30", 46, [*range(4), *range(6, 48)]), ("2025-10-26", 50, [*range(6), *range(4, 48)])],
)
def test_a_day_of_a_clock_change_has_46_or_50_half_hours(start: str, half_hours: int, demand: list[int]) -> None:
    run = {"start": start, "time_zone": "Europe/Berlin", "hours": "24/7", "interval": "30 min"}
    scenario = night([], agents={"shifts": [], "staff": [float(number) for number in range(48)]}, run=run)
    question = scenario.intents["question"].model_copy(
        update={"arrivals": "poisson", "demand": [*map(float, range(48))]}
    )
    plan = make_plan(scenario.model_copy(update={"intents": {"question": question}}))
    assert plan.intervals == half_hours
    assert plan.volume[0].tolist() == demand
    first_day = plan.staff_time < half_hours * 30 * MINUTE
    changes = [count for before, count in zip([0, *demand], demand, strict=False) if count != before]
    assert plan.staff_count[first_day].tolist() == changes


@pytest.mark.parametrize(("start", "hours"), [("2025-03-29", 7.0), ("2025-10-25", 9.0), ("2025-06-01", 8.0)])
def test_a_night_shift_is_an_hour_shorter_or_longer_when_the_clock_changes(
    start: str, hours: float, engine: Engine
) -> None:
    run = {"start": start, "time_zone": "Europe/Berlin", "hours": "24/7", "days": 2, "drain": 0}
    _, kpis = results(night([], run=run), engine)
    assert kpis.value_of("paid_hours") == hours


def test_a_pause_ends_by_the_wall_clock(engine: Engine) -> None:
    run = {"start": "2025-03-29", "time_zone": "Europe/Berlin", "hours": "24/7", "days": 2, "drain": 0}
    steps = {"away": {"channel": "pause", "resume_at": "08:00", "time": 0, "next": "resolved"}}
    scenario = night([DAY - 1, DAY + 7.5 * HOUR], run=run)
    question = scenario.intents["question"].model_dump(exclude_unset=True) | {"start": "away", "steps": steps}
    away = Scenario.model_validate(
        scenario.model_dump(exclude_unset=True) | {"agents": {}, "intents": {"question": question}}
    )
    log, _ = results(away, engine)
    assert log.ended[0] == DAY + 7 * HOUR  # eight o'clock is an hour earlier
    assert np.isnan(log.ended[1])  # it is past eight, and the run ends with the day


def test_a_clock_change_that_does_not_fit_the_interval_is_refused() -> None:
    run = {"start": "2025-03-30", "time_zone": "Europe/Berlin", "hours": "24/7", "interval": "2 h"}
    data = night([]).model_dump(exclude_unset=True) | {"run": run}
    ((where, message),) = cross_problems(Scenario.model_validate(data))
    assert where == ("run", "interval")
    assert message == (
        "2025-03-30 has 23 h, as the clocks change in Europe/Berlin, which is no multiple of 2 h; give a shorter "
        "interval, such as 30 min, or no time_zone"
    )


@pytest.mark.parametrize("on_shifts", [False, True])
def test_work_after_a_night_is_of_the_day_on_which_the_night_began(engine: Engine, on_shifts: bool) -> None:
    """A call from 05:55 to 06:05 and 2 min of after-call work, on the morning of a closed day."""
    run = {"hours": {"tue": "closed", "else": "22:00-06:00"}, "interval": "30 min", "days": 3, "drain": "1 h"}
    staffing = {"shifts": [{"agents": 1, "hours": "22:00-06:00"}]} if on_shifts else {"shifts": [], "staff": 1}
    scenario = night([DAY + 355 * MINUTE], agents=staffing, step={"wrap_up": "2 min"}, run=run)
    _, kpis = results(scenario, engine)
    wanted = {"overtime_hours": [7 / 60, 0, 0], "paid_hours": [8 + 7 / 60, 0, 8], "cost": [487, 0, 480]}
    for kpi, hours in wanted.items():
        assert [kpis.value_of(kpi, "day", day=day) for day in (1, 2, 3)] == pytest.approx(hours), kpi


def test_a_run_with_a_closed_first_day_begins_at_the_first_opening(engine: Engine) -> None:
    """Two customers are present on Saturday 11:00; one calls at 11:10, and one at 12:30, after a warm-up of an hour."""
    run = {"start": "2025-04-18", "hours": {"fri": "closed", "sat": "11:00-13:00"}, "interval": "1 h", "days": 2}
    run |= {"start_with": {"question.c": 2}, "drain": "1 h"}
    times, staff = [DAY + 11 * HOUR + 10 * MINUTE, DAY + 12.5 * HOUR], {"shifts": [], "staff": 3}
    log, kpis = results(night(times, agents=staff, run=run), engine)
    assert log.started.tolist() == [DAY + 11 * HOUR, DAY + 11 * HOUR, *times]
    assert (kpis.value_of("offered"), kpis.value_of("asa")) == (4.0, 0.0)
    _, kpis = results(night(times, agents=staff, run=run | {"warm_up": "1 h"}), engine)
    assert kpis.value_of("offered") == 1.0
