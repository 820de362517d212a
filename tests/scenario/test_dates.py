"""Dates and time zones in scenarios and in files of recorded arrivals."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sim.core.errors import InvalidInput
from sim.core.units import DAY, HOUR
from sim.scenario import Scenario, read_scenario

SCENARIO = """
name: dated
run: {RUN}
agents: {desk: {serves: [calls], staff: 1}}
intents:
  ask:
    arrivals: {replay: calls.csv}
    start: call
    steps: {call: {channel: voice, queue: calls, talk: 1 min, next: resolved}}
"""
BERLIN = "{start: 2025-03-29, time_zone: Europe/Berlin, days: 2}"


def read(folder: Path, run: str, *rows: str, overrides: tuple[str, ...] = ()) -> Scenario:
    (folder / "scenario.yaml").write_text(SCENARIO.replace("{RUN}", run))
    (folder / "calls.csv").write_text("\n".join(rows) + "\n")
    return read_scenario(folder / "scenario.yaml", overrides)


def times(scenario: Scenario) -> list[float]:
    return scenario.intents["ask"].arrivals.replay.times  # type: ignore[union-attr]


@pytest.mark.parametrize("run", ["{start: 2025-03-29}", '{start: "2025-03-29"}'])
def test_a_start_is_a_date(run: str, tmp_path: Path) -> None:
    scenario = read(tmp_path, run, "time", "09:00")
    assert scenario.run.start == date(2025, 3, 29)
    assert Scenario.model_validate_json(scenario.model_dump_json()).calendar.date_of(1) == date(2025, 3, 29)
    assert scenario.calendar.weekday_name(1) == "Saturday"


@pytest.mark.parametrize(
    "rows",
    [
        ("time,day", "01:00,1", "08:00:15.5,2"),
        ("time,date", "01:00,2025-03-29", "08:00:15.5,2025-03-30"),
        ("time", "2025-03-30T08:00:15.5", "2025-03-29T01:00"),
        ("time", "2025-03-29T00:00:00Z", "2025-03-30 08:00:15.500+02:00"),
    ],
)
def test_recorded_arrivals_have_days_or_dates(rows: tuple[str, ...], tmp_path: Path) -> None:
    assert times(read(tmp_path, BERLIN, *rows)) == [HOUR, DAY + 7 * HOUR + 15.5]  # the clock skips an hour


def test_recorded_times_follow_an_override_of_the_time_zone(tmp_path: Path) -> None:
    changed = read(tmp_path, BERLIN, "time", "2025-03-29T08:00:00Z", overrides=("run.time_zone=Europe/London",))
    assert times(changed) == [8 * HOUR]


@pytest.mark.parametrize(
    ("run", "rows", "sentence"),
    [
        ("{time_zone: Europe/Berlin}", ("time", "09:00"), 'time_zone Europe/Berlin has no dates; give "start"'),
        ("{start: 20250329}", ("time", "09:00"), '20250329 is not a date; give one such as "2025-03-24"'),
        ('{start: "2025-02-30"}', ("time", "09:00"), "'2025-02-30' is not a date; give one such as"),
        ("{start: 2025-03-29, time_zone: Berlin}", ("time", "09:00"), 'did you mean "Europe/Berlin"?'),
        ("{days: 2}", ("time,date", "09:00,2025-03-29"), "date: 2025-03-29 is a date, and the run has none"),
        ("{days: 2}", ("time", "2025-03-29T09:00"), "time: 2025-03-29 is a date, and the run has none"),
        ("{start: 2025-03-29}", ("time", "2025-03-29T09:00Z"), "the run has no time zone; give run.time_zone"),
        (BERLIN, ("time,date,day", "09:00,2025-03-29,1"), "date: stands beside day; remove one of the two columns"),
        (
            BERLIN,
            ("time,day", "2025-03-29T09:00,1"),
            'time: "2025-03-29T09:00" has its date; remove it, or the column day',
        ),
        (BERLIN, ("time,date", "09:00,29.3.2025"), "date: '29.3.2025' is not a date; give one such as"),
        (BERLIN, ("time", "2025-03-31T09:00"), "1 arrivals, the first at 2025-03-31 09:00, are outside the run"),
        (BERLIN, ("time", "2025-03-28T09:00"), "1 arrivals, the first at 2025-03-28 09:00, are outside the run"),
    ],
)
def test_wrong_dates_are_refused(run: str, rows: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, run, *rows)
    assert sentence in str(caught.value)
