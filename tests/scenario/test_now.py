"""The state with which a run begins: short forms, CSV files and errors; and runs that begin within an hour's row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.scenario import Scenario, read_scenario
from tests.support.minimal_scenario import MINIMAL, Refused, changed

HOURS = ('"08:00-10:00"', '"11:00-12:00"')
LATE = "is after the run begins, at 11:00; give an earlier time"
WAITING = "queue,since,intent,waited\ncalls,10:52,question,\ncalls,10:57:30,,\n# a comment\ncalls,,,90\n"
BUSY = "group,since,until,doing\ndesk,10:55,,\ndesk,,11:10,break\n"


def eleven(now: str) -> str:
    """Return the minimal scenario from 11:00, with two agents and a state."""
    return changed(HOURS, ("agents:", f"now: {now}\nagents:"))


def read(folder: Path, text: str, *overrides: str) -> Scenario:
    (folder / "bank.yaml").write_text(text, encoding="utf-8")
    return read_scenario("bank.yaml", overrides)


@pytest.mark.parametrize(
    ("short", "spelled_out"),
    [
        ("12", "[{customers: 12}]"),
        ('["10:52", "10:57:30"]', '[{since: "10:52"}, {since: "10:57:30"}]'),
        ("{customers: 3, waited: 2 min}", "[{customers: 3, waited: {law: fixed, value: 120}}]"),
    ],
)
def test_short_forms_mean_entries(folder: Path, short: str, spelled_out: str) -> None:
    states = [read(folder, eleven(f"{{waiting: {{calls: {text}}}}}")).now for text in (short, spelled_out)]
    assert states[0] == states[1]


def test_csv_files_hold_an_entry_in_each_row(folder: Path) -> None:
    (folder / "waiting.csv").write_text(WAITING, encoding="utf-8")
    (folder / "busy.csv").write_text(BUSY, encoding="utf-8")
    now: Any = read(folder, eleven("{waiting: waiting.csv, busy: busy.csv}")).now
    assert [(each.since, each.intent) for each in now.waiting["calls"]] == [
        (39_120.0, "question"),
        (39_450.0, None),
        (None, None),
    ]
    assert now.waiting["calls"][2].waited.mean_value() == 90.0
    assert [(each.since, each.until, each.doing) for each in now.busy["desk"]] == [
        (39_300.0, None, "contact"),
        (None, 40_200.0, "break"),
    ]


def test_all_wrong_cells_of_a_csv_file_are_named_with_their_lines(folder: Path, refused: Refused) -> None:
    rows = "queue,since,customers,waited\ncalls,25:00,1,\n,10:50,1,\ncalls,10:50,none,\ncalls,10:50,,2 min\n"
    (folder / "waiting.csv").write_text(rows, encoding="utf-8")
    assert [problem for problem in refused(eleven("{waiting: waiting.csv}")) if "waiting.csv" in problem] == [
        'waiting.csv:2: since: \'25:00\' is not a time of day; give one such as "07:30", up to "24:00"',
        "waiting.csv:3: queue: is empty; name the queue",
        'waiting.csv:4: customers: "none" must be a valid integer, unable to parse string as an integer',
        'waiting.csv:5: has "since" and "waited", which say the same; remove one',
    ]


def test_all_that_contradicts_the_scenario_is_said_at_once(refused: Refused) -> None:
    now = """
  waiting:
    cals: 3
    calls: [{since: "11:20"}, {intent: loan, segment: gold}, {waited: {law: exponential, mean: 60, never: 5 %}}]
  busy:
    dsk: 1
    desk: [{agents: 2, queue: mails}, {until: "10:00"}, {since: "11:30"}]
