"""The trace of a day, made by hand."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from loadtests.contract import INPUTS, Verb
from loadtests.derive import trace_of
from loadtests.inputs import canary_of, inputs_of
from loadtests.trace import TYPES, Trace, first, load_trace, offered, save_trace, shard, until
from sim.core.errors import CannotWrite, InvalidInput
from sim.engine.log import Log
from sim.engine.plan import Kind, Outcome, Result

WEB, DESK, AWAY, BRANCH = range(4)
RESOLVED, GAVE_UP, INSIDE = (-1 - outcome for outcome in (Outcome.RESOLVED, Outcome.GAVE_UP, Outcome.INSIDE))
NAN = float("nan")


def a_day() -> tuple[Any, Any, Log]:
    """Four customers; of the plan and the population only what the trace reads."""
    plan = SimpleNamespace(
        intents=("card", "loan"),
        steps=("card.web", "card.desk", "card.away", "loan.branch"),
        channels=("web", "voice", "pause", "branch"),
        step_kind=np.array([Kind.SELF_SERVICE, Kind.ASSISTED, Kind.PAUSE, Kind.DEFERRED]),
        step_channel=np.array([0, 1, 2, 3], np.int32),
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
    )
    return plan, population, log


@pytest.fixture(scope="module")
def trace() -> Trace:
    return trace_of(*a_day())


def story(trace: Trace, customer: int) -> list[tuple[Any, ...]]:
    """What one customer sends: (due, verb or type of event, channel, contacts)."""
    told = []
    for row in range(len(trace)):
        if trace.customer[trace.journey[row]] == customer:
            verb = Verb(trace.verb[row])
            name = TYPES[trace.type[row]] if verb is Verb.EVENT else verb.name.lower()
            told.append((trace.due[row], name, trace.channels[trace.channel[row]], trace.contacts[row]))
    return told


def test_self_service_then_a_contact_that_is_handled(trace: Trace) -> None:
    assert story(trace, 0) == [
        (0.0, "start", "web", 0),
        (0.0, "step.entered", "web", 0),
        (60.0, "step.left", "web", 0),
        (60.0, "step.entered", "voice", 0),
        (60.0, "contact.queued", "voice", 1),
        (70.0, "contact.answered", "voice", 1),
        (100.0, "step.left", "voice", 1),
        (100.0, "complete", "voice", 1),
    ]


def test_an_abandoned_contact_a_pause_and_a_return(trace: Trace) -> None:
    assert story(trace, 1) == [
        (10.0, "start", "voice", 0),
        (10.0, "step.entered", "voice", 0),
        (10.0, "contact.queued", "voice", 1),
        (30.0, "contact.abandoned", "voice", 1),
        (30.0, "step.left", "voice", 1),
        (30.0, "pause", "pause", 1),
        (90.0, "resume", "voice", 1),  # on the channel of the step that comes next
        (90.0, "step.entered", "voice", 1),
        (90.0, "contact.queued", "voice", 2),
    ]


def test_whoever_is_inside_at_the_end_simply_stops(trace: Trace) -> None:
    assert [name for _, name, _, _ in story(trace, 2)] == [
        "start",
        "step.entered",
        "contact.queued",
        "contact.answered",
    ]


def test_a_closed_queue_was_no_contact(trace: Trace) -> None:
    assert [name for _, name, _, _ in story(trace, 4)] == ["start", "step.entered", "step.left", "complete"]
    assert story(trace, 4)[-1][3] == 0


def test_rows_are_in_order_and_numbered_without_a_gap(trace: Trace) -> None:
    assert (np.diff(trace.due) >= 0).all()
    for journey in range(trace.journeys):
        rows = np.flatnonzero(trace.journey == journey)
        assert trace.seq[rows].tolist() == list(range(1, len(rows) + 1))
    assert trace.customer.tolist() == [0, 1, 2, 4]
    assert trace.intent.tolist() == [0, 0, 1, 0]
    assert trace.offset == 100.0


def test_inputs_are_the_closed_vocabulary(trace: Trace) -> None:
    for row in range(len(trace)):
        assert set(inputs_of(trace, "r", row)) == set(INPUTS)
    last = int(np.flatnonzero(trace.verb == Verb.COMPLETE)[-1])
    given = inputs_of(trace, "r", last)
    assert given["outcome"] == "resolved"
    assert given["id"] == "r-0-8"
    assert given["context"] is None
    assert given["time"] == "1970-01-01T00:03:20.000+00:00"


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
    assert set.union(*journeys) == set(range(4))
    assert sum(map(len, journeys)) == 4
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


def test_what_is_not_a_trace_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is not a trace"):
        load_trace(tmp_path / "none.npz")
    (tmp_path / "other.npz").write_text("hello", encoding="utf-8")
    with pytest.raises(InvalidInput, match="is not a trace"):
        load_trace(tmp_path / "other.npz")


def test_a_trace_that_cannot_be_written_says_so(trace: Trace, tmp_path: Path) -> None:
    with pytest.raises(CannotWrite):
        save_trace(trace, tmp_path / "no" / "such" / "folder.npz")


def test_an_empty_day_gives_an_empty_trace() -> None:
    plan, population, log = a_day()
    empty = Log(**{name: column[:0] for name, column in vars(log).items()})
    assert len(trace_of(plan, population, empty)) == 0
