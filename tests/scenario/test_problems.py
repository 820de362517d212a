"""Errors of a scenario: the sentence, the file, the line and the path."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.core.errors import near
from sim.distributions import law_names
from sim.scenario import read_scenario
from tests.support.minimal_scenario import MINIMAL, Refused, changed

DESK = "agents.desk"
FRACTION = '1.5 is not a whole number of agents; "rounding: spread" keeps the fraction'
CALL = "intents.question.steps.call"
NO_DEMAND = "is missing; give the expected journeys per interval, or a demand.forecast with this column"
NAMES = '"Call" is not a name; write it in small letters, digits and underscores, such as "lost_card"'
WEB = "web: {channel: web, time: 9 s, next: resolved}"

FIELDS = {
    "misspelt key": (
        "demand: 10",
        "demnd: 10",
        7,
        'intents.question.demnd: is not a key of this; did you mean "demand"?',
    ),
    "misspelt key at the top": (
        "agents:",
        "agnts:",
        3,
        'agnts: is not a key of this; did you mean "agents" or "segments"?',
    ),
    "negative duration": ("30 s", "-3 s", 14, f'{CALL}.patience: -3 s is negative; give a duration such as "4 min"'),
    "negative number": (
        "60 s",
        "-60",
        13,
        f'{CALL}.talk: -60 is negative; give a duration such as "4 min", or a number of seconds',
    ),
    "unknown unit": (
        "30 s",
        "3 fortnights",
        14,
        f'{CALL}.patience: "3 fortnights": the unit "fortnights" is not known; use ms, s, min, h, days or weeks',
    ),
    "duration in a law": (
        "talk: 60 s",
        "talk: {law: exponential, mean: -3 s}",
        13,
        f'{CALL}.talk.mean: -3 s is negative; give a duration such as "4 min"',
    ),
    "law without its numbers": (
        "talk: 60 s",
        "talk: {law: exponential}",
        13,
        f"{CALL}.talk.mean: is missing",
    ),
    "law that is none": (
        "talk: 60 s",
        "talk: {law: exponental, mean: 3 s}",
        13,
        f'{CALL}.talk: "exponental" is not a law; did you mean "exponential" or "hyperexponential"?',
    ),
    "no law": (
        "talk: 60 s",
        "talk: {mean: 3 s}",
        13,
        f'{CALL}.talk: {{"mean": "3 s"}} names no law; {near("", law_names())}',
    ),
    "list for a law": (
        "talk: 60 s",
        "talk: [3]",
        13,
        f'{CALL}.talk: [3] should hold keys and their values, such as "name: value"',
    ),
    "law with too much": (
        "talk: 60 s",
        "talk: {law: lognormal, mean: 3 s, sd: 1 s, cv: 2}",
        13,
        f"{CALL}.talk: give mean and sd, or mean and cv, or mu and sigma; found cv, mean, sd",
    ),
    "shares below 100 %": (
        "next: resolved",
        "next: {resolved: 50 %, gave_up: 49 %}",
        15,
        f'{CALL}.next: the shares add up to 99 %, not 100 %; give the missing ones, or let one take the "rest"',
    ),
    "shares above 100 %": (
        "next: resolved",
        "next: {resolved: 50 %, gave_up: 60 %}",
        15,
        f"{CALL}.next: the shares add up to 110 %, not 100 %",
    ),
    "shares above 100 % and a rest": (
        "next: resolved",
        "next: {resolved: 50 %, gave_up: 60 %, unresolved: rest}",
        15,
        f"{CALL}.next: the shares add up to 110 %, not 100 %",
    ),
    "two rests": (
        "next: resolved",
        "next: {resolved: rest, gave_up: rest}",
        15,
        f'{CALL}.next: only one target may take the "rest", not resolved and gave_up',
    ),
    "share that is none": (
        "next: resolved",
        "next: {resolved: most, gave_up: rest}",
        15,
        f"{CALL}.next: 'most' is not a share; give one such as \"35 %\", or a number from 0 to 1",
    ),
    "nowhere to go": (
        "next: resolved",
        "next: {}",
        15,
        f'{CALL}.next: {{}} leads nowhere; give a step or an outcome, or several with shares such as "35 %"',
    ),
    "next is missing": ("        next: resolved\n", "", 10, f"{CALL}.next: is missing"),
    "unknown channel": ("voice", "vioce", 10, f'{CALL}: "vioce" is not a channel; did you mean "voice" or "video"?'),
    "step that leads nowhere": (
        "next: resolved",
        "next: resolvd",
        15,
        f'{CALL}.next.resolvd: "resolvd" leads nowhere; did you mean "resolved" or "unresolved"?',
    ),
    "start that is no step": (
        "start: call",
        "start: cll",
        8,
        'intents.question.start.cll: "cll" is not a step of this intent; did you mean "call"?',
    ),
    "step never reached": (
        "    steps:\n",
        f"    steps:\n      {WEB}\n",
        10,
        "intents.question.steps.web: is never reached from the start; add a route to it, or remove it",
    ),
    "fractional staff": ("staff: 2", "staff: 1.5", 4, f"agents.desk.staff: {FRACTION}"),
    "warm-up within an interval": (
        "drain: 1 h",
        "drain: 1 h, warm_up: 90 min",
        2,
        "run.warm_up: 1 h 30 min is no whole number of intervals of 1 h; give 1 h or 2 h",
    ),
    "day 0 of a shift": (
        "staff: 2",
        "shifts: [{agents: 2, hours: 08:00-10:00, days: [0]}]",
        4,
        f"{DESK}.shifts.0.days.0: 0 is not a day of the run: days count from 1, in shifts too (not from 0 as before)",
    ),
    "shift on a day after the run": (
        "staff: 2",
        "shifts: [{agents: 2, hours: 08:00-10:00, days: [1, 2]}]",
        4,
        "agents.desk.shifts.0.days.1: day 2 is after the run's last, 1; days count from 1, so give 1 only",
    ),
    "shift on no day": (
        "staff: 2",
        "shifts: [{agents: 2, hours: 08:00-10:00, days: []}]",
        4,
        "agents.desk.shifts.0.days: names no day; leave it out for all days",
    ),
    "negative staff": ("staff: 2", "staff: -1", 4, "agents.desk.staff: -1 should be greater than or equal to 0"),
    "too few numbers": (
        "staff: 2",
        "staff: [2]",
        4,
        "agents.desk.staff: has 1 numbers; the run's hours have 2 intervals of 60 min",
    ),
    "too many numbers": (
        "demand: 10",
        "demand: [1, 2, 3]",
        7,
        "intents.question.demand: has 3 numbers; the run's hours have 2 intervals of 60 min",
    ),
    "no demand": (
        "    demand: 10\n",
        "",
        6,
        f"intents.question.demand: {NO_DEMAND}",
    ),
    "uneven interval": (
        "interval: 1 h",
        "interval: 50 min",
        2,
        "run.interval: 50 min does not divide the hours of the run and the day; give 30 min",
    ),
    "no interval": (
        "interval: 1 h",
        "interval: 0",
        2,
        "run.interval: 0 s does not divide the hours of the run and the day; give 30 min",
    ),
    "name that is none": (
        "name: one desk",
        "name: 12",
        1,
        "name: 12 should be a valid string",
    ),
    "empty name": ("name: one desk", "name: ''", 1, 'name: "" should have at least 1 character'),
    "unknown routing": (
        "agents:",
        "routing: prio\nagents:",
        3,
        'routing: "prio" is not a routing policy; did you mean "priority"?',
    ),
    "segments": (
        "agents:",
        "segments: {new: {share: 30 %}}\nagents:",
        3,
        "segments: the shares add up to 30 %, not 100 %",
    ),
    "unserved queue": (
        "agents:",
        "queues: {clals: {}}\nagents:",
        3,
        'queues.clals: is served by no group of agents; did you mean "calls"?',
    ),
    "unknown group": (
        "agents:",
        "queues: {calls: {agents: [dsk]}}\nagents:",
        3,
        'queues.calls.agents: "dsk" is not a group of agents; did you mean "desk"?',
    ),
    "queue of no step": (
        "[calls]",
        "[calls, mails]",
        4,
        'agents.desk.serves: "mails" is the queue of no step; did you mean "calls"?',
    ),
}


@pytest.mark.parametrize(("old", "new", "line", "sentence"), FIELDS.values(), ids=FIELDS)
def test_one_thing_is_wrong(refused: Refused, old: str, new: str, line: int, sentence: str) -> None:
    assert refused(changed((old, new))) == [f"bank.yaml:{line}: {sentence}"]


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        (
            "queue: calls",
            "queue: cals",
            [
                f'bank.yaml:12: {CALL}.queue: no agents serve "cals"; did you mean "calls"?',
                'bank.yaml:4: agents.desk.serves: "calls" is the queue of no step; did you mean "cals"?',
            ],
        ),
        (
            "      call:\n",
            "      Call:\n",
            [
                f"bank.yaml:10: intents.question.steps.Call: {NAMES}",
                'bank.yaml:8: intents.question.start.call: "call" is not a step of this intent; did you mean "Call"?',
            ],
        ),
        (
            "      call:\n",
            "      gave_up:\n",
            [
                "bank.yaml:10: intents.question.steps.gave_up: is the name of an outcome; choose another for the step",
                'bank.yaml:8: intents.question.start.call: "call" is not a step of this intent; known are gave_up',
            ],
        ),
        (
            "next: resolved",
            "next: call",
            [f"bank.yaml:10: {CALL}: never leads to an outcome; let it end in resolved, unresolved, gave_up"],
        ),
        ("next: resolved", "next: {call: 100 %, resolved: 0 %}", []),
    ],
    ids=["queue", "name", "outcome", "circle", "circle by shares"],
)
def test_one_slip_may_be_several_problems(refused: Refused, old: str, new: str, sentences: list[str]) -> None:
    text = changed((old, new), ("patience: 30 s", "patience: 30 s\n        if_abandoned: call"))
    if "Call" in new or "gave_up" in new:
        text = changed((old, new))
    if sentences:
        assert refused(text) == sentences
    else:
        Path("bank.yaml").write_text(text, encoding="utf-8")
        read_scenario("bank.yaml")


def test_every_problem_of_every_file_at_once(refused: Refused, folder: Path) -> None:
    (folder / "staff.csv").write_text("time,desk\n08:00,two\n09:00\n", encoding="utf-8")
    text = changed(
        ("staff: 2", "staff: staff.csv"),
        ("demand: 10", "demnd: 10"),
        ("patience: 30 s", "patience: -30 s"),
        ("next: resolved", "next: {resolvd: 90 %}"),
    )
    rest = 'give the missing ones, or let one take the "rest"'
    assert refused(text) == [
        'staff.csv:2: desk: "two" must be a number from 0',
        "staff.csv:3: has 1 cell where the header has 2",
        f"bank.yaml:15: {CALL}.next: the shares add up to 90 %, not 100 %; {rest}",
        f'bank.yaml:14: {CALL}.patience: -30 s is negative; give a duration such as "4 min"',
        'bank.yaml:7: intents.question.demnd: is not a key of this; did you mean "demand"?',
        f'bank.yaml:15: {CALL}.next.resolvd: "resolvd" leads nowhere; did you mean "resolved" or "unresolved"?',
    ]


def test_a_scenario_of_nothing(refused: Refused) -> None:
    assert refused("about: nothing\n") == ["bank.yaml: name: is missing", "bank.yaml: intents: is missing"]


def test_a_missing_file(folder: Path) -> None:
    with pytest.raises(Exception, match=r"^bank\.yaml: there is no such file$"):
        read_scenario("bank.yaml")
    with pytest.raises(Exception, match=r"scenario\.yaml: there is no such file$"):
        read_scenario(folder)


def test_a_valid_one(folder: Path) -> None:
    (folder / "scenario.yaml").write_text(MINIMAL, encoding="utf-8")
    scenario = read_scenario(folder)
    assert scenario == read_scenario(folder / "scenario.yaml")
    assert (scenario.run.hours, scenario.run.interval) == ((28_800.0, 36_000.0), 3600.0)
    assert scenario.intents["question"].start == {"call": 1.0}
    assert list(scenario.segments) == ["everyone"]


def test_a_sentence_stays_a_sentence_however_much_was_found(refused: Refused) -> None:
    (sentence,) = refused(changed(("drain: 1 h", f"drain: [{', '.join(['1 h'] * 2000)}]")))
    assert len(sentence) < 600
    assert sentence.endswith('is not a duration; give one such as "4 min"')


@pytest.mark.parametrize(
    ("off", "sentence"),
    [
        ("{hours: 06:00-06:15}", "0.hours: 06:00-06:15 is outside the shift, 08:00-10:00; give hours within it"),
        ("{hours: 09:45-10:15}", "0.hours: 09:45-10:15 is outside the shift, 08:00-10:00; give hours within it"),
        (
            "{hours: 08:00-07:45}",
            "0.hours: 08:00-07:45 ends on the next day, outside the shift, 08:00-10:00; give the earlier time first",
        ),
        (
            "{kind: lunch, hours: 09:00-09:30}, {hours: 09:15-09:45}",
            "1.hours: 09:15-09:45 overlaps 09:00-09:30 of the same shift; an agent does one at a time",
        ),
    ],
)
def test_activities_lie_within_their_shift_one_after_the_other(refused: Refused, off: str, sentence: str) -> None:
    shift = f"shifts: [{{agents: 2, hours: 08:00-10:00, off: [{off}]}}]"
    (message,) = refused(changed(("staff: 2", shift)))
    assert message.endswith(f"{DESK}.shifts.0.off.{sentence}")


def test_activities_of_a_night_may_be_after_midnight_and_follow_each_other(tmp_path: Path) -> None:
    off = "{hours: 23:45-00:15}, {hours: 00:15-00:30}, {kind: lunch, hours: 02:00-02:30}"
    shift = f"shifts: [{{agents: 2, hours: 22:00-06:00, off: [{off}]}}]"
    (tmp_path / "a.yaml").write_text(changed(("staff: 2", shift), ('"08:00-10:00"', "24/7")), encoding="utf-8")
    assert len(read_scenario(tmp_path / "a.yaml").agents["desk"].shifts[0].off) == 3
