"""Overrides by path, as on the command line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from sim.core.errors import InvalidInput
from sim.scenario import Scenario, read_scenario
from sim.scenario.by_day import values_of_day
from sim.scenario.law_fields import LawByTime
from sim.scenario.routes import cases_of
from tests.support.minimal_scenario import MINIMAL, Refused, changed

CALL = "intents.question.steps.call"
PLACES = "known are call, gave_up, resolved, unresolved"
A_DURATION = 'give a duration such as "4 min", or a number of seconds'
WHOLE = "give the whole value"


@pytest.fixture
def bank(folder: Path) -> Path:
    """Return a scenario with a headcount for each interval and a forecast in a file."""
    (folder / "low.csv").write_text("time,question\n08:00,1\n09:00,2\n", encoding="utf-8")
    (folder / "high.csv").write_text("time,question,desk\n08:00,10,3\n09:00,20,4\n", encoding="utf-8")
    text = changed(
        ("staff: 2", "staff: [0, 5]"),
        ("    demand: 10\n", ""),
        ("agents:", "demand: {forecast: low.csv}\nqueues: {calls: {hours: 08:00-09:30}}\nagents:"),
    )
    (folder / "bank.yaml").write_text(text, encoding="utf-8")
    return folder / "bank.yaml"


def at(scenario: Scenario, path: str) -> Any:
    value: Any = scenario.model_dump()
    for name in path.split("."):
        value = value[name]
    return value


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("run.seed=7", 7),
        ("run.seed=+4", 5),
        ("run.drain=+10 min", 4200.0),
        ("run.drain=-10 min", 3000.0),
        ("run.drain=90 min", 5400.0),
        ("run.drain=*0.5", 1800.0),
        ("run.drain=/2", 1800.0),
        ("demand.volume=*1.1", 1.1),
        ("demand.volume=*110 %", 1.1),
        ("demand.volume= + 0.5 ", 1.5),
        ("agents.desk.staff=+4", [0, 9]),
        ("agents.desk.staff=*2", [0, 10]),
        ("agents.desk.staff=*1.1", [0, 6]),
        ("agents.desk.staff=*110 %", [0, 6]),
        ("agents.desk.staff=*1.09", [0, 5]),
        ("agents.desk.staff=+10 %", [0, 6]),
        ("agents.desk.staff=-10 %", [0, 5]),  # 4.5
        ("agents.desk.staff=-50 %", [0, 3]),
        ("intents.question.demand=+10 %", [1.1, 2.2]),
        ("demand.volume=+10 %", 1.1),
        ("agents.desk.shrinkage=+5 %", 0.05),
        ("agents.desk.staff=3", 3.0),
        ("agents.desk.staff=[1, 2]", [1, 2]),
        ("agents.desk.staff=high.csv", [3, 4]),
        ("agents.desk.staff={file: high.csv, column: question}", [10, 20]),
        ("intents.question.demand=*3", [3, 6]),
        ("queues.calls.hours=08:00-20:00", (28_800.0, 72_000.0)),
        (f"{CALL}.patience.value=+15 s", 45.0),
        (f"{CALL}.next={{resolved: 80 %, gave_up: rest}}", {"resolved": 0.8, "gave_up": 0.2}),
        (f"{CALL}.next={{resolved: 92.6 %, gave_up: rest}}", {"resolved": 0.926, "gave_up": 0.074}),
        ("routing=longest_wait", "longest_wait"),
        ("name=a-b=c", "a-b=c"),
    ],
)
def test_a_value_is_changed(bank: Path, override: str, value: Any) -> None:
    assert at(read_scenario(bank, [override]), override.partition("=")[0]) == value


def test_a_bare_duration_is_a_law_here_too(bank: Path) -> None:
    changed_ = read_scenario(bank, [f"{CALL}.talk={{law: exponential, mean: 2 min}}", f"{CALL}.patience=10 s"])
    step = changed_.intents["question"].steps["call"]
    assert (step.talk.law, step.talk.mean_value(), step.patience.mean_value()) == ("exponential", 120.0, 10.0)


def test_another_forecast_is_read(bank: Path) -> None:
    assert read_scenario(bank).intents["question"].demand == [1.0, 2.0]
    assert read_scenario(bank, ["demand.forecast=high.csv"]).intents["question"].demand == [10.0, 20.0]


def test_a_demand_of_its_own_stands_above_another_forecast(bank: Path, folder: Path) -> None:
    own = ["demand.forecast=high.csv", "intents.question.demand=[7, 8]"]
    assert read_scenario(bank, own).intents["question"].demand == [7.0, 8.0]
    (folder / "own.yaml").write_text(MINIMAL, encoding="utf-8")
    assert read_scenario("own.yaml", ["demand.forecast=high.csv"]).intents["question"].demand == 10.0


def test_changes_follow_one_another_and_leave_the_rest(bank: Path) -> None:
    scenario = read_scenario(bank, ["agents.desk.staff=+1", "agents.desk.staff=*2"])
    assert at(scenario, "agents.desk.staff") == [0, 12]
    assert read_scenario(bank, ["agents.desk.staff=[0, 5]"]) == read_scenario(bank)


def test_headcounts_are_rounded_after_all_overrides(bank: Path) -> None:
    twice = ["agents.desk.staff=*1.3", "agents.desk.staff=*1.3"]
    assert at(read_scenario(bank, twice), "agents.desk.staff") == [0, 8]  # 8.45, not 7 * 1.3 = 9.1
    for overrides in ([*twice, "agents.desk.rounding=spread"], ["agents.desk.rounding=spread", *twice]):
        assert at(read_scenario(bank, overrides), "agents.desk.staff") == [0, pytest.approx(8.45)]
    other = ["agents.desk.staff=*1.3", "agents.desk.staff=high.csv"]
    assert at(read_scenario(bank, other), "agents.desk.staff") == [3, 4]


def test_a_share_of_a_step_named_staff_is_no_headcount(folder: Path) -> None:
    text = changed(("      call:\n", "      staff:\n"), ("start: call", "start: {staff: 50 %, staff_b: rest}"))
    text += "      staff_b: {channel: web, time: 1, next: resolved}\n"
    (folder / "staff.yaml").write_text(text, encoding="utf-8")
    overrides = ["intents.question.start.staff=*0.5", "intents.question.start.staff_b=0.75"]
    assert at(read_scenario("staff.yaml", overrides), "intents.question.start") == {"staff": 0.25, "staff_b": 0.75}


@pytest.fixture
def floor(folder: Path) -> Path:
    """Return a scenario with shifts, two segments and several steps."""
    text = changed(
        ("agents:", "segments: {vip: {share: 20 %}, gold: {share: 20 %}, other: {share: 60 %}}\nagents:"),
        ("staff: 2", "shifts: [{agents: 2, hours: 08:00-10:00}, {agents: 3, hours: 09:00-10:00}]"),
        ("next: resolved", "next: {resolved: 60 %, menu: 30 %, unresolved: 10 %}"),
    )
    text += "      menu: {channel: ivr, time: 20 s, next: resolved}\n"
    (folder / "floor.yaml").write_text(text, encoding="utf-8")
    return folder / "floor.yaml"


def test_an_item_of_a_list_is_changed(floor: Path, bank: Path) -> None:
    shifts = read_scenario(floor, ["agents.desk.shifts.0.agents=+1", "agents.desk.shifts.1.agents=*1.2"])
    assert [shift.agents for shift in shifts.agents["desk"].shifts] == [3, 4]  # 3.6 agents
    assert at(read_scenario(bank, ["agents.desk.staff.1=+1"]), "agents.desk.staff") == [0, 6]


def test_a_wildcard_changes_all_that_is_there(floor: Path) -> None:
    scenario = read_scenario(
        floor, ["agents.*.shifts.*.agents=+1", "agents.*.absence=10 %", "intents.*.steps.*.talk=+20 s"]
    )
    assert [shift.agents for shift in scenario.agents["desk"].shifts] == [3, 4]
    assert scenario.agents["desk"].absence == 0.1
    assert scenario.intents["question"].steps["call"].talk.mean_value() == 80.0  # the menu has no talk


def test_a_law_is_shifted(floor: Path) -> None:
    law = f"{CALL}.talk={{law: exponential, mean: 1 min}}"
    talk = read_scenario(floor, [law, f"{CALL}.talk=+20 s"]).intents["question"].steps["call"].talk
    assert (talk.shift, talk.mean_value()) == (20.0, 80.0)


def test_a_group_is_added(floor: Path) -> None:
    scenario = read_scenario(floor, ["agents.help={serves: [calls], staff: 1}", "agents.help.staff=+1"])
    assert list(scenario.agents) == ["desk", "help"]
    assert scenario.agents["help"].staff == 2.0


@pytest.mark.parametrize(
    ("overrides", "shares"),
    [
        (["resolved=80 %"], {"resolved": 0.8, "menu": 0.15, "unresolved": 0.05}),
        (["resolved=+20 %"], {"resolved": 0.8, "menu": 0.15, "unresolved": 0.05}),
        (["resolved=50 %", "menu=50 %"], {"resolved": 0.5, "menu": 0.5, "unresolved": 0.0}),
        (["gave_up=50 %"], {"resolved": 0.3, "menu": 0.15, "unresolved": 0.05, "gave_up": 0.5}),
        (["resolved=100 %"], {"resolved": 1.0, "menu": 0.0, "unresolved": 0.0}),
    ],
)
def test_the_other_routes_adapt_to_a_share_that_is_set(floor: Path, overrides: list[str], shares: Any) -> None:
    scenario = read_scenario(floor, [f"{CALL}.next.{override}" for override in overrides])
    assert at(scenario, f"{CALL}.next") == shares


def test_the_other_segments_adapt_to_a_share_that_is_set(floor: Path) -> None:
    def shares(override: str) -> dict[str, float]:
        return {name: segment.share for name, segment in read_scenario(floor, [override]).segments.items()}

    assert shares("segments.vip.share=40 %") == pytest.approx({"vip": 0.4, "gold": 0.15, "other": 0.45})
    added = {"vip": 0.1, "gold": 0.1, "other": 0.3, "new": 0.5}
    assert shares("segments.new={share: 50 %}") == pytest.approx(added)


def test_shares_that_cannot_add_up_are_refused(floor: Path) -> None:
    with pytest.raises(InvalidInput, match="the shares add up to 120 %, not 100 %"):
        read_scenario(floor, [f"{CALL}.next.resolved=70 %", f"{CALL}.next.menu=50 %", f"{CALL}.next.unresolved=0 %"])


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        (
            "agents.desk.shifts.2.agents=+1",
            '"2" is no item of agents.desk.shifts; its items are 0 to 1, and new ones are added in the file',
        ),
        (
            "agents.desk.shifts.first.agents=+1",
            '"first" is no item of agents.desk.shifts; its items are 0 to 1, and new ones are added in the file',
        ),
        (
            "queues.*.capacity=+1",
            "nothing in the scenario matches queues.*.capacity; it is left out everywhere",
        ),
        (
            "agents.*.shrinkag=10 %",
            (
                'nothing in the scenario matches agents.*.shrinkag; "shrinkag" is not in agents.*; did you mean '
                '"shrinkage"?'
            ),
        ),
        (
            "agent.*.shrinkage=10 %",
            (
                'nothing in the scenario matches agent.*.shrinkage; "agent" is not in the scenario; did you mean '
                '"agents" or "segments"?'
            ),
        ),
        (
            "agents.*.fatigue=+1",
            "nothing in the scenario matches agents.*.fatigue; it is left out everywhere",
        ),
        ("run.start_with.*=+1", "nothing in the scenario matches run.start_with.*; run.start_with is empty"),
        ("agents.help=+1", '"help" is not in agents; known are desk'),
        ("agents.help=1", '"help" is not in agents; known are desk'),
        (f"{CALL}.next.gave_up=+1 %", f'"gave_up" is not in {CALL}.next; known are menu, resolved, unresolved'),
    ],
)
def test_paths_that_lead_nowhere(floor: Path, override: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_scenario(floor, [override])
    assert str(refusal.value) == f"--set {override}: {sentence}"


@pytest.mark.parametrize("path", ["agents.desk.staff", "intents.question.demand"])
def test_a_percentage_is_no_file(path: str, refused: Refused) -> None:
    assert refused(MINIMAL, f"{path}=10 %") == [
        (
            f'bank.yaml: {path}: "10 %" is neither a number nor a CSV file; give a number, or change what is '
            f'there: --set "{path}=+10 %" adds so much of it, and "*1.1" multiplies it'
        )
    ]


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("run.sed=7", '"sed" is not in run; did you mean "seed"?'),
        ("rum.seed=7", '"rum" is not in the scenario; did you mean "run"?'),
        ("agents.dsk.staff=+4", '"dsk" is not in agents; did you mean "desk"?'),
        ("run.seed.x=7", "run.seed holds 1, which has no parts"),
        ("run.seed", 'write it as path=value, such as "demand.volume=*1.1"'),
        ("=7", 'write it as path=value, such as "demand.volume=*1.1"'),
        ("run.seed=", 'write it as path=value, such as "demand.volume=*1.1"'),
        ("demand.volume=/0", "cannot divide by 0"),
        ("run.drain=+10 %", '"+10 %" changes shares, staff and demand only; write "*1.1" here'),
        (f"{CALL}.talk=-10 %", '"-10 %" changes shares, staff and demand only; write "*0.9" here'),
        ("demand.volume=*lots", '"lots" is not a number, a percentage or a duration'),
        ("name=*2", "'one desk' is not a number, so it cannot be changed by \"*2\"; give the whole value"),
        ("agents.desk.stay_until_empty=+1", 'False is not a number, so it cannot be changed by "+1"; ' + WHOLE),
        ("name=[", '"[" is not a value: while parsing a flow node'),
        ("name=0x_", '"0x_" is not a value: "0x_" is no number: write it without "_", or in quotes if it is a name'),
    ],
)
def test_what_cannot_be_applied(refused: Refused, override: str, sentence: str) -> None:
    assert refused(MINIMAL, override) == [f"--set {override}: {sentence}"]


@pytest.mark.slow
def test_a_value_nested_too_deep(refused: Refused) -> None:
    (problem,) = refused(MINIMAL, "name=" + "[" * 3000)
    assert problem.endswith('..." is not a value: more than 100 brackets stand one in another')


FACTOR = 'give a factor such as "x3", "150 %" or 1.5'
ON_SHIFTS = (
    'applies to "staff"; with "shifts", use "absence" and the activities off the queue ("off"): '
    "1 - shrinkage = (1 - absence) * (1 - off)"
)


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("run.seed=-7", "run.seed: -6.0 should be greater than or equal to 0"),
        ("run.days=0", "run.days: 0 should be greater than 0"),
        ("run.days=3661", "run.days: 3661 should be less than or equal to 3660"),
        ("demand.volume=*1e999", f"demand.volume: inf must be finite and not negative; {FACTOR}"),
        (
            "agents.desk={serves: [calls], shrinkage: 30 %, shifts: [{agents: 2, hours: 08:00-10:00}]}",
            f"agents.desk.shrinkage: {ON_SHIFTS}; 0 % of the shifts are off the queue, so write absence: 30 %",
        ),
        (
            (
                "agents.desk={serves: [calls], shrinkage: 30 %, shifts: [{agents: 2, hours: 08:00-10:00, off: "
                "[{kind: lunch, hours: 08:30-09:00}]}]}"
            ),  # 1 - .7 / .75
            f"agents.desk.shrinkage: {ON_SHIFTS}; 25 % of the shifts are off the queue, so write absence: 6.67 %",
        ),
        (
            (
                "agents.desk={serves: [calls], shrinkage: 20 %, shifts: [{agents: 2, hours: 08:00-10:00, off: "
                "[{kind: lunch, hours: 08:30-09:00}]}]}"
            ),
            f"agents.desk.shrinkage: {ON_SHIFTS}; 25 % of the shifts are off the queue already, so leave it out",
        ),
        (
            "agents.desk.staff=2.5",
            'agents.desk.staff: 2.5 is not a whole number of agents; "rounding: spread" keeps the fraction',
        ),
        ("agents.desk.staff=[1]", "agents.desk.staff: has 1 numbers; the run's hours have 2 intervals of 60 min"),
        (f"{CALL}.talk.value=-61 s", f"{CALL}.talk.value: -1.0 is negative; {A_DURATION}"),
        (f"{CALL}.next=nowhere", f'{CALL}.next.nowhere: "nowhere" leads nowhere; {PLACES}'),
        ("run.interval=45 min", "run.interval: 45 min does not divide the hours of the run and the day; give 30 min"),
        (
            "run={[]: 1}",
            (
                "run.(): is not a key of this; known are days, drain, hours, interval, replications, seed, "
                "start, start_with, time_zone, warm_up"
            ),
        ),
        ("run=3", 'run: 3 should hold keys and their values, such as "name: value"'),
    ],
)
def test_a_change_to_something_wrong(refused: Refused, override: str, problem: str) -> None:
    assert f"--set {override}: {problem}" in refused(MINIMAL, override)


def test_no_agent_of_a_shift_is_left(refused: Refused) -> None:
    on_shifts = changed(("staff: 2", "shifts: [{agents: 2, hours: 08:00-10:00}]"))
    assert refused(on_shifts, "agents.desk.shifts.0.agents=-7") == [
        (
            "--set agents.desk.shifts.0.agents=-7: agents.desk.shifts.0.agents: -5 agents are none: a shift has 1 "
            "or more; give so many, or remove it in the file"
        )
    ]


def test_volume_may_be_a_percentage_and_holidays_none(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(
        f"holidays: [2025-04-18]\n{MINIMAL}".replace("1 h, drain", "1 h, start: 2025-04-14, drain")
    )
    scenario = read_scenario(tmp_path / "desk.yaml", ["demand.volume=115 %", "holidays=null"])
    assert (scenario.demand.volume, scenario.holidays) == (1.15, {})


def test_every_change_that_cannot_be_applied_at_once(refused: Refused) -> None:
    assert refused(MINIMAL, "run.sed=7", "demand.volume=/0") == [
        '--set run.sed=7: "sed" is not in run; did you mean "seed"?',
        "--set demand.volume=/0: cannot divide by 0",
    ]


@pytest.mark.parametrize("law", ["{law: exponential, mean: 60}", "{law: fixed, value: 10}"])
def test_no_more_can_be_taken_off_a_law_than_its_shortest_time(refused: Refused, law: str) -> None:
    less = "it is shorter" if "fixed" in law else "its shortest times are shorter"
    assert refused(MINIMAL, f"{CALL}.talk={law}", f"{CALL}.talk=-20 s") == [
        f'--set {CALL}.talk=-20 s: cannot take 20 s off: {less}; write a factor, such as "*0.9"'
    ]


def test_the_whole_path_of_a_file_is_no_division(tmp_path: Path) -> None:
    file, table = tmp_path / "desk.yaml", tmp_path / "staff.csv"
    file.write_text(MINIMAL, encoding="utf-8")
    table.write_text("time,desk\n08:00,3\n09:00,4\n", encoding="utf-8")
    assert read_scenario(file, [f"agents.desk.staff={table}"]).agents["desk"].staff == [3.0, 4.0]


def test_a_table_that_is_not_there(refused: Refused) -> None:
    assert refused(MINIMAL, "agents.desk.staff=night.csv") == ["night.csv: there is no such file"]


def test_a_wrong_file_is_reported_before_its_changes(refused: Refused) -> None:
    assert refused(changed(("demand: 10", "demand: -1")), "run.sed=7") == [
        "bank.yaml:7: intents.question.demand: -1 should be greater than or equal to 0"
    ]


@pytest.mark.parametrize(
    ("law", "override", "mean"),
    [
        ("60 s", "*1.1", 66.0),
        ("{law: exponential, mean: 3 min}", "/2", 90.0),
        ("{law: lognormal, mean: 3 min, sd: 1 min}", "*150 %", 270.0),
        ("{law: lognormal, mu: 0, sigma: 1}", "*2", 2 * math.exp(0.5)),
        ("{law: uniform, low: 10 s, high: 20 s, shift: 5 s}", "*2", 40.0),
        ("{law: empirical, survival: {0 s: 1, 10 s: 50 %}, beyond: 20 s}", "*2", 35.0),
    ],
)
def test_a_law_is_stretched(folder: Path, law: str, override: str, mean: float) -> None:
    file = folder / "laws.yaml"
    file.write_text(MINIMAL.replace("talk: 60 s", f"talk: {law}"), encoding="utf-8")
    talk = read_scenario(file, [f"{CALL}.talk={override}"]).intents["question"].steps["call"].talk
    assert talk.mean_value() == pytest.approx(mean, rel=1e-11)


@pytest.mark.parametrize(
    ("override", "sentence"),
    [
        ("agents.desk=+1", 'holds no number that "+1" could change: its parts are title, about, serves, staff'),
    ],
)
def test_a_group_of_values_is_not_changed_at_once(bank: Path, override: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_scenario(bank, [override])
    assert str(caught.value).startswith(f"--set {override}: {sentence}")


def overridden(folder: Path, *changes: tuple[str, str], overrides: list[str]) -> Scenario:
    (folder / "desk.yaml").write_text(changed(*changes), encoding="utf-8")
    return read_scenario(folder / "desk.yaml", overrides)


def test_holidays_are_added_renamed_and_removed(folder: Path) -> None:
    start = ("interval: 1 h", "interval: 1 h, start: 2025-04-18, days: 7")
    listed = ("agents:", "holidays: {2025-04-18: Good Friday, 2025-04-21: Easter}\nagents:")
    overrides = ["holidays.2025-04-18=null", "holidays.2025-04-19=Sat", "holidays.2025-04-21=Monday"]
    scenario = overridden(folder, start, listed, overrides=overrides)
    assert {str(day): name for day, name in scenario.holidays.items()} == {
        "2025-04-19": "Sat",
        "2025-04-21": "Monday",
    }
    one_more = [*overrides, "queues.calls.hours.holiday=closed", "demand.volume=*2"]  # they are read once more
    assert overridden(folder, start, listed, overrides=one_more).holidays == scenario.holidays
    assert overridden(folder, start, overrides=["holidays.2025-04-18=Good Friday"]).holidays
    with pytest.raises(InvalidInput, match='"2025-04-20" is not in holidays; did you mean "2025-04-21"'):
        overridden(folder, start, listed, overrides=["holidays.2025-04-20=null"])


WEEK = ("interval: 1 h", "interval: 1 h, days: 7")


@pytest.mark.parametrize(
    ("days", "override", "sat", "others"),
    [
        ("", "sat=60 %", 0.6, 1.0),
        ("", "sat=*0.5", 0.5, 1.0),
        ("demand: {days: {sun: 0}}\n", "sat=60 %", 0.6, 1.0),
        ("demand: {days: {sat: 50 %}}\n", "sat=*1.5", 0.75, 1.0),
        ("demand: {days: {sun: 0, else: x2}}\n", "sat=*0.5", 1.0, 2.0),
    ],
)
def test_a_factor_of_a_day_is_set(folder: Path, days: str, override: str, sat: float, others: float) -> None:
    scenario = overridden(folder, WEEK, ("agents:", f"{days}agents:"), overrides=[f"demand.days.{override}"])
    factors = [values_of_day(scenario.demand.days, day, scenario.calendar) for day in range(1, 7)]
    assert factors == [others] * 5 + [sat]


@pytest.mark.parametrize("path", ["agents.desk.staff", "demand.days"])
def test_a_day_that_never_comes_is_refused(folder: Path, path: str) -> None:
    with pytest.raises(InvalidInput, match="no day of the run is sun"):
        overridden(folder, overrides=[f"{path}.sun=*2"])


def test_staff_of_a_day_after_the_run_is_changed(folder: Path) -> None:
    scenario = overridden(folder, ("drain: 1 h", "drain: 1 d"), overrides=["agents.desk.staff.tue=+1"])
    assert scenario.agents["desk"].staff == {"else": 2.0, "tue": 3.0}


def test_a_queue_that_only_steps_name_has_days_too(folder: Path) -> None:
    scenario = overridden(folder, WEEK, overrides=["queues.calls.hours.sat=closed", "queues.*.closing=clear"])
    assert scenario.queues["calls"].hours == {"else": (0.0, 86_400.0), "sat": "closed"}
    assert scenario.queues["calls"].model_fields_set == {"hours", "closing"}
    assert overridden(folder, overrides=["demand.volume=*2"]).queues == {}


def test_hours_of_a_dialer_have_days_too(folder: Path) -> None:
    listed = "list: {channel: outbound, time: 9 s, reach: 50 %, dialer: {group: desk}, next: resolved}"
    path, more = "intents.question.steps", ("steps:\n", f"steps:\n      {listed}\n")
    begin = ("start: call", "start: {list: 50 %, call: rest}")
    for owner in (f"{path}.list", f"{path}.*", "intents.*.steps.*"):
        scenario = overridden(folder, WEEK, more, begin, overrides=[f"{owner}.dialer.hours.sat=09:00-12:00"])
        step: Any = scenario.intents["question"].steps["list"]
        assert step.dialer.hours == {"else": (0.0, 86_400.0), "sat": (32_400.0, 43_200.0)}


BY_TIME = "{unresolved: {08:00-09:00: 10 %, else: 30 %}, resolved: rest}"


@pytest.mark.parametrize(
    ("override", "shares"),
    [
        ("unresolved=40 %", [0.4]),
        ("unresolved=+5 %", [0.3 + 0.05, 0.1 + 0.05, 0.3 + 0.05]),
        ("unresolved.else=40 %", [0.4, 0.1, 0.4]),
        ("unresolved.08:00-09:00=*2", [0.3, 0.2, 0.3]),
    ],
)
def test_shares_by_time_change_as_the_file_has_them(folder: Path, override: str, shares: list[float]) -> None:
    routes = overridden(folder, ("next: resolved", f"next: {BY_TIME}"), overrides=[f"{CALL}.next.{override}"])
    cases = cases_of(routes.intents["question"].steps["call"].next)
    assert [case.to["unresolved"] for case in cases] == pytest.approx(shares)


def test_a_share_by_time_within_a_case_changes(folder: Path) -> None:
    cases = f"[{{when: {{attempt: 1}}, to: {BY_TIME}}}, {{to: resolved}}]"
    overrides = [f"{CALL}.next.0.to.unresolved=0 %", f"{CALL}.next.1.to=gave_up"]
    scenario = overridden(folder, ("next: resolved", f"next: {cases}"), overrides=overrides)
    first, last = cases_of(scenario.intents["question"].steps["call"].next)
    assert (first.to, last.to) == ({"unresolved": 0.0, "resolved": 1.0}, {"gave_up": 1.0})


@pytest.mark.parametrize("path", ["talk.value", "talk"])
@pytest.mark.parametrize(("change", "means"), [("*2", [480.0, 360.0, 480.0]), ("+1 min", [300.0, 240.0, 300.0])])
def test_times_by_time_of_day_change_as_the_file_has_them(
    folder: Path, path: str, change: str, means: list[float]
) -> None:
    law = ("talk: 60 s", "talk: {law: fixed, value: {08:00-09:00: 3 min, else: 4 min}}")
    step = overridden(folder, law, overrides=[f"{CALL}.{path}={change}"]).intents["question"].steps["call"]
    assert [each.mean_value() for _, each in step.talk.changes()] == means


@pytest.mark.parametrize(
    ("value", "means"),
    [
        ("{08:00-09:00: 3 min, else: 4 min}", [480.0, 360.0, 480.0]),
        ("{law: fixed, value: {08:00-09:00: 3 min, else: 4 min}}", [480.0, 360.0, 480.0]),
        ("{law: fixed, value: 3 min}", [360.0]),
        ("{law: empirical, survival: {0 s: 1, 2 min: 0 %}}", [120.0]),
        ("3 min", [360.0]),
    ],
)
def test_times_that_an_override_wrote_change(folder: Path, value: str, means: list[float]) -> None:
    step = overridden(folder, overrides=[f"{CALL}.talk={value}", f"{CALL}.talk=*2"]).intents["question"].steps["call"]
    talk = step.talk
    laws = [law for _, law in talk.changes()] if isinstance(talk, LawByTime) else [talk]
    assert [each.mean_value() for each in laws] == means


def test_what_does_not_change_stays_as_the_file_has_it(folder: Path) -> None:
    law = ("talk: 60 s", "talk: {law: lognormal, mean: {08:00-09:00: 3 min, else: 4 min}, cv: 0.5}")
    changes = (law, ("next: resolved", f"next: {BY_TIME}"))
    assert overridden(folder, *changes, overrides=["run.seed=1"]) == overridden(folder, *changes, overrides=[])


@pytest.mark.parametrize(
    ("earlier", "sentence"),
    [
        ("run.days=lots", "'lots' is not the number of days of a run; give one from 1 to 3,660"),
        ("run.start=lots", "'lots' is not a date"),
        ("run=3", "run holds 3, which has no days"),
        ("holidays=lots", "'lots' are no holidays; give names by date, or a list of dates"),
    ],
)
def test_days_of_a_wrong_run_are_refused(refused: Refused, earlier: str, sentence: str) -> None:
    (problem,) = refused(MINIMAL, earlier, "agents.desk.staff.mon=+1")
    assert problem.startswith(f"--set agents.desk.staff.mon=+1: {sentence}")


def test_holidays_that_an_override_lists_are_days_too(folder: Path) -> None:
    overrides = [
        "run={start: 2025-04-14, days: 7, interval: 1 h}",
        "holidays=[2025-04-18]",
        "agents.desk.staff.holiday=+1",
    ]
    assert overridden(folder, overrides=overrides).agents["desk"].staff == {"else": 2.0, "holiday": 3.0}


@pytest.mark.parametrize("override", ["agents.desk.staff.wed=+1", "agents.desk.staff.wed=3", "agents.desk.staff=+1"])
def test_a_headcount_of_a_group_on_shifts_says_what_to_change(refused: Refused, override: str) -> None:
    on_shifts = changed(("staff: 2}", "shifts: [{agents: 2, hours: 08:00-10:00}]}"))
    sentence = 'has shifts, and no "staff"; change one, as agents.desk.shifts.0.agents=+1, or its days, as '
    assert refused(on_shifts, override) == [f'--set {override}: "desk" {sentence}agents.desk.shifts.0.days=[wed]']
