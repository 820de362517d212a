"""Draws of agents on shifts: more agents in one shift leave those of another alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sim.core.units import DAY, HOUR
from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.engine.attendance import draw_absences, draw_attendance
from sim.population import Population, draw_population
from sim.scenario import Scenario

Engine = Callable[[Plan, Population], Log]


def two_shifts(monday: int) -> Plan:
    times = [DAY + 9 * HOUR + number * 40 for number in range(30)]
    shifts = [{"agents": monday, "hours": "08:00-16:00", "days": ["mon"]},
              {"agents": 20, "hours": "08:00-16:00", "days": ["tue"]}]  # fmt: skip
    call = {"channel": "voice", "queue": "calls", "talk": "10 min", "next": "resolved"}
    return make_plan(Scenario.model_validate({
        "name": "two shifts",
        "run": {"hours": "08:00-16:00", "days": 2},
        "agents": {"desk": {"serves": ["calls"], "shifts": shifts, "absence": "50 %", "speed_cv": "30 %",
                            "lateness": {"law": "exponential", "mean": "5 min"}}},
        "intents": {"ask": {"arrivals": {"replay": {"times": times}}, "start": "c", "steps": {"c": call}}},
    }))  # fmt: skip


@pytest.mark.parametrize("engine", [reference.run, compiled.run], ids=["reference", "compiled"])
def test_more_agents_on_monday_leave_tuesday_as_it_is(engine: Engine) -> None:
    plans = [two_shifts(monday) for monday in (5, 7)]
    logs = [engine(plan, draw_population(plan.demand(), 3, 0)) for plan in plans]
    for log in logs:
        assert len(log.started) == 30
    assert logs[0].started.tolist() == logs[1].started.tolist()
    assert logs[0].ended.tolist() == logs[1].ended.tolist()  # with the speed of the same agents
    assert (logs[0].agent + 2).tolist() == logs[1].agent.tolist()


def test_attendance_of_a_shift_and_of_paid_leave_is_by_the_number_in_it() -> None:
    plans = [two_shifts(monday) for monday in (5, 7)]
    attendance = [[change for change in draw_attendance(plan, 3, 0) if change[0] > DAY] for plan in plans]
    assert [(at, agent + 2, action) for at, _, agent, action in attendance[0]] == [
        (at, agent, action) for at, _, agent, action in attendance[1]
    ]
    absent = [
        draw_absences(
            plan, 3, 0, *(np.array(column, np.int32) for column in ([0] * 20, range(monday, monday + 20), [2] * 20))
        )
        for plan, monday in zip(plans, (5, 7), strict=True)
    ]
    assert absent[0].tolist() == absent[1].tolist()
    assert 0 < absent[0].sum() < 20
    came = {agent - 5 for _, _, agent, _ in attendance[0]}
    assert came == set(np.flatnonzero(~absent[0]).tolist())


def test_agents_of_two_shifts_draw_by_themselves() -> None:
    plan = two_shifts(20)
    rows = [np.array(column, np.int32) for column in ([0] * 20, range(20), [1] * 20)]
    first = draw_absences(plan, 3, 0, *rows)
    second = draw_absences(plan, 3, 0, rows[0], rows[1] + 20, rows[2])
    assert first.tolist() != second.tolist()
