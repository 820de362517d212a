"""Durations, shares and times of day as people write them, and the errors about wrong ones."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.core.units import clock, parse_duration, parse_hours, parse_share, parse_time_of_day, spell

EXAMPLE = '; give a duration such as "4 min"'
UNIT = '; give a number and a unit, such as "4 min"'
SHARE = ' is not a share; give one such as "35 %", or a number from 0 to 1'
CLOCK = ' is not a time of day; give one such as "07:30", up to "24:00"'
HOURS = ' are not hours; give them as "07:00-22:00"'
DIGITS = 10**400  # more than a float holds


def refuses(parse: Callable[[object], object], value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)) as caught:
        parse(value)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0 s", 0.0),
        ("250 ms", 0.25),
        ("90 s", 90.0),
        ("1 sec", 1.0),
        ("2 seconds", 2.0),
        ("4 min", 240.0),
        ("20.1 s", 20.1),
        ("0.1 s 0.2 s", 0.3),
        ("1.1 min", 66.0),
        ("4.35 h", 15_660.0),
        ("1001 ms", 1.001),
        ("4min", 240.0),
        ("1.5 minutes", 90.0),
        ("1 h 30 min", 5400.0),
        ("1h30min", 5400.0),
        ("2 hours", 7200.0),
        ("1 day", 86400.0),
        ("2 d", 172_800.0),
        ("2 weeks", 1_209_600.0),
        ("  4   min  ", 240.0),
        (30, 30.0),
        (0.5, 0.5),
        (0, 0.0),
    ],
)
def test_durations(written: object, seconds: float) -> None:
    assert parse_duration(written) == seconds


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("-3 s", "-3 s is negative" + EXAMPLE),
        (-3, '-3 is negative; give a duration such as "4 min", or a number of seconds'),
        (-0.5, '-0.5 is negative; give a duration such as "4 min", or a number of seconds'),
        (math.inf, "inf is not finite" + EXAMPLE),
        (math.nan, "nan is not finite" + EXAMPLE),
        ("4", f'"4" is not a duration{UNIT}; did you mean "4 s"?'),
        ("", f'"" is not a duration{UNIT}'),
        ("soon", f'"soon" is not a duration{UNIT}'),
        ("min", f'"min" is not a duration{UNIT}'),
        ("4 min or so", f'"4 min or so" is not a duration{UNIT}'),
        ("1e3 s", '"1e3 s": the unit "e" is not known; use ms, s, min, h, days or weeks'),
        ("4,5 min", f'"4,5 min" is not a duration{UNIT}'),
        ("4:32", f'"4:32" is not a duration{UNIT}; did you mean "4 min 32 s", or "4 h 32 min"?'),
        ("0:04:32", f'"0:04:32" is not a duration{UNIT}; did you mean "0 h 4 min 32 s"?'),
        ("2 fortnights", '"2 fortnights": the unit "fortnights" is not known; use ms, s, min, h, days or weeks'),
        ("4 Min", f'"4 Min" is not a duration{UNIT}'),
        (True, 'True is not a duration; give one such as "4 min"'),
        (None, 'None is not a duration; give one such as "4 min"'),
        ([4], '[4] is not a duration; give one such as "4 min"'),
    ],
)
def test_what_is_not_a_duration(written: object, sentence: str) -> None:
    refuses(parse_duration, written, sentence)


@pytest.mark.parametrize("written", [DIGITS, f"{DIGITS} s", f"{DIGITS} days"], ids=["number", "s", "days"])
def test_a_duration_beyond_all_numbers_is_an_error_and_not_infinite(written: object) -> None:
    refuses(parse_duration, written, f"1{36 * '0'}... is not finite" + EXAMPLE)


@pytest.mark.parametrize(
    ("written", "share"),
    [
        *(("35 %", 0.35), ("35%", 0.35), ("0.35", 0.35), (0.35, 0.35), (0, 0.0), (1, 1.0), ("100 %", 1.0)),
        *((" 0 % ", 0.0), ("28.95 %", 0.2895), ("5.6 %", 0.056), ("0.07 %", 0.0007)),
    ],
)
def test_shares(written: object, share: float) -> None:
    assert parse_share(written) == share


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (35, '35 is not between 0 % and 100 %; did you mean "35 %"?'),
        (1.2, '1.2 is not between 0 % and 100 %; did you mean "1.2 %"?'),
        (101, "101 is not between 0 % and 100 %"),
        (-0.1, "-0.1 is not between 0 % and 100 %"),
        ("120 %", "120 % is not between 0 % and 100 %"),
        ("-5 %", "-5 % is not between 0 % and 100 %"),
        ("nan", "'nan'" + SHARE),
        ("\uff11", "'\uff11'" + SHARE),
        ("inf %", "inf % is not between 0 % and 100 %"),
        ("most", "'most'" + SHARE),
        ("%", "'%'" + SHARE),
        ("1_0 %", "'1_0 %'" + SHARE),
        ("most %", "'most %'" + SHARE),
        ("-1e999999999 %", "'-1e999999999 %'" + SHARE),
        (True, "True" + SHARE),
        (None, "None" + SHARE),
        pytest.param(DIGITS, f"1{36 * '0'}... is not between 0 % and 100 %", id="digits"),
    ],
)
def test_what_is_not_a_share(written: object, sentence: str) -> None:
    refuses(parse_share, written, sentence)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("00:00", 0.0), ("07:30", 27_000.0), ("7:30", 27_000.0), ("23:59:59", 86_399.0), ("24:00", 86_400.0), (60, 60.0)],
)
def test_times_of_day(written: object, seconds: float) -> None:
    assert parse_time_of_day(written) == seconds


@pytest.mark.parametrize(
    "written", ["24:01", "24:00:01", "7", "7h30", "07:60", "-1:00", "", "noon", 86_401, -1, True, None, math.nan]
)
def test_what_is_not_a_time_of_day(written: object) -> None:
    refuses(parse_time_of_day, written, repr(written) + CLOCK)


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("07:00-22:00", (25_200.0, 79_200.0)),
        ("7:00 - 22:00", (25_200.0, 79_200.0)),
        ("00:00-24:00", (0.0, 86_400.0)),
        (["07:00", "22:00"], (25_200.0, 79_200.0)),
        ((0.0, 3600.0), (0.0, 3600.0)),
        ("22:00-06:00", (79_200.0, 108_000.0)),
        ("22:00-00:00", (79_200.0, 86_400.0)),
        ((79_200.0, 108_000.0), (79_200.0, 108_000.0)),
        ("24/7", (0.0, 86_400.0)),
    ],
)
def test_hours(written: object, hours: tuple[float, float]) -> None:
    assert parse_hours(written) == hours


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("07:00-07:00", '"07:00-07:00" must end after they begin and within 24 hours; write "24/7" if they never end'),
        ((60, 86_461), '"(60, 86461)" must end after they begin and within 24 hours; write "24/7" if they never end'),
        ("all day", "'all day'" + HOURS),
        ("7-22", "'7'" + CLOCK),
        (["07:00"], "['07:00']" + HOURS),
        (None, "None" + HOURS),
    ],
)
def test_what_are_not_hours(written: object, sentence: str) -> None:
    refuses(parse_hours, written, sentence)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "00:00"), (27_059, "07:30"), (86_399, "23:59"), (86_400, "day 2 00:00"), (200_000, "day 3 07:33")],
)
def test_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_a_day_ends_at_24() -> None:
    assert [clock(seconds, end=True) for seconds in (0, 27_000, 86_400, 172_800, 172_860)] == [
        "00:00",
        "07:30",
        "24:00",
        "day 2 24:00",
        "day 3 00:01",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (0.25, "0.25 s"),
        (59.0, "59 s"),
        (59.96, "1 min"),
        (60.0, "1 min"),
        (270.0, "4 min 30 s"),
        (5400.0, "1 h 30 min"),
        (90_061.0, "1 d 1 h"),
        (3605.0, "1 h 5 s"),
        (-270.0, "-4 min 30 s"),
        (math.inf, "-"),
        (math.nan, "-"),
    ],
)
def test_spell(seconds: float, text: str) -> None:
    assert spell(seconds) == text


@given(st.integers(0, 86_399 * 2).map(lambda half: half // 2))
def test_whole_seconds_up_to_a_minute_or_an_hour_and_minutes_read_back(seconds: int) -> None:
    if seconds < 3600 or seconds % 60 == 0:
        assert parse_duration(spell(seconds)) == seconds


@given(st.integers(0, 1440))
def test_times_of_day_read_back(minutes: int) -> None:
    if minutes < 1440:
        assert parse_time_of_day(clock(minutes * 60)) == minutes * 60
