"""Agents' time: present, busy and overtime, after closing too; on days worked out on paper, and on random ones."""

from __future__ import annotations

import os
from collections import Counter
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sim.engine import Plan, compiled, make_plan, reference
from sim.kpis import Measures, measure, measure_blocks
from sim.kpis.timeline.agent_time import find_agent_time
from sim.kpis.timeline.plain import plain_agent_time
from sim.kpis.timeline.time_slice import TimeSlice
from sim.population import draw_population
from sim.scenario import Scenario, read_scenario
from tests.support.log_blocks import cut
from tests.support.random_scenarios import interrupting, on_whole_seconds, scenarios, transferring
from tests.support.stories import call, people

TRIES = int(os.environ.get("SOJOURN_FUZZ", "100"))
ENGINES = {"reference": reference.run, "compiled": compiled.run}
every_engine = pytest.mark.parametrize("run", ENGINES.values(), ids=ENGINES)
HOUR = 3600


def day(run: Any, group: dict[str, Any], *arrivals: float, talk: str = "10 min", **more: Any) -> Measures:
    """Measure an hour from 08:00 on, with two more in which nobody comes; arrivals in minutes after 08:00."""
    scenario = Scenario.model_validate({
        "name": "day",
        "run": {"hours": "08:00-09:00", "interval": "30 min", "drain": "2 h"} | more,
        "agents": {"desk": {"serves": ["calls"]} | group},
        "intents": {"it": {"demand": 0, "start": "call", "steps": {"call": call(talk=talk)}}},
    })  # fmt: skip
    plan = make_plan(scenario)
    customers = people(plan, *(8 * HOUR + 60 * arrival for arrival in arrivals))
    return measure(plan, customers, run(plan, customers))


def intervals(measures: Measures, name: str, count: int = 2) -> list[float]:
    return [measures.value_of(name, "group_interval", "desk", interval) for interval in range(count)]


@every_engine
@pytest.mark.parametrize("case", ["B09_overtime_last", "B09_overtime_shift"])
def test_a_call_that_ends_after_duty_is_overtime_whether_or_not_the_day_goes_on(
    run: Any, case: str, shared: Path
) -> None:
    folder = shared / "cases" / case
    if not folder.exists():
        pytest.skip(f"{folder} is not there")
    plan = make_plan(read_scenario(folder))
    population = draw_population(plan.demand(), 1, 0)
    measures = measure(plan, population, run(plan, population))
    assert measures.value_of("overtime_hours") == pytest.approx(0.15)
    assert measures.value_of("cost") == pytest.approx(69)
    assert measures.value_of("occupancy") == pytest.approx(10 / 69)
    assert intervals(measures, "occupancy") == pytest.approx([0, 1 / 30])
    if plan.intervals > 2:
        assert np.isnan(intervals(measures, "occupancy", 4)[2:]).all()


@every_engine
@pytest.mark.parametrize("group", [{"staff": 1}, {"shifts": [{"agents": 1, "hours": "08:00-09:00"}]}])
def test_what_is_after_the_last_interval_is_of_the_last_day(run: Any, group: dict[str, Any]) -> None:
    scenario = {"days": 2, "drain": "1 day"}
    # On the first day a call ends after closing; on the second one too; on the third, within the drain, nobody counts.
    late, days = 59, 24 * 60
    measures = day(run, group, late, late + days, late + 2 * days, **scenario)
    per_day = [measures.value_of("overtime_hours", "group_day", "desk", day=number) for number in (1, 2)]
    assert per_day == pytest.approx([0.15, 0.15])
    assert measures.value_of("overtime_hours") == pytest.approx(0.3)
    assert measures.value_of("occupancy", "day", day=2) == pytest.approx(10 / 69)
    assert measures.value_of("overtime_hours", "group_interval", "desk", 2) == pytest.approx(0.15)
    assert np.isnan(measures.value_of("occupancy", "group_interval", "desk", 2))


