"""The trace of a hand-made day."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loadtests.contract import INPUTS, SETUP_INPUTS, Verb
from loadtests.trace.build import trace_of
from loadtests.trace.model import TYPES, Trace, first, load_trace, offered, save_trace, shard, until
from loadtests.trace.request_inputs import agent_of, canary_of, inputs_of, setup_of_agent, setup_of_queue, utc
from sim.core.calendar import Calendar
from sim.core.errors import CannotWrite, InvalidInput
from sim.engine.log import Log
from sim.engine.plan import Kind, Outcome, Result

WEB, DESK, AWAY, BRANCH = range(4)
RESOLVED, GAVE_UP, INSIDE = (-1 - outcome for outcome in (Outcome.RESOLVED, Outcome.GAVE_UP, Outcome.INSIDE))
NAN = float("nan")


def a_day() -> tuple[Any, Any, Log]:
    """Four customers; of the plan and the population only what the trace reads."""
    plan = SimpleNamespace(
        first_opening=0.0,
        intents=("card", "loan"),
        steps=("card.web", "card.desk", "card.away", "loan.branch"),
        channels=("web", "voice", "pause", "branch"),
        step_kind=np.array([Kind.SELF_SERVICE, Kind.ASSISTED, Kind.PAUSE, Kind.DEFERRED]),
        step_channel=np.array([0, 1, 2, 3], np.int32),
        step_queue=np.array([-1, 0, -1, 1], np.int32),
        queues=("calls", "visits"),
        groups=("desk",),
        group_queues_ptr=np.array([0, 2], np.int32),
        group_queues=np.array([1, 0], np.int32),
        group_ranks=np.array([0.0, 1.0]),
        routing="longest_wait",
        queue_routing=("", "best_skill"),
        queue_within=np.array([20.0, 60.0]),
        queue_target=np.array([0.8, 0.9]),
        calendar=Calendar(),
    )
    population = SimpleNamespace(intent=np.array([0, 0, 1, 0, 0], np.int32))
    rows = [
        # customer, visit, step, result, next, began, started, ended
        (0, 0, WEB, Result.PASSED, DESK, 100.0, 100.0, 160.0),
        (1, 0, DESK, Result.ABANDONED, AWAY, 110.0, NAN, 130.0),
        (2, 0, BRANCH, Result.INSIDE, INSIDE, 120.0, 150.0, NAN),
        (1, 1, AWAY, Result.PASSED, DESK, 130.0, 130.0, 190.0),
        (0, 1, DESK, Result.HANDLED, RESOLVED, 160.0, 170.0, 200.0),
        (4, 0, DESK, Result.CLOSED, GAVE_UP, 180.0, NAN, 180.0),
        (1, 2, DESK, Result.INSIDE, INSIDE, 190.0, NAN, NAN),
    ]
    column = [np.array(values) for values in zip(*rows, strict=True)]
    nothing = np.zeros(len(rows))
    log = Log(
        customer=column[0].astype(np.int32),
        visit=column[1].astype(np.int32),
        step=column[2].astype(np.int32),
        result=column[3].astype(np.int32),
        next=column[4].astype(np.int32),
        group=nothing.astype(np.int32),
        agent=nothing.astype(np.int32),
        began=column[5],
        started=column[6],
        hold=nothing,
        ended=column[7],
        freed=column[7],
        journey=nothing.astype(np.int32),
        announced=nothing + NAN,
        callback=nothing.astype(np.int32),
        repeat=nothing,
        rang=nothing,
        interrupted=nothing,
        stayed=nothing,
        rested=nothing,
    )
    return plan, population, log


@pytest.fixture(scope="module")
def trace() -> Trace:
    return trace_of(*a_day())


def story(trace: Trace, customer: int) -> list[tuple[Any, ...]]:
    """What one customer sends: (due, verb or type of event, channel, contacts)."""
    rows = []
    for row in np.flatnonzero(trace.journey < trace.journeys):
        if trace.customer[trace.journey[row]] == customer:
            verb = Verb(trace.verb[row])
            name = TYPES[trace.type[row]] if verb is Verb.EVENT else verb.name.lower()
            rows.append((trace.due[row], name, trace.channels[trace.channel[row]], trace.contacts[row]))
    return rows


def test_self_service_then_a_contact_that_is_handled(trace: Trace) -> None:
    assert story(trace, 0) == [
        (0.0, "start", "web", 0),
        (0.0, "step.entered", "web", 0),
        (60.0, "step.left", "web", 0),
        (60.0, "step.entered", "voice", 0),
        (60.0, "contact.queued", "voice", 1),
        (60.0, "enqueue", "voice", 1),
        (70.0, "contact.answered", "voice", 1),
        (100.0, "step.left", "voice", 1),
        (100.0, "complete", "voice", 1),
    ]


def test_an_abandoned_contact_a_pause_and_a_return(trace: Trace) -> None:
    assert story(trace, 1) == [
        (10.0, "start", "voice", 0),
        (10.0, "step.entered", "voice", 0),
        (10.0, "contact.queued", "voice", 1),
        (10.0, "enqueue", "voice", 1),
        (30.0, "contact.abandoned", "voice", 1),
        (30.0, "abandon", "voice", 1),
        (30.0, "step.left", "voice", 1),
        (30.0, "pause", "pause", 1),
        (90.0, "resume", "voice", 1),  # on the channel of the step that comes next
        (90.0, "step.entered", "voice", 1),
        (90.0, "contact.queued", "voice", 2),
        (90.0, "enqueue", "voice", 2),
    ]


def test_whoever_is_inside_at_the_end_simply_stops(trace: Trace) -> None:
    assert [name for _, name, _, _ in story(trace, 2)] == [
        "start",
        "step.entered",
        "contact.queued",
        "enqueue",
        "contact.answered",
    ]


def test_a_closed_queue_was_no_contact(trace: Trace) -> None:
    assert [name for _, name, _, _ in story(trace, 4)] == ["start", "step.entered", "step.left", "complete"]
    assert story(trace, 4)[-1][3] == 0


def test_agents_ask_accept_and_are_done_when_they_answered_and_were_freed(trace: Trace) -> None:
    work = [
        (trace.due[row], Verb(trace.verb[row]).name, agent_of(trace, "r", trace.journey[row] - trace.journeys))
        for row in np.flatnonzero(trace.journey >= trace.journeys)
    ]
    assert work == [
        (50.0, "READY", "r-desk-0"),
        (50.0, "ACCEPT", "r-desk-0"),  # a branch visit that is not over when the day is
        (70.0, "READY", "r-desk-0.1"),  # the same agent has a call at the same time
        (70.0, "ACCEPT", "r-desk-0.1"),
        (100.0, "DONE", "r-desk-0.1"),
    ]


def test_an_agents_desk_is_used_again_when_it_is_free() -> None:
    plan, population, log = a_day()
    later = Log(**{**vars(log), "freed": np.where(log.customer == 2, 165.0, log.freed)})
    trace = trace_of(plan, population, later)
    rows = trace.journey == trace.journeys
    assert [Verb(verb).name for verb in trace.verb[rows]] == ["READY", "ACCEPT", "DONE", "READY", "ACCEPT", "DONE"]
    assert trace.agent_place.tolist() == [0]


def test_queues_and_agents_are_set_up_as_the_scenario_has_them(trace: Trace) -> None:
    assert setup_of_queue(trace, "r", 1, 10.0) == {
        "run": "r",
        "queue": "r-visits",
        "queue_name": "visits",
        "channel": "branch",
        "policy": "best_skill",
        "within": 6.0,
        "target": 0.9,
    }
    older = replace(trace, service_within=np.zeros(0), service_target=np.zeros(0))
    assert [setup_of_queue(older, "r", 0, 10.0)[name] for name in ("within", "target")] == [2.0, 0.8]
    assert setup_of_queue(trace, "r", 0, 10.0)["policy"] == "longest_wait"
    assert setup_of_agent(trace, "r", 1) == {
        "run": "r",
        "agent": "r-desk-0.1",
        "group": "desk",
        "serves": {"r-visits": 0.0, "r-calls": 1.0},
        "capacity": {"branch": 1, "voice": 1},
    }
    assert set(setup_of_queue(trace, "r", 0, 10.0)) == set(SETUP_INPUTS["queue"])
    assert set(setup_of_agent(trace, "r", 0)) == set(SETUP_INPUTS["agent"])


def test_inputs_of_queues_and_agents(trace: Trace) -> None:
    entering = inputs_of(trace, "r", int(np.flatnonzero(trace.verb == Verb.ENQUEUE)[0]))
    assert (entering["queue"], entering["queue_name"], entering["agent"]) == ("r-calls", "calls", None)
    asking = inputs_of(trace, "r", int(np.flatnonzero(trace.verb == Verb.READY)[-1]))
    assert (asking["id"], asking["agent"], asking["group"]) == ("r-desk-0.1-1", "r-desk-0.1", "desk")
    assert (asking["customer"], asking["queue"], asking["context"]) == (None, None, None)  # the endpoint chooses


def test_rows_are_in_order_and_numbered_without_a_gap(trace: Trace) -> None:
    assert (np.diff(trace.due) >= 0).all()
    for journey in range(trace.journeys + len(trace.agent_group)):
        rows = np.flatnonzero(trace.journey == journey)
        assert trace.seq[rows].tolist() == list(range(1, len(rows) + 1))
    assert trace.customer.tolist() == [0, 1, 2, 4]
    assert trace.intent.tolist() == [0, 0, 1, 0]
    assert trace.offset == 100.0


def test_inputs_are_the_closed_vocabulary(trace: Trace) -> None:
    for row in range(len(trace)):
        assert set(inputs_of(trace, "r", row)) == set(INPUTS)
    last = int(np.flatnonzero(trace.verb == Verb.COMPLETE)[-1])
    fields = inputs_of(trace, "r", last)
    assert fields["outcome"] == "resolved"
    assert fields["id"] == "r-0-9"
    assert fields["context"] is None
    assert fields["time"] == "1970-01-01T00:03:20.000+00:00"


def test_the_time_of_a_request_is_that_of_the_date() -> None:
    plan, population, log = a_day()
    plan.calendar = Calendar(date(2025, 10, 26), "Europe/Berlin")  # at its midnight, it is 22:00 in UTC
    trace = trace_of(plan, population, log)
    assert trace.due[0] == 0.0
    assert inputs_of(trace, "r", 0)["time"] == "2025-10-25T22:01:40.000+00:00"
    assert inputs_of(trace, "r", 0)["at"] == 100.0


@given(st.floats(-1e9, 1e10) | st.integers(-(10**12), 10**13).map(lambda thousandths: thousandths / 1000))
@example(1764547199.9999996)
@example(951782399.9999999)
def test_an_instant_is_written_as_datetime_writes_it(instant: float) -> None:
    assert utc(instant) == datetime.fromtimestamp(instant, UTC).isoformat(timespec="milliseconds")


def test_canaries_differ_by_run_and_customer() -> None:
    canaries = {canary_of(run, customer) for run in ("a", "b") for customer in range(1000)}
    assert len(canaries) == 2000


def test_the_context_is_what_the_customer_has_done(trace: Trace) -> None:
    row = int(np.flatnonzero(trace.type == TYPES.index("contact.answered"))[-1])
    assert inputs_of(trace, "r", row)["context"] == {
        "canary": canary_of("r", 0),
        "last_step": "card.desk",
        "channel": "voice",
        "contacts": 1,
    }


def test_shards_divide_no_journey_and_lose_nothing(trace: Trace) -> None:
    parts = [shard(trace, i, 3) for i in range(3)]
    assert sum(map(len, parts)) == len(trace)
    journeys = [set(part.journey.tolist()) for part in parts]
    assert set.union(*journeys) == set(range(4 + 2))
    assert sum(map(len, journeys)) == 4 + 2
    assert inputs_of(parts[1], "r", 0)["customer"] == "r-1"


def test_parts_by_number_time_and_verb(trace: Trace) -> None:
    assert len(first(trace, 5)) == 5
    assert len(first(trace, 500)) == len(trace)
    assert until(trace, 30.0).due.max() == 30.0
    assert set(offered(trace, [Verb.START, Verb.PAUSE]).verb.tolist()) == {Verb.START, Verb.PAUSE}


def test_a_trace_survives_a_round_trip(trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "trace.npz"
    save_trace(trace, path)
    back = load_trace(path)
    for name, value in vars(trace).items():
        stored = getattr(back, name)
        assert np.array_equal(stored, value), name
        assert type(stored) is type(value)


def test_an_older_trace_has_one_policy_for_all_queues(trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "trace.npz"
    save_trace(trace, path)
    with np.load(path) as stored:
        columns = {**stored, "routing": np.asarray("priority")}
    del columns["service_within"], columns["service_target"]
    np.savez(path, allow_pickle=False, **columns)
    assert load_trace(path).routing == ("priority", "priority")
    assert len(load_trace(path).service_within) == 0


def test_what_is_not_a_trace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is not a trace"):
        load_trace(tmp_path / "none.npz")
    (tmp_path / "other.npz").write_text("hello", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is not a trace"):
        load_trace(tmp_path / "other.npz")


def test_a_trace_that_claims_more_than_its_file_holds_takes_no_memory(trace: Trace, tmp_path: Path) -> None:
    """Neither by compression nor by a length of its own."""
    path = tmp_path / "trace.npz"
    columns = {name: np.asarray(value) for name, value in vars(trace).items()}
    np.savez_compressed(path, allow_pickle=False, **{**columns, "due": np.zeros(10_000_000)})
    with pytest.raises(InvalidInput, match=r"due\.npy is compressed"):
        load_trace(path)
    save_trace(trace, path)
    with ZipFile(path) as stored:
        members = {name: stored.read(name) for name in stored.namelist()}
    length = f"({len(trace)},)".encode()
    for shape in (b"(999999999999,)", b"(-1,)", b"(99999, 99999, 99999)"):
        head, values = members["due.npy"].split(b"\n", 1)
        damaged = head.replace(length, shape) + b"\n" + values
        with ZipFile(path, "w") as stored:
            for name, content in {**members, "due.npy": damaged}.items():
                stored.writestr(name, content)
        with pytest.raises(InvalidInput, match=r"is not a trace: the length of due\.npy is not that of its values"):
            load_trace(path)


def test_a_trace_that_cannot_be_written_says_so(trace: Trace, tmp_path: Path) -> None:
    with pytest.raises(CannotWrite):
        save_trace(trace, tmp_path / "no" / "such" / "folder.npz")


def test_an_empty_day_gives_an_empty_trace() -> None:
    plan, population, log = a_day()
    empty = Log(**log.rows(np.zeros(len(log), np.bool_)))
    assert len(trace_of(plan, population, empty)) == 0