"""
    assert [problem.partition(": ")[2] for problem in refused(eleven(now))] == [
        'now.waiting.cals: "cals" is not a queue; did you mean "calls"?',
        f'now.waiting.calls.0.since: 11:20 {LATE}, or "waited: 20 min" for one on the day before',
        'now.waiting.calls.1.segment: "gold" is not a segment; known are everyone',
        'now.waiting.calls.1.intent: "loan" is not an intent with a step of calls; known are question',
        "now.waiting.calls.2.waited.never: would have begun an infinite time ago; give a law without it",
        'now.busy.dsk: "dsk" is not a group of agents; did you mean "desk"?',
        'now.busy.desk.0.queue: "mails" is not a queue that "desk" takes contacts of; did you mean "calls"?',
        "now.busy.desk.1.until: 10:00 is before the run begins, at 11:00; give a later time",
        f'now.busy.desk.2.since: 11:30 {LATE}, or "busy_for: 20 min" for one on the day before',
        "now.busy.desk: 4 are busy, of 2 agents on duty at 11:00; give fewer, or more agents",
    ]


@pytest.mark.parametrize(("whom", "field"), [("waiting: {calls", "waited"), ("busy: {desk", "busy_for")])
def test_no_age_is_infinite_also_of_a_minimum(refused: Refused, whom: str, field: str) -> None:
    never = "{law: exponential, mean: 60, never: 50 %}"
    (problem,) = refused(eleven(f"{{{whom}: [{{{field}: {{law: minimum, of: [{never}, {never}]}}}}]}}}}"))
    assert "would have begun an infinite time ago" in problem


def test_patience_that_is_kept_is_refused_of_those_who_wait(refused: Refused) -> None:
    text = eleven("{waiting: {calls: 2}}").replace(
        "        patience: 30 s", "        patience: 30 s\n        patience_kept: true"
    )
    (problem,) = refused(text)
    assert 'now.waiting.calls.0: wait at "question.call", whose patience is kept over tries' in problem


def test_more_customers_than_lines_are_refused(refused: Refused) -> None:
    state = '{waiting: {calls: 2}, busy: {desk: [{until: "11:10"}, {doing: wrap_up}]}}'
    lines = "lines: {trunk: {channels: [voice], capacity: 2}}\n"
    (problem,) = refused(lines + eleven(state))
    assert (
        'now: "trunk": 3 who wait or are served as the run begins hold one of these lines, and there are 2' in problem
    )


def test_customers_who_may_need_no_line_are_not_counted_with_those_who_do(folder: Path) -> None:
    mail = "{channel: email, queue: calls, talk: 60 s, next: resolved}"
    letter = f"  letter: {{demand: 5, start: mail, steps: {{mail: {mail}}}}}\n"
    state = "{waiting: {calls: 3}}"
    lines = "lines: {trunk: {channels: [voice], capacity: 2}}\n"
    assert read(folder, lines + eleven(state) + letter).now.waiting["calls"][0].customers == 3


def test_a_break_needs_an_end(refused: Refused) -> None:
    (problem,) = refused(eleven("{busy: {desk: [{doing: break}]}}"))
    assert problem.endswith('is a break without an end; give "until", the time of day at which it is over')


def test_overrides_reach_the_state(folder: Path) -> None:
    text = eleven('{waiting: {calls: ["10:52"]}, busy: {desk: 2}}')
    now: Any = read(folder, text, "now.waiting.calls.0.customers=+4", "now.busy.desk=[10:50, 10:55]").now
    assert now.waiting["calls"][0].customers == 5
    assert [each.since for each in now.busy["desk"]] == [39_000.0, 39_300.0]
    (folder / "waiting.csv").write_text(WAITING, encoding="utf-8")
    now = read(folder, MINIMAL.replace(*HOURS), "now={waiting: waiting.csv}").now
    assert len(now.waiting["calls"]) == 3


TABLE = "time,question,desk\n10:00,40,4\n11:00,60,6\n12:00,80,8\n"
HOURLY = (
    MINIMAL.replace('"08:00-10:00"', '"10:00-13:00"')
    .replace("agents:", "demand: {per: 1 h, forecast: day.csv}\nagents:")
    .replace("staff: 2", "staff: day.csv")
    .replace("    demand: 10\n", "")
)


def test_a_run_that_begins_within_a_row_takes_the_part_that_is_left(folder: Path) -> None:
    (folder / "day.csv").write_text(TABLE, encoding="utf-8")
    overrides = ("run.hours=11:15-13:00", "run.interval=15 min", "demand.per=15 min", "demand.volume=*1.15")
    scenario = read(folder, HOURLY, *overrides)
    assert scenario.intents["question"].demand == [15.0] * 3 + [20.0] * 4
    assert scenario.agents["desk"].staff == [6.0] * 3 + [8.0] * 4
    assert scenario.demand.volume == 1.15


def test_the_errors_of_a_begin_within_a_row_name_what_works(folder: Path, refused: Refused) -> None:
    (folder / "day.csv").write_text(TABLE, encoding="utf-8")
    problems = refused(HOURLY, "run.hours=11:15-13:00")
    assert len(problems) == 2  # and none of the tables, which an interval of 15 min will fit
    assert "run.interval: 1 h does not divide" in problems[0]
    assert "give 15 min" in problems[0]
    assert "demand.per: 1 h does not divide" in problems[1]
    assert "such as 15 min" in problems[1]
