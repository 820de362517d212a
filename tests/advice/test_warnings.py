"""Warnings about scenarios: each default that carries weight, silent once it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sim.advice import ScenarioWarning, warnings_of
from sim.engine import make_plan
from sim.scenario import read_scenario
from tests.support.documentation import ROOT

CLEAN = """\
name: one desk
run: {hours: 08:00-18:00, interval: 30 min, days: 1}
agents:
  desk: {serves: [calls, mails], staff: 6, shrinkage: 0 %}
queues:
  calls: {hours: 08:00-18:00}
  mails: {service_level: {within: 4 h}}
intents:
  question:
    demand: 40
    start: call
    steps:
      call:
        channel: voice
        queue: calls
        talk: 3 min
        wrap_up: 0 s
        patience: 5 min
        next: {resolved: 75 %, write: rest}
        if_abandoned: gave_up
        if_closed: gave_up
      write: {channel: email, queue: mails, talk: 5 min, next: resolved}
"""
CALL = "intents.question.steps.call"
LATER = "{channel: pause, time: 9 h, next: write, notify: {after: 1 h, to: write}}"
EXPERT = "{channel: voice, queue: mails, talk: 5 min, patience: null, wrap_up: 0, next: resolved}"
WRITE = "{channel: email, queue: mails, talk: 5 min, next: resolved}"
LIST = (
    "      list: {channel: outbound, time: 9, reach: 50 %, dialer: {group: desk, RULES}, next: call, if_failed: list}\n"
)


def warnings_in(folder: Path, *changes: tuple[str, str], overrides: tuple[str, ...] = ()) -> list[ScenarioWarning]:
    text = CLEAN
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    scenario = read_scenario(folder / "desk.yaml", overrides)
    return warnings_of(scenario, make_plan(scenario))


def test_a_scenario_that_says_it_all_has_none(tmp_path: Path) -> None:
    assert warnings_in(tmp_path) == []


LEFT_OUT: dict[str, tuple[list[tuple[str, str]], str, float, list[tuple[str, str]]]] = {
    # code: changes, path, contacts a day, further changes that say it on purpose
    "per-left-out": ([(", interval: 30 min", "")], "demand.per", 800, [("agents:", "demand: {per: 30 min}\nagents:")]),
    "one-day": ([(", days: 1", "")], "run.days", 200, [("interval: 30 min", "interval: 30 min, days: 5")]),
    "day-never-comes": (
        [("agents:", "demand: {days: [1, 1.2]}\nagents:")],
        "demand.days",
        800,
        [("days: 1}", "days: 2}")],
    ),
    "days-drift": (
        [("agents:", "demand: {days: [1.2, 1, 1, 1, 0.8]}\nagents:"), ("days: 1}", "days: 7}")],
        "demand.days",
        40 * 20 * (1.2 + 1 + 1 + 1 + 0.8 + 1.2 + 1) / 7,
        [("1, 0.8]", "1, 0.8, 0, 0]")],
    ),
    "variation-ignored": (
        [
            ("agents:", "demand: {intervals: {cv: 20 %}}\nagents:"),
            ("    demand: 40\n", "    demand: 40\n    arrivals: scheduled\n"),
        ],
        "demand.intervals",
        1000,
        [("arrivals: scheduled", "arrivals: poisson")],
    ),
    "never-open": (
        [("calls: {hours: 08:00-18:00}", "calls: {hours: 20:00-22:00}")],
        "queues.calls.hours",
        800,
        [("20:00-22:00", "08:00-22:00")],
    ),
    "never-dials": (
        [
            ("start: call", "start: {list: 10 %, call: rest}"),
            ("      call:\n", LIST.replace("RULES", "hours: 18:00-20:00") + "      call:\n"),
        ],
        "intents.question.steps.list.dialer",
        80,
        [("18:00-20:00", "17:00-20:00")],
    ),
    "endless-demand": (
        [("  question:\n", "  question:\n    endless: true\n")],
        "intents.question.demand",
        800,
        [("endless: true", "endless: false")],
    ),
    "dates-outside": (
        [("days: 1}", "days: 7, start: 2025-12-22}"), ("staff: 6", "staff: {else: 6, 2024-12-24: 2}")],
        "agents.desk.staff.2024-12-24",
        1000,
        [("2024-12-24", "2025-12-24")],
    ),
    "if-abandoned-left-out": (
        [("        if_abandoned: gave_up\n", "")],
        f"{CALL}.if_abandoned",
        800,
        [("if_closed: gave_up", "if_closed: gave_up\n        if_abandoned: gave_up")],
    ),
    "if-closed-left-out": (
        [("        if_closed: gave_up\n", "")],
        f"{CALL}.if_closed",
        800,
        [("if_abandoned: gave_up", "if_abandoned: gave_up\n        if_closed: gave_up")],
    ),
    "if-blocked-left-out": (
        [("calls: {", "calls: {capacity: 9, ")],
        f"{CALL}.if_blocked",
        800,
        [("if_closed: gave_up", "if_closed: gave_up\n        if_blocked: gave_up")],
    ),
    "if-balked-left-out": (
        [("calls: {", "calls: {balk: 10 %, ")],
        f"{CALL}.if_balked",
        80,
        [("if_closed: gave_up", "if_closed: gave_up\n        if_balked: gave_up")],
    ),
    "if-timed-out-left-out": (
        [("calls: {", "calls: {longest_wait: 10 min, ")],
        f"{CALL}.if_timed_out",
        800,
        [("if_closed: gave_up", "if_closed: gave_up\n        if_timed_out: gave_up")],
    ),
    "if-failed-left-out": (
        [
            ("start: call", "start: menu"),
            ("      call:\n", "      menu: {channel: ivr, time: 9 s, next: call}\n      call:\n"),
            ("agents:", "orchestration: {error_rate: 5 %}\nagents:"),
        ],
        "intents.question.steps.menu.if_failed",
        40,
        [("next: call}", "next: call, if_failed: gave_up}")],
    ),
    "patience-left-out": (
        [("        patience: 5 min\n", ""), ("        if_abandoned: gave_up\n", "")],
        f"{CALL}.patience",
        800,
        [("wrap_up: 0 s", "wrap_up: 0 s\n        patience: null")],
    ),
    "hours-left-out": (
        [
            ("  calls: {hours: 08:00-18:00}\n", ""),
            ("write: rest", "write: 5 %, later: rest"),
            ("      write:", "      later: {channel: pause, time: 9 h, next: call}\n      write:"),
        ],
        "queues.calls.hours",
        200 * 14 / 24,
        [("  mails: {", "  calls: {hours: 00:00-24:00}\n  mails: {")],
    ),
    "service-level-left-out": (
        [("  mails: {service_level: {within: 4 h}}\n", "")],
        "queues.mails.service_level",
        200,
        [("  calls: {", "  mails: {service_level: {within: 20 s}}\n  calls: {")],
    ),
    "callback-left-out": (
        [("calls: {", "calls: {callback: {accept: 40 %}, ")],
        "queues.calls.callback.reach",
        800,
        [("accept: 40 %", "accept: 40 %, reach: 100 %")],
    ),
    "order-ignored": (
        [
            ("calls: {", "calls: {agents: [more, desk], "),
            ("queues:", "  more: {serves: [calls], staff: 1, shrinkage: 0 %}\nqueues:"),
            ("agents:\n", "routing: longest_idle\nagents:\n"),
        ],
        "queues.calls.agents",
        800,
        [("longest_idle", "priority")],
    ),
    "shrinkage-left-out": (
        [(", shrinkage: 0 %", "")],
        "agents.desk.shrinkage",
        1000,
        [("staff: 6", "staff: 6, shrinkage: 0")],
    ),
    "absence-left-out": (
        [("staff: 6, shrinkage: 0 %", "shifts: [{agents: 6, hours: 08:00-18:00}]")],
        "agents.desk.absence",
        1000,
        [("serves:", "absence: 0, serves:")],
    ),
    "leaving-ignored": (
        [
            (
                "staff: 6, shrinkage: 0 %",
                "shifts: [{agents: 6, hours: 08:00-18:00}], absence: 0, leaving: first_free",
            )
        ],
        "agents.desk.leaving",
        1000,
        [("first_free", "own")],
    ),
    "at-once-left-out": (
        [
            ("voice", "chat"),
            (", write: rest", ", unresolved: rest"),
            ("[calls, mails]", "[calls]"),
            ("  mails: {service_level: {within: 4 h}}\n", ""),
            (f"      write: {WRITE}\n", ""),
            ("staff: 6", "staff: 6, slower: 0"),
        ],
        "agents.desk.at_once",
        800,
        [("staff: 6", "staff: 6, at_once: 3")],
    ),
    "slower-left-out": (
        [("staff: 6", "staff: 6, at_once: 2")],
        "agents.desk.slower",
        1000,
        [("at_once: 2", "at_once: 1")],
    ),
    "wrap-up-left-out": (
        [("        wrap_up: 0 s\n", "")],
        f"{CALL}.wrap_up",
        800,
        [("talk: 3 min", "talk: 3 min\n        wrap_up: 0")],
    ),
    "reach-left-out": (
        [
            ("write: rest", "write: 5 %, later: rest"),
            ("      write:", f"      later: {LATER}\n      write:"),
        ],
        "intents.question.steps.later.notify.reach",
        160,
        [("after: 1 h", "after: 1 h, reach: 100 %")],
    ),
    "context-left-out": (
        [("agents:", "orchestration: {repeat: 1 min}\nagents:")],
        "orchestration.context",
        1000,
        [("repeat: 1 min", "repeat: 1 min, context: kept")],
    ),
    "deadlock": (
        [
            ("75 %, write: rest", "90 %, expert: rest"),
            ("if_closed: gave_up", "if_closed: gave_up\n        transfer: {expert: warm}"),
            (f"      write: {WRITE}", f"      expert: {EXPERT}"),
            ("mails: {", "mails: {hours: 00:00-24:00, "),
        ],
        f"{CALL}.transfer",
        800,
        [("queues:", "  experts: {serves: [mails], staff: 1, shrinkage: 0 %}\nqueues:")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", LEFT_OUT)
def test_what_is_left_out_is_warned_about_until_it_is_written(tmp_path: Path, code: str) -> None:
    changes, path, contacts, explicit = LEFT_OUT[code]
    (warning,) = warnings_in(tmp_path, *changes)
    assert (warning.code, ".".join(map(str, warning.paths[0]))) == (code, path)
    assert warning.contacts == pytest.approx(contacts, rel=1e-5)
    numbers = re.search(r"about ([\d,.]+) of ([\d,.]+) (contacts|visits|journeys) a day", warning.message)
    assert numbers is not None
    assert float(numbers[1].replace(",", "")) == pytest.approx(contacts, abs=0.5)
    changed = list(changes)
    (tmp_path / "desk.yaml").unlink()
    assert warnings_after(tmp_path, changed, explicit) == []


def warnings_after(folder: Path, changes: list[tuple[str, str]], more: list[tuple[str, str]]) -> list[str]:
    """Return the codes of the warnings after further changes of a changed text."""
    text = CLEAN
    for old, new in [*changes, *more]:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "desk.yaml").write_text(text, encoding="utf-8")
    scenario = read_scenario(folder / "desk.yaml")
    return [warning.code for warning in warnings_of(scenario, make_plan(scenario))]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ([("        if_abandoned: gave_up\n", ""), ("patience: 5 min", "patience: null")], "nobody abandons"),
        (
            [("        if_closed: gave_up\n", ""), ("calls: {hours: 08:00-18:00}", "calls: {hours: 00:00-24:00}")],
            "open",
        ),
        ([(", shrinkage: 0 %", ""), ("demand: 40", "demand: 0")], "nobody comes"),
        ([("agents:", "demand: {days: [1, 1]}\nagents:")], "the factors are the same"),
        ([("agents:", "routing: longest_idle\nagents:"), ("calls: {", "calls: {agents: [desk], ")], "one group"),
        ([("        wrap_up: 0 s\n", ""), ("start: call", "start: {write: 99.5 %, call: rest}")], "few calls"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_default_without_weight_is_not_mentioned(tmp_path: Path, changes: list[Any], why: str) -> None:
    assert warnings_in(tmp_path, *changes) == []


def test_agents_are_never_stuck_where_somebody_gives_up(tmp_path: Path) -> None:
    changes, *_ = LEFT_OUT["deadlock"]
    patient = [(old, new.replace("patience: null", "patience: 9 min, if_abandoned: gave_up")) for old, new in changes]
    assert warnings_after(tmp_path, patient, []) == []


@pytest.mark.parametrize(
    ("rules", "codes"),
    [
        ("keep_idle: 5", []),
        ("keep_idle: 6", ["never-dials"]),
        ("min_idle: 6", []),
        ("min_idle: 7", ["never-dials"]),
        ("min_idle: 7, idle_in: [desk, night]", []),
        ("min_idle: 7, idle_in: [desk, night], hours: 08:00-12:00", ["never-dials"]),
    ],
)
def test_a_list_is_never_dialed_where_too_few_are_scheduled(tmp_path: Path, rules: str, codes: list[str]) -> None:
    night = "  night: {serves: [mails], shrinkage: 0 %, staff: [" + "0, " * 8 + "1, " * 11 + "1]}\n"
    changes = [
        ("start: call", "start: {list: 10 %, call: rest}"),
        ("      call:\n", LIST.replace("RULES", rules) + "      call:\n"),
        ("queues:\n", f"{night}queues:\n"),
    ]
    assert [warning.code for warning in warnings_in(tmp_path, *changes)] == codes


def test_the_places_of_a_warning_are_in_order_of_weight(tmp_path: Path) -> None:
    rare = f"      rare: {EXPERT}\n".replace("mails", "calls").replace("null", "1 min, if_closed: gave_up")
    changes = [
        ("        if_abandoned: gave_up\n", ""),
        ("      call:\n", rare + "      call:\n"),
        ("start: call", "start: {rare: 5 %, call: rest}"),
    ]
    (warning,) = warnings_in(tmp_path, *changes)
    assert [path[3] for path in warning.paths] == ["call", "rare"]
    assert warning.contacts == pytest.approx(800)


def test_an_override_says_it_too_and_keeps_what_the_file_leaves_out(tmp_path: Path) -> None:
    left_out = [(", shrinkage: 0 %", ""), ("        wrap_up: 0 s\n", "")]

    def codes(*overrides: str) -> list[str]:
        return [warning.code for warning in warnings_in(tmp_path, *left_out, overrides=overrides)]

    assert codes() == codes("run.seed=7") == ["shrinkage-left-out", "wrap-up-left-out"]
    assert codes("agents.desk.shrinkage=0") == codes("agents.*.shrinkage=0") == ["wrap-up-left-out"]
    assert codes("agents.desk.staff=+1", f"{CALL}.wrap_up=0 s") == ["shrinkage-left-out"]


def test_the_days_of_a_run_share_its_contacts(tmp_path: Path) -> None:
    (warning,) = warnings_in(tmp_path, (", shrinkage: 0 %", ""), ("days: 1", "days: 5"))
    assert warning.contacts == pytest.approx(1000)


FRONT = [
    ("staff: 6", "staff: 1"),
    ("[calls, mails]", "[mails]"),
    ("agents:\n", "agents:\n  front: {serves: calls, staff: 6, shrinkage: 0 %}\n"),
]
WEEK = [("days: 1}", "days: 7, start: 2025-04-14}"), ("agents:", "holidays: {2025-04-18: Good Friday}\nagents:")]
ON_DAYS: dict[str, tuple[list[tuple[str, str]], str, list[tuple[str, str]]]] = {
    "holidays-outside": (
        [("2025-04-18: Good", "2024-03-29: Good")],
        "are all before the run, 2025-04-14 to 2025-04-20, so no day is one",
        [("2024-03-29: Good", "2024-03-29: Good Friday, 2025-04-21: Easter Monday, 2023-04-07: Good")],
    ),
    "nobody-scheduled": (
        [("staff: 6", "staff: {mon-fri: 6, weekend: 0}")],
        "is open on Saturday 2025-04-19 and Sunday 2025-04-20, 1,600 contacts expected, nobody scheduled",
        [("demand: 40", "demand: {mon-fri: 40, weekend: 0}")],
    ),
    "closed-all-day": (
        [("calls: {hours: 08:00-18:00}", "calls: {hours: {else: 08:00-18:00, holiday: closed}}")],
        "is closed all day on Friday 2025-04-18, 800 contacts expected",
        [("demand: 40", "demand: {else: 40, holiday: 2}")],
    ),
    "nobody-on-duty": (
        [("staff: 6", "staff: {else: 6, mon: [" + "6, " * 8 + "0, 0, " + "6, " * 9 + "6]}")],
        "is open on Monday 2025-04-14 12:00-13:00, 80 contacts expected then, nobody on duty",
        [("calls: {hours: 08:00-18:00}", "calls: {hours: {mon: 08:00-12:00, else: 08:00-18:00}}")],
    ),
    "agents-while-closed": (
        [
            ("calls: {hours: 08:00-18:00}", "calls: {hours: {else: 08:00-18:00, holiday: closed}}"),
            ("demand: 40", "demand: {else: 40, holiday: 0}"),
            *FRONT,
        ],
        "has agents on Friday 2025-04-18, 60 agent hours, though calls is closed all day",
        [("staff: 6", "staff: {else: 6, holiday: 0}")],
    ),
}


@pytest.mark.parametrize("code", ON_DAYS)
def test_days_with_customers_or_agents_only_are_named_until_both_fit(tmp_path: Path, code: str) -> None:
    changes, message, remedy = ON_DAYS[code]
    (warning,) = warnings_in(tmp_path, *WEEK, *changes)
    assert (warning.code, warning.message) == (code, message)
    assert warnings_after(tmp_path, [*WEEK, *changes], remedy) == []


def test_agents_who_are_there_before_and_after_their_queue_is_open_are_paid_for_it(tmp_path: Path) -> None:
    (warning,) = warnings_in(tmp_path, *FRONT, ("calls: {hours: 08:00-18:00}", "calls: {hours: 09:00-17:30}"))
    assert (warning.code, warning.paths) == ("agents-while-closed", (("agents", "front"),))
    times = "day 1 (Monday) 08:00-09:00 and day 1 (Monday) 17:30-18:00"
    assert warning.message == f"has agents on {times}, 9 agent hours, though calls is closed"
    there = ("serves: calls, staff: 6", "serves: calls, staff: [0, 0, " + "6, " * 17 + "0]")
    assert warnings_in(tmp_path, *FRONT, ("{hours: 08:00-18:00}", "{hours: 09:00-17:30}"), there) == []


def test_a_gap_of_some_minutes_on_one_day_is_not_mentioned(tmp_path: Path) -> None:
    shifts = "shifts: [{agents: 6, hours: 08:00-18:00, off: [{kind: break, hours: 12:00-12:05}]}], absence: 0 %"
    assert warnings_in(tmp_path, ("staff: 6, shrinkage: 0 %", shifts)) == []
    (warning,) = warnings_in(tmp_path, ("staff: 6, shrinkage: 0 %", shifts.replace("12:05", "12:10")))
    assert warning.message == "is open on day 1 (Monday) 12:00-12:10, 13 contacts expected then, nobody on duty"


def test_holidays_of_the_run_s_year_or_the_week_after_it_are_no_mistake(tmp_path: Path) -> None:
    def codes(holiday: str, start: str) -> list[str]:
        dated = [("days: 1}", f"days: 1, start: {start}}}"), ("agents:", f"holidays: [{holiday}]\nagents:")]
        return [warning.code for warning in warnings_in(tmp_path, *dated)]

    assert codes("2025-04-18", "2025-01-13") == codes("2026-01-01", "2025-12-29") == []
    assert codes("2024-03-29", "2025-01-13") == codes("2026-01-01", "2025-12-01") == ["holidays-outside"]


def test_written_work_may_wait_for_another_day_and_go_on_while_its_queue_is_closed(tmp_path: Path) -> None:
    mails_only = [("start: call", "start: {write: 99.5 %, call: rest}")]
    assert warnings_in(tmp_path, *WEEK, *mails_only, ("staff: 6", "staff: {mon-fri: 6, weekend: 0}")) == []
    closed = ("mails: {service", "mails: {hours: {else: 24/7, holiday: closed}, service")
    exit_written = ("next: resolved}", "next: resolved, if_closed: gave_up}")
    assert warnings_in(tmp_path, *WEEK, *mails_only, closed, exit_written) == []


NOW: dict[str, tuple[str, str, str]] = {
    # code: state, path, what says it right; two of six agents have no call
    "age-left-out": ("waiting: {calls: 2}", "now.waiting.calls.0", "waiting: {calls: {customers: 2, waited: 1 min}}"),
    "since-long-ago": ('busy: {desk: ["07:30"]}', "now.busy.desk.0.since", 'busy: {desk: ["07:58"]}'),
    "more-than-capacity": (
        'waiting: {calls: ["07:58", "07:58", "07:58"]}',
        "now.waiting.calls",
        'waiting: {calls: ["07:58", "07:58"]}',
    ),
    "agents-free-while-waiting": (
        'waiting: {calls: ["07:58"]}, busy: {desk: {agents: 5, busy_for: 1 min}}',
        "now.waiting.calls",
        'waiting: {calls: ["07:58"]}, busy: {desk: {agents: 6, busy_for: 1 min}}',
    ),
    "callbacks-not-carried-over": (
        'waiting: {calls: ["07:58"]}',
        "now.waiting.calls",
        'waiting: {mails: ["07:58"]}',
    ),
}
QUEUE = "calls: {hours: 08:00-18:00}"
ROOM = "calls: {hours: 08:00-18:00, capacity: 2, callback: {accept: 50 %, reach: 80 %}}"


def codes_of(folder: Path, state: str) -> dict[str, ScenarioWarning]:
    warned = warnings_in(folder, (QUEUE, ROOM), ("agents:", f"now: {{{state}}}\nagents:"))
    return {warning.code: warning for warning in warned}


@pytest.mark.parametrize("code", NOW)
def test_a_state_that_says_too_little_or_cannot_be_is_warned_about_until_it_is_right(tmp_path: Path, code: str) -> None:
    wrong, path, right = NOW[code]
    warning = codes_of(tmp_path, wrong)[code]
    assert ".".join(map(str, warning.paths[0])) == path
    assert code not in codes_of(tmp_path, right)


def test_an_age_is_compared_with_every_law_that_it_may_be_of(tmp_path: Path) -> None:
    patient = ("patience: 5 min", "patience: {12:00-14:00: 5 min, else: {law: exponential, mean: 20 min}}")
    state = ("agents:", 'now: {waiting: {calls: ["07:40"]}}\nagents:')
    assert "since-long-ago" in codes_of(tmp_path, 'waiting: {calls: ["07:40"]}')
    warned = warnings_in(tmp_path, patient, state)
    assert "since-long-ago" not in {warning.code for warning in warned}


def test_the_page_lists_every_warning() -> None:
    page = (ROOT / "docs" / "validate.md").read_text(encoding="utf-8")
    codes = re.findall(r"^\| `([a-z-]+)` \|", page, flags=re.MULTILINE)
    problems = ["invalid", "missing", "unknown-key", "wrong-value", "wrong-graph", "contradiction", "changed-meaning"]
    assert sorted(codes) == sorted([*LEFT_OUT, *ON_DAYS, *NOW, "rounded-to-whole-agents", *problems])


def test_variation_of_the_other_intents_is_no_reason_to_warn(tmp_path: Path) -> None:
    fixed = ("    demand: 40\n", "    demand: 40\n    arrivals: fixed\n")
    other = "  other: {demand: 9, start: web, steps: {web: {channel: web, time: 1, next: resolved}}}\n"

    def codes(cv: str) -> list[str]:
        busy = ("agents:", f"demand: {{busyness: {{cv: {cv}}}}}\nagents:")
        return [each.code for each in warnings_in(tmp_path, fixed, busy, ("intents:\n", f"intents:\n{other}"))]

    assert codes("20 %") == codes("{question: 20 %}") == ["variation-ignored"]
    assert codes("{other: 20 %}") == codes("0 %") == []


def test_rounding_that_changes_the_hours_on_duty_is_named_with_an_example(tmp_path: Path) -> None:
    away = ("staff: 6, shrinkage: 0 %", "staff: 3, shrinkage: 20 %")
    (warning,) = warnings_in(tmp_path, away)
    assert (warning.code, warning.paths) == ("rounded-to-whole-agents", (("agents", "desk", "rounding"),))
    assert (
        "3 scheduled less 20 % are 2.4, counted as 2; 20.0 agent-hours are on duty in place of 24.0" in warning.message
    )
    for rounding in ("spread", "half_up"):
        assert warnings_in(tmp_path, (away[0], f"{away[1]}, rounding: {rounding}")) == []
    assert warnings_in(tmp_path, (away[0], "staff: 6, shrinkage: 20 %")) == []  # 4.8 counted as 5: 4 % more
    (warning,) = warnings_in(tmp_path, (away[0], "staff: 2, shrinkage: 20 %"))
    assert "2 scheduled less 20 % are 1.6, counted as 2; 20.0 agent-hours" in warning.message
