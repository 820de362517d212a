"""The conductor sends each request when it is due, whatever the endpoint does."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from socket import create_server
from typing import Any, NamedTuple

import gevent
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.conductor.agenda import Agenda, Task
from loadtests.conductor.conductor import Settings
from loadtests.contract import AnswerClass, Contract, Verb, read_contract
from loadtests.contract.schema import Criterion
from loadtests.http_client import retry_after
from loadtests.trace.model import Trace
from tests.support.conductor_runs import (
    Fake,
    Reply,
    acknowledge,
    drive,
    even_trace,
    fake_endpoint,
    hopeless,
    trace_from,
)
from tests.support.stalls import again_after_a_stall

pytestmark = pytest.mark.load


def agenda(*rows: tuple[float, int]) -> Agenda:
    return Agenda(np.array([due for due, _ in rows]), np.array([journey for _, journey in rows], dtype=np.int32))


def test_a_request_is_handed_out_when_it_is_due() -> None:
    waiting = agenda((1.0, 0), (2.0, 1))
    assert waiting.next_at() == 1.0
    assert waiting.pop(0.9) is None
    assert waiting.pop(1.0) == Task(1.0, 0)
    assert waiting.next_at() == 2.0
    assert not waiting.done


def test_a_journey_has_one_request_at_a_time_and_in_order() -> None:
    waiting = agenda((1.0, 0), (1.0, 0), (1.0, 1), (3.0, 0))
    assert waiting.pop(1.0) == Task(1.0, 0)
    assert waiting.pop(1.0) == Task(1.0, 2)
    assert waiting.pop(1.0) is None
    assert waiting.finish(Task(1.0, 0), 1.4) == Task(1.4, 1)  # was due already, and may go from now on
    assert waiting.finish(Task(1.4, 1), 1.5) is None
    assert waiting.finish(Task(1.0, 2), 1.5) is None
    assert waiting.pop(2.9) is None
    assert waiting.pop(3.0) == Task(3.0, 3)
    assert not waiting.done
    assert waiting.finish(Task(3.0, 3), 3.1) is None
    assert waiting.done


def test_a_retry_waits_and_keeps_its_journey_busy() -> None:
    waiting = agenda((0.0, 0), (0.1, 0), (5.0, 1))
    task = waiting.pop(0.0)
    assert task is not None
    waiting.retry(task, 2.0)
    assert waiting.pop(1.9) is None
    assert waiting.next_at() == 2.0
    again = waiting.pop(2.0)
    assert again == Task(2.0, 0, attempt=2)
    assert waiting.finish(again, 2.1) == Task(2.1, 1)


@given(
    rows=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4)), max_size=40).map(sorted),
    services=st.lists(st.integers(0, 9), min_size=40, max_size=40),
)
def test_everything_is_sent_once_in_order_and_never_early(rows: list[tuple[int, int]], services: list[int]) -> None:
    """Whole seconds, so that ties are the rule."""
    waiting = agenda(*rows)
    now, sent, under_way = 0.0, [], []
    while not waiting.done:
        finished = sorted(pair for pair in under_way if pair[0] <= now)
        under_way = [pair for pair in under_way if pair[0] > now]
        ready = [following for _, task in finished if (following := waiting.finish(task, now)) is not None]
        while (task := waiting.pop(now)) is not None:
            ready.append(task)
        for task in ready:
            assert rows[task.row][0] <= task.ready <= now
            assert rows[task.row][1] not in {rows[other.row][1] for _, other in under_way}
            sent.append(task.row)
            under_way.append((now + services[task.row], task))
        now = min([waiting.next_at(), *[end for end, _ in under_way]])
    assert sorted(sent) == list(range(len(rows)))
    for journey in range(5):
        assert [row for row in sent if rows[row][1] == journey] == [
            r for r in range(len(rows)) if rows[r][1] == journey
        ]


def test_nothing_to_send_is_done() -> None:
    assert agenda().done
    assert agenda().next_at() == float("inf")


def test_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after("3") == 3.0
    assert 8.0 < retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=10), usegmt=True)) <= 10.0
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert retry_after("999999") == 3600.0
    assert [retry_after(odd) for odd in (None, "soon", "-1", ["1", "2"])] == [0.0] * 4


@pytest.fixture
def serve() -> Iterator[Callable[..., Fake]]:
    """A function that starts fake endpoints."""
    with ExitStack() as stack:
        yield lambda answer=acknowledge: stack.enter_context(fake_endpoint(answer))


def slow(seconds: float) -> Callable[[str, dict[str, Any]], Reply]:
    def answer(path: str, body: dict[str, Any]) -> Reply:
        time.sleep(seconds)
        return acknowledge(path, body)

    return answer


@again_after_a_stall
def test_slow_answers_do_not_hold_other_customers_back(serve: Any, tmp_path: Path) -> None:
    trace = trace_from([[(journey * 0.01, Verb.START)] for journey in range(40)])
    ledger = drive(trace, serve(slow(0.3)).url, tmp_path).ledger
    assert ledger.acknowledged.all()
    # All forty were under way before the first answer came: a closed loop of one would have taken 12 s.
    assert ledger["began"].max() < ledger["ended"].min() + 0.2
    assert ((ledger["ended"] - ledger["due"]) >= 0.3).all()


@again_after_a_stall
def test_an_answer_that_is_here_already_frees_its_connection_for_a_request_that_is_due(
    serve: Any, tmp_path: Path
) -> None:
    """The generator stands still while an answer comes and the next request falls due: one connection is enough."""
    loop = gevent.get_hub().loop

    def answer(path: str, body: dict[str, Any]) -> Reply:
        loop.run_callback_threadsafe(time.sleep, 0.3)
        return slow(0.05)(path, body)

    driven = drive(trace_from([[(0.0, Verb.START)], [(0.1, Verb.START)]]), serve(answer).url, tmp_path)
    assert driven.ledger.acknowledged.all()
    assert driven.ledger["began"][1] > 0.3  # it did stand still
    connections = driven.reports[0].connections
    assert connections is not None
    assert connections.most == 1


@again_after_a_stall
def test_a_journeys_next_request_waits_and_its_latency_counts_from_due(serve: Any, tmp_path: Path) -> None:
    trace = trace_from([[(0.0, Verb.START), (0.0, Verb.EVENT), (0.05, Verb.COMPLETE)]])
    ledger = drive(trace, serve(slow(0.2)).url, tmp_path).ledger
    assert ledger["due"].tolist() == [0.0, 0.0, 0.05]
    assert (ledger["began"][1:] >= ledger["ended"][:-1]).all()
    assert (ledger["ready"][1:] >= ledger["ended"][:-1]).all()  # the lag is counted from here
    assert ledger["ended"][2] - ledger["due"][2] >= 0.55
    assert ledger["ended"][2] - ledger["began"][2] < 0.5


def test_speed_is_a_number(serve: Any, tmp_path: Path) -> None:
    trace = trace_from([[(0.0, Verb.START), (60.0, Verb.COMPLETE)]])
    ledger = drive(trace, serve().url, tmp_path, settings=Settings("r", speed=600.0)).ledger
    assert ledger["due"].tolist() == [0.0, 0.1]
    assert ledger["began"][1] >= 0.1


@again_after_a_stall
def test_overload_is_a_class_and_retry_after_is_honoured(serve: Any, tmp_path: Path) -> None:
    fake = serve()
    fake.answer = lambda path, body: (
        (503, {"Retry-After": "1"}, b"{}") if len(fake.came) == 1 else acknowledge(path, body)
    )
    ledger = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path).ledger
    assert ledger["kind"].tolist() == [AnswerClass.OVERLOAD, AnswerClass.OK]
    assert ledger["attempt"].tolist() == [1, 2]
    assert ledger["status"].tolist() == [503, 201]
    assert ledger["began"][1] - ledger["ended"][0] >= 1.0
    assert ledger["began"][1] - ledger["ready"][1] < 0.5  # waiting for the retry is not lag


@again_after_a_stall
def test_a_broken_connection_is_tried_again(serve: Any, tmp_path: Path) -> None:
    fake = serve()
    fake.answer = lambda path, body: None if len(fake.came) == 1 else acknowledge(path, body)
    ledger = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path).ledger
    assert ledger["kind"].tolist() == [AnswerClass.REFUSED, AnswerClass.OK]


@again_after_a_stall
def test_no_answer_in_time_is_a_timeout(serve: Any, tmp_path: Path) -> None:
    contract = read_contract()
    hasty = contract.verbs["start"].model_copy(
        update={"timeout": 0.1, "retry": contract.verbs["start"].retry.model_copy(update={"retry_limit": 1})}
    )
    contract = contract.model_copy(update={"verbs": {**contract.verbs, "start": hasty}})
    trace = trace_from([[(0.0, Verb.START), (0.1, Verb.EVENT)]])
    ledger = drive(trace, serve(slow(0.5)).url, tmp_path, contract=contract).ledger
    assert ledger["kind"].tolist() == [
        AnswerClass.TIMEOUT,
        AnswerClass.TIMEOUT,
        AnswerClass.NOT_SENT,
    ]  # without an id, no event
    assert np.isnan(ledger["began"][2])


def test_nobody_at_home_is_refused(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ledger = drive(trace_from([[(0.0, Verb.START)]]), f"http://127.0.0.1:{port}", tmp_path, contract=hopeless()).ledger
    assert ledger["kind"].tolist() == [AnswerClass.REFUSED]


def test_a_success_that_is_none_is_a_wrong_answer(serve: Any, tmp_path: Path) -> None:
    fake = serve(lambda _path, _body: (400, {}, b"{}"))
    ledger = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path).ledger
    assert ledger["kind"].tolist() == [AnswerClass.CLIENT_ERROR]  # not tried again: it would be wrong again
    fake.answer = lambda _path, _body: (201, {}, b"{}")
    ledger = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path).ledger
    assert ledger["kind"].tolist() == [AnswerClass.WRONG_ANSWER]


@again_after_a_stall
def test_a_stop_keeps_the_ledger_and_says_what_is_unknown(serve: Any, tmp_path: Path) -> None:
    trace = trace_from([[(0.0, Verb.START)], [(0.05, Verb.START)], [(9.0, Verb.START)]])
    fake = serve()
    fake.answer = lambda path, body: slow(1.0 if body["customer"].endswith("-8") else 0.0)(path, body)
    ledger = drive(trace, fake.url, tmp_path, stop_after=0.3).ledger
    assert ledger["kind"].tolist() == [AnswerClass.OK, AnswerClass.UNKNOWN]
    assert len(fake.came) == 2


class Timed(NamedTuple):
    kinds: list[AnswerClass]
    ends: list[float]
    seconds: float


def timed(trace: Trace, fake: Fake, folder: Path, settings: Settings, contract: Contract | None = None) -> Timed:
    """Conduct a trace; return the classes of the attempts, their ends, and the seconds that it took."""
    began = time.monotonic()
    ledger = drive(trace, fake.url, folder, settings=settings, contract=contract).ledger
    kinds = [AnswerClass(code) for code in ledger["kind"].tolist()]
    return Timed(kinds, ledger["ended"].tolist(), time.monotonic() - began)


@again_after_a_stall
def test_an_endpoint_that_never_answers_does_not_keep_a_run_from_ending(serve: Any, tmp_path: Path) -> None:
    """What was sent is unknown, counts with the time until the end, and what waited for it was not sent."""
    trace = trace_from([[(0.0, Verb.START), (0.1, Verb.EVENT), (0.2, Verb.COMPLETE)], [(0.1, Verb.START)]])
    kinds, ends, seconds = timed(trace, serve(slow(5.0)), tmp_path, Settings("r", grace=0.5))
    assert kinds == [AnswerClass.UNKNOWN, AnswerClass.HELD, AnswerClass.UNKNOWN, AnswerClass.HELD]
    assert [round(end, 1) for end in ends if not np.isnan(end)] == [0.7, 0.7]
    assert 0.7 <= seconds < 2.0


@again_after_a_stall
def test_what_waits_for_a_connection_when_the_run_ends_was_not_sent(serve: Any, tmp_path: Path) -> None:
    trace = trace_from([[(0.0, Verb.START)] for _ in range(3)])
    kinds, _, seconds = timed(trace, serve(slow(5.0)), tmp_path, Settings("r", grace=0.3, connections=2))
    assert sorted(kinds) == [AnswerClass.UNKNOWN, AnswerClass.UNKNOWN, AnswerClass.HELD]
    assert seconds < 2.0


@pytest.mark.parametrize("headers", [{"Retry-After": "86400"}, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}])
def test_a_retry_after_of_a_day_ends_the_run_at_once(serve: Any, tmp_path: Path, headers: dict[str, str]) -> None:
    """Nothing can come any more: both journeys may not send before the end."""
    trace = trace_from([[(0.0, Verb.START), (0.1, Verb.EVENT)], [(0.2, Verb.START)]])
    fake = serve(lambda _path, _body: (503, headers, b"{}"))
    kinds, _, seconds = timed(trace, fake, tmp_path, Settings("r", grace=250.0))
    assert kinds == [AnswerClass.OVERLOAD, AnswerClass.HELD, AnswerClass.OVERLOAD]
    assert len(fake.came) == 2
    assert seconds < 200.0


@again_after_a_stall
def test_a_permanent_503_ends_the_run_when_the_grace_is_over(serve: Any, tmp_path: Path) -> None:
    contract = read_contract()
    start = contract.verbs["start"]
    stubborn = start.model_copy(
        update={"retry": start.retry.model_copy(update={"retry_limit": 1000, "retry_after": 0.05, "backoff": 1.0})}
    )
    contract = contract.model_copy(update={"verbs": {**contract.verbs, "start": stubborn}})
    fake = serve(lambda _path, _body: (503, {}, b"{}"))
    trace = trace_from([[(0.0, Verb.START), (0.0, Verb.EVENT)]])
    kinds, _, seconds = timed(trace, fake, tmp_path, Settings("r", grace=1.0), contract)
    assert set(kinds[:-1]) == {AnswerClass.OVERLOAD}
    assert kinds[-1] is AnswerClass.HELD
    assert 3 < len(fake.came) <= 21
    assert 1.0 <= seconds < 2.5


WRONG_BODIES = {
    "text": b"not JSON",
    "NaN": b'{"id": NaN, "customer": "CUSTOMER"}',
    "infinity": b'{"id": 1e999, "customer": "CUSTOMER"}',
    "half a character": b'{"id": "\\ud800", "customer": "CUSTOMER"}',
    "long": b'{"id": "%s", "customer": "CUSTOMER"}' % (b"x" * 20_000),
    "no id": b'{"customer": "CUSTOMER"}',
    "somebody else": b'{"id": "j", "customer": "somebody else"}',
    "a list": b'["id", "customer"]',
    "deep": b"[" * 5_000 + b"]" * 5_000,
    "empty": b"",
}


@pytest.mark.parametrize("name", WRONG_BODIES)
def test_a_body_that_is_not_as_the_contract_says_is_a_wrong_answer(serve: Any, tmp_path: Path, name: str) -> None:
    """And what would need a value of it is not sent; nothing of it ends the run."""
    content = WRONG_BODIES[name]
    fake = serve(lambda _path, body: (201, {}, content.replace(b"CUSTOMER", body["customer"].encode())))
    trace = trace_from([[(0.0, Verb.START), (0.1, Verb.EVENT)]])
    kinds, _, _ = timed(trace, fake, tmp_path, Settings("r", grace=30.0))
    assert kinds == [AnswerClass.WRONG_ANSWER, AnswerClass.NOT_SENT]


def test_a_body_that_says_that_it_is_json_and_is_not_is_a_wrong_answer(serve: Any, tmp_path: Path) -> None:
    """Even where the contract asks for the status alone."""
    contract = read_contract()
    event = contract.verbs["event"].model_copy(
        update={"success_criteria": (Criterion(condition="$statusCode == 201"),), "duplicate_criteria": ()}
    )
    contract = contract.model_copy(update={"verbs": {**contract.verbs, "event": event}})
    answers = {
        AnswerClass.OK: ({"Content-Type": "text/plain"}, b"<ok>"),
        AnswerClass.WRONG_ANSWER: ({"Content-Type": "application/problem+json; charset=utf-8"}, b"<ok>"),
    }
    for expected, (headers, content) in answers.items():
        fake = serve()
        fake.answer = lambda path, body, headers=headers, content=content: (
            (201, headers, content) if path.endswith("/events") else acknowledge(path, body)
        )
        trace = trace_from([[(0.0, Verb.START), (0.0, Verb.EVENT)]])
        kinds, _, _ = timed(trace, fake, tmp_path, Settings(expected.name, grace=30.0), contract)
        assert kinds == [AnswerClass.OK, expected]


def test_an_error_of_the_generators_own_ends_the_run(serve: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """It is no answer of the endpoint's, and the run would wait for it in vain."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("loadtests.contract.calls.Call.classify", fail)
    began = time.monotonic()
    with pytest.raises(ZeroDivisionError, match="a bug"):
        drive(trace_from([[(0.0, Verb.START)], [(250.0, Verb.START)]]), serve().url, tmp_path)
    assert time.monotonic() - began < 200.0


def test_one_customer_sends_everything_in_order(serve: Any, tmp_path: Path) -> None:
    fake = serve()
    trace = trace_from([[(0.0, Verb.START), *[(0.02 * i, Verb.EVENT) for i in range(1, 10)]]])
    assert drive(trace, fake.url, tmp_path).ledger.acknowledged.all()
    assert len(fake.came) == 10


@pytest.mark.load
def test_it_pauses_resumes_and_completes_at_the_reference_endpoint(start: Any, tmp_path: Path) -> None:
    trace = even_trace(9, 4, 300.0)
    ledger = drive(trace, f"http://127.0.0.1:{start().port}", tmp_path).ledger
    assert set(ledger["verb"].tolist()) == {Verb.START, Verb.EVENT, Verb.PAUSE, Verb.RESUME, Verb.COMPLETE}
    assert set(ledger["kind"].tolist()) == {AnswerClass.OK}
