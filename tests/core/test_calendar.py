"""Dates, weekdays and clock changes of a run's days."""

from __future__ import annotations

import pickle
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.calendar import Calendar, parse_time_zone
from sim.core.units import DAY, HOUR, MINUTE

PLAIN = Calendar()
WITHOUT_ZONE = Calendar(date(2025, 3, 30))
SPRING = Calendar(date(2025, 3, 29), "Europe/Berlin")  # the next day has 23 hours
AUTUMN = Calendar(date(2025, 10, 25), "Europe/Berlin")  # the next day has 25 hours


def test_a_run_without_dates_has_days_of_24_hours_from_a_monday() -> None:
    assert PLAIN.date_of(3) is None
    assert [PLAIN.weekday_of(day) for day in (0, 1, 7, 8)] == [6, 0, 6, 0]
    assert PLAIN.instant(3, 7.5 * HOUR) == 2 * DAY + 7.5 * HOUR
    assert PLAIN.local(2 * DAY + 7.5 * HOUR) == (3, 7.5 * HOUR)
    assert not PLAIN.is_holiday(1)
    assert PLAIN.label(DAY + HOUR) == "day 2 01:00"
    assert PLAIN.label(DAY, end=True) == "24:00"
    with pytest.raises(ValueError, match=re.escape("2025-03-30 is a date, and the run has none; give run.start")):
        PLAIN.day_of(date(2025, 3, 30))


def test_a_date_gives_weekdays_and_holidays() -> None:
    calendar = Calendar(date(2025, 4, 17), holidays={date(2025, 4, 18): "Good Friday"})
    assert calendar.weekday_name(1) == "Thursday"
    assert calendar.holiday_of(2) == "Good Friday"
    assert [calendar.is_holiday(day) for day in (1, 2, 3)] == [False, True, False]
    assert calendar.date_of(14) == date(2025, 4, 30)
    assert calendar.day_of(date(2025, 4, 30)) == 14
    assert calendar.label(DAY + 9 * HOUR) == "2025-04-18 09:00"
    assert calendar.label(DAY, end=True) == "2025-04-17 24:00"


def test_without_a_time_zone_the_clock_does_not_change() -> None:
    assert WITHOUT_ZONE.midnights(3).tolist() == [0.0, DAY, 2 * DAY, 3 * DAY]
    assert WITHOUT_ZONE.label(2.5 * HOUR) == "2025-03-30 02:30"


@pytest.mark.parametrize(("calendar", "half_hours"), [(SPRING, 46), (AUTUMN, 50)])
def test_a_day_of_a_clock_change_has_46_or_50_half_hours(calendar: Calendar, half_hours: int) -> None:
    assert calendar.length(1) == calendar.length(3) == DAY
    assert calendar.length(2) == half_hours * 30 * MINUTE
    assert calendar.midnights(2).tolist() == [0.0, DAY, DAY + half_hours * 30 * MINUTE]


def test_a_time_that_the_clock_skips_is_moved_on_by_the_gap() -> None:
    assert SPRING.instant(2, 1.5 * HOUR) == DAY + 1.5 * HOUR
    assert SPRING.instant(2, 2.5 * HOUR) == SPRING.instant(2, 3.5 * HOUR) == DAY + 2.5 * HOUR
    assert SPRING.local(DAY + 2 * HOUR) == (2, 3 * HOUR)
    assert SPRING.label(DAY + 2 * HOUR) == "2025-03-30 03:00"


def test_of_a_time_that_the_clock_shows_twice_the_first_is_meant() -> None:
    assert AUTUMN.instant(2, 2.5 * HOUR) == DAY + 2.5 * HOUR
    assert AUTUMN.instant(2, 3 * HOUR) == DAY + 4 * HOUR
    assert AUTUMN.local(DAY + 2.5 * HOUR) == AUTUMN.local(DAY + 3.5 * HOUR) == (2, 2.5 * HOUR)
    assert AUTUMN.label(DAY + 2.5 * HOUR) == "2025-10-26 02:30"
    assert AUTUMN.label(DAY + 3.5 * HOUR) == "2025-10-26 02:30 (2nd)"


def test_the_early_hours_belong_to_the_day_on_which_the_night_begins() -> None:
    assert SPRING.instant(1, 30 * HOUR) == SPRING.instant(2, 6 * HOUR) == DAY + 5 * HOUR
    assert AUTUMN.instant(1, 30 * HOUR) == DAY + 7 * HOUR
    assert PLAIN.instant(1, 30 * HOUR) == 30 * HOUR


def test_a_midnight_that_does_not_exist_is_the_instant_of_the_change() -> None:
    calendar = Calendar(date(2025, 4, 24), "Africa/Cairo")  # 24:00 of the first day is 01:00 of the second
    assert calendar.length(1) == DAY
    assert calendar.length(2) == 23 * HOUR
    assert calendar.local(DAY) == (2, HOUR)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-03-30T01:30", DAY + 1.5 * HOUR),
        ("2025-03-30 03:30:00.25", DAY + 2.5 * HOUR + 0.25),
        ("2025-03-30T03:30:00+02:00", DAY + 2.5 * HOUR),
        ("2025-03-30T01:30:00Z", DAY + 2.5 * HOUR),
        ("2025-03-28T23:00", -HOUR),
    ],
)
def test_dates_and_times_are_read(text: str, instant: float) -> None:
    assert SPRING.parse_instant(text) == instant


def test_an_offset_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="the run has no time zone"):
        WITHOUT_ZONE.parse_instant("2025-03-30T01:30:00Z")
    with pytest.raises(ValueError, match="is not a date and time"):
        SPRING.parse_instant("tomorrow")


def test_a_time_zone_is_one_of_those_known() -> None:
    assert parse_time_zone("Europe/Berlin") == "Europe/Berlin"
    with pytest.raises(ValueError, match='did you mean "Europe/Berlin"'):
        parse_time_zone("Europe/Berln")


def test_a_calendar_goes_to_other_processes() -> None:
    holiday = Calendar(date(2025, 4, 17), "Europe/Berlin", {date(2025, 4, 18): "Good Friday"})
    there = pickle.loads(pickle.dumps(holiday))
    assert (there.first, there.time_zone, there.holiday_of(2)) == (holiday.first, "Europe/Berlin", "Good Friday")
    assert pickle.loads(pickle.dumps(PLAIN)).midnight(2) == DAY


@given(
    st.dates(date(1990, 1, 1), date(2037, 12, 31)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]),
    st.integers(0, 20),
    st.floats(0, DAY, exclude_max=True),
)
def test_what_the_clock_shows_leads_back_to_the_instant(first: date, zone: str, day: int, seconds: float) -> None:
    calendar = Calendar(first, zone)
    instant = day * DAY + seconds
    on, shown = calendar.local(instant)
    assert calendar.midnight(on) <= instant < calendar.midnight(on + 1) or calendar.is_second(instant)
    if not calendar.is_second(instant):
        assert calendar.instant(on, shown) == pytest.approx(instant, abs=1e-6)


def test_a_time_that_the_clock_shows_twice_has_its_offset() -> None:
    autumn = Calendar(date(2025, 10, 26), "Europe/Berlin")
    shown = [autumn.clock_label(3600.0 * hour) for hour in range(5)]
    assert shown == ["00:00", "01:00", "02:00+02:00", "02:00+01:00", "03:00"]
    spring = Calendar(date(2025, 3, 30), "Europe/Berlin")
    assert [spring.clock_label(3600.0 * hour) for hour in range(4)] == ["00:00", "01:00", "03:00", "04:00"]
