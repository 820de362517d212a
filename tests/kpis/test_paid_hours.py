"""Scheduled, staffed and paid hours, FTE and cost: worked out by hand, and their order on random days."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.engine import Log, Plan, compiled, make_plan, reference
from sim.engine.attendance import draw_attendance
from sim.kpis import Measures, measure
from sim.population import Population, draw_population
from sim.scenario import Scenario, read_scenario
from tests.support.documentation import ROOT, write_files
from tests.support.short_days import short_days

Run = Callable[[Plan, Population], Log]
ENGINES = pytest.mark.parametrize("run", [reference.run, compiled.run], ids=["reference", "compiled"])
EIGHT, MINUTE, HOUR = 8 * 3600, 60, 3600
OFF = [{"hours": "09:00-09:10"}, {"kind": "lunch", "hours": "10:00-10:30"}]
BREAKS = ("break_hours", "off_queue_hours", "shrinkage", "utilisation")
SHIFT = {"agents": 1, "hours": "08:00-12:00", "off": OFF}


def measured(engine: Run, desk: dict[str, Any], /, *calls: float, **more: Any) -> Measures:
    """Return the KPIs of a day from 08:00 to 13:00 with calls of ten minutes, minutes after 08:00."""
    times = [EIGHT + minutes * MINUTE for minutes in calls]
    step = {"channel": "voice", "queue": "calls", "talk": 10 * MINUTE, "next": "resolved"}
    data = {
        "name": "pay",
        "run": {"hours": "08:00-13:00", "interval": "30 min", "drain": "1 h"} | more.pop("run", {}),
        "agents": {"desk": {"serves": ["calls"], "cost": 30} | desk},
        "intents": {"ask": {"arrivals": {"replay": {"times": times}}, "start": "call", "steps": {"call": step}}},
    }
    plan = make_plan(Scenario.model_validate(data | more))
    population = draw_population(plan.demand(), 1, 0)
    return measure(plan, population, engine(plan, population))


def hours(measures: Measures, by: str = "group", key: str = "desk", interval: int | None = None) -> list[float]:
    """Return scheduled, staffed, overtime and paid hours."""
    names = ("scheduled_hours", "staffed_hours", "overtime_hours", "paid_hours")
    return [pytest.approx(measures.value_of(name, by, key, interval)) for name in names]


@ENGINES
@pytest.mark.parametrize("by", [("all", ""), ("group", "desk")])
def test_shrinkage_is_paid(run: Run, by: tuple[str, str]) -> None:
    staff = {"staff": 20, "shrinkage": "30 %"}
    measures = measured(run, staff)
    assert hours(measures, *by) == [70, 70, 0, 100]
    assert measures.value_of("cost", *by) == 3_000
    unpaid = measured(run, staff | {"paid": {"shrinkage": False}})
    assert hours(unpaid, *by) == [70, 70, 0, 70]
    assert unpaid.value_of("cost", *by) == 2_100


@ENGINES
def test_overtime_of_a_headcount_is_paid_times_its_factor(run: Run) -> None:
    """Two calls until 08:35 and 08:36; at 08:30 one of two agents goes off duty, and leaves five minutes later."""
    staff = {"staff": [2, 1, *[0] * 8], "cost": 36}
    for factor, paid, cost in ((1, 1.5 + 1 / 12, 57), (1.5, 1.5 + 1 / 12, 58.5), (0, 1.5, 54)):
        measures = measured(run, staff | {"overtime_factor": factor}, 25, 26)
        assert hours(measures) == [1.5, 1.5, 1 / 12, paid]
        assert hours(measures, "group_interval", "desk", 1) == [0.5, 0.5, 1 / 12, 0.5 + (paid - 1.5)]
        assert measures.value_of("cost") == pytest.approx(cost)
        assert measures.value_of("cost", "interval", "", 1) == pytest.approx(cost - 36)
        assert measures.value_of("cost_per_contact") == pytest.approx(cost / 2)
        assert measures.value_of("cost_per_resolved") == pytest.approx(cost / 2)


@ENGINES
def test_breaks_are_paid_and_lunch_is_not_and_work_in_a_paid_break_is_paid_once(run: Run) -> None:
    """Calls until 09:05, 10:05 and 12:05: five minutes into the break, into lunch, and after the shift."""
    calls = 55, 115, 235
    for factor, paid, cost in ((1, 3.5 + 1 / 6, 110), (2, 3.5 + 1 / 6, 115), (0, 3.5, 105)):
        measures = measured(run, {"shifts": [SHIFT], "overtime_factor": factor}, *calls)
        assert hours(measures) == [10 / 3, 10 / 3, 0.25, paid]
        assert measures.value_of("cost") == pytest.approx(cost)
        assert measures.value_of("paid_hours", "interval", "", 2) == pytest.approx(0.5)
        assert measures.value_of("paid_hours", "interval", "", 4) == pytest.approx(1 / 12 if factor else 0)


@pytest.mark.parametrize(
    ("activity", "paid", "hours_paid"),
    [
        *[(activity, None, 4) for activity in ("break", "meeting", "training")],
        ("lunch", None, 3),
        *[(activity, True, 4) for activity in ("break", "lunch", "meeting", "training")],
        *[(activity, False, 3) for activity in ("break", "lunch", "meeting", "training")],
    ],
)
def test_each_activity_may_be_paid_or_not(activity: str, paid: bool | None, hours_paid: float) -> None:
    off = [{"kind": activity, "hours": "09:00-10:00", "paid": paid}]
    assert hours(measured(compiled.run, {"shifts": [SHIFT | {"off": off}]})) == [3, 3, 0, hours_paid]


def test_activities_that_overlap_or_lie_outside_the_shift_are_paid_as_far_as_they_are_of_it() -> None:
    off = [
        {"kind": "lunch", "hours": "09:00-10:00"},
        {"kind": "training", "hours": "09:30-10:30"},  # the half-hour of it after lunch
        {"kind": "meeting", "hours": "07:00-08:15"},  # a quarter of an hour
        {"kind": "meeting", "hours": "11:45-14:00"},  # another
    ]
    assert hours(measured(compiled.run, {"shifts": [SHIFT | {"off": off}]})) == [2, 2, 0, 3]


@ENGINES
@pytest.mark.parametrize(
    ("staff", "shrinkage", "present", "overtime", "twice"),
    [
        (2, "25 %", 1.5, 5, 5),  # one of two leaves after a quarter of an hour, and is away for the next
        (2.5, "40 %", 1.5, 5, 5),  # three are paid for the first quarter, and two for the second
        (1.6, "12.5 %", 1.4, 8, 6),  # the second is there for 12 minutes, and paid for 18
        (1.5, "0 %", 1.5, 5, 0),  # nobody is paid for the second quarter
    ],
)
def test_who_is_there_for_a_part_and_is_paid_for_the_rest_is_paid_once(
    run: Run, staff: float, shrinkage: str, present: float, overtime: float, twice: float
) -> None:
    """Two calls last from 08:10 to 08:20."""
    desk = {"staff": staff, "shrinkage": shrinkage, "rounding": "spread"}
    paid = 5 * staff + (overtime - twice) / 60
    measures = measured(run, desk, 10, 10)
    assert hours(measures) == [5 * present, 5 * present, overtime / 60, paid]
    assert measures.value_of("cost") == pytest.approx(30 * paid)
    twice_the_price = measured(run, desk | {"overtime_factor": 2}, 10, 10)
    assert twice_the_price.value_of("cost") == pytest.approx(30 * (5 * staff + 2 * (overtime - twice) / 60))
    unpaid = measured(run, desk | {"paid": {"shrinkage": False}}, 10, 10)
    assert hours(unpaid)[-1] == 5 * present + overtime / 60
    assert hours(measures, "group_interval", "desk", 0)[-1] == staff / 2 + (overtime - twice) / 60


@ENGINES
def test_work_of_the_days_after_the_run_is_shown_and_not_paid(run: Run) -> None:
    """Of three calls at 12:55, the agent finishes one in overtime, and the others on the next morning."""
    measures = measured(run, {"staff": 1}, 295, 295, 295, run={"drain": "1 day"})
    assert hours(measures) == [5, 5, 1 / 12, 5 + 1 / 12]
    assert measures.value_of("cost") == pytest.approx(30 * (5 + 1 / 12))
    for by, key in (("all", ""), ("group", "desk")):
        assert measures.value_of("work_after_reporting", by, key) == pytest.approx(1 / 3)


@ENGINES
@pytest.mark.parametrize("at_once", [1, 2])
def test_work_of_a_shift_beyond_the_hours_of_the_run_is_paid(run: Run, at_once: int) -> None:
    """One agent has two calls at 12:55, one after the other or both at once, and is on duty until 14:00."""
    shift = {"agents": 1, "hours": "08:00-14:00"}
    measures = measured(run, {"shifts": [shift], "at_once": at_once}, 295, 295)
    assert hours(measures) == [6, 6, 0, 6]
    assert measures.value_of("work_after_reporting") == 0.0


@ENGINES
@pytest.mark.parametrize("paid", [True, False])
def test_absence_is_paid_with_its_breaks_or_not_at_all(run: Run, paid: bool) -> None:
    desk = {"shifts": [SHIFT], "absence": "100 %", "paid": {"absence": paid}}
    assert hours(measured(run, desk)) == [10 / 3, 0, 0, 3.5 if paid else 0]


@ENGINES
@pytest.mark.parametrize("paid", [True, False])
def test_lateness_is_paid_or_not(run: Run, paid: bool) -> None:
    """Six minutes at the begin of each of three parts of the shift."""
    desk = {"shifts": [SHIFT], "lateness": "6 min", "paid": {"lateness": paid}}
    assert hours(measured(run, desk)) == [10 / 3, 10 / 3 - 0.3, 0, 3.5 if paid else 3.2]


@pytest.mark.parametrize(("absence", "lateness"), [(True, True), (True, False), (False, True), (False, False)])
def test_absence_and_lateness_are_paid_each_by_itself(absence: bool, lateness: bool) -> None:
    """Of forty agents some are absent, and the others late by six minutes three times."""
    desk = {"shifts": [SHIFT | {"agents": 40}], "absence": "50 %", "lateness": "6 min"}
    measures = measured(compiled.run, desk | {"paid": {"absence": absence, "lateness": lateness}})
    there = round(measures.value_of("staffed_hours") / (10 / 3 - 0.3))
    assert 0 < there < 40
    expected = there * (3.5 if lateness else 3.2) + (40 - there) * 3.5 * absence
    assert measures.value_of("paid_hours") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("days", "warm_up", "full_time"),
    [(1, 0, 7.5), (2, 0, 15), (5, 0, 35), (6, 0, 35), (7, 0, 35), (8, 0, 42.5), (14, 0, 70), (9, 1, 42.5)],
)
def test_full_time_is_days_up_to_a_week_and_then_weeks(days: int, warm_up: int, full_time: float) -> None:
    run = {"days": days, "warm_up": f"{warm_up} d"}
    desk = {"staff": 12, "shrinkage": "25 %"}
    measures = measured(compiled.run, desk, run=run, full_time_hours={"day": 7.5, "week": 35})
    counted = days - warm_up
    assert measures.value_of("fte_net") == pytest.approx(counted * 45 / full_time)
    assert measures.value_of("fte_gross", "group", "desk") == pytest.approx(counted * 60 / full_time)
    if days > 1:
        assert measures.value_of("fte_gross", "group_day", "desk", day=days) == pytest.approx(60 / 7.5)
        assert measures.value_of("fte_net", "day", day=days) == pytest.approx(45 / 7.5)
        assert measures.value_of("cost", "day", day=days) == pytest.approx(60 * 30)
        assert measures.value_of("paid_hours", "group_weekday", "desk", weekday="Tuesday") == pytest.approx(60)


@pytest.mark.parametrize(
    ("written", "full_time"),
    [({}, (8, 40)), ({"day": 7}, (7, 35)), ({"week": 38.5}, (7.7, 38.5)), ({"day": 10, "week": 40}, (10, 40))],
)
def test_hours_of_a_day_or_a_week_are_enough(written: dict[str, float], full_time: tuple[float, float]) -> None:
    scenario = Scenario.model_validate(
        {"name": "x", "full_time_hours": written, "intents": {"none": {"demand": 0, "start": "web", "steps": {
            "web": {"channel": "web", "time": 0, "next": "resolved"}}}}}
    )  # fmt: skip
    assert make_plan(scenario).pay.full_time == pytest.approx(full_time)


@pytest.mark.parametrize("written", [{"day": 8, "week": 7}, {"day": 4, "week": 40}, {"week": 168}])
def test_hours_of_a_day_and_a_week_that_do_not_fit(written: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Scenario.model_validate({"name": "x", "full_time_hours": written, "intents": {}})


@ENGINES
def test_the_examples_of_the_guide_are_as_worked_out_there(run: Run, tmp_path: Path) -> None:
    write_files(ROOT / "docs" / "guides" / "paid-hours.md", tmp_path)
    names = "scheduled_hours", "paid_hours", "fte_gross", "cost"
    for file, values in (("desk", (140, 200, 25, 6_000)), ("shifts", (131.5, 144, 18, 4_320))):
        plan = make_plan(read_scenario(tmp_path / f"{file}.yaml", ["agents.desk.overtime_factor=0"]))
        population = draw_population(plan.demand(), 1, 0)
        measures = measure(plan, population, run(plan, population))
        assert [measures.value_of(name) for name in names] == pytest.approx(values)


def test_hours_of_a_day_or_of_a_week_is_asked() -> None:
    with pytest.raises(ValueError, match=r"40 may be of a day or of a week; write {day: 8}, {week: 40} or both"):
        Scenario.model_validate({"name": "x", "full_time_hours": 40, "intents": {}})


@settings(max_examples=40, deadline=None)
@given(
    staff=st.lists(st.integers(0, 9), min_size=10, max_size=10),
    calls=st.lists(st.integers(0, 290), max_size=12),
    shrinkage=st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted),
    rounding=st.sampled_from(["half_up", "spread"]),
    paid=st.booleans(),
)
def test_more_shrinkage_never_makes_a_centre_cheaper(
    staff: list[int], calls: list[int], shrinkage: list[int], rounding: str, paid: bool
) -> None:
    """Overtime is left aside: how long the last calls take has nothing to do with how many agents there are."""
    desk = {"staff": staff, "rounding": rounding, "paid": {"shrinkage": paid}, "overtime_factor": 0}
    less, more = (
        measured(compiled.run, desk | {"shrinkage": f"{share} %"}, *sorted(calls)).value_of("cost")
        for share in shrinkage
    )
    assert more == pytest.approx(less) if paid else more <= less + 1e-9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 239), st.integers(1, 240), st.sampled_from(["break", "meeting", "training"]))
def test_more_training_never_makes_a_centre_cheaper(begin: int, length: int, activity: str) -> None:
    begin, end = EIGHT + begin * MINUTE, EIGHT + min(begin + length, 240) * MINUTE
    assume(begin < end)
    shift = SHIFT | {"off": [{"kind": activity, "hours": [begin, end]}]}
    assert measured(compiled.run, {"shifts": [shift]}, 10).value_of("cost") == pytest.approx(120)


@settings(max_examples=60, deadline=None)
@given(short_days(), st.integers(0, 99))
def test_paid_scheduled_and_staffed_hours_are_in_order(scenario: Scenario, seed: int) -> None:
    plan = make_plan(scenario)
    population = draw_population(plan.demand(), seed, 0)
    measures = measure(plan, population, reference.run(plan, population))
    rows = {name: [r for r, row in enumerate(measures.index) if row.kpi == name] for name in
            ("paid_hours", "scheduled_hours", "staffed_hours", "overtime_hours")}  # fmt: skip
    paid, scheduled, staffed, overtime = (measures.num[numbers] for numbers in rows.values())
    (group,) = scenario.agents.values()
    assert (scheduled >= staffed - 1e-9).all()
    assert (paid >= staffed - 1e-9).all()
    assert (paid <= scheduled + overtime + plan.pay.away.agents.sum() * 120 / HOUR + 1e-9).all()
    if group.paid.absence and group.paid.lateness:
        assert (paid >= scheduled - 1e-9).all()
    price = np.maximum(group.overtime_factor, 1.0) * 36
    assert measures.value_of("cost") <= paid.max(initial=0) * price + 1e-9


@settings(max_examples=60, deadline=None)
@given(short_days(), st.integers(0, 99))
def test_agents_on_shifts_are_paid_while_they_are_there_or_on_paid_leave(scenario: Scenario, seed: int) -> None:
    """Person by person: the union of presence and of what is paid anyway, with no array and no kernel."""
    plan = make_plan(scenario)
    (group,) = scenario.agents.values()
    assume(group.shifts and group.overtime_factor)
    population = draw_population(plan.demand(), seed, 0)
    log = reference.run(plan, population)
    came = {agent: [] for _, _, agent, _ in draw_attendance(plan, seed, 0)}
    shifts, away, presence = plan.shifts, plan.pay.away, log.presence
    total = 0.0
    for agent in range(sum(shift.agents for shift in group.shifts)):
        late = 5 if group.lateness and not group.paid.lateness and agent in came else 0
        spans = [
            *zip((shifts.begin + late)[shifts.agent == agent], shifts.until[shifts.agent == agent], strict=True),
            *zip(away.begin[away.agent == agent], away.until[away.agent == agent], strict=True),
        ]
        spans = spans if agent in came or group.paid.absence else []
        left = np.where(np.isnan(presence.left), plan.end, presence.left)[presence.agent == agent]
        spans += zip(presence.came[presence.agent == agent], left, strict=True)
        total += length_of_union([span for span in spans if span[0] < 120])
    assert measure(plan, population, log).value_of("paid_hours") == pytest.approx(total / HOUR)


def length_of_union(spans: list[tuple[float, float]]) -> float:
    spans.sort()
    reached = [-np.inf, *accumulate((end for _, end in spans), max)]
    return float(sum(max(0.0, end - max(begin, until)) for (begin, end), until in zip(spans, reached, strict=False)))


@ENGINES
@pytest.mark.parametrize("days", [1, 3])
def test_shifts_beyond_the_hours_of_the_run_cost_the_same_on_all_days(run: Run, days: int) -> None:
    """Four from 07:30 to 16:00, with a paid meeting until 07:45, and four from 12:00 to 20:30: 8 x 8.5 = 68 h paid."""
    meeting = {"kind": "meeting", "hours": "07:30-07:45"}
    early = {"agents": 4, "hours": "07:30-16:00", "off": [meeting]}
    desk = {"shifts": [early, {"agents": 4, "hours": "12:00-20:30"}], "cost": 10}
    measures = measured(run, desk, run={"hours": "08:00-20:00", "interval": "1 h", "days": days, "drain": "12 h"})
    assert hours(measures, "all", "") == [67 * days, 67 * days, 0, 68 * days]
    assert measures.value_of("cost") == pytest.approx(680 * days)
    if days > 1:
        for kpi, wanted in (("scheduled_hours", 67), ("staffed_hours", 67), ("paid_hours", 68), ("cost", 680)):
            assert [measures.value_of(kpi, "day", day=day) for day in range(1, days + 1)] == pytest.approx([wanted] * 3)


@ENGINES
def test_absence_from_shifts_beyond_the_hours_of_the_run(run: Run) -> None:
    """Who never comes is scheduled, not staffed, and paid if the scenario says so; the warm-up has no hours."""
    desk = {"shifts": [{"agents": 1, "hours": "07:30-13:30"}], "absence": 1}
    assert hours(measured(run, desk)) == [6, 0, 0, 6]
    assert hours(measured(run, desk | {"paid": {"absence": False}})) == [6, 0, 0, 0]
    late = {"shifts": [{"agents": 1, "hours": "07:30-13:30"}], "lateness": "10 min"}
    assert hours(measured(run, late)) == [6, 6 - 1 / 6, 0, 6]
    assert hours(measured(run, late, run={"warm_up": "1 h"})) == [4.5, 4.5, 0, 4.5]


@ENGINES
def test_breaks_after_contacts_shrink_the_paid_time_and_are_not_busy(run: Run) -> None:
    """Two agents from 08:00 to 13:00; after each of four calls of ten minutes comes a break of six minutes."""
    desk = {"staff": 2, "breaks": {"probability": "100 %", "time": "6 min"}}
    measures = measured(run, desk, 0, 16, 26, 28, kpi_families=["breaks"])  # the last call waits until 08:32
    values = {name: measures.value_of(name, "group", "desk") for name in BREAKS}
    paid = 2 * 5
    assert values == pytest.approx(
        {
            "break_hours": 4 * 0.1,
            "off_queue_hours": 0,
            "shrinkage": 4 * 0.1 / paid,
            "utilisation": 4 / 6 / paid,
        }
    )
    by_interval = [measures.value_of("break_hours", "group_interval", "desk", row) for row in (0, 1, 2)]
    assert by_interval == pytest.approx([(6 + 4) / 60, (2 + 6 + 6) / 60, 0])  # one is from 08:26 to 08:32


@ENGINES
def test_shrinkage_is_what_is_paid_and_not_on_the_queue(run: Run) -> None:
    """Of four hours, half an hour of lunch is unpaid, and ten minutes of a break are paid; then of a headcount."""
    shifts = measured(run, {"shifts": [SHIFT | {"agents": 2}]}, 0, kpi_families=["breaks"])
    assert shifts.value_of("off_queue_hours", "group", "desk") == pytest.approx(2 / 6)
    assert shifts.value_of("shrinkage", "group", "desk") == pytest.approx((1 / 6) / 3.5)
    assert shifts.value_of("utilisation", "group", "desk") == pytest.approx((1 / 6) / (2 * 3.5))
    assert shifts.value_of("shrinkage", "group_interval", "desk", 2) == pytest.approx(
        1 / 3
    )  # 09:00 to 09:10 of half an hour
    headcount = measured(run, {"staff": 20, "shrinkage": "30 %"}, 0, 30, kpi_families=["breaks"])
    assert headcount.value_of("off_queue_hours") == pytest.approx(30)
    assert headcount.value_of("shrinkage") == pytest.approx(0.3)
    assert headcount.value_of("utilisation") == pytest.approx(2 / 6 / 100)


@ENGINES
def test_a_break_that_is_worked_into_is_no_shrinkage(run: Run) -> None:
    """A call from 08:55 to 09:05 leaves five of the ten minutes of the paid break; the call of 12:55 is overtime."""
    desk = {"shifts": [{"agents": 1, "hours": "08:00-13:00", "off": [{"hours": "09:00-09:10"}]}]}
    measures = measured(run, desk, 55, 295, kpi_families=["breaks"])
    paid = 5 + 5 / 60
    assert measures.value_of("shrinkage", "group", "desk") == pytest.approx((5 / 60) / paid)
    assert measures.value_of("utilisation", "group", "desk") == pytest.approx((20 / 60) / paid)
