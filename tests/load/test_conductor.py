"""The conductor sends when it is due, whatever the endpoint does."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from threading import Thread
from typing import Any

import numpy as np
import pytest

from loadtests.conductor.agenda import Agenda, Task
from loadtests.conductor.conducting import Settings, retry_after
from loadtests.contract import Class, Verb, read_contract
from tests.load.driving import drive, even_trace, trace_from


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


def test_nothing_to_send_is_done() -> None:
    assert agenda().done
    assert agenda().next_at() == float("inf")


def test_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after("3") == 3.0
    assert 8.0 < retry_after(format_datetime(datetime.now(UTC) + timedelta(seconds=10), usegmt=True)) <= 10.0
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert retry_after("999999") == 3600.0
    assert [retry_after(odd) for odd in (None, "soon", "-1", ["1", "2"])] == [0.0] * 4


Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Fake:
    """An endpoint that does as it is told, and remembers what came."""

    answer: Callable[[str, dict[str, Any]], Reply | None]
    came: list[tuple[float, str]] = field(default_factory=list)
    url: str = ""


def acknowledge(path: str, body: dict[str, Any]) -> Reply:
    """Answer as the reference endpoint does."""
    if path == "/v1/journeys":
        return 201, {}, json.dumps({"id": body["customer"], "customer": body["customer"]}).encode()
    journey = path.split("/")[3]
    state = {"pause": "paused", "complete": "completed"}.get(path.rsplit("/", 1)[-1], "active")
    return (
        201 if path.endswith("/events") else 200,
        {},
        json.dumps({"journey": journey, "applied": True, "state": state}).encode(),
    )


@pytest.fixture
def serve() -> Iterator[Callable[..., Fake]]:
    """A function that starts fake endpoints."""
    servers = []

    def serve(answer: Callable[[str, dict[str, Any]], Reply | None] = acknowledge) -> Fake:
        fake = Fake(answer)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                fake.came.append((time.perf_counter(), self.path))
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reply = fake.answer(self.path, body)
                if reply is None:
                    self.close_connection = True
                    return
                status, headers, content = reply
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        fake.url = f"http://127.0.0.1:{server.server_port}"
        return fake

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def slow(seconds: float) -> Callable[[str, dict[str, Any]], Reply]:
    def answer(path: str, body: dict[str, Any]) -> Reply:
        time.sleep(seconds)
        return acknowledge(path, body)

    return answer


def test_slow_answers_do_not_hold_other_customers_back(serve: Any, tmp_path: Path) -> None:
    trace = trace_from([[(journey * 0.01, Verb.START)] for journey in range(40)])
    ledger = drive(trace, serve(slow(0.3)).url, tmp_path).ledger
    assert ledger.acknowledged.all()
    # All forty were under way before the first answer came: a closed loop of one would have taken 12 s.
    assert ledger["began"].max() < ledger["ended"].min() + 0.2
    assert ((ledger["ended"] - ledger["due"]) >= 0.3).all()


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


def test_overload_is_a_class_and_retry_after_is_honoured(serve: Any, tmp_path: Path) -> None:
    fake = serve()
    fake.answer = lambda path, body: (
        (503, {"Retry-After": "1"}, b"{}") if len(fake.came) == 1 else acknowledge(path, body)
    )
    ledger = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path).ledger
    assert ledger["kind"].tolist() == [Class.OVERLOAD, Class.OK]
    assert ledger["attempt"].tolist() == [1, 2]
    assert ledger["status"].tolist() == [503, 201]
    assert ledger["began"][1] - ledger["ended"][0] >= 1.0
    assert ledger["began"][1] - ledger["ready"][1] < 0.5  # waiting for the retry is not lag


def test_a_broken_connection_is_tried_again(serve: Any, tmp_path: Path) -> None:
    fake = serve()
    fake.answer = lambda path, body: None if len(fake.came) == 1 else acknowledge(path, body)
    ledger = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path).ledger
    assert ledger["kind"].tolist() == [Class.REFUSED, Class.OK]


def test_no_answer_in_time_is_a_timeout(serve: Any, tmp_path: Path) -> None:
    contract = read_contract()
    hasty = contract.verbs["start"].model_copy(
        update={"timeout": 0.1, "retry": contract.verbs["start"].retry.model_copy(update={"retry_limit": 1})}
    )
    contract = contract.model_copy(update={"verbs": {**contract.verbs, "start": hasty}})
    trace = trace_from([[(0.0, Verb.START), (0.1, Verb.EVENT)]])
    ledger = drive(trace, serve(slow(0.5)).url, tmp_path, contract=contract).ledger
    assert ledger["kind"].tolist() == [Class.TIMEOUT, Class.TIMEOUT, Class.NOT_SENT]  # without an id, no event
    assert np.isnan(ledger["began"][2])


def test_nobody_at_home_is_refused(tmp_path: Path) -> None:
    with create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    contract = read_contract()
    once = contract.verbs["start"].model_copy(
        update={"retry": contract.verbs["start"].retry.model_copy(update={"retry_limit": 0})}
    )
    contract = contract.model_copy(update={"verbs": {"start": once}})
    ledger = drive(trace_from([[(0.0, Verb.START)]]), f"http://127.0.0.1:{port}", tmp_path, contract=contract).ledger
    assert ledger["kind"].tolist() == [Class.REFUSED]


def test_a_success_that_is_none_is_a_wrong_answer(serve: Any, tmp_path: Path) -> None:
    fake = serve(lambda _path, _body: (400, {}, b"{}"))
    ledger = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path).ledger
    assert ledger["kind"].tolist() == [Class.CLIENT_ERROR]  # not tried again: it would be wrong again
    fake.answer = lambda _path, _body: (201, {}, b"{}")
    ledger = drive(trace_from([[(0.0, Verb.START)]]), fake.url, tmp_path).ledger
    assert ledger["kind"].tolist() == [Class.WRONG_ANSWER]


def test_a_stop_keeps_the_ledger_and_says_what_is_unknown(serve: Any, tmp_path: Path) -> None:
    trace = trace_from([[(0.0, Verb.START)], [(0.05, Verb.START)], [(9.0, Verb.START)]])
    fake = serve()
    fake.answer = lambda path, body: slow(1.0 if body["customer"].endswith("-8") else 0.0)(path, body)
    ledger = drive(trace, fake.url, tmp_path, stop_after=0.3).ledger
    assert ledger["kind"].tolist() == [Class.OK, Class.UNKNOWN]
    assert len(fake.came) == 2


def test_connections_are_bounded_and_what_waits_for_one_is_lag(serve: Any, tmp_path: Path) -> None:
    trace = trace_from([[(0.0, Verb.START)] for _ in range(4)])
    ledger = drive(trace, serve(slow(0.1)).url, tmp_path, settings=Settings("r", connections=2)).ledger
    assert ledger.acknowledged.all()
    assert (np.sort(ledger["began"] - ledger["ready"])[2:] >= 0.09).all()


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
    assert set(ledger["kind"].tolist()) == {Class.OK}
