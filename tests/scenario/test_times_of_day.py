"""Values by the time of day as people write them: forms, CSV columns, overrides, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.core.units import parse_hours
from sim.scenario import Scenario, read_scenario, scenario_hash
from sim.scenario.law_fields import LawByDay, LawByTime
from sim.scenario.times_of_day import by_hours, changes_of, checked_hours
from tests.support.minimal_scenario import Refused, changed

CALL = "intents.question.steps.call"
PLAIN = {"law": "exponential", "mean": "3 min"}


def read(folder: Path, *changes: tuple[str, str], overrides: tuple[str, ...] = ()) -> Scenario:
    (folder / "bank.yaml").write_text(changed(*changes), encoding="utf-8")
    return read_scenario("bank.yaml", overrides)


def times(law: object) -> list[tuple[float, float]]:
    """Return from when on laws hold, in hours, and their means in seconds."""
    return [(begin / 3600, each.mean_value()) for begin, each in law.changes()]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("hours", "seconds"),
    [("08:00-10:00", (28_800, 36_000)), ("22:00-06:00", (79_200, 108_000)), ("00:00-24:00", (0, 86_400))],
)
def test_hours_may_cross_midnight(hours: str, seconds: tuple[float, float]) -> None:
    assert parse_hours(hours) == parse_hours(seconds) == seconds


def test_a_mapping_holds_all_day() -> None:
    values = checked_hours({"22:00-06:00": "night", "06:00-12:00": "morning", "else": "rest"})
    changes = changes_of(values)
    assert changes == [(0, "night"), (21_600, "morning"), (43_200, "rest"), (79_200, "night")]
    assert changes_of(by_hours(changes)) == changes


def test_a_law_and_a_number_of_a_law_may_differ(folder: Path) -> None:
    whole = "talk: {08:00-09:00: 2 min, else: {law: exponential, mean: 3 min}}"
    number = "talk: {law: exponential, mean: {08:00-09:00: 2 min, else: 3 min}}"
    for written in (whole, number):
        talk = read(folder, ("talk: 60 s", written)).intents["question"].steps["call"].talk
        assert times(talk) == [(0, 180), (8, 120), (9, 180)]


def test_columns_give_times_and_shares(folder: Path) -> None:
    (folder / "day.csv").write_text("time,calls,call,solved\n08:00,90,40,0.5\n08:30,90,50,0.5\n09:00,60,50,1\n")
    step = (
        read(
            folder,
            ("talk: 60 s", "talk: {law: exponential, mean: {file: day.csv, column: calls}}"),
            ("patience: 30 s", "patience: {file: day.csv}"),
            ("next: resolved", "next: {resolved: {file: day.csv, column: solved}, gave_up: rest}"),
        )
        .intents["question"]
        .steps["call"]
    )
    assert times(step.talk) == [(0, 90), (9, 60)]
    assert times(step.patience) == [(0, 40), (8.5, 50)]
    assert [(case.when.time, case.to["resolved"]) for case in step.next] == [((0, 32_400), 0.5), (None, 1)]


def test_a_column_with_equal_numbers_is_one_number(folder: Path) -> None:
    (folder / "day.csv").write_text("time,calls\n08:00,90\n08:30,90\n")
    talk = read(folder, ("talk: 60 s", "talk: {law: exponential, mean: {file: day.csv, column: calls}}"))
    assert scenario_hash(talk) == scenario_hash(read(folder, ("talk: 60 s", "talk: {law: exponential, mean: 90 s}")))


def test_a_scenario_is_read_again_as_it_was_written(folder: Path) -> None:
    scenario = read(
        folder,
        ("talk: 60 s", "talk: {law: exponential, mean: {22:00-06:00: 2 min, else: 3 min}}"),
        ("next: resolved", "next: {resolved: {08:00-09:00: 40 %, else: 60 %}, gave_up: rest}"),
    )
    for mode in ("json", "python"):
        again = Scenario.model_validate(scenario.model_dump(mode=mode))
        assert again == scenario
        assert scenario_hash(again) == scenario_hash(scenario)


@pytest.mark.parametrize(
    ("override", "means"),
    [
        ("talk=*2", [(0, 360), (8, 240), (9, 360)]),
        ("talk=+10 s", [(0, 190), (8, 130), (9, 190)]),
        ("talk.08:00-09:00.mean=60 s", [(0, 180), (8, 60), (9, 180)]),
        ("talk.*.mean=+60 s", [(0, 240), (8, 180), (9, 240)]),
    ],
)
def test_overrides_reach_all_times_or_one(folder: Path, override: str, means: list[tuple[float, float]]) -> None:
    law = "{law: exponential, mean: {08:00-09:00: 2 min, else: 3 min}}"
    changed_scenario = read(folder, ("60 s", law), overrides=(f"{CALL}.{override}",))
    assert times(changed_scenario.intents["question"].steps["call"].talk) == means


WEEK = "talk: {mon: 6 min, weekend: {08:00-09:00: 3 min, else: 4 min}, else: 5 min}"
RUN = ("run: {", "run: {start: 2025-03-24, days: 7, ")


def by_day(law: object) -> dict[str, list[tuple[float, float]]]:
    """Return the means of a law by day, and from when on they hold."""
    assert isinstance(law, LawByDay)
    days = law.root.items()
    return {day: times(each) if isinstance(each, LawByTime) else [(0, each.mean_value())] for day, each in days}


def test_a_law_and_a_number_of_a_law_may_differ_by_day(folder: Path) -> None:
    number = "talk: {law: exponential, mean: {mon: 6 min, weekend: {08:00-09:00: 3 min, else: 4 min}, else: 5 min}}"
    for written in (WEEK, number):
        talk = read(folder, RUN, ("talk: 60 s", written)).intents["question"].steps["call"].talk
        assert by_day(talk) == {"mon": [(0, 360)], "weekend": [(0, 240), (8, 180), (9, 240)], "else": [(0, 300)]}


def test_columns_of_a_file_with_days_give_values_by_day(folder: Path) -> None:
    rows = "".join(
        f"{day},{time},{count},{share}\n"
        for day, time, count, share in [
            ("mon", "08:00", 90, 0.5),
            ("mon", "08:30", 60, 0.5),
            ("tue-sun", "08:00", 50, 1),
            ("tue-sun", "08:30", 50, 1),
        ]
    )
    (folder / "day.csv").write_text(f"weekday,time,calls,solved\n{rows}")
    step = (
        read(
            folder,
            RUN,
            ("talk: 60 s", "talk: {law: exponential, mean: {file: day.csv, column: calls}}"),
            ("next: resolved", "next: {resolved: {file: day.csv, column: solved}, gave_up: rest}"),
        )
        .intents["question"]
        .steps["call"]
    )
    rest = [(0, 50)]
    assert by_day(step.talk) == {"mon": [(0, 90), (8.5, 60)], "tue-sun": rest, "else": rest}
    days = [(case.when.day, case.to["resolved"]) for case in step.next]
    assert days == [(["mon"], 0.5), (["tue-sun"], 1), (None, 1)]


def test_a_scenario_by_day_is_read_again_as_it_was_written(folder: Path) -> None:
    scenario = read(folder, RUN, ("talk: 60 s", WEEK), ("patience: 30 s", "patience: {2025-03-25: 1 min, else: 30 s}"))
    for mode in ("json", "python"):
        again = Scenario.model_validate(scenario.model_dump(mode=mode))
        assert again == scenario
        assert scenario_hash(again) == scenario_hash(scenario)


@pytest.mark.parametrize(
    ("override", "means"),
    [
        ("talk=*2", {"mon": 720, "weekend": 480, "else": 600}),
        ("talk.mon=*2", {"mon": 720, "weekend": 240, "else": 300}),
        ("talk.tue=+1 min", {"tue": 360, "mon": 360, "weekend": 240, "else": 300}),
        ("talk.*.value=10 s", {"mon": 10, "weekend": 240, "else": 10}),
        ("talk=1 min", None),
        ("patience.sat=1 min", {"mon": 360, "weekend": 240, "else": 300}),
    ],
)
def test_overrides_reach_all_days_or_one(folder: Path, override: str, means: dict[str, float] | None) -> None:
    step = read(folder, RUN, ("talk: 60 s", WEEK), overrides=(f"{CALL}.{override}",)).intents["question"].steps["call"]
    if means is None:
        assert step.talk.mean_value() == 60
    else:
        assert {day: changes[0][1] for day, changes in by_day(step.talk).items()} == means
    if override.startswith("patience"):
        assert by_day(step.patience) == {"sat": [(0, 60)], "else": [(0, 30)]}


def test_else_of_times_of_day_is_the_rest_of_the_day(folder: Path) -> None:
    written = ("talk: 60 s", "talk: {08:00-09:00: 2 min, else: 3 min}")
    talk = read(folder, written, overrides=(f"{CALL}.talk.else=1 min",)).intents["question"].steps["call"].talk
    assert times(talk) == [(0, 60), (8, 120), (9, 60)]


RIVALS = "stand for the same days, and neither is more particular; let each day have one value"
NO_DATES = "2025-03-24 is a date, and the run has none; write run: {start: 2025-03-24}, the date of the first day"
OVERLAP = '"08:00-09:00" and "08:30-10:00" overlap; let each time of day have one value'
GAP = 'gives no value for 00:00-08:00; add "else: ..." for the rest of the day'
BOTH = "{when: {time: 08:00-09:00}, to: {resolved: {09:00-10:00: 50 %, else: 0 %}, gave_up: rest}}"
WRONG = {
    "gap": ("talk: {08:00-24:00: 1 min}", f"talk: {GAP}"),
    "overlap": ("talk: {08:00-09:00: 1 min, 08:30-10:00: 2 min, else: 3 min}", f"talk: {OVERLAP}"),
    "overlap in a number": (
        "talk: {law: exponential, mean: {08:00-09:00: 60, 08:30-10:00: 70, else: 80}}",
        f"talk: {OVERLAP}",
    ),
    "nothing left": (
        "talk: {00:00-24:00: 1 min, else: 2 min}",
        'talk: "else" never applies, because the hours fill the day; remove it',
    ),
    "days that are not named": (
        "talk: {mon: 1 min, sat-sun: 2 min}",
        'talk: gives no value for days that are not named; add "else: ..." for them',
    ),
    "two values of a day": (
        "talk: {mon-wed: 1 min, wed-fri: 2 min, else: 3 min}",
        f'talk: "mon-wed" and "wed-fri" {RIVALS}',
    ),
    "no such day": (
        "talk: {mon: 1 min, sunday: 2 min, else: 3 min}",
        'talk: "sunday" names no day; write sun',
    ),
    "days within hours": (
        "talk: {08:00-09:00: {mon: 1 min, else: 2 min}, else: 3 min}",
        "talk: has days within hours; write days outside and hours within: {mon: {08:00-10:00: ...}}",
    ),
    "hours across midnight of a day": (
        "talk: {mon: {22:00-06:00: 1 min, else: 2 min}, else: 3 min}",
        'talk: "22:00-06:00" of mon ends on the next day; write 22:00-24:00 here, and 00:00-06:00 on the day after',
    ),
    "different days in one law": (
        "talk: {law: lognormal, mean: {mon: 1 min, else: 2 min}, cv: {tue: 1, else: 2}}",
        "talk: has values by different days, mon, else and tue, else; name the same days in each",
    ),
    "a date of a run without one": (
        "talk: {2025-03-24: 1 min, else: 2 min}",
        f"talk.2025-03-24: {NO_DATES}",
    ),
    "a condition on such a date": (
        "talk: 60 s\n        if_abandoned: [{when: {day: 2025-03-24}, to: resolved}, {to: gave_up}]",
        f"if_abandoned.0.when.day.0: {NO_DATES}",
    ),
    "a file without a day of the run": (
        "talk: {law: exponential, mean: {file: week.csv, column: calls}}",
        "week.csv:1: lacks rows for day 1 (Monday) of the run; add them",
    ),
    "no duration": (
        "talk: {law: exponential, mean: {08:00-09:00: soon, else: 80}}",
        'talk.mean: "soon" is not a duration; give a number and a unit, such as "4 min"',
    ),
    "no law": (
        "talk: {08:00-09:00: {law: exponentail, mean: 2 min}, else: 1 min}",
        'talk.08:00-09:00: "exponentail" is not a law; did you mean "exponential" or "hyperexponential"?',
    ),
    "no column": (
        "talk: {law: exponential, mean: {file: day.csv, column: cals}}",
        'day.csv:1: has no column "cals"; did you mean "calls"?',
    ),
    "misspelt condition": (
        "talk: 60 s\n        if_abandoned: [{when: {tme: 08:00-09:00}, to: resolved}, {to: gave_up}]",
        'if_abandoned.0.when.tme: is not a key of this; did you mean "time"?',
    ),
    "both": (
        f"talk: 60 s\n        if_abandoned: [{BOTH}, {{to: gave_up}}]",
        'if_abandoned: "time" and shares by the time of day exclude each other; give one of the two',
    ),
}


@pytest.mark.parametrize(("written", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_wrong(folder: Path, refused: Refused, written: str, sentence: str) -> None:
    (folder / "day.csv").write_text("time,calls\n08:00,90\n08:30,60\n")
    (folder / "week.csv").write_text("weekday,time,calls\ntue,08:00,90\n")
    (problem,) = refused(changed(("talk: 60 s", written)))
    assert problem.endswith(sentence)


def test_a_start_knows_segment_and_time_only(refused: Refused) -> None:
    start = "start: [{when: {attempt: 2}, to: call}, {to: call}]"
    (problem,) = refused(changed(("start: call", start)))
    assert problem.endswith(
        'start.0.when.attempt: "attempt" is not known of customers who come; give "segment", "day" or "time"'
    )


def test_a_case_by_time_that_an_earlier_one_hides(refused: Refused) -> None:
    cases = "[{when: {time: 22:00-06:00}, to: gave_up}, {when: {time: 01:00-02:00}, to: resolved}, {to: resolved}]"
    (problem,) = refused(changed(("next: resolved", f"next: {cases}")))
    assert "next.1: never applies: wherever it holds, entry 1 holds too" in problem


def test_patience_that_differs_by_time_of_day_is_not_kept(refused: Refused) -> None:
    text = changed(("patience: 30 s", "patience: {08:00-09:00: 30 s, else: 60 s}\n        patience_kept: true"))
    (problem,) = refused(text)
    remedy = "give one patience, or remove patience_kept"
    assert problem.endswith(f"{CALL}.patience_kept: cannot be kept where patience differs by day or time; {remedy}")
