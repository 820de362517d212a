"""Values that differ by day: selectors of days, holidays, tables with dates, and overrides into them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema_rs import Draft202012Validator

from sim.core.calendar import Calendar
from sim.core.units import DAY, HOUR
from sim.engine import Plan, make_plan
from sim.experiment.replicate import simulate_once
from sim.population import expected_volume
from sim.scenario import Scenario, read_scenario, scenario_hash, schema
from sim.scenario.by_day import key_of_day, selector_of
from sim.scenario.document import read_value
from tests.support.log_digest import digest
from tests.support.minimal_scenario import MINIMAL, Refused, changed

EASTER = ("drain: 1 h", "drain: 1 h, days: 8, start: 2025-04-14")  # Monday to Easter Monday
HOLIDAYS = ("agents:", "holidays: {2025-04-18: Good Friday, 2025-04-21: Easter Monday}\nagents:")
CALENDAR = Calendar(date(2025, 4, 14), None, {date(2025, 4, 18): "Good Friday", date(2025, 4, 21): "Easter Monday"})


def read(folder: Path, text: str, *overrides: str) -> Scenario:
    (folder / "bank.yaml").write_text(text, encoding="utf-8")
    return read_scenario("bank.yaml", overrides)


def by_day(scenario: Scenario) -> list[list[float]]:
    """Return the expected journeys of the hours of each day."""
    (row,) = expected_volume(scenario)
    return [[float(value) for value in row[24 * day : 24 * day + 2]] for day in range(scenario.run.days)]


class TestSelectors:
    """Which days a word stands for, and which word wins."""

    @pytest.mark.parametrize(
        ("selector", "days"),
        [
            ("mon", [1, 8]),
            ("sun", [7]),
            ("mon-fri", [1, 2, 3, 4, 5, 8]),
            ("weekdays", [1, 2, 3, 4, 5, 8]),
            ("weekend", [6, 7]),
            ("fri-mon", [1, 5, 6, 7, 8]),
            ("mon-sun", [1, 2, 3, 4, 5, 6, 7, 8]),
            ("holiday", [5, 8]),
            ("2025-04-16", [3]),
            ("2025-04-12..2025-04-15", [1, 2]),
            ("day 3", [3]),
            ("else", [1, 2, 3, 4, 5, 6, 7, 8]),
        ],
    )
    def test_days_of_a_selector(self, selector: str, days: list[int]) -> None:
        assert [day for day in range(1, 9) if key_of_day([selector], day, CALENDAR)] == days

    def test_the_most_particular_wins(self) -> None:
        ranked = [
            "2025-04-21",
            "2025-04-20..2025-04-22",
            "2025-04-01..2025-04-30",
            "holiday",
            "mon",
            "sun-mon",
            "weekdays",
        ]
        for first in range(len(ranked)):
            assert key_of_day([*reversed(ranked[first:]), "else"], 8, CALENDAR) == ranked[first]
        assert key_of_day(["day 8", *ranked[1:]], 8, CALENDAR) == "day 8"

    def test_without_a_date_the_first_day_is_a_monday(self) -> None:
        assert [day for day in range(1, 15) if key_of_day(["sat"], day, Calendar())] == [6, 13]
        assert key_of_day(["holiday", "2025-04-14"], 1, Calendar()) is None

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("fru", '"fru" names no day; did you mean "fri"?'),
            ("day 0", '"day 0" names no day'),
            ("mon-freitag", '"mon-freitag" names no day'),
            ("2025-02-30", '"2025-02-30": there is no such date'),
            ("2025-04-16..2025-04-14", '"2025-04-16..2025-04-14" ends before it begins'),
        ],
    )
    def test_what_is_no_selector(self, text: str, sentence: str) -> None:
        with pytest.raises(ValueError, match=r"names no day|no such date|before it begins") as caught:
            selector_of(text)
        assert str(caught.value).startswith(sentence)


class TestValues:
    """Demand, staff, factors, events and shifts by day."""

    def test_demand_and_its_factors(self, folder: Path) -> None:
        demand = ("demand: 10", "demand: {mon: [1, 2], tue-sun: 10, holiday: 0, 2025-04-20: 3}")
        text = changed(EASTER, demand, (HOLIDAYS[0], f"demand: {{days: {{sat: 50 %}}}}\n{HOLIDAYS[1]}"))
        assert by_day(read(folder, text)) == [[1, 2], [10, 10], [10, 10], [10, 10], [0, 0], [5, 5], [3, 3], [0, 0]]

    def test_staff(self, folder: Path) -> None:
        text = changed(EASTER, HOLIDAYS, ("staff: 2", "staff: {mon-fri: [2, 3], sat: 1, else: 0, holiday: 5}"))
        plan = make_plan(read(folder, text))
        week = [(0, 2), (1, 3), (2, 0)]
        wanted = [(day * 24 + 8 + hour, count) for day in range(4) for hour, count in week]
        wanted += [
            (day * 24 + 8 + hour, count)
            for day, agents in ((4, 5), (5, 1), (7, 5))
            for hour, count in ((0, agents), (2, 0))
        ]
        changes = zip(plan.staff_time / HOUR, plan.staff_count, strict=True)
        assert [(float(hour), int(count)) for hour, count in changes if hour < 8 * 24] == wanted

    def test_events_and_shifts(self, folder: Path) -> None:
        shift = "shifts: [{agents: 1, hours: 08:00-10:00, days: [sat, 2025-04-15, 1]}]"
        event = "demand: {events: [{hours: 08:00-09:00, days: holiday, times: x3}]}\n"
        scenario = read(folder, changed(EASTER, (HOLIDAYS[0], event + HOLIDAYS[1]), ("staff: 2", shift)))
        assert make_plan(scenario).shifts.day.tolist() == [1, 2, 6]
        assert [day for day, hours in enumerate(by_day(scenario), 1) if hours == [30, 10]] == [5, 8]

    @pytest.mark.parametrize(
        ("days", "wanted"), [("[mon-fri, not holiday]", [1, 2, 3, 4]), ("not holiday", [1, 2, 3, 4, 6, 7])]
    )
    def test_shifts_leave_holidays_out(self, folder: Path, days: str, wanted: list[int]) -> None:
        shift = f"shifts: [{{agents: 1, hours: 08:00-10:00, days: {days}}}]"
        plan = make_plan(read(folder, changed(EASTER, HOLIDAYS, ("staff: 2", shift))))
        assert [day for day in plan.shifts.day.tolist() if day <= 8] == wanted

    def test_the_numbers_of_a_day_on_which_the_clock_changes(self, folder: Path) -> None:
        run = "run: {hours: 00:00-24:00, interval: 1 h, days: 1, start: 2025-10-26, time_zone: Europe/Berlin, drain: 0}"
        text = MINIMAL.replace('run: {hours: "08:00-10:00", interval: 1 h, drain: 1 h}', run)
        by_clock = read(folder, text.replace("demand: 10", f"demand: {list(range(24))}"))
        assert expected_volume(by_clock)[0].tolist() == [0, 1, 2, 2, *range(3, 24)]
        passing = read(folder, text.replace("demand: 10", f"demand: {{sun: {list(range(25))}}}"))
        assert expected_volume(passing)[0].tolist() == list(range(25))
        spring = read(folder, text.replace("10-26", "03-30").replace("demand: 10", f"demand: {list(range(24))}"))
        assert expected_volume(spring)[0].tolist() == [0, 1, *range(3, 24)]

    def test_a_round_trip(self, folder: Path) -> None:
        days = ("agents:", "demand: {days: {sat: 50 %}, events: [{hours: 08:00-09:00, days: [mon, 2]}]}\nagents:")
        text = changed(EASTER, ("staff: 2", "staff: {mon-fri: [2, 3], else: 1}"), days)
        scenario = read(folder, text.replace("demand: {days", "holidays: [2025-04-18]\ndemand: {days"))
        dumped = json.loads(scenario.model_dump_json(exclude_unset=True))
        (folder / "bank.json").write_text(json.dumps(dumped), encoding="utf-8")
        assert read_scenario("bank.json") == scenario
        assert scenario_hash(read_scenario("bank.json")) == scenario_hash(scenario)


HOURS = '"08:00-10:00"'


class TestHours:
    """Hours of the run and of queues by day, and closed days."""

    def plan(self, folder: Path, hours: str, *changes: tuple[str, str]) -> Plan:
        return make_plan(read(folder, changed((HOURS, hours), EASTER, HOLIDAYS, *changes)))

    def test_a_closed_day_has_neither_customers_nor_agents(self, folder: Path) -> None:
        hours = "{mon-fri: 08:00-10:00, sat: 09:00-10:00, sun: closed, holiday: closed}"
        plan = self.plan(folder, hours)
        open_hours = [*(24 * day + hour for day in range(4) for hour in (8, 9)), 24 * 5 + 9]
        assert (plan.origin + HOUR * np.flatnonzero(plan.volume[0])).tolist() == [HOUR * hour for hour in open_hours]
        assert plan.origin + plan.intervals * HOUR == 8 * DAY  # Easter Monday is closed, and belongs to the run
        staffed = [hour for hour, count in zip(plan.staff_time / HOUR, plan.staff_count, strict=True) if count]
        assert staffed == [8, 32, 56, 80, 129, 24 * 8 + 8][: len(staffed)]
        shifts = self.plan(folder, hours, ("staff: 2", "shifts: [{agents: 1, hours: 08:00-10:00}]")).shifts
        assert shifts.day[shifts.begin < 8 * DAY].tolist() == [1, 2, 3, 4, 6]

    def test_a_run_may_begin_with_a_closed_day(self, folder: Path) -> None:
        plan = self.plan(folder, "{mon: closed, else: 22:00-02:00}")
        assert plan.origin == 0
        assert plan.volume[0, :46].sum() == 0
        assert plan.volume[0, 46:50].tolist() == [10.0] * 4
        assert plan.staff_time[:2].tolist() == [46 * HOUR, 50 * HOUR]

    def test_a_queue(self, folder: Path) -> None:
        hours = "{mon-tue: 08:00-09:00, sat: 22:00-03:00, else: closed}"
        plan = make_plan(read(folder, changed(EASTER, ("agents:", f"queues: {{calls: {{hours: {hours}}}}}\nagents:"))))
        spans = [(8, 9), (32, 33), (142, 147), (176, 177)]
        assert list(zip(plan.open_from / HOUR, plan.open_until / HOUR, strict=True)) == spans

    def test_a_list_need_not_fit_a_closed_day(self, folder: Path) -> None:
        plan = self.plan(folder, "{sun: closed, else: 08:00-10:00}", ("demand: 10", "demand: [1, 2]"))
        assert plan.volume.sum() == 7 * 3

    def test_an_interval_that_is_far_too_short(self, refused: Refused) -> None:
        text = changed(("interval: 1 h", "interval: 0.000001"), ("demand: 10", "demand: [1, 2]"))
        assert any("does not divide the hours" in problem for problem in refused(text))

    def test_tables_are_cut_to_the_hours_of_each_day(self, folder: Path) -> None:
        rows = "".join(f"{hour}:00,{hour}\n" for hour in range(24))
        (folder / "calls.csv").write_text(f"time,question\n{rows}", encoding="utf-8")
        hours = "{mon-fri: 08:00-10:00, sat: 09:00-12:00, else: closed}"
        scenario = read(folder, changed((HOURS, hours), EASTER, ("demand: 10", "demand: calls.csv")))
        assert scenario.intents["question"].demand == {"mon-fri": [8, 9], "sat": [9, 10, 11]}

    def test_a_day_without_hours_of_a_dialer_is_refused(self, refused: Refused) -> None:
        dialer = "{group: desk, hours: {mon-fri: 08:00-10:00}}"
        listed = f"list: {{channel: outbound, time: 9 s, reach: 50 %, dialer: {dialer}, next: call}}"
        changes = [EASTER, ("steps:\n", f"steps:\n      {listed}\n"), ("start: call", "start: list")]
        (sentence,) = refused(changed(*changes))
        assert sentence.endswith(
            "list.dialer.hours: has nothing for Saturday 2025-04-19 and 1 more; "
            'add their hours or "closed", or "else" for all other days'
        )

    @pytest.mark.parametrize(
        ("hours", "sentence"),
        [
            (
                "{mon-fri: 08:00-10:00}",
                (
                    'has nothing for Saturday 2025-04-19 and 1 more; add their hours or "closed", or "else" for all '
                    "other days"
                ),
            ),
            ("{else: closed}", "are closed on all days of the run; open one"),
            (
                "{mon: 22:00-09:00, else: 08:00-10:00}",
                "of Monday 2025-04-14 end after those of Tuesday 2025-04-15 begin; let them end before",
            ),
            (
                "{mon: 08:30-09:30, else: 08:00-10:00}",
                (
                    "begin on Tuesday 2025-04-15 at 08:00, and at 08:30 on other days, which is no multiple of the "
                    "interval, 1 h; give a shorter interval, or other hours"
                ),
            ),
        ],
    )
    def test_what_is_wrong(self, refused: Refused, hours: str, sentence: str) -> None:
        assert refused(changed((HOURS, hours), EASTER)) == [f"bank.yaml:2: run.hours: {sentence}"]

    def test_hours_that_the_clock_skips_are_closed(self, folder: Path, refused: Refused) -> None:
        spring = ("drain: 1 h", "drain: 1 h, start: 2025-03-30, time_zone: Europe/Berlin, days: 1")
        skipped = "are closed on all days of the run, as the clock skips those of Sunday 2025-03-30"
        text = changed((HOURS, "02:00-03:00"), spring)
        assert refused(text) == [f"bank.yaml:2: run.hours: {skipped}; give other hours, or more days"]
        plan = make_plan(read(folder, text.replace("days: 1", "days: 2")))
        assert plan.volume.sum() == 10

    def test_overrides(self, folder: Path) -> None:
        scenario = read(folder, changed(EASTER), "run.hours.sat=closed", "run.hours.sun=09:00-12:00")
        wanted = {"else": (8 * HOUR, 10 * HOUR), "sat": "closed", "sun": (9 * HOUR, 12 * HOUR)}
        assert scenario.run.hours == wanted

    @pytest.mark.parametrize("closing", ["serve", "clear"])
    def test_both_engines_agree(self, folder: Path, closing: str) -> None:
        hours = "{mon-fri: 08:00-10:00, sat: 22:00-01:00, sun: closed, holiday: closed}"
        queue = f"queues: {{calls: {{closing: {closing}, hours: {{sat: 22:30-00:30, holiday: closed, else: 24/7}}}}}}\n"
        plan = self.plan(folder, hours, ("demand: 10", "demand: 90"), ("name:", f"{queue}name:"))
        digests = {digest(simulate_once(plan, 1, 0, engine)[1]) for engine in ("simpy", "compiled")}
        assert len(digests) == 1


class TestProblems:
    """Days that are not covered, twice covered, or outside the run."""

    @pytest.mark.parametrize(
        ("staff", "sentence"),
        [
            (
                "{mon-fri: 1, sat: 2}",
                'staff: has nothing for Sunday 2025-04-20; add them, or "else" for all days that are not named',
            ),
            (
                "{mon: 1}",
                (
                    'staff: has nothing for Tuesday 2025-04-15 and 5 more; add them, or "else" for all days that are '
                    "not named"
                ),
            ),
            (
                "{mon: [1, 2, 3], else: 1}",
                "staff.mon: has 3 numbers; the run's hours on Monday 2025-04-14 have 2 intervals of 60 min",
            ),
            ("{else: [1, 0.5]}", 'staff: 0.5 is not a whole number of agents; "rounding: spread" keeps the fraction'),
            (
                "{holiday: 1, else: 2}",
                (
                    "staff.holiday: there are no holidays; list them at the top, such as holidays: "
                    "{2025-04-18: Good Friday}"
                ),
            ),
            ("{day 9: 1, else: 2}", "staff.day 9: day 9 is after the run's last, 8; days count from 1, so give 1 to 8"),
            (
                "{mon-wed: 1, tue-thu: 1, else: 2}",
                (
                    'staff.tue-thu: stands for Tuesday 2025-04-15 as "mon-wed" does, and neither is more particular; '
                    "name this day by its date or number too, or remove one"
                ),
            ),
            ("{mon: -1, else: 2}", "staff.mon: -1 should be greater than or equal to 0"),
        ],
    )
    def test_staff_by_day(self, refused: Refused, staff: str, sentence: str) -> None:
        assert refused(changed(EASTER, ("staff: 2", f"staff: {staff}"))) == [f"bank.yaml:4: agents.desk.{sentence}"]

    def test_dates_without_a_start(self, refused: Refused) -> None:
        text = changed(("staff: 2", "staff: {2025-04-14: 1, else: 2}"), HOLIDAYS)
        no_start = "is a date, and the run has none; write run: {start: 2025-03-24}, the date of the first day"
        assert refused(text) == [
            f"bank.yaml:3: holidays: 2025-04-18 {no_start}",
            f"bank.yaml:5: agents.desk.staff.2025-04-14: 2025-04-14 {no_start}",
        ]

    def test_all_at_once(self, refused: Refused) -> None:
        shift = "shifts: [{agents: 1, hours: 08:00-10:00, days: [holiday, 9]}]"
        text = changed(EASTER, ("agents:", "demand: {days: {day 9: 2}}\nagents:"), ("staff: 2", shift))
        assert len(refused(text)) == 3


class TestTables:
    """Columns `date`, `weekday` and `day`, and more rows than the run needs."""

    def volumes(self, folder: Path, table: str, *overrides: str) -> list[list[float]]:
        (folder / "calls.csv").write_text(table, encoding="utf-8")
        return by_day(read(folder, changed(EASTER, HOLIDAYS, ("demand: 10", "demand: calls.csv")), *overrides))

    @pytest.mark.parametrize(
        ("header", "cells"),
        [
            ("date,time", "2025-04-{day:02d},{hour:02d}:00"),
            ("time,date", "{hour:02d}:00,2025-04-{day:02d}"),
            ("time", "2025-04-{day:02d}T{hour:02d}:00"),
            ("time", "2025-04-{day:02d} {hour:02d}:00"),
        ],
    )
    def test_dates(self, folder: Path, header: str, cells: str) -> None:
        rows = [
            f"{cells.format(day=day, hour=hour)},{day + hour / 100}" for day in range(1, 31) for hour in range(5, 12)
        ]
        table = "\n".join([f"{header},question", *rows])
        wanted = [[day + 0.08, day + 0.09] for day in range(14, 22)]
        assert self.volumes(folder, table) == wanted
        wanted[5] = [40.16, 40.18]
        assert self.volumes(folder, table, "intents.question.demand.sat=+1", "intents.question.demand.sat=*2") == wanted

    def test_weekdays(self, folder: Path) -> None:
        rows = [
            f"{day},{hour}:00,{value}"
            for day, value in (("Monday", 1), ("tue-sun", 2), ("holiday", 3))
            for hour in range(8, 12)
        ]
        volumes = self.volumes(folder, "\n".join(["weekday,time,question", *rows]), "intents.question.demand.holiday=9")
        assert volumes == [[1, 1], [2, 2], [2, 2], [2, 2], [9, 9], [2, 2], [2, 2], [9, 9]]

    def test_numbered_days(self, folder: Path) -> None:
        rows = [f"{day},{hour}:00,{day}" for day in range(1, 10) for hour in (8, 9)]
        assert self.volumes(folder, "\n".join(["day,time,question", *rows])) == [[day, day] for day in range(1, 9)]

    def test_more_hours(self, folder: Path) -> None:
        rows = "".join(f"{hour}:00,{hour}\n" for hour in range(24))
        assert self.volumes(folder, f"time,question\n{rows}") == [[8, 9]] * 8
        assert self.volumes(folder, f"time,question\n{rows}", "run.hours=09:00-11:00") == [[9, 10]] * 8

    def test_the_clock_changes(self, folder: Path) -> None:
        hours = [0, 1, 2, 2, *range(3, 24)]
        rows = [f"2025-10-26,{hour}:00,{number}" for number, hour in enumerate(hours)]
        (folder / "calls.csv").write_text("\n".join(["date,time,question", *rows]), encoding="utf-8")
        run = "run: {interval: 1 h, start: 2025-10-26, time_zone: Europe/Berlin, drain: 0}"
        text = MINIMAL.replace('run: {hours: "08:00-10:00", interval: 1 h, drain: 1 h}', run)
        scenario = read(folder, text.replace("demand: 10", "demand: calls.csv"))
        assert expected_volume(scenario)[0].tolist() == list(range(25))

    @pytest.mark.parametrize(
        ("table", "sentence"),
        [
            (
                "date,time,question\n2025-04-14,08:00,1\n2025-04-14,09:00,1\n",
                (
                    "bank.yaml:8: intents.question.demand: calls.csv lacks rows for 2025-04-15 and 6 more days within "
                    "the run's hours; add them"
                ),
            ),
            (
                "date,time,question\n2025-04-14,08:00,1\n2025-04-14,09:00,1\n2025-04-14,08:00,1\n",
                "calls.csv:4: 08:00 follows 09:00 on 2025-04-14; each row must be 60 min after the one before",
            ),
            ("date,time,question\n2025-04-31,08:00,1\n", 'calls.csv:2: date: "2025-04-31": there is no such date'),
            ("weekday,time,question\nfunday,08:00,1\n", 'calls.csv:2: weekday: "fun" names no day'),
        ],
    )
    def test_what_is_wrong(self, folder: Path, refused: Refused, table: str, sentence: str) -> None:
        (folder / "calls.csv").write_text(table, encoding="utf-8")
        (problem,) = refused(changed(EASTER, HOLIDAYS, ("demand: 10", "demand: calls.csv")))
        assert problem.startswith(sentence)

    @pytest.mark.parametrize("rows", ["2025-04-14,08:00,1\n2025-04-14,09:00,1\n", "2025-04-14,08:00,1\n"])
    def test_dates_of_a_run_without_a_date(self, folder: Path, refused: Refused, rows: str) -> None:
        (folder / "calls.csv").write_text(f"date,time,question\n{rows}", encoding="utf-8")
        (problem,) = refused(changed(("demand: 10", "demand: calls.csv")))
        remedy = "write run: {start: 2025-04-14}, the date of the first day"
        assert problem.endswith(f"demand: calls.csv has dates, from 2025-04-14 on, and the run has none; {remedy}")

    def test_a_table_with_days_of_its_own_within_values_by_day(self, folder: Path, refused: Refused) -> None:
        (folder / "calls.csv").write_text("day,time,question\n1,8:00,1\n1,9:00,1\n", encoding="utf-8")
        (problem,) = refused(changed(EASTER, ("demand: 10", "demand: {mon: calls.csv, else: 1}")))
        assert problem.endswith("demand.mon: calls.csv names days itself; use it without selectors of days")


class TestOverrides:
    """Paths into values by day, and selectors that the values do not have yet."""

    @pytest.mark.parametrize(
        ("staff", "overrides", "wanted"),
        [
            ("2", ["staff.sat=+1"], {"else": 2, "sat": 3}),
            ("[2, 3]", ["staff.holiday=*2", "staff.holiday.0=9"], {"else": [2, 3], "holiday": [9, 6]}),
            ("{mon-fri: 2, else: 0}", ["staff=+1"], {"mon-fri": 3, "else": 0}),
            ("{mon-fri: 2, else: 4}", ["staff=+50 %"], {"mon-fri": 3, "else": 6}),
            ("{mon-fri: 2, else: 0}", ["staff.mon-fri=5"], {"mon-fri": 5, "else": 0}),
            ("{mon-fri: 2, else: 0}", ["staff.weekend=1"], {"mon-fri": 2, "else": 0, "weekend": 1}),
            ("{mon-fri: 2, else: 1}", ["staff.sat=+1"], {"mon-fri": 2, "else": 1, "sat": 2}),
            (
                "{mon-fri: 2, else: 1}",
                ["staff.2025-04-14..2025-04-15=7"],
                {"mon-fri": 2, "else": 1, "2025-04-14..2025-04-15": 7},
            ),
            ("{mon-fri: 2, else: 1}", ["staff.fri-sat=7"], {"mon-fri": 2, "else": 1, "2025-04-18": 7, "2025-04-19": 7}),
        ],
    )
    def test_staff(self, folder: Path, staff: str, overrides: list[str], wanted: dict[str, Any]) -> None:
        text = changed(EASTER, HOLIDAYS, ("staff: 2", f"staff: {staff}"))
        scenario = read(folder, text, *(f"agents.desk.{override}" for override in overrides))
        assert scenario.agents["desk"].staff == wanted
        assert read(folder, text, *(f"agents.*.{override}" for override in overrides)) == scenario

    def test_a_day_that_the_run_does_not_have(self, refused: Refused) -> None:
        (problem,) = refused(changed(EASTER, ("staff: 2", "staff: {else: 1}")), "agents.desk.staff.2025-05-01=2")
        assert problem.endswith("no day of the run is 2025-05-01")


@pytest.mark.parametrize(
    ("staff", "valid"),
    [
        ({"mon-fri": 1, "2025-04-14..2025-04-15": [1], "else": "sunday.csv"}, True),
        ({"file": "staff.csv"}, True),
        ("staff.csv", True),
        ({"fru": 1}, False),
        ({"mon": {"tue": 1}}, False),
    ],
)
def test_the_schema_for_editors_knows_the_days(staff: Any, valid: bool) -> None:
    scenario = read_value(changed(("staff: 2", f"staff: {json.dumps(staff)}")))
    wrong = [error.instance_path for error in Draft202012Validator(schema()).iter_errors(scenario)]
    assert (["agents", "desk", "staff"] in wrong) is not valid