@every_engine
def test_who_stays_until_nobody_waits_works_overtime(run: Any) -> None:
    """Three calls of 10 min at 08:58: the second and the third are begun by 09:18, and all is done at 09:28."""
    calls = (58, 58, 58)
    measures = day(run, {"staff": 1, "stay_until_empty": True}, *calls)
    assert measures.value_of("overtime_hours") == pytest.approx(28 / 60)
    assert measures.value_of("occupancy") == pytest.approx(30 / 88)
    assert day(run, {"staff": 1}, *calls).value_of("overtime_hours") == pytest.approx(8 / 60)


@every_engine
def test_duty_that_goes_on_is_no_overtime(run: Any) -> None:
    """The shift is half an hour longer than the run's hours: what is after it is overtime."""
    group = {"shifts": [{"agents": 1, "hours": "08:00-09:30"}]}
    assert day(run, group, 59).value_of("overtime_hours") == 0
    measures = day(run, group, 59, talk="40 min")
    assert measures.value_of("overtime_hours") == pytest.approx(9 / 60)
    assert measures.value_of("occupancy") == pytest.approx(10 / 69)  # up to 09:00, and from 09:30 on


@every_engine
def test_nobody_works_overtime_around_the_clock(run: Any) -> None:
    measures = day(run, {"staff": 1}, 16 * 60 - 1, hours="00:00-24:00", interval="12 h")
    assert measures.value_of("overtime_hours") == 0
    assert measures.value_of("occupancy") == pytest.approx(1 / 1440)


@every_engine
def test_a_warm_up_of_all_intervals_leaves_nothing(run: Any) -> None:
    measures = day(run, {"staff": 1}, 59, warm_up="60 min")
    assert measures.value_of("overtime_hours") == 0
    assert np.isnan(measures.value_of("occupancy"))


@every_engine
def test_morale_follows_occupancy_on_duty(run: Any) -> None:
    """A call of 25 min until 08:30; then the group is off duty, and finishes another one."""
    measures = day(run, {"staff": [1, 0]}, 3, 10, talk="25 min")
    assert np.isnan(intervals(measures, "occupancy")[1])
    assert np.isnan(intervals(measures, "morale")[1])


def time_of(plan: Plan, population: Any, log: Any) -> TimeSlice:
    return TimeSlice(plan, population, log, -inf, inf)


@pytest.mark.slow
def test_present_is_on_duty_and_overtime_and_busy_is_within_it() -> None:
    """On random scenarios, in every interval and after the last one; each of these must have been seen."""
    seen: Counter[str] = Counter()

    def holds(data: dict[str, Any]) -> None:
        plan = make_plan(Scenario.model_validate(data))
        population = on_whole_seconds(draw_population(plan.demand(), 7, 1))
        log = compiled.run(plan, population)
        time_slice = time_of(plan, population, log)
        time, plain = find_agent_time(time_slice), plain_agent_time(time_slice)
        for name in time._fields:
            # Seconds are added up in another order; a microsecond is the grid on which times are compared.
            np.testing.assert_allclose(getattr(time, name), getattr(plain, name), rtol=1e-9, atol=1e-6, err_msg=name)
        assert (plain.overtime >= -1e-6).all()
        assert (time.overtime >= 0.0).all()
        limited = plan.crews.unlimited == 0  # others are never on duty
        assert not time.present[~limited].any()
        assert (time.busy <= time.present + 1e-6)[limited].all()
        places = plan.group_concurrency[:, None]
        assert (time.slots <= time.present * places + 1e-6)[limited].all()
        seen.update(name for name in time._fields if (getattr(time, name)[:, :-1] > 0).any())
        seen.update(f"{name} after closing" for name in time._fields if (getattr(time, name)[:, -1] > 0).any())
        if len(log.interruptions):
            return  # `cut` knows none
        whole = measure(plan, population, log)
        middle = float(time_slice.edges.mean())
        pieces = measure_blocks(plan, cut(plan, population, log, [middle, float(time_slice.edges[-1]) + 5]))[0]
        for name in ("overtime_hours", "occupancy"):
            rows = [row for row, key in enumerate(whole.index) if key.kpi == name]
            np.testing.assert_allclose(pieces.num[rows], whole.num[rows], rtol=1e-9, atol=1e-6)

    unhurried = settings(deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    for days in (scenarios(), transferring(), interrupting()):
        settings(unhurried, max_examples=TRIES // 2)(given(days)(holds))()
    assert len(seen) == 8, seen
